"""Reads what Chinese lists write about opening hours into a week, or says that it cannot.

A text of which one word is not understood is not understood at all: half a reading could send
somebody to a locked door.
"""

from itertools import pairwise

from stations.hours_words import DAY_MINUTES, EVERY_DAY, Clock, Piece, Span, Word, pieces_of, plain

LONGEST_TEXT = 1_000

Week = dict[int, tuple[Span, ...]]
"""Spans by day of the week, Monday is 0; a day that is missing is closed."""

WHOLE_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)

# An evening hour that shows a 24-hour clock, so that an earlier end can only be tomorrow's. From
# 9:00 to 5:00 could be a working day or a night, and is neither to us.
NIGHT_BEGINS = 17 * 60


def read_week(text: str) -> Week | None:
    """Return the week that a text describes, or None where anything in it is not understood."""
    if len(text) > LONGEST_TEXT:
        return None
    pieces = pieces_of(plain(text))
    if pieces is None:
        return None
    pieces = _without_who(pieces)
    if pieces is None:
        return None
    no_rest = any(piece.word is Word.NO_REST for piece in pieces)
    spans = _spans([piece for piece in pieces if piece.word is not Word.NO_REST])
    if spans is None:
        return None
    week = _week([piece for piece in spans if piece.word is not Word.BREAK])
    # "open on holidays too" beside a week with closed days could mean either
    if week is None or (no_rest and len(week) < len(EVERY_DAY)):
        return None
    return week


def _without_who(pieces: list[Piece]) -> list[Piece] | None:
    """Drop words about who may come, where they close or open the text.

    Between two times they could say that the first are for some and the second for others.
    """
    kept = [place for place, piece in enumerate(pieces) if piece.word not in (Word.WHO, Word.BREAK)]
    who = [place for place, piece in enumerate(pieces) if piece.word is Word.WHO]
    if not kept:
        return None
    before, after = any(place < kept[0] for place in who), any(place > kept[-1] for place in who)
    inside = any(kept[0] < place < kept[-1] for place in who)
    if inside or (before and after):
        return None
    return pieces[kept[0] : kept[-1] + 1]


def _spans(pieces: list[Piece]) -> list[Piece] | None:
    """Put each time, 至, time together; a time that stands alone is not understood."""
    clocks = [piece.clock for piece in pieces if piece.clock is not None]
    shows_24_hours = any(
        clock.hour == 0 or clock.hour > 12 or clock.padded or clock.part for clock in clocks
    )
    joined: list[Piece] = []
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.clock is not None:
            if place + 2 >= len(pieces) or pieces[place + 1].word is not Word.TO:
                return None
            until = pieces[place + 2].clock
            span = None if until is None else _span(piece.clock, until, shows_24_hours)
            if span is None:
                return None
            joined.append(Piece(Word.SPAN, span=span))
            place += 3
        elif piece.word is Word.TO:
            return None
        else:
            joined.append(piece)
            place += 1
    return joined


def _span(start: Clock, end: Clock, shows_24_hours: bool) -> Span | None:
    if start.next_day or (start.bare and not end.by_hour) or (end.bare and not start.by_hour):
        return None
    if not start.part and 1 <= start.hour <= 6 and not shows_24_hours:
        return None  # 1:30-5:00 alone is an afternoon as well as a night
    end_part = end.part or ("" if end.next_day else start.part)
    begins = _minute_of_day(start.part, start)
    ends = _minute_of_day(end_part, end)
    if (
        begins is None
        or ends is None
        or begins == DAY_MINUTES
        or (start.part, begins) == ("morning", 720)
    ):
        return None
    if end.next_day:
        ends += DAY_MINUTES
    elif ends == 0:
        ends = DAY_MINUTES
    elif ends <= begins:
        spoken = end.part in ("morning", "dawn") and start.part in ("afternoon", "evening")
        if not spoken and (begins < NIGHT_BEGINS or (start.part and not end.part)):
            return None
        ends += DAY_MINUTES
    return (begins, ends) if begins < ends <= begins + DAY_MINUTES else None


def _minute_of_day(part: str, clock: Clock) -> int | None:
    """Return minutes after midnight, None where the hour and the part of the day disagree."""
    hour = clock.hour
    fits = {
        "": hour <= 24,
        "dawn": hour <= 6,
        "morning": 1 <= hour <= 12 or (hour >= 13 and not clock.part),
        "noon": hour in (11, 12, 13, 14, 1, 2) or (hour > 14 and not clock.part),
        "afternoon": 1 <= hour <= 23,
        "evening": 5 <= hour <= 12 or 17 <= hour <= 24,
    }[part]
    if not fits or hour > 24:
        return None
    past_noon = {"noon": hour < 11, "afternoon": hour < 12, "evening": hour <= 12}
    if past_noon.get(part, False):
        hour += 12
    minutes = hour * 60 + clock.minute
    return minutes if minutes <= DAY_MINUTES else None


def _week(pieces: list[Piece]) -> Week | None:
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
    return week or None


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
