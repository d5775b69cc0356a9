"""Writes the answer of nearest once, as bytes: its head, and the stations one behind the other."""

from datetime import datetime
from typing import Any

import numpy as np
import orjson

from api import features
from api.nearest_query import Asked
from api.station_bytes import Lasting, LastingOf, feature
from geo.coordinates import Datum, LonLat, convert, convert_arrays
from geo.network import StreetNetwork
from geo.profiles import TRAVEL
from stations.navigation import latitude_first
from stations.nearest import Answer, Nearby
from stations.station import OpenState
from stations.ways import route_between

ROUNDED_FROM_KM = 100


def write(
    asked: Asked,
    answer: Answer,
    lasting_of: LastingOf,
    *,
    as_of: datetime,
    data_version: int,
    lang: str,
    network: StreetNetwork | None,
    events: dict[str, Any] | None = None,
    events_there: dict[str, list[dict[str, Any]]] | None = None,
) -> bytes:
    """Return the body of an answer.

    `events` are entries of the body; `events_there`, by code, are those at a station.
    """
    question = asked.question
    here_gcj02 = LonLat(asked.lon, asked.lat)
    if asked.crs is not Datum.GCJ02:
        here_gcj02 = convert(question.origin, Datum.WGS84, Datum.GCJ02)
    here = latitude_first(here_gcj02).encode()
    written = [_feature(each, lasting_of(each.held), here) for each in answer.stations]
    if events_there is not None:
        written = [_with_events(each, events_there) for each in written]
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "numberMatched": answer.matched,
        "numberReturned": len(answer.stations),
        "next": None,
        "left_out": answer.left_out,
        "reason": reason(answer, asked, lang),
        "query": {
            "crs": asked.crs.value,
            "lon": asked.lon,
            "lat": asked.lat,
            "profile": question.profile.value,
            "speed_kmh": TRAVEL[question.profile].speed_kmh,
            "at": features.in_shanghai(question.at),
            "within_m": question.within_m,
        },
        "as_of": features.in_shanghai(as_of),
        "data_version": data_version,
        "candidates_examined": answer.examined,
        "street_attribution": _attribution(answer, network),
        **(events or {}),
    }
    if asked.with_route:
        head["route"] = _way_to_first(asked, answer, lasting_of, network)
    return b'%s,"features":[%s]}' % (orjson.dumps(head)[:-1], b",".join(written))


def _attribution(answer: Answer, network: StreetNetwork | None) -> str | None:
    if network is None or all(each.way.method != "streets" for each in answer.stations):
        return None
    return network.attribution


def _way_to_first(
    asked: Asked, answer: Answer, lasting_of: LastingOf, network: StreetNetwork | None
) -> dict[str, Any] | None:
    """Return the way to the first station as a line in the caller's datum.

    None where no network is built, or no street leads there.
    """
    first = answer.stations[0] if answer.stations else None
    if network is None or first is None or first.minutes is None or first.way.method != "streets":
        return None
    profile, origin, there = asked.question.profile, asked.question.origin, lasting_of(first.held)
    limit_minutes = first.minutes * 1.001 + 0.01  # room for rounding
    found = route_between(origin, there.point, profile, network, limit_minutes)
    if found is None:
        return None
    points = np.array(found.line)
    lon, lat = convert_arrays(points[:, 0], points[:, 1], Datum.WGS84, asked.crs)
    line = np.column_stack((lon, lat)).round(features.DECIMALS).tolist()
    return {
        "code": there.code,
        "minutes": round(found.minutes, 1),
        "street_m": round(found.street_m),
        "geometry": {"type": "LineString", "coordinates": line},
        "attribution": network.attribution,
    }


def reason(answer: Answer, asked: Asked, lang: str) -> str | None:
    """Say in words why nothing was found."""
    if answer.stations:
        return None
    within_km = f"{asked.question.within_m / 1000:g}"
    closed = answer.left_out.get("closed")
    unknown = sum(n for name, n in answer.left_out.items() if name.endswith("_unknown"))
    if closed:
        zh = f"{within_km} 公里内的 {closed} 个站点到时都不开门。"
        en = f"None of the {closed} stations within {within_km} km will be open."
    elif unknown:
        zh = f"{within_km} 公里内没有确知符合条件的站点，另有 {unknown} 个不清楚是否符合。"
        en = f"None within {within_km} km is known to match; of {unknown} it is not known."
    elif answer.nearest_m is None:
        zh, en = "没有符合条件的站点。", "No station matches."
    else:
        nearest_km = _far_km(answer.nearest_m)
        zh = f"{within_km} 公里内没有符合条件的站点，最近的在 {nearest_km} 公里外。"
        en = f"No match within {within_km} km; the nearest one is {nearest_km} km away."
    return en if lang == "en" else zh


def _far_km(metres: int) -> str:
    """Write how far the nearest one is, with three figures: far away the metres are not exact."""
    km = metres / 1000
    return f"{km:.1f}" if km < ROUNDED_FROM_KM else f"{float(f'{km:.3g}'):.0f}"


def write_listed(
    lasting: Lasting, state: OpenState, more: dict[str, int], *, is_closed: bool
) -> bytes:
    """Write a station of a list that is not seen from a person: `more` are further properties."""
    warnings = ("temporarily_closed",) if is_closed else ()
    own = "".join(f'"{name}":{value},' for name, value in more.items())
    there = convert(lasting.point, Datum.WGS84, Datum.GCJ02)
    here = latitude_first(there).encode()  # Baidu's page needs a place to begin
    return feature(lasting, own, state, state.is_open, warnings, here)


def _feature(nearby: Nearby, lasting: Lasting, here: bytes) -> bytes:
    way, minutes = nearby.way, nearby.minutes
    own = (
        f'"distance_m":{nearby.distance_m},'
        f'"street_m":{"null" if way.street_m is None else way.street_m},'
        f'"minutes":{"null" if minutes is None else round(minutes, 1)},"method":"{way.method}",'
    )
    return feature(lasting, own, nearby.open, nearby.on_arrival, nearby.warnings, here)


def _with_events(feature: bytes, events_there: dict[str, list[dict[str, Any]]]) -> bytes:
    code = orjson.loads(feature)["id"]
    return b'%s,"events":%s}}' % (feature[:-2], orjson.dumps(events_there.get(code, [])))
