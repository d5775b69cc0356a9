"""Writes the answer of nearest once, as bytes: what lasts of a station was written when it changed.

`face_of` is what the directory keeps of a station for us. `write` puts the faces of an answer
together with what depends on who asks and when.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import orjson

from api import features
from api.nearest_query import Asked
from geo.coordinates import Datum, LonLat, convert, convert_arrays
from geo.network import StreetNetwork
from geo.profiles import TRAVEL, Profile
from stations.directory import Directory
from stations.directory_columns import bits, mask_of
from stations.navigation import LinksFrom, called
from stations.nearest import Answer, Nearby
from stations.station import Known, OpenState, Station
from stations.taxonomy import Taxonomy, taxonomy

SERVICES_TOGETHER = 4
"""How many services are looked up in one step: 256 texts for each such group."""

STATES = {True: "true", False: "false", None: "null"}


class Shown(NamedTuple):
    """A station as it is written: its face, where it is in WGS-84 and in GCJ-02, and its services.

    These are masks: which it has, and which it has not.
    """

    face: bytes
    point: LonLat
    gcj02: LonLat
    services_yes: int
    services_no: int


ShownOf = Callable[[Any], Shown]


def face_of(station: Station) -> bytes:
    """Write what lasts of a station: four parts, a line each.

    Its properties as JSON, its name as links have it, its hours as JSON, and what people should
    know before they go.
    """
    return b"\n".join(
        (
            orjson.dumps(features.lasting(station))[1:-1],
            called(station.name).encode(),
            orjson.dumps(station.hours_text),
            ",".join(features.doubts(station)).encode(),
        )
    )


def shown_in_directory(directory: Directory) -> ShownOf:
    """Return what shows the rows of a directory."""
    columns = directory.columns

    def shown(row: int) -> Shown:
        return Shown(
            directory.face(row),
            LonLat(columns.lon.item(row), columns.lat.item(row)),
            LonLat(columns.gcj_lon.item(row), columns.gcj_lat.item(row)),
            columns.services_yes.item(row),
            columns.services_no.item(row),
        )

    return shown


def shown_from_register(station: Station) -> Shown:
    """Show a station as PostGIS has it."""
    if station.point is None:
        raise ValueError(f"{station.code} has no position")
    gcj02 = convert(station.point, Datum.WGS84, Datum.GCJ02)
    known = bits().service
    yes, no = mask_of(known, station.services_yes), mask_of(known, station.services_no)
    return Shown(face_of(station), station.point, gcj02, yes, no)


def write(
    asked: Asked,
    answer: Answer,
    shown_of: ShownOf,
    *,
    as_of: datetime,
    data_version: int,
    lang: str,
    route: dict[str, Any] | None = None,
    events: dict[str, Any] | None = None,
    events_there: dict[str, list[dict[str, Any]]] | None = None,
) -> bytes:
    """Return the body of an answer.

    `events` are entries of the body; `events_there`, by code, are those at a station.
    """
    question = asked.question
    here = asked.crs is Datum.GCJ02 and LonLat(asked.lon, asked.lat)
    links = LinksFrom(here or convert(question.origin, Datum.WGS84, Datum.GCJ02), question.profile)
    written = [_feature(each, shown_of(each.held), asked.crs, links) for each in answer.stations]
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
        **({"route": route} if asked.with_route else {}),
        **(events or {}),
    }
    return b'%s,"features":[%s]}' % (orjson.dumps(head)[:-1], b",".join(written))


def way_to_first(
    asked: Asked, answer: Answer, shown_of: ShownOf, network: StreetNetwork | None
) -> dict[str, Any] | None:
    """Return the way to the first station as a line in the caller's datum, where it was asked for.

    None where no network is built, or no street leads there.
    """
    first = answer.stations[0] if asked.with_route and answer.stations else None
    if network is None or first is None or first.minutes is None or first.way.method != "streets":
        return None
    profile, origin, there = asked.question.profile, asked.question.origin, shown_of(first.held)
    here_snap = network.snap([origin.lon], [origin.lat], profile)
    there_snap = network.snap([there.point.lon], [there.point.lat], profile)
    limit_minutes = first.minutes * 1.001 + 0.01  # room for rounding
    found = network.route(origin, here_snap, there.point, there_snap, profile, limit_minutes)
    if found is None:
        return None
    points = np.array(found.line)
    lon, lat = convert_arrays(points[:, 0], points[:, 1], Datum.WGS84, asked.crs)
    line = np.column_stack((lon, lat)).round(features.DECIMALS).tolist()
    return {
        "code": orjson.loads(_code_in(there.face.split(b"\n")[0])),
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
    if closed:
        zh = f"{within_km} 公里内的 {closed} 个站点到时都不开门。"
        en = f"None of the {closed} stations within {within_km} km will be open."
    elif answer.nearest_m is None:
        zh, en = "没有符合条件的站点。", "No station matches."
    else:
        nearest_km = f"{answer.nearest_m / 1000:.1f}"
        zh = f"{within_km} 公里内没有符合条件的站点，最近的在 {nearest_km} 公里外。"
        en = f"No match within {within_km} km; the nearest one is {nearest_km} km away."
    return en if lang == "en" else zh


def coordinates(shown: Shown, crs: Datum) -> tuple[float, float]:
    """Return where a station is, in the caller's datum."""
    if crs is Datum.WGS84:
        lon, lat = shown.point
    elif crs is Datum.GCJ02:
        lon, lat = shown.gcj02
    else:
        lon, lat = convert(shown.point, Datum.WGS84, crs)
    return round(lon, features.DECIMALS), round(lat, features.DECIMALS)


