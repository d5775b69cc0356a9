"""Reads what Chinese lists write about opening hours into a week, or says that it cannot.

A text of which one word is not understood is not understood at all: half a reading could send
somebody to a locked door.
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from stations.hours_order import seasons_in_front, without_other_days
from stations.hours_seasons import Dates, assumed, complement, make_the_year
from stations.hours_spans import spans_of
from stations.hours_week import Said, Week, said_of
from stations.hours_words import (
    EVERY_DAY,
    HOLIDAY_DAY,
    Piece,
    Span,
    Word,
    pieces_of,
    plain,
)

LONGEST_TEXT = 1_000

NOON_BREAK = re.compile(
    r"[,;(\s]*(?:(?:中午|午间)(?=[^,;()]*休息)|午休)(?:时间)?:?\s*"
    r"(1[0-5])[:.]([0-5]\d)\s*[-至到]+\s*(1[0-5])[:.]([0-5]\d)\s*(?:休息)?\s*(?:$|[,;)])"
)


LUNCH = (10 * 60, 16 * 60)
"""A break that lies in these minutes of a day is one at noon."""

MOST_DAYS = 4  # of a week: what is said behind them is said of the text


@dataclass(frozen=True)
class Hours:
    """What a text says: a week for each season, and what it says of holidays.

    `holidays`: off, unknown (said to be different, not how), week (its day 7), None where the text
    is silent. `festivals` narrows it.
    """

    seasons: tuple[tuple[Dates | None, Week], ...]
    holidays: str | None = None
    festivals: frozenset[str] = frozenset()


def read_hours(text: str) -> Hours | None:
    """Return the hours that a text describes, or None where anything in it is not understood."""
    if len(text) > LONGEST_TEXT:
        return None
    spelled, noon = _without_noon_break(plain(text))
    pieces = _understood(spelled)
    if pieces is None:
        return None
    said = {piece.word for piece in pieces}
    if Word.NO_BREAK in said and (noon is not None or _is_no_break_of_some(pieces)):
        return None
    spans = spans_of([piece for piece in pieces if piece.word not in (Word.NO_REST, Word.NO_BREAK)])
    hours = None if spans is None else _by_season(spans)
    if hours is None or (Word.NO_BREAK in said and _has_break(hours)):
        return None
    # "open on holidays too" beside a week with closed days could mean either
    if Word.NO_REST in said and (
        hours.holidays is not None or any(set(week) < EVERY_DAY for _dates, week in hours.seasons)
    ):
        return None
    return hours if noon is None else _with_break(hours, noon)


def _understood(spelled: str) -> list[Piece] | None:
    """Return the words of a text that matter; office hours without days are nobody's."""
    pieces = pieces_of(spelled)
    pieces = None if pieces is None else _without_who(pieces)
    if pieces is None:
        return None
    said = {piece.word for piece in pieces}
    if Word.OFFICE in said and Word.DAYS not in said:
        return None
    return [piece for piece in pieces if piece.word is not Word.OFFICE]


def _without_noon_break(text: str) -> tuple[str, Span | None]:
    """Take 午休12:00-13:30 out of a text."""
    match = NOON_BREAK.search(text)
    if match is None:
        return text, None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    rest = text[: match.start()] + ";" + text[match.end() :]
    return (rest.rstrip(";"), (start, end)) if start < end else (text, None)


def _is_no_break_of_some(pieces: list[Piece]) -> bool:
    """Whether 中午不休息 is said of some days only, as in 周六中午不休息."""
    return any(
        two.word is Word.NO_BREAK
        and (one.word is Word.SEASON or (one.word is Word.DAYS and len(one.days) < MOST_DAYS))
        for one, two in pairwise(pieces)
    )


def _has_break(hours: Hours) -> bool:
    """Whether a door shuts around noon."""
    return any(
        LUNCH[0] <= one[1] < two[0] <= LUNCH[1]
        for _dates, week in hours.seasons
        for spans in week.values()
        for one, two in pairwise(spans)
    )


def _with_break(hours: Hours, noon: Span) -> Hours | None:
    """Cut a break out of every span that it lies in; None where it lies in none, or half in."""
    start, end = noon
    cut = False
    seasons: list[tuple[Dates | None, Week]] = []
    for dates, week in hours.seasons:
        broken: Week = {}
        for day, spans in week.items():
            parts: list[Span] = []
            for span in spans:
                if span[0] < start and end < span[1]:
                    parts += [(span[0], start), (end, span[1])]
                    cut = True
                elif span[0] < end and start < span[1]:
                    return None
                else:
                    parts.append(span)
            broken[day] = tuple(parts)
        seasons.append((dates, broken))
    return replace(hours, seasons=tuple(seasons)) if cut else None


