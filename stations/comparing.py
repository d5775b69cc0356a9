"""Compares the register with another map's list: what is missing, moved, double or closed.

Nothing is merged and nothing written: the answer is a list for people. `place_matching.py` says
which place is which, and by which thresholds.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from stations import area_tree, areas, search
from stations.import_report import Line
from stations.place_matching import (
    ALIKE,
    NEAR_M,
    Pair,
    Place,
    fitting,
    one_to_one,
    possible_pairs,
)
from stations.row_values import FileRow
from stations.station import Station, StationRow, Status

MOVED_M = NEAR_M
"""From here on a place counts as moved."""

HINT_AT_LEAST = 3
HINT_TIMES = 2
"""Another datum is hinted at where that many places fit in it, and so many times as many."""

CLOSED_WORDS = re.compile(
    r"[（(【\[]?\s*(?:已关闭|已停业|停业|歇业|已撤销|已撤并|已拆除|暂停营业|暂停开放|暂停服务|暂停使用"
    r"|停止使用|已停用|permanently closed|temporarily closed)\s*[)）】\]]?",
    re.IGNORECASE,
)

CLOSED = (Status.CLOSED, Status.TEMPORARILY_CLOSED)


class Verdict(StrEnum):
    """What is to be looked at, in the order of the report."""

    MOVED = "moved"
    RENAMED = "renamed"
    CLOSED_THERE = "closed_there"
    CLOSED_HERE = "closed_here"
    UNPLACED_HERE = "unplaced_here"
    DUPLICATE_HERE = "duplicate_here"
    DUPLICATE_THERE = "duplicate_there"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    SAME = "same"


@dataclass(frozen=True)
class Entry:
    """One place of either list as the report names it: a code, or the number of a row."""

    ref: str
    name: str
    status: str | None
    point: LonLat | None


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `also` is the place that a double is a double of."""

    verdict: Verdict
    here: Entry | None
    there: Entry | None
    distance_m: int | None = None
    likeness: int | None = None
    also: Entry | None = None


@dataclass(frozen=True)
class Registered:
    """The stations that take part, and the areas whose stations are missed; None: everywhere."""

    stations: tuple[Station, ...]
    within: frozenset[str] | None