def write_listed(
    shown: Shown, crs: Datum, state: OpenState, more: dict[str, int], *, is_closed: bool
) -> bytes:
    """Write a station of a list that is not seen from a person: `more` are further properties."""
    warnings = ("temporarily_closed",) if is_closed else ()
    own = "".join(f'"{name}":{value},' for name, value in more.items())
    links = LinksFrom(shown.gcj02, Profile.WALK)
    return _written(shown, crs, own, state, state.is_open, warnings, links)


def _feature(nearby: Nearby, shown: Shown, crs: Datum, links: LinksFrom) -> bytes:
    way, minutes = nearby.way, nearby.minutes
    own = (
        f'"distance_m":{nearby.distance_m},"street_m":{_or_null(way.street_m)},'
        f'"minutes":{"null" if minutes is None else round(minutes, 1)},"method":"{way.method}",'
    )
    return _written(shown, crs, own, nearby.open, nearby.on_arrival, nearby.warnings, links)


def _written(
    shown: Shown,
    crs: Datum,
    own: str,
    state: OpenState,
    on_arrival: bool | None,
    warnings: Sequence[str],
    links: LinksFrom,
) -> bytes:
    """Write a station: what lasts, `own` properties of the answer, its door, and ways to go."""
    lasting, name, text, doubts = shown.face.split(b"\n")
    lon, lat = coordinates(shown, crs)
    change = "null" if state.next_change is None else f'"{features.in_shanghai(state.next_change)}"'
    closed_for = "null" if state.closed_for is None else orjson.dumps(state.closed_for).decode()
    # all of it but the reason of a closure is plain ASCII of our own making
    door = (
        f'{own}"open":{{"state":"{state.state}","on_arrival":{STATES[on_arrival]},'
        f'"closes_in_minutes":{_or_null(state.closes_in_minutes)},"next_change":{change},'
        f'"closed_for":{closed_for},"note":{_quoted(state.note)},"text":'
    )
    said = [*warnings, *(doubts.decode().split(",") if doubts else ())]
    warned = ",".join([f'"{each}"' for each in said])
    amap, tencent, baidu, apple = links.to(shown.gcj02, name.decode())
    navigate = f'"amap":"{amap}","tencent":"{tencent}","baidu":"{baidu}","apple":"{apple}"'
    return (
        b'{"type":"Feature","id":%b,"geometry":{"type":"Point","coordinates":[%b]},'
        b'"properties":{%b,"services":{%b},%b%b},"warnings":[%b],"navigate":{%b}}}'
    ) % (
        _code_in(lasting),
        f"{lon!r},{lat!r}".encode(),
        lasting,
        _services(shown.services_yes, shown.services_no),
        door.encode(),
        text,
        warned.encode(),
        navigate.encode(),
    )


def _code_in(lasting: bytes) -> bytes:
    """Return the code, quoted: it is the first of the lasting properties."""
    return lasting[7 : lasting.index(b'"', 8) + 1]


def _with_events(feature: bytes, events_there: dict[str, list[dict[str, Any]]]) -> bytes:
    code = orjson.loads(feature)["id"]
    return b'%s,"events":%s}}' % (feature[:-2], orjson.dumps(events_there.get(code, [])))


def _or_null(number: int | None) -> str:
    return "null" if number is None else str(number)


def _quoted(word: str | None) -> str:
    return "null" if word is None else f'"{word}"'


def _services(yes: int, no: int) -> bytes:
    texts = []
    for group in _service_texts(taxonomy()):
        texts.append(group[(yes & 15) << SERVICES_TOGETHER | no & 15])
        yes >>= SERVICES_TOGETHER
        no >>= SERVICES_TOGETHER
    return b",".join(texts)


@lru_cache(maxsize=8)
def _service_texts(words: Taxonomy) -> tuple[tuple[bytes, ...], ...]:
    """Return, for each group of services, what is written for each pair of its masks."""
    codes = tuple(words.service)
    groups = [
        codes[start : start + SERVICES_TOGETHER]
        for start in range(0, len(codes), SERVICES_TOGETHER)
    ]
    every = range(1 << SERVICES_TOGETHER)
    return tuple(
        tuple(_of_group(group, yes, no) for yes in every for no in every) for group in groups
    )


def _of_group(codes: Sequence[str], yes: int, no: int) -> bytes:
    answers = (
        Known.YES if yes >> place & 1 else Known.NO if no >> place & 1 else Known.UNKNOWN
        for place in range(len(codes))
    )
    pairs = (f'"{code}":"{answer}"' for code, answer in zip(codes, answers, strict=True))
    return ",".join(pairs).encode()
