"""What sounds like a query, or differs from it by one letter: best effort, in bounded time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from stations.pinyin import HAN
from stations.search_grams import (
    PREFIX_LENGTHS,
    asked_pair_grams,
    asked_piece_grams,
    hashed,
)
from stations.search_ways import LATIN, by_sound, hashed_all, hashed_any
from stations.tables import SearchEntry as Entry

FUZZY = "fuzzy"
CANDIDATES_MAX = 1_000
TIME_MS = 400
HAN_MIN, LATIN_MIN, ASKED_MAX = 3, 4, 16
START = max(PREFIX_LENGTHS)
QUERY_CANCELLED = "57014"

WORD = re.compile(r" [^ ;]+(?: [^ ;]+)*")


@dataclass(frozen=True)
class Guess:
    """One entry that the query may have meant."""

    type: str
    code: str
    distance_m: int | None


def fuzzy(
    session: Session,
    asked: str,
    scope: ColumnElement[bool],
    distance_m: ColumnElement[Any],
    timeout_ms: int,
) -> list[Guess]:
    """Guess what a folded query meant: first by sound, then by one letter; none after `TIME_MS`.

    Looks at `CANDIDATES_MAX` entries of each sort. `timeout_ms` is restored for what follows.
    """
    if not (_may_sound(asked) or _may_be_misspelt(asked)):
        return []
    try:
        with session.begin_nested():
            session.execute(select(func.set_config("statement_timeout", str(TIME_MS), True)))
            rows = _sounding(session, asked, scope, distance_m) if _may_sound(asked) else []
            if _may_be_misspelt(asked):
                rows += _misspelt(session, asked, scope, distance_m)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != QUERY_CANCELLED:
            raise
        rows = []
    session.execute(select(func.set_config("statement_timeout", str(timeout_ms), True)))
    guesses = {
        (row.type, row.code): Guess(
            row.type, row.code, None if row.distance_m is None else int(row.distance_m)
        )
        for row in reversed(rows)
    }
    return list(reversed(guesses.values()))


def _may_sound(asked: str) -> bool:
    return HAN.search(asked) is not None and 2 <= len(asked) <= ASKED_MAX


def _may_be_misspelt(asked: str) -> bool:
    least = LATIN_MIN if LATIN.fullmatch(asked) else HAN_MIN
    return not asked.isdigit() and least <= len(asked) <= ASKED_MAX


def _sounding(
    session: Session, asked: str, scope: ColumnElement[bool], distance_m: ColumnElement[Any]
) -> list[Any]:
    ways = by_sound(asked)
    if not ways:
        return []
    found = _candidates(session, or_(*(way.found for way in ways)), scope, distance_m)
    return sorted(found, key=_order)


def _misspelt(
    session: Session, asked: str, scope: ColumnElement[bool], distance_m: ColumnElement[Any]
) -> list[Any]:
    is_latin = LATIN.fullmatch(asked) is not None
    like = _like_reading(asked) if is_latin else _like_name(asked)
    candidates = _candidates(session, like, scope, distance_m)
    starts = _reading_starts if is_latin else _name_starts
    meant = [row for row in candidates if any(begins_like(asked, each) for each in starts(row))]
    return sorted(meant, key=_order)


def begins_like(asked: str, text: str) -> bool:
    """Whether a text begins with the query but for one letter: wrong, missing, extra or swapped."""
    same = 0
    for one, other in zip(asked, text, strict=False):
        if one != other:
            break
        same += 1
    if same == len(asked):
        return True
    rest = asked[same:]
    return (
        text.startswith(rest[1:], same + 1)  # wrong
        or text.startswith(rest, same + 1)  # missing
        or text.startswith(rest[1:], same)  # extra
        or (len(rest) > 1 and text.startswith(rest[1] + rest[0] + rest[2:], same))
    )


def _like_name(asked: str) -> ColumnElement[bool]:
    """Return what every name holds that is one character from the query: all but one place."""
    return or_(
        *(
            hashed_all([*_grams("n", asked[:place]), *_grams("n", asked[place + 1 :])])
            for place in range(len(asked))
        )
    )


def _grams(field: str, part: str) -> list[int]:
    return asked_piece_grams(field, part) if part else []


def _like_reading(asked: str) -> ColumnElement[bool]:
    """Return what every reading holds that is one letter from the query.

    Either one of the first letters is wrong, and the reading begins in one of some hundred ways; or
    it begins as the query does, and holds all but one place of the rest.
    """
    starts = [hashed("p", start) for start in sorted(_starts_like(asked))]
    early = hashed_any(starts)
    if rest := asked_pair_grams("l", asked[START + 1 :]):  # to hold nothing is to read everything
        early = and_(early, hashed_all(rest))
    late = [
        hashed_all(
            [
                hashed("p", asked[:START]),
                *asked_pair_grams("l", asked[START - 1 : place]),
                *asked_pair_grams("l", asked[place + 2 :]),
            ]
        )
        for place in range(START, len(asked))
    ]
    return or_(early, *late)


def _starts_like(asked: str) -> set[str]:
    """Return the first `START` letters of what is one letter from the query, in one of these."""
    head = asked[: START + 1]
    found = set()
    for place in range(START):
        left, right = head[:place], head[place:]
        found.add(left + right[1:])
        found.add(left + right[1:2] + right[:1] + right[2:])
        for letter in ascii_lowercase:
            found |= {left + letter + right, left + letter + right[1:]}
    short = {each for each in found if len(each) < START}
    longer = {each + letter for each in short for letter in ascii_lowercase}
    return {each[:START] for each in (found - short) | longer}


def _candidates(
    session: Session,
    condition: ColumnElement[bool],
    scope: ColumnElement[bool],
    distance_m: ColumnElement[Any],
) -> list[Any]:
    query = (
        select(
            *(Entry.type, Entry.code, Entry.name_length, Entry.name, Entry.pinyin),
            distance_m.label("distance_m"),
        )
        .where(condition, scope)
        .limit(CANDIDATES_MAX)
    )
    return list(session.execute(query))


def _name_starts(row: Any) -> Iterator[str]:
    for start in range(len(row.name)):
        yield row.name[start:]


def _reading_starts(row: Any) -> Iterator[str]:
    """Yield readings from where each syllable begins."""
    for line in WORD.findall(row.pinyin):
        syllables = line.split()
        for start in range(len(syllables)):
            yield "".join(syllables[start:])


def _order(row: Any) -> tuple[Any, ...]:
    far = row.distance_m is None
    return far, 0 if far else row.distance_m, row.name_length, row.code, row.type
