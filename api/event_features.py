"""Events as GeoJSON, in the caller's datum."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from api.features import area_name, in_shanghai, point_geometry
from geo.coordinates import Datum, LonLat
from geo.profiles import Profile, straight_line_minutes
from stations import events
from stations.events import Event, EventState, NearbyEvent, Wanted
from stations.navigation import links
from stations.nearest import Question

SOON = timedelta(days=14)
"""How far ahead nearest looks for events."""


def add_events(session: Session, body: dict[str, Any], question: Question, crs: Datum) -> None:
    """Add to an answer of nearest the events round the person, and to each station its own.

    Those that are running, or begin within two weeks, at the time that was asked for or now, the
    later: nobody is sent to what is over. They are there where no station is near, too.
    """
    at = max(question.at, datetime.now(UTC))
    wanted = Wanted(since=at, until=at + SOON)
    nearby, matched = events.near(
        session, question.origin, question.within_m, wanted, question.limit
    )
    body["events_matched"] = matched
    body["events"] = [
        nearby_event(each, crs, at, question.profile, question.origin) for each in nearby
    ]
    at_stations = events.at_stations(session, [each["id"] for each in body["features"]], wanted)
    for feature in body["features"]:
        found = at_stations.get(feature["id"], [])
        feature["properties"]["events"] = [short_event(event, at) for event in found]


def listed_event(event: Event, crs: Datum, at: datetime) -> dict[str, Any]:
    """Return an event as lists show it; where it is in its time is judged at `at`."""
    station = event.station
    closed = station is not None and station.is_temporarily_closed
    going_on = event.state(at) in {EventState.UPCOMING, EventState.RUNNING}
    return {
        "type": "Feature",
        "id": event.code,
        "geometry": point_geometry(event.point, crs),
        "properties": {
            "code": event.code,
            "kind": event.kind,
            "title": event.title,
            "title_en": event.title_en,
            "station": None if station is None else {"code": station.code, "name": station.name},
            "address": event.address or (None if station is None else station.address),
            "area": area_name(event.area),
            "starts_at": in_shanghai(event.starts_at),
            "ends_at": in_shanghai(event.ends_at),
            "state": event.state(at).value,
            "capacity": event.capacity,
            "access": event.access.value,
            "how_to_join": event.how_to_join,
            "organiser": event.organiser,
            "phone": event.phone,
            "notes": event.notes,
            "warnings": ["temporarily_closed"] if closed and going_on else [],
            "navigate": _navigate(event, Profile.WALK, None),
            "source": event.source,
            "version": event.version,
        },
    }


def detailed_event(event: Event, crs: Datum, at: datetime, *, editable: bool) -> dict[str, Any]:
    """Return all that may be read of one event."""
    feature = listed_event(event, crs, at)
    given = event.given
    feature["properties"] |= {
        "given_position": None
        if given is None
        else {"lon": given.point.lon, "lat": given.point.lat, "crs": given.datum.value},
        "given_address": event.address,
        "town_code": event.town_code,
        "updated_at": in_shanghai(event.updated_at),
        "editable": editable,
        "public": event.is_public,
    }
    return feature


def nearby_event(
    nearby: NearbyEvent, crs: Datum, at: datetime, profile: Profile, origin: LonLat
) -> dict[str, Any]:
    """Return an event as seen by a person at `origin` (WGS-84)."""
    feature = listed_event(nearby.event, crs, at)
    feature["properties"] |= {
        "distance_m": nearby.distance_m,
        "minutes": round(straight_line_minutes(nearby.distance_m, profile), 1),
        "navigate": _navigate(nearby.event, profile, origin),
    }
    return feature


def short_event(event: Event, at: datetime) -> dict[str, Any]:
    """Return what a station's card says of an event there."""
    return {
        "code": event.code,
        "kind": event.kind,
        "title": event.title,
        "title_en": event.title_en,
        "starts_at": in_shanghai(event.starts_at),
        "ends_at": in_shanghai(event.ends_at),
        "state": event.state(at).value,
    }


def _navigate(event: Event, profile: Profile, origin: LonLat | None) -> dict[str, str] | None:
    if event.point is None:
        return None
    name = event.title if event.station is None else event.station.name
    return links(event.point, name, profile, origin)
