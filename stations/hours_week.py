"""Reads the words of one week: days and their spans, days off, and what is said of holidays."""

from dataclasses import dataclass, replace
from itertools import pairwise

from stations.hours_order import days_in_front
from stations.hours_words import (
    DAY_MINUTES,
    EVERY_DAY,
    HOLIDAY_DAY,
    HOLIDAYS,
    WEEKEND,
    WORKDAYS,
    Piece,
    Span,
    Word,
)

Week = dict[int, tuple[Span, ...]]
"""Spans by day of the week, Monday is 0; 7 is a day given off. A day that is missing is closed."""

WHOLE_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)

_CONTRADICTION = "contradiction"


@dataclass(frozen=True)
class Said:
    """One week as said."""

    week: Week
    holidays: str | None
    festivals: frozenset[str]


@dataclass(frozen=True)
class _Taken:
    """A week's pieces without what they say of holidays off, and what that was.

    `museum`: a day off of the week is none on a holiday.
    """

    pieces: list[Piece]
    off: bool
    festivals: frozenset[str]
    museum: bool


def said_of(pieces: list[Piece]) -> Said | None:
    """Read one week, and what it says of holidays."""
    ordered = days_in_front(pieces)
    taken = None if ordered is None else _without_holidays_off(ordered)
    if taken is None:
        return None
    perhaps_weekend = any(piece.perhaps_weekend for piece in pieces)
    pieces = taken.pieces
    groups = _week(
        [
            replace(piece, word=Word.OFF) if piece.word is Word.EXCEPT else piece
            for piece in pieces
            if piece.word is not Word.BREAK
        ]
    )
    if groups is None:
        return None
    week, mentioned = groups
    named = [piece for piece in pieces if piece.festivals]
    every_holiday = any(piece.days == HOLIDAYS and not piece.festivals for piece in pieces)
    if named and (HOLIDAY_DAY in week or every_holiday):
        return None
    if WEEKEND & set(week) and perhaps_weekend:
        return None
    by_calendar = any(piece.by_calendar for piece in pieces)
    holidays = _on_holidays(week, mentioned, taken, by_calendar=by_calendar)
    if holidays is _CONTRADICTION or not EVERY_DAY & set(week):
        return None
    return Said(week, holidays, taken.festivals.union(*(piece.festivals for piece in named)))


def _on_holidays(
    week: Week, mentioned: set[int], taken: "_Taken", *, by_calendar: bool
) -> str | None:
    """Return what a text says of holidays; a week may get its day 7, and weekends with it."""
    if HOLIDAY_DAY in week:
        weekend = _weekend_is_said(week, mentioned, by_calendar=by_calendar)
        return "week" if weekend and not taken.off else _CONTRADICTION
    off = taken.off or HOLIDAY_DAY in mentioned
    if taken.museum:
        if off or len(set(week.values())) != 1:
            return _CONTRADICTION
        week[HOLIDAY_DAY] = next(iter(week.values()))
        return "week"
    if off:
        return "off"
    if by_calendar:
        return "unknown" if WEEKEND & set(week) else "off"
    return None


def _weekend_is_said(week: Week, mentioned: set[int], *, by_calendar: bool) -> bool:
    """Tell whether 节假日 means weekends too: beside 工作日 it does, beside 周一至周五 it may."""
    if mentioned >= WEEKEND:
        return True
    if not by_calendar or mentioned & WEEKEND or not set(week) >= WORKDAYS:
        return False
    week.update(dict.fromkeys(WEEKEND, week[HOLIDAY_DAY]))
    return True


def _without_holidays_off(pieces: list[Piece]) -> _Taken | None:
    """Take out 节假日除外 between days and their hours, and 周一闭馆（节假日除外）."""
    off, museum, festivals = False, False, frozenset[str]()
    kept: list[Piece] = []
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        ahead = [each for each in pieces[place + 1 :] if each.word is not Word.BREAK]
        is_off = (
            piece.days == HOLIDAYS
            and place + 1 < len(pieces)
            and pieces[place + 1].word in (Word.OFF, Word.EXCEPT)
        )
        before = kept[-1] if kept else None
        if is_off and pieces[place + 1].word is Word.EXCEPT and _is_off(kept):
            if before is None or before.word is Word.BREAK or _days_of_last_off(kept) & WEEKEND:
                return None
            museum = True
            place += 2
        elif (
            is_off
            and len(ahead) > 1
            and ahead[1].word in (Word.SPAN, Word.ALL_DAY)
            and (before is None or (before.word is Word.DAYS and len(before.days) >= 3))
        ):
            off, festivals = True, festivals | piece.festivals
            place += 2
        else:
            kept.append(piece)
            place += 1
    return _Taken(kept, off, festivals, museum)


def _is_off(pieces: list[Piece]) -> bool:
    said = [piece for piece in pieces if piece.word is not Word.BREAK]
    return bool(said) and said[-1].word is Word.OFF


def _days_of_last_off(pieces: list[Piece]) -> frozenset[int]:
    said = [piece for piece in pieces if piece.word is not Word.BREAK][:-1]
    days: set[int] = set()
    while said and said[-1].word is Word.DAYS:
        days |= said.pop().days
    return frozenset(days)


def _week(pieces: list[Piece]) -> tuple[Week, set[int]] | None:
    groups = _groups(pieces)
    if groups is None:
        return None
    week: Week = {}
    for days, spans in groups:
        if spans:
            if not days.isdisjoint(week):
                return None  # an addition or an exception: the text does not say which
            week.update(dict.fromkeys(days, spans))
    for days, spans in groups:
        if not spans:
            for day in days:
                week.pop(day, None)
    mentioned = {day for days, _spans in groups for day in days}
    return (week, mentioned) if week else None


def _groups(pieces: list[Piece]) -> list[tuple[frozenset[int], tuple[Span, ...]]] | None:
    """Split into days and their spans; empty spans are days off. Days stand first, or last."""
    if not pieces:
        return None
    if pieces[0].word is not Word.DAYS and pieces[-1].word is Word.DAYS:
        # read backwards, a text with its days behind the times is one with its days in front
        return _days_first(pieces[::-1], backwards=True)
    return _days_first(pieces, backwards=False)


def _days_first(
    pieces: list[Piece], *, backwards: bool
) -> list[tuple[frozenset[int], tuple[Span, ...]]] | None:
    runs: list[tuple[set[int], list[Piece]]] = []
    for piece in pieces:
        if piece.word is Word.DAYS:
            if not runs or runs[-1][1]:
                runs.append((set(), []))
            runs[-1][0].update(piece.days)
        else:
            if not runs:
                runs.append((set(EVERY_DAY), []))
            runs[-1][1].append(piece)
    groups = []
    for days, said in runs:
        spans = _hours_of(said[::-1] if backwards else said)
        if spans is None:
            return None
        groups.append((frozenset(days), spans))
    return groups


def _hours_of(said: list[Piece]) -> tuple[Span, ...] | None:
    """Return the spans of one group, () for a day off, None where they contradict one another."""
    words = {piece.word for piece in said}
    if words == {Word.OFF}:
        return ()
    if words == {Word.ALL_DAY}:
        return WHOLE_DAY
    if words != {Word.SPAN}:
        return None
    spans = tuple(piece.span for piece in said)
    if any(one[1] > two[0] for one, two in pairwise(spans)):
        return None
    return None if spans[-1][1] - DAY_MINUTES > spans[0][0] else spans
