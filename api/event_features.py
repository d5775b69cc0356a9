"""Events as GeoJSON, in the caller's datum."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from api.features import area_name, in_shanghai, point_geometry
from api.nearest_query import Asked
from geo.coordinates import Datum, LonLat
from geo.profiles import Profile, straight_line_minutes
from stations import events
from stations.events import Event, EventState, NearbyEvent, Wanted
from stations.navigation import links

SOON = timedelta(days=14)
"""How far ahead nearest looks for events."""


def events_near(
    session: Session, asked: Asked, codes: Sequence[str]
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return what an answer of nearest says of events round the person, and of those at stations.

    Those that are running, or begin within two weeks, at the time that was asked for or now, the
    later: nobody is sent to what is over. They are there where no station is near, too.
    """
    question = asked.question
    at = max(question.at, datetime.now(UTC))
    wanted = Wanted(since=at, until=at + SOON)
    nearby, matched = events.near(
        session, question.origin, question.within_m, wanted, question.limit
    )
    found = [
        nearby_event(each, asked.crs, at, question.profile, question.origin) for each in nearby
    ]
    there = {
        code: [short_event(event, at) for event in held]
        for code, held in events.at_stations(session, codes, wanted).items()
    }
    return {"events_matched": matched, "events": found, "events_reason": None}, there


def events_unknown(lang: str) -> dict[str, Any]:
    """Return what an answer of nearest says of events while nobody can look them up."""
    zh, en = "现在查不到活动，站点信息照常。", "Events cannot be looked up now; stations can."
    return {
        "events_matched": None,
        "events": None,
        "events_reason": en if lang == "en" else zh,
    }


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
