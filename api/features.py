"""Stations as GeoJSON, in the caller's datum."""

from collections.abc import Container, Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from geo import cells
from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile
from stations.calendar import Calendar
from stations.hours import SHANGHAI, open_state
from stations.navigation import links
from stations.station import CLOSED, AreaName, OpenState, Station, Status
from stations.taxonomy import taxonomy

if TYPE_CHECKING:  # faces are written in processes that wait for all that is imported here
    from stations.areas import SourceRow

DECIMALS = 7


def listed_feature(
    station: Station, crs: Datum, at: datetime, calendar: Calendar
) -> dict[str, Any]:
    """Return a station as lists show it; open or not is judged at `at`, by this calendar."""
    feature = _feature(station, crs)
    temporarily_closed = station.status is Status.TEMPORARILY_CLOSED
    state = CLOSED
    if station.status is Status.ACTIVE:
        state = open_state(station.hours, at, calendar=calendar, closures=station.closures)
    feature["properties"] |= {
        "open": opening(station.hours_text, state, state.is_open),
        "warnings": [
            *(["temporarily_closed"] if temporarily_closed else []),
            *doubts(station),
        ],
        "navigate": _navigate(station),
    }
    return feature


def detailed_feature(
    station: Station, crs: Datum, at: datetime, calendar: Calendar, *, editable: bool
) -> dict[str, Any]:
    """Return all that may be read of one station; of its closures those that are not over."""
    feature = listed_feature(station, crs, at, calendar)
    feature["properties"] |= _details(station, at) | {
        "editable": editable,
        "public": station.is_public,
    }
    return feature


def recorded_feature(station: Station, crs: Datum) -> dict[str, Any]:
    """Return what the register says of a public station, without what depends on the hour."""
    feature = _feature(station, crs)
    feature["properties"] |= _details(station, station.updated_at)
    return feature


def _details(station: Station, at: datetime) -> dict[str, Any]:
    """Return what no list says of a station; of its closures those that are not over at `at`."""
    return {
        "name_en": station.name_en,
        "phone": station.phone,
        "position_verified": station.position_verified,
        "hours_text": station.hours_text,
        "hours": station.hours,
        "closures": [
            {
                "starts_at": in_shanghai(each.starts_at),
                "ends_at": in_shanghai(each.ends_at),
                "reason": each.reason,
            }
            for each in station.closures
            if each.ends_at > at
        ],
        "capacity_per_day": station.capacity_per_day,
        "notes": station.notes,
        "level": station.level,
        "honours": list(station.honours),
        "town_code": station.town_code,
        "area_code": station.area.code if station.area else None,
        "version": station.version,
        "updated_at": in_shanghai(station.updated_at),
    }


def collection(
    features: list[dict[str, Any]],
    *,
    matched: int | None,
    next_address: str | None,
    left_out: dict[str, int],
    **more: Any,
) -> dict[str, Any]:
    """Return features with what every list says: how many matched, were returned, were left out."""
    return {
        "type": "FeatureCollection",
        "numberMatched": matched,
        "numberReturned": len(features),
        "next": next_address,
        "left_out": left_out,
        **more,
        "features": features,
    }


def source_terms(source: "SourceRow") -> dict[str, Any]:
    """Return where facts come from, and on what terms they are given."""
    return {
        "code": source.code,
        "name": source.name,
        "licence": source.licence,
        "attribution": source.attribution,
        "url": source.url,
    }


def sources_of(known: Iterable["SourceRow"], used: Container[str]) -> list[dict[str, Any]]:
    """Return the terms of the sources that an answer uses."""
    return [source_terms(source) for source in known if source.code in used]


def point_geometry(point: LonLat | None, crs: Datum) -> dict[str, Any] | None:
    """Return a WGS-84 point as a GeoJSON geometry in `crs`; None where it is not known."""
    return None if point is None else {"type": "Point", "coordinates": coordinates(point, crs)}


def area_name(area: AreaName | None) -> dict[str, str] | None:
    """Return an area by code and name; None where it is not known."""
    return None if area is None else {"code": area.code, "name": area.name}


def coordinates(point: LonLat, crs: Datum) -> list[float]:
    """Return a WGS-84 point as a GeoJSON position in `crs`."""
    shown = convert(point, Datum.WGS84, crs)
    return [round(shown.lon, DECIMALS), round(shown.lat, DECIMALS)]


@lru_cache(maxsize=4096)
def in_shanghai(moment: datetime) -> str:
    """Return an aware instant as RFC 3339 with Asia/Shanghai's offset, to the second."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def opening(text: str | None, state: OpenState, on_arrival: bool | None) -> dict[str, Any]:
    """Return what a door does, beside the hours as people wrote them."""
    return {
        "state": state.state.value,
        "on_arrival": on_arrival,
        "closes_in_minutes": state.closes_in_minutes,
        "next_change": None if state.next_change is None else in_shanghai(state.next_change),
        "text": text,
        "closed_for": state.closed_for,
        "note": state.note,
    }


def _feature(station: Station, crs: Datum) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": station.code,
        "geometry": point_geometry(station.point, crs),
        "properties": lasting(station)
        | {"services": {code: station.service(code).value for code in taxonomy().service}},
    }


def lasting(station: Station) -> dict[str, Any]:
    """Return what every list says of a station, whoever asks and when, but for its services."""
    return {
        "code": station.code,
        "name": station.name,
        "kind": station.kind,
        "also_kinds": list(station.also_kinds),
        "brand": station.brand,
        "tier": station.tier,
        "status": station.status.value,
        "area": area_name(station.area),
        "address": station.address,
        "aliases": list(station.aliases),
        "way_in": station.way_in,
        "h3_9": None if station.h3_9 is None else cells.cell_to_text(station.h3_9),
        "access": station.access.value,
        "entry": list(station.entry),
        "checked": station.checked,
        "source": station.source,
    }


def _navigate(station: Station) -> dict[str, str] | None:
    return None if station.point is None else links(station.point, station.name, Profile.WALK)


def doubts(station: Station) -> list[str]:
    """Return what people should know before they go: a position that nobody has looked at."""
    unverified = station.point is not None and not station.position_verified
    return ["position_unverified"] if unverified else []
