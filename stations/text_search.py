"""Text search over stations, areas and places: what matches a few letters, the best first.

The order is total: the way in which it matches (`search_ways`), metres where a position is given,
the shorter name, the code. The index of grams gives what may match. Where that is much, some of it
shows how far the best can be, and only what lies within is sorted. What nothing holds as typed is
looked for by its sound and with one letter wrong, missing or too many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, true, tuple_
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations.errors import InvalidInputError
from stations.pinyin import fold
from stations.search_details import Details, details_of
from stations.search_fuzzy import FUZZY, fuzzy
from stations.search_splitting import split
from stations.search_ways import Way, by_words, ways_of
from stations.tables import ENTRY_TYPES, Station
from stations.tables import SearchEntry as Entry

ASKED_MAX = 50
RARE_MAX = 2_000
"""A query that more entries match than this is common: their number is not told."""

WORDS_MAX = 5
"""So many words apart from each other are looked for each by itself as well."""

TIMEOUT_MS = 3_000


@dataclass(frozen=True)
class Question:
    """What somebody typed, where they are (WGS-84, where they say), and what they look for."""

    text: str
    origin: LonLat | None = None
    types: tuple[str, ...] = ENTRY_TYPES
    limit: int = 10


@dataclass(frozen=True)
class Found:
    """One answer: a station, an area or a place, and how it matched."""

    details: Details
    match: str
    distance_m: int | None  # None: no position was given, or the thing has none


@dataclass(frozen=True)
class Answer:
    """The best matches. `matched` is None where more than `at_least` match."""

    found: list[Found]
    matched: int | None
    at_least: int


@dataclass(frozen=True)
class Hit:
    """One matching entry."""

    type: str
    code: str
    match: str
    distance_m: int | None
    name_length: int


def search(session: Session, question: Question, *, rare_max: int = RARE_MAX) -> Answer:
    """Answer with the best matches; InvalidInputError for a text that says nothing or too much."""
    asked = fold(question.text)
    if not 1 <= len(asked) <= ASKED_MAX:
        raise InvalidInputError(
            field="q",
            problem_zh=f"请输入 1 到 {ASKED_MAX} 个文字、字母或数字",
            problem_en=f"1 to {ASKED_MAX} letters, digits or Chinese characters are needed",
        )
    _set_up(session)
    ways = ways_of(session, asked)
    words = list(dict.fromkeys(filter(None, map(fold, question.text.split()))))
    if 2 <= len(words) <= WORDS_MAX:
        ways.append(by_words(session, words))
    hits, matched = _sorted(session, question, ways, false(), rare_max)
    if matched == 0 and len(words) == 1:
        words = split(session, asked)
        if words != [asked]:
            ways = [by_words(session, words)] if len(words) > 1 else ways_of(session, words[0])
            hits, matched = _sorted(session, question, ways, false(), rare_max)
    if matched is None:
        hits = _common(session, question, ways, rare_max)
        return Answer(_described(session, hits), None, rare_max + 1)
    if len(hits) < question.limit:
        known = {(hit.type, hit.code) for hit in hits}
        scope = and_(Entry.type.in_(question.types), VISIBLE)
        more = fuzzy(session, asked, scope, distance_from(question.origin), TIMEOUT_MS)
        more = [each for each in more if (each.type, each.code) not in known]
        matched += len(more)
        hits += [
            Hit(each.type, each.code, FUZZY, each.distance_m, 0)
            for each in more[: question.limit - len(hits)]
        ]
    return Answer(_described(session, hits), matched, matched)


VISIBLE: ColumnElement[bool] = or_(
    Entry.type != "station",
    select(Station.is_public).where(Station.code == Entry.code).scalar_subquery(),
)
"""Whether everybody may see it is asked of the station itself, never of a copy."""


def distance_from(origin: LonLat | None) -> ColumnElement[Any]:
    """Return whole ellipsoid metres from a WGS-84 point, or null."""
    if origin is None:
        return func.nullif(0, 0)
    return func.round(func.ST_Distance(Entry.position, _geography(origin)))


def _sorted(
    session: Session,
    question: Question,
    ways: Sequence[Way],
    but_not: ColumnElement[bool],
    most: int | None,
) -> tuple[list[Hit], int | None]:
    """Find what matches in any of these ways, sort, and return the best and how many match.

    Where more than `most` match, the best of some `most` are returned, and None.
    """
    rank = case(*[(way.condition, place) for place, way in enumerate(ways)])
    matching = (
        select(
            *(Entry.type, Entry.code, Entry.name_length),
            rank.label("rank"),
            distance_from(question.origin).label("distance_m"),
        )
        .where(or_(*(way.found for way in ways)), not_(but_not))
        .where(Entry.type.in_(question.types), VISIBLE)
    )
    if most is not None:
        matching = matching.limit(most + 1)
    found = matching.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    best = (
        select(found, func.count().over().label("matched"))
        .order_by(found.c.rank, found.c.distance_m, found.c.name_length, found.c.code, found.c.type)
        .limit(question.limit)
    )
    rows = session.execute(best).all()
    hits = [_hit(row, ways[row.rank].match) for row in rows]
    matched = rows[0].matched if rows else 0
    return hits, None if most is not None and matched > most else matched


def _common(session: Session, question: Question, ways: Sequence[Way], rare_max: int) -> list[Hit]:
    """Go through the ways, best first, until there are enough hits.

    A way that is common itself always gives enough: what matches in a better way as well has been
    found already, and those were fewer than wanted. The best of some of its matches show how far
    the best of all can be, and only those within are sorted.
    """
    hits: list[Hit] = []
    for place, way in enumerate(ways):
        missing = replace(question, limit=question.limit - len(hits))
        better = or_(false(), *(each.condition for each in ways[:place]))
        more, matched = _sorted(session, missing, [way], better, rare_max)
        if matched is None:
            within = replace(way, condition=and_(way.condition, _no_worse(more[-1], question)))
            more, _ = _sorted(session, missing, [within], better, None)
        hits += more
        if len(hits) >= question.limit:
            break
    return hits


def _no_worse(last: Hit, question: Question) -> ColumnElement[bool]:
    """Return the condition to be no further than a hit, or else to have no longer name."""
    if question.origin is None:
        return tuple_(Entry.name_length, Entry.code) <= tuple_(last.name_length, last.code)
    if last.distance_m is None:
        return true()
    # a rounded metre, and one for the rounding of degrees
    return func.ST_DWithin(Entry.position, _geography(question.origin), last.distance_m + 2)


def _described(session: Session, hits: Sequence[Hit]) -> list[Found]:
    """Read what people see of each hit; one that is gone meanwhile is left out."""
    details = details_of(session, [(hit.type, hit.code) for hit in hits])
    return [
        Found(details[hit.type, hit.code], hit.match, hit.distance_m)
        for hit in hits
        if (hit.type, hit.code) in details
    ]


def _set_up(session: Session) -> None:
    """Bound the time, and keep the planner to indexes: it cannot know how rare a gram is."""
    session.execute(
        select(
            func.set_config("statement_timeout", str(TIMEOUT_MS), True),
            func.set_config("enable_seqscan", "off", True),
        )
    )


def _hit(row: Any, match: str) -> Hit:
    metres = None if row.distance_m is None else int(row.distance_m)
    return Hit(row.type, row.code, match, metres, row.name_length)


def _geography(point: LonLat) -> ColumnElement[Any]:
    return func.geography(func.ST_SetSRID(func.ST_MakePoint(point.lon, point.lat), 4326))