def _by_season(pieces: list[Piece]) -> Hours | None:
    """Split at the words for seasons; what stands before them is said of all of them."""
    pieces = without_other_days(pieces)
    if not any(piece.word is Word.SEASON for piece in pieces):
        said = said_of(pieces)
        return None if said is None else Hours(((None, said.week),), said.holidays, said.festivals)
    pieces, days_off = _trailing_days_off(pieces)
    pieces = seasons_in_front(pieces)
    places = [place for place, piece in enumerate(pieces) if piece.word is Word.SEASON]
    before = [piece for piece in pieces[: places[0]] if piece.word is not Word.BREAK]
    parts: list[tuple[Piece, list[Piece]]] = []
    for piece in pieces[places[0] :]:
        if piece.word is not Word.SEASON:
            parts[-1][1].append(piece)
        elif parts and not parts[-1][1]:  # 夏季（5月1日-9月30日）
            named, dated = parts[-1][0].season, piece.season
            if named is None or dated is None or named.dates or not dated.dates:
                return None
            parts[-1] = (piece, [])
        else:
            parts.append((piece, []))
    if any(piece.word not in (Word.DAYS, Word.EXCEPT, Word.OFF) for piece in before):
        return _season_within(before, parts, days_off)
    dates = _dates_of(parts)
    # days said of one season only may be meant of all
    days_said = {sum(piece.word is Word.DAYS for piece in part) for _season, part in parts}
    if dates is None or len(days_said) > 1:
        return None
    weeks = [said_of([*before, *part, *days_off]) for _season, part in parts]
    return _together(dates, weeks)


def _together(dates: list[Dates], weeks: list[Said | None]) -> Hours | None:
    said = [week for week in weeks if week is not None]
    if len(said) < len(weeks):
        return None
    silent_or_not = {(each.holidays, each.festivals) for each in said}
    holiday_spans = {each.week.get(HOLIDAY_DAY) for each in said}
    if len(silent_or_not) > 1 or len(holiday_spans) > 1:
        return None
    ((holidays, festivals),) = silent_or_not
    pairs = zip(dates, [each.week for each in said], strict=True)
    weeks_by_dates = tuple(sorted(pairs, key=lambda pair: pair[0]))
    return Hours(weeks_by_dates, holidays, festivals)


def _season_within(
    before: list[Piece], parts: list[tuple[Piece, list[Piece]]], days_off: list[Piece]
) -> Hours | None:
    """Read 14:00-17:30（夏季14:30-18:00）: a span that takes another's place for a season."""
    if len(parts) != 1:
        return None
    ((season, part),) = parts
    spans = [piece for piece in part if piece.word is not Word.BREAK]
    if season.season is None or len(spans) != 1 or spans[0].word is not Word.SPAN:
        return None
    dates = season.season.dates or assumed().get(season.season.name)
    usual = said_of([*before, *days_off])
    if dates is None or usual is None:
        return None
    start, end = spans[0].span
    changed = []
    for piece in before:
        overlaps = piece.word is Word.SPAN and piece.span[0] < end and start < piece.span[1]
        changed.append(replace(piece, span=(start, end)) if overlaps else piece)
    if sum(one is not two for one, two in zip(before, changed, strict=True)) != 1:
        return None
    return _together([dates, complement(dates)], [said_of([*changed, *days_off]), usual])


def _trailing_days_off(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Take 节假日休息 from the end of a text: it is said of all seasons."""
    if not pieces or pieces[-1].word not in (Word.OFF, Word.EXCEPT):
        return pieces, []
    place = len(pieces) - 1
    while place and pieces[place - 1].word in (Word.DAYS, Word.BREAK):
        place -= 1
    return pieces[:place], pieces[place:]


def _dates_of(parts: list[tuple[Piece, list[Piece]]]) -> list[Dates] | None:
    """Return the dates of seasons, which must make the year, or of one that is given by dates."""
    seasons = [piece.season for piece, _part in parts if piece.season is not None]
    given = [season.dates for season in seasons if season.dates is not None]
    nameless = [season for season in seasons if season.dates is None]
    if len(nameless) == 2 and not given:
        if {season.name for season in nameless} != {"summer", "winter"}:
            return None
        return [assumed()[season.name] for season in nameless]
    if len(nameless) == 1 and len(given) == 1:
        rest = complement(given[0])
        return [season.dates or rest for season in seasons]
    if nameless or (len(given) > 1 and not make_the_year(given)):
        return None
    return given


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