@dataclass(frozen=True)
class Comparison:
    """Findings in the order of the report, the same for the same two lists, and totals.

    `matched` pairs are each in the findings, `same` where nothing is to be looked at. A hint names
    the datum that the file seems to be in, how many places fit in it, and how many as it was read.
    """

    findings: tuple[Finding, ...]
    unread: tuple[Line, ...]
    here: int
    there: int
    matched: int
    hint: tuple[Datum, int, int] | None

    def count(self, verdict: Verdict) -> int:
        """Count the findings of one verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


def registered(
    session: Session, rows: Sequence[FileRow], *, kind: str | None = None, area: str | None = None
) -> Registered:
    """Read the stations of `kind`, or else of the kinds that the file names; public or not.

    Those outside `area` may be matched, but are not missed in the file. Raises AreaNotFoundError
    naming `area`.
    """
    within = None if area is None else _areas_within(session, area)
    kinds = {kind} if kind else {row.station.kind for row in rows if row.station}
    return Registered(
        stations=tuple(
            station
            for some in search.walk(session, [search.EVERY_ONE])
            for station in some
            if kinds & {station.kind, *station.also_kinds}
        ),
        within=within,
    )


def compare(register: Registered, rows: Sequence[FileRow]) -> Comparison:
    """Set the register against the rows of a file, as `reading.read_file` returns them."""
    said = [(row.number, row.station) for row in rows if row.number and row.station]
    here = [_place_here(station) for station in register.stations]
    there = [_place_there(number, row) for number, row in said]
    pairs = possible_pairs(here, there)
    matches = one_to_one(pairs)
    known = _Both(register.stations, said)
    findings = [finding for pair in matches for finding in _of_pair(known, pair)]
    findings += _alone_here(known, _best_alike(pairs, "left"), matches, register.within)
    findings += _alone_there(known, _best_alike(pairs, "right"), matches)
    return Comparison(
        findings=tuple(sorted(findings, key=_order)),
        unread=tuple(
            line for row in rows if row.station is None and row.number for line in row.lines
        ),
        here=len(here),
        there=len(there),
        matched=len(matches),
        hint=_hint(here, said, there),
    )


class _Both:
    """Both lists, by index, as the report names their places."""

    def __init__(self, stations: Sequence[Station], said: list[tuple[int, StationRow]]) -> None:
        self.stations = stations
        self.here = [
            Entry(station.code, station.name, station.status.value, station.point)
            for station in stations
        ]
        self.there = [
            Entry(str(number), row.name, "closed" if _says_closed(row) else None, _wgs84(row))
            for number, row in said
        ]


def _place_here(station: Station) -> Place:
    return Place(
        key=station.code,
        name=station.name,
        aliases=station.aliases,
        kinds=frozenset({station.kind, *station.also_kinds}),
        point=station.point,
        code=station.code,
        is_current=station.status in (Status.ACTIVE, Status.TEMPORARILY_CLOSED),
    )


def _place_there(number: int, row: StationRow) -> Place:
    return Place(
        key=str(number),
        name=CLOSED_WORDS.sub("", row.name) or row.name,
        aliases=row.aliases or (),
        kinds=frozenset({row.kind, *(row.also_kinds or ())}),
        point=_wgs84(row),
        code=row.code,
    )


def _wgs84(row: StationRow, datum: Datum | None = None) -> LonLat | None:
    if row.position is None:
        return None
    return convert(row.position.point, datum or row.position.datum, Datum.WGS84)


def _says_closed(row: StationRow) -> bool:
    texts = (row.name, row.notes, row.hours_text)
    return row.status in CLOSED or any(text and CLOSED_WORDS.search(text) for text in texts)


def _of_pair(known: _Both, pair: Pair) -> list[Finding]:
    """Return what is to be looked at in two places that are one, or that there is nothing."""
    station, there = known.stations[pair.left], known.there[pair.right]
    verdicts = []
    if pair.distance_m is not None and pair.distance_m > MOVED_M:
        verdicts.append(Verdict.MOVED)
    if pair.likeness < ALIKE:
        verdicts.append(Verdict.RENAMED)
    if station.status is Status.ACTIVE and there.status is not None:
        verdicts.append(Verdict.CLOSED_THERE)
    if station.status in CLOSED and there.status is None:
        verdicts.append(Verdict.CLOSED_HERE)
    if station.point is None and there.point is not None:
        verdicts.append(Verdict.UNPLACED_HERE)
    return [_found(verdict, known, pair) for verdict in verdicts or [Verdict.SAME]]


def _alone_here(
    known: _Both, alike: Mapping[int, Pair], matches: Sequence[Pair], within: frozenset[str] | None
) -> Iterator[Finding]:
    """Say of stations without a partner: the double of one that has one, or not in the file.

    `alike` is the best pair of each that both name and position speak for. That a closed or planned
    station is not in the file is as it should be.
    """
    matched = {pair.left for pair in matches}
    partner = {pair.right: pair.left for pair in matches}
    for index, station in enumerate(known.stations):
        if index in matched or station.status in (Status.CLOSED, Status.PLANNED):
            continue
        pair = alike.get(index)
        if pair is not None and pair.right in partner:
            double = _found(Verdict.DUPLICATE_HERE, known, pair)
            yield replace(double, also=known.here[partner[pair.right]])
        elif within is None or _is_within(station, within):
            yield Finding(Verdict.MISSING_THERE, known.here[index], None)


def _alone_there(
    known: _Both, alike: Mapping[int, Pair], matches: Sequence[Pair]
) -> Iterator[Finding]:
    """Say the same of rows; what is closed there is not missing here."""
    matched = {pair.right for pair in matches}
    partner = {pair.left: pair.right for pair in matches}
    for index, there in enumerate(known.there):
        if index in matched:
            continue
        pair = alike.get(index)
        if pair is not None and pair.left in partner:
            double = _found(Verdict.DUPLICATE_THERE, known, pair)
            yield replace(double, also=known.there[partner[pair.left]])
        elif there.status is None:
            yield Finding(Verdict.MISSING_HERE, None, there)


def _best_alike(pairs: Sequence[Pair], side: Literal["left", "right"]) -> dict[int, Pair]:
    """Return for each place of one side the best pair that both name and position speak for."""
    best: dict[int, Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.score, -pair.left, -pair.right)):
        if pair.is_alike_and_near:
            best[getattr(pair, side)] = pair
    return best


def _found(verdict: Verdict, known: _Both, pair: Pair) -> Finding:
    return Finding(
        verdict,
        known.here[pair.left],
        known.there[pair.right],
        None if pair.distance_m is None else round(pair.distance_m),
        round(pair.likeness),
    )


def _areas_within(session: Session, area: str) -> frozenset[str]:
    """Return the codes of an area and of all areas in it."""
    areas.get_area(session, area)
    tree = area_tree.read_tree(session)
    return frozenset(
        each.code for each in areas.list_areas(session) if tree.within(each.code, area)
    )


def _is_within(station: Station, codes: frozenset[str]) -> bool:
    return station.town_code in codes or (station.area is not None and station.area.code in codes)


def _hint(
    here: Sequence[Place], said: Sequence[tuple[int, StationRow]], there: Sequence[Place]
) -> tuple[Datum, int, int] | None:
    """Return the datum in which far more places of the file fit than in the one it was read in."""
    given = Counter(row.position.datum for _number, row in said if row.position is not None)
    if not given:
        return None
    claimed = given.most_common(1)[0][0]
    fits = {claimed: fitting(here, there)}
    for datum in Datum:
        if datum is not claimed:
            shifted = [
                replace(place, point=_wgs84(row, datum))
                for place, (_number, row) in zip(there, said, strict=True)
            ]
            fits[datum] = fitting(here, shifted)
    best = max(Datum, key=lambda datum: (fits[datum], datum is claimed))
    if fits[best] >= HINT_AT_LEAST and fits[best] > HINT_TIMES * fits[claimed]:
        return best, fits[best], fits[claimed]
    return None


def _order(finding: Finding) -> tuple[int, str, int]:
    return (
        list(Verdict).index(finding.verdict),
        "" if finding.here is None else finding.here.ref,
        0 if finding.there is None else int(finding.there.ref),
    )
