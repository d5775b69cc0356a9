"""Puts times together into spans: which twelve hours a bare 5:30 means, and what is tomorrow's."""

from stations.hours_words import DAY_MINUTES, Clock, Piece, Span, Word

# An evening hour that shows a 24-hour clock, so that an earlier end can only be tomorrow's. From
# 9:00 to 5:00 could be a working day or a night, and is neither to us.
NIGHT_BEGINS = 17 * 60

NOON = 12  # o'clock

LAST_MINUTE = DAY_MINUTES - 1  # 0:00-23:59 is all day

LATEST_HOUR = 41  # of tomorrow morning, as 06:00-26:00 counts


def spans_of(pieces: list[Piece]) -> list[Piece] | None:
    """Put each time, 至, time together; a time that stands alone is not understood."""
    clocks = [piece.clock for piece in pieces if piece.clock is not None]
    shows_24_hours = any(
        clock.hour == 0 or clock.hour > 12 or clock.padded or clock.part or clock.next_day
        for clock in clocks
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
    if _is_unclear(start, end, shows_24_hours):
        return None
    end_part = end.part or ("" if end.next_day else start.part)
    begins = _minute_of_day(start.part, start)
    ends = _minute_of_day(end_part, end)
    if (
        begins is None
        or ends is None
        or begins >= DAY_MINUTES
        or (end.hour > 24 and not start.padded)
        or (start.part, begins) == ("morning", 720)
    ):
        return None
    if ends == LAST_MINUTE and not end.next_day:
        ends = DAY_MINUTES
    if end.next_day:
        ends += DAY_MINUTES
    elif end.hour > 24:
        pass
    elif ends == 0:
        ends = DAY_MINUTES
    elif ends <= begins:
        spoken = end.part in ("morning", "dawn") and start.part in ("afternoon", "evening")
        if not spoken and (begins < NIGHT_BEGINS or (start.part and not end.part)):
            return None
        ends += DAY_MINUTES
    return (begins, ends) if begins < ends <= begins + DAY_MINUTES else None


def _is_unclear(start: Clock, end: Clock, shows_24_hours: bool) -> bool:
    """Whether two times may be no times, or of either half of the day."""
    if start.next_day or (start.bare and not end.by_hour) or (end.bare and not start.by_hour):
        return True
    if not start.part and 1 <= start.hour <= 6 and not shows_24_hours:
        return True  # 1:30-5:00 alone is an afternoon as well as a night
    # 8-12am: until noon, or from eight in the evening
    return end.is_am and end.hour == NOON and not start.part and 1 <= start.hour <= NOON


def _minute_of_day(part: str, clock: Clock) -> int | None:
    """Return minutes after midnight, None where the hour and the part of the day disagree."""
    hour = 0 if clock.is_am and clock.hour == NOON else clock.hour
    fits = {
        "": hour <= 24,
        "dawn": hour <= 6,
        "morning": 1 <= hour <= 12
        or (hour == 0 and clock.is_am)
        or (hour >= 13 and not clock.part),
        "noon": hour in (11, 12, 13, 14, 1, 2) or (hour > 14 and not clock.part),
        "afternoon": 1 <= hour <= 23,
        "evening": 5 <= hour <= 12 or 17 <= hour <= 24,
    }[part]
    if not fits and not part and 24 < hour <= LATEST_HOUR:
        return hour * 60 + clock.minute
    if not fits or hour > 24:
        return None
    past_noon = {"noon": hour < 11, "afternoon": hour < 12, "evening": hour <= 12}
    if past_noon.get(part, False):
        hour += 12
    minutes = hour * 60 + clock.minute
    return minutes if minutes <= DAY_MINUTES else None
