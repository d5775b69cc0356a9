"""Writes a station of nearest as bytes: all that lasts of it at once, the rest for each question.

`face_of` is what the directory keeps of a station for us, made when the station changed. What does
not depend on who asks and when is put together from it once, and cut where that goes in which does.
Most questions are about the same few hundred stations.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from api import features
from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile
from stations.directory_columns import bits, mask_of
from stations.navigation import called, links_of
from stations.station import Known, OpenState, Station
from stations.taxonomy import Taxonomy, taxonomy

if TYPE_CHECKING:  # the processes that lay a directory out write faces, and search nothing
    from stations.directory import Directory

MOST_LASTING = 20_000
"""Stations that a directory has ready, of about 2 kB each."""

SERVICES_TOGETHER = 4
"""How many services are looked up in one step: 256 texts for each such group."""

STATES = {True: "true", False: "false", None: "null"}
CUT = "\0"


class Lasting(NamedTuple):
    """What lasts of a station, in one datum and for one profile, cut where the rest goes in."""

    code: str
    point: LonLat  # WGS-84
    head: bytes  # up to the answer's own properties
    hours: bytes  # from the hours as people wrote them up to the warnings
    doubts: bytes  # warnings that lie in the data
    links: bytes  # from there up to where the person is
    end: bytes


LastingOf = Callable[[Any], Lasting]


def face_of(station: Station) -> bytes:
    """Write what lasts of a station: four parts, a line each.

    Its properties, its name and its hours as JSON, and what people should know before they go.
    """
    return b"\n".join(
        (
            orjson.dumps(features.lasting(station))[1:-1],
            orjson.dumps(station.name),
            orjson.dumps(station.hours_text),
            ",".join(f'"{each}"' for each in features.doubts(station)).encode(),
        )
    )


def lasting_in(directory: "Directory", crs: Datum, profile: Profile) -> LastingOf:
    """Return what writes the rows of a directory, which keeps them as long as it lasts itself."""
    columns, every = directory.columns, directory.written
    known: dict[int, Lasting] = every.setdefault((crs, profile), {})

    def lasting(row: int) -> Lasting:
        found = known.get(row)
        if found is None:
            if sum(map(len, every.values())) >= MOST_LASTING:
                for each in every.values():
                    each.clear()
            found = known[row] = _lasting(
                directory.face(row),
                LonLat(columns.lon.item(row), columns.lat.item(row)),
                LonLat(columns.gcj_lon.item(row), columns.gcj_lat.item(row)),
                _services(columns.services_yes.item(row), columns.services_no.item(row)),
                crs,
                profile,
            )
        return found

    return lasting


def lasting_from_register(crs: Datum, profile: Profile) -> LastingOf:
    """Return what writes stations as PostGIS has them."""
    known = bits().service

    def lasting(station: Station) -> Lasting:
        if station.point is None:
            raise ValueError(f"{station.code} has no position")
        return _lasting(
            face_of(station),
            station.point,
            convert(station.point, Datum.WGS84, Datum.GCJ02),
            _services(mask_of(known, station.services_yes), mask_of(known, station.services_no)),
            crs,
            profile,
        )

    return lasting


def feature(
    lasting: Lasting,
    own: str,
    state: OpenState,
    on_arrival: bool | None,
    warnings: Sequence[str],
    here: bytes,
) -> bytes:
    """Put a station together: `own` are properties of this answer, ending with a comma.

    `here` is where the person is, as `latitude_first` writes it.
    """
    change = "null" if state.next_change is None else f'"{features.in_shanghai(state.next_change)}"'
    closed_for = "null" if state.closed_for is None else orjson.dumps(state.closed_for).decode()
    door = (
        f'{own}"open":{{"state":"{state.state}","on_arrival":{STATES[on_arrival]},'
        f'"closes_in_minutes":{_or_null(state.closes_in_minutes)},"next_change":{change},'
        f'"closed_for":{closed_for},"note":{_quoted(state.note)},"text":'
    )
    said = lasting.doubts
    if warnings:
        said = ",".join([f'"{each}"' for each in warnings]).encode() + (said and b"," + said)
    return b"".join(
        (lasting.head, door.encode(), lasting.hours, said, lasting.links, here, lasting.end)
    )


def _lasting(
    face: bytes, point: LonLat, gcj02: LonLat, services: bytes, crs: Datum, profile: Profile
) -> Lasting:
    properties, name, hours, doubts = face.split(b"\n")
    code = properties[7 : properties.index(b'"', 8) + 1]  # the first of the properties, quoted
    shown = convert(point, Datum.WGS84, crs) if crs is Datum.BD09 else point
    lon, lat = (round(each, features.DECIMALS) for each in (gcj02 if crs is Datum.GCJ02 else shown))
    links = orjson.dumps(links_of(gcj02, called(orjson.loads(name)), profile, CUT)).split(
        b"\\u0000"
    )
    return Lasting(
        code[1:-1].decode(),
        point,
        b'{"type":"Feature","id":%b,"geometry":{"type":"Point","coordinates":[%b]},'
        b'"properties":{%b,"services":{%b},'
        % (code, f"{lon!r},{lat!r}".encode(), properties, services),
        hours + b'},"warnings":[',
        doubts,
        b'],"navigate":' + links[0],
        links[1] + b"}}",
    )


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
