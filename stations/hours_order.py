"""Puts days and seasons that a text writes behind its times in front of them.

In `8:30-17:30，周一至周五，节假日休息` the days between the times and the days off are those of
opening if they are a run of the working week, and days off if they are a weekend. Where a reader
could take them for either, the text is not understood.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from stations.hours_words import (
    DAY_LIST,
    EVERY_DAY,
    HOLIDAYS,
    WEEKEND,
    WORKDAYS,
    Joined,
    Piece,
    Word,
    listed_days,
)

TIMES = (Word.SPAN, Word.ALL_DAY)
DAYS_OFF = (Word.OFF, Word.EXCEPT)
TIGHT = re.compile(r"\s*([-至到、/&+和及与])\s*")
A_RANGE = re.compile("[-至到]")
A_RANGE_IN_A_LIST = re.compile("[-至到].*[、,/&+和及与]|[、,/&+和及与].*[-至到]")
APART = re.compile(r"\s*,\s*|\s+")
Groups = list[tuple[list[Piece], list[Piece]]]
"""Times, and what stands behind them."""

FEWEST_IN_A_RUN = 3  # 周一、三、五 are days of opening; 周五至周日 may be days off


@dataclass(frozen=True)
class _Unit:
    """Days that a text holds together: 周一至周五, or 周六、周日、节假日."""

    pieces: tuple[Piece, ...]

    @property
    def days(self) -> frozenset[int]:
        return frozenset[int]().union(*(piece.days for piece in self.pieces))

    @property
    def is_run(self) -> bool:
        """Whether these are days that a place is open on: 周一至周五, 工作日, 周一、三、五."""
        return len(self.pieces) == 1 and _is_run(self.pieces[0])

    @property
    def is_free(self) -> bool:
        """Whether these are days that most are off on: the weekend, holidays."""
        return self.days - HOLIDAYS in (frozenset(), WEEKEND) and not any(
            A_RANGE.search(piece.text) for piece in self.pieces
        )

    @property
    def is_doubtful(self) -> bool:
        """Whether working days are tied to other days as if they were off with them."""
        if any(piece.by_calendar for piece in self.pieces):
            return len(self.pieces) > 1
        many = len(self.days & WORKDAYS) >= FEWEST_IN_A_RUN
        text = "".join(piece.text for piece in self.pieces)
        return many and (bool(self.days & HOLIDAYS) or bool(A_RANGE_IN_A_LIST.search(text)))


def days_in_front(pieces: list[Piece]) -> list[Piece] | None:
    """Return the words with days of opening before their times; None where it is in doubt which.

    Texts that do not begin with times and end with days off are returned as they are.
    """
    said = _without_breaks(pieces)
    if not said or said[0].word not in TIMES:
        return pieces
    if said[-1].word is Word.DAYS:
        # 周末休息 周一至周五, or 周一至周五 休息：周末
        off_between = any(
            one.word is Word.DAYS and two.word in DAYS_OFF for one, two in pairwise(said)
        )
        return None if off_between else pieces
    groups = _by_times([part for piece in pieces for part in _apart(piece)])
    if said[-1].word not in DAYS_OFF or not all(
        _are_runs(behind) for _times, behind in groups[:-1]
    ):
        return pieces
    return _with_days_in_front(groups) or pieces if _is_clear(groups) else None


def seasons_in_front(pieces: list[Piece]) -> list[Piece]:
    """Return 8:30-17:30（夏季），8:30-17:00（冬季） with each season before its times.

    Each has to have as many times as the others: what a season lacks may be said of both. Other
    texts are returned as they are.
    """
    said = _without_breaks(pieces)
    start = next((place for place, each in enumerate(said) if each.word is not Word.DAYS), 0)
    days, said = said[:start], said[start:]
    if not said or said[0].word not in TIMES or said[-1].word is not Word.SEASON:
        return pieces
    groups = _by_times(said)
    behind = [each.word for _times, seasons in groups for each in seasons]
    counts = {len(times) for times, _seasons in groups}
    if len(groups) < 2 or len(counts) > 1 or set(behind) != {Word.SEASON}:
        return pieces
    return [*days, *(each for times, seasons in groups for each in (*seasons, *times))]


def without_other_days(pieces: list[Piece]) -> list[Piece]:
    """Return 节假日休息，其余时间8:30-17:30 and 工作日8:30-17:30，其他时间休息 without 其他时间.

    It stands for a season in other texts, which are returned as they are.
    """
    seasons = [place for place, piece in enumerate(pieces) if piece.word is Word.SEASON]
    season = pieces[seasons[0]].season if len(seasons) == 1 else None
    if season is None or season.name != "other":
        return pieces
    before, after = pieces[: seasons[0]], _without_breaks(pieces[seasons[0] + 1 :])
    said = [piece.word for piece in _without_breaks(before)]
    if said and [piece.word for piece in after] == [Word.OFF]:
        return before
    are_off = said and said[-1] in DAYS_OFF and not set(said) - {Word.DAYS, *DAYS_OFF}
    if not are_off or not after:
        return pieces
    every_day = [Piece(Word.DAYS, days=EVERY_DAY)] if after[0].word in TIMES else []
    return [*every_day, *after, Piece(Word.BREAK), *before]


def _is_clear(groups: Groups) -> bool:
    """Whether a reader would not doubt which days behind the last times are off."""
    first, *others = _clauses(groups[-1][1])
    return _opening(first, is_needed=len(groups) > 1) is not None and all(map(_is_off, others))


def _with_days_in_front(groups: Groups) -> list[Piece]:
    """Return the words in order; none where there are no days of opening."""
    times, behind = groups[-1]
    opened = _opening(next(_clauses(behind)), is_needed=len(groups) > 1)
    days = [piece for unit in opened or () for piece in unit.pieces]
    if not days:
        return []
    before = [piece for each, of in groups[:-1] for piece in (*_without_breaks(of), *each)]
    rest = [piece for piece in behind if not any(piece is each for each in days)]
    return [*before, *days, *times, *rest]


def _opening(units: Sequence[_Unit], *, is_needed: bool) -> Sequence[_Unit] | None:
    """Return which days before 休息 are those of opening; None where that is in doubt.

    `is_needed`: there are times before that have days of their own, so that these need some too.
    """
    if not units or any(unit.is_doubtful for unit in units):
        return None
    if not is_needed and (len(units) == 1 or all(unit.is_free for unit in units)):
        return ()
    runs = next((place for place, unit in enumerate(units) if not unit.is_run), len(units))
    if is_needed and not runs and not units[0].days & HOLIDAYS:
        runs = 1
    opened, off = units[:runs], units[runs:]
    if not opened or not off:
        return None
    open_days, off_days = _days_of(opened), _days_of(off)
    if open_days & off_days and open_days != EVERY_DAY:
        return None
    # 周三至周六，周一，节假日休息: nobody can say of which the Monday is
    if not all(unit.is_free for unit in off[:-1]) and open_days | off_days < EVERY_DAY:
        return None
    return opened


def _is_off(units: Sequence[_Unit]) -> bool:
    """Whether all days of a clause are off, without any of them being days of opening."""
    if len(units) == 1:
        return not units[0].is_doubtful
    return all(unit.is_free for unit in units)


def _by_times(pieces: list[Piece]) -> Groups:
    """Split into times and what stands behind them."""
    groups: Groups = []
    for piece in pieces:
        if piece.word in TIMES:
            if not groups or _without_breaks(groups[-1][1]):
                groups.append(([], []))
            groups[-1][0].append(piece)
        elif groups:
            groups[-1][1].append(piece)
    return groups


def _clauses(behind: list[Piece]) -> Iterator[list[_Unit]]:
    """Return the days before each 休息, held together as the text does."""
    units: list[_Unit] = []
    for piece in behind:
        if piece.word in DAYS_OFF:
            yield units
            units = []
        elif piece.word is Word.DAYS:
            is_tied = piece.joined is Joined.LISTED or (
                piece.joined is Joined.TOUCHING and bool(units) and not units[-1].is_run
            )
            if is_tied and units:
                units[-1] = _Unit((*units[-1].pieces, piece))
            else:
                units.append(_Unit((piece,)))


def _are_runs(behind: list[Piece]) -> bool:
    said = _without_breaks(behind)
    return bool(said) and all(piece.word is Word.DAYS and _is_run(piece) for piece in said)


def _is_run(piece: Piece) -> bool:
    if piece.by_calendar or piece.days in (EVERY_DAY, WORKDAYS):
        return True
    if len(piece.days & WORKDAYS) < FEWEST_IN_A_RUN:
        return False
    text = TIGHT.sub(r"\1", piece.text)
    return bool(A_RANGE.search(text)) or not APART.search(text)


def _apart(piece: Piece) -> list[Piece]:
    """Split 周二至周日，周一 into its two; 周六，周日 stay together."""
    parts = APART.split(TIGHT.sub(r"\1", piece.text.strip()))
    if piece.word is not Word.DAYS or len(parts) < 2:
        return [piece]
    if not all(DAY_LIST.fullmatch(part) for part in parts):
        return [piece]
    days = [listed_days(part) for part in parts]
    split = [
        replace(piece, days=each, text=part, joined=piece.joined if place == 0 else None)
        for place, (part, each) in enumerate(zip(parts, days, strict=True))
        if each is not None
    ]
    is_list = len(split) < len(parts) or all(len(part.days) == 1 for part in split)
    return [piece] if is_list else split


def _days_of(units: Sequence[_Unit]) -> frozenset[int]:
    return frozenset[int]().union(*(unit.days for unit in units))


def _without_breaks(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.word is not Word.BREAK]
