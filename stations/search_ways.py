"""The ways in which an entry can match a query, best first, each with the grams that find it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer, Text

from stations.pinyin import fold, initials, readings
from stations.place_kinds import PLACE_KINDS
from stations.search_grams import asked_pair_grams, asked_piece_grams, asked_start_gram, hashed
from stations.tables import SearchEntry as Entry
from stations.taxonomy import taxonomy

CODE = re.compile(r"[a-z]{4,6}[0-9]{4,}")
AREA_CODE = re.compile("[0-9]{6}|[0-9]{9}|[0-9]{12}")
LATIN = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")


@dataclass(frozen=True)
class Way:
    """One way to match. `grams` is what the index can tell of it, `condition` the whole truth."""

    match: str  # what the answer calls it
    grams: ColumnElement[bool]
    condition: ColumnElement[bool]

    @property
    def found(self) -> ColumnElement[bool]:
        """The condition, in the form that an index answers."""
        return and_(self.grams, self.condition)


def ways_of(session: Session, asked: str) -> list[Way]:
    """Return the ways in which entries may match a folded query, in the order of the answer."""
    way_by_name = Way("name", _piece_grams("n", asked), _holds(Entry.name, asked))
    way_by_alias = Way("alias", _piece_grams("a", asked), _holds(Entry.alias, asked))
    start = hashed_all([asked_start_gram("^", asked), *asked_piece_grams("n", asked)])
    ways = [
        Way("name", hashed_all([hashed("=", asked)]), Entry.name == asked),
        Way("name", start, func.starts_with(Entry.name, asked)),
        way_by_name,
        way_by_alias,
        Way("brand", _piece_grams("b", asked), _holds(Entry.brand, asked)),
        *_in_areas(session, "area", [way_by_name, way_by_alias]),
        *_of_kinds("kind", lambda word: asked in fold(word)),
        Way("address", _piece_grams("d", asked), _holds(Entry.address, asked)),
    ]
    if CODE.fullmatch(asked):
        coded = func.lower(func.replace(Entry.code, "-", "")) == asked
        ways.insert(0, Way("code", hashed_all([hashed("c", asked)]), coded))
    if AREA_CODE.fullmatch(asked):
        is_area = and_(Entry.type == "area", Entry.code == asked)
        ways.insert(0, Way("code", is_area, is_area))
    if LATIN.fullmatch(asked):
        ways += _by_reading(session, asked)
        ways += _by_initials(session, asked)
    return ways


def by_words(session: Session, words: Sequence[str]) -> Way:
    """Return the way to hold each of several folded words, wherever and however."""
    each = [ways_of(session, word) for word in words]
    return Way(
        "words",
        and_(*(or_(*(way.grams for way in ways)) for ways in each)),
        and_(*(or_(*(way.condition for way in ways)) for ways in each)),
    )


def by_sound(asked: str) -> list[Way]:
    """Return the ways to sound like a query of Han characters, of which it has some other ones."""
    ways = []
    for syllables in readings(asked):
        letters = "".join(syllables)
        if letters.isascii() and letters.isalnum():
            pattern = " " + " ".join(syllables) + "[ ;]"
            ways.append(_reading_way([asked_start_gram("p", letters)], letters, pattern))
    return ways


def _by_reading(session: Session, asked: str) -> list[Way]:
    """Return the ways by reading: from where a syllable begins, to the middle of one perhaps."""
    letters = " ?".join(asked)
    anywhere = _reading_way([asked_start_gram("p", asked)], asked, f" {letters}")
    return [
        _reading_way([hashed("P", asked)], asked, rf"\| {letters};"),
        _reading_way([asked_start_gram("Q", asked)], asked, rf"\| {letters}"),
        anywhere,
        *_in_areas(session, "pinyin", [anywhere]),
        *_of_kinds("pinyin", lambda word: any(_is_read(each, asked) for each in readings(word))),
    ]


def _by_initials(session: Session, asked: str) -> list[Way]:
    def way(grams: list[int], text: str) -> Way:
        return Way("initials", hashed_all(grams), _holds(Entry.initials, text))

    anywhere = way(asked_piece_grams("i", asked), asked)
    return [
        way([hashed("I", asked)], f"|{asked};"),
        way([asked_start_gram("J", asked)], f"|{asked}"),
        anywhere,
        *_in_areas(session, "initials", [anywhere]),
        *_of_kinds(
            "initials", lambda word: any(asked in initials(each) for each in readings(word))
        ),
    ]


def _reading_way(grams: list[int], letters: str, pattern: str) -> Way:
    every = [*grams, *asked_pair_grams("l", letters)]
    return Way("pinyin", hashed_all(every), Entry.pinyin.regexp_match(pattern))


def _is_read(syllables: tuple[str, ...], asked: str) -> bool:
    return any("".join(syllables[start:]).startswith(asked) for start in range(len(syllables)))


def _in_areas(session: Session, match: str, ways: Iterable[Way]) -> list[Way]:
    """Look up the areas themselves: there are few, and so nobody repeats their grams."""
    names: set[str] = set()
    for way in ways:
        found = select(Entry.name).where(Entry.type == "area", way.found)
        names.update(session.scalars(found))
    if not names:
        return []
    return [
        Way(
            match,
            hashed_any(hashed("r", name) for name in names),
            Entry.areas.overlap(cast(sorted(names), ARRAY(Text))),
        )
    ]


def _of_kinds(match: str, is_meant: Callable[[str], bool]) -> list[Way]:
    words = {kind.code: (kind.zh, kind.zh_short, kind.en) for kind in taxonomy().kind.values()}
    codes = sorted(
        {
            code
            for code, called in (*words.items(), *PLACE_KINDS.items())
            if any(map(is_meant, called))
        }
    )
    if not codes:
        return []
    return [
        Way(
            match,
            hashed_any(hashed("k", code) for code in codes),
            Entry.kinds.overlap(cast(codes, ARRAY(Text))),
        )
    ]


def hashed_all(grams: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that an entry has all of these grams."""
    return Entry.grams.op("@>", is_comparison=True)(cast(sorted(set(grams)), ARRAY(Integer)))


def hashed_any(grams: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that an entry has one of these grams."""
    return Entry.grams.op("&&", is_comparison=True)(cast(sorted(set(grams)), ARRAY(Integer)))


def _piece_grams(field: str, asked: str) -> ColumnElement[bool]:
    return hashed_all(asked_piece_grams(field, asked))


def _holds(column: Any, asked: str) -> ColumnElement[bool]:
    return func.strpos(column, asked) > 0
