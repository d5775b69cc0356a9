"""Compiles opening_hours syntax into what a door does on each kind of day of the calendar.

Only what can be evaluated truthfully is compiled: weekly rules, seasons by day of the year, and PH,
a day given off. What the syntax cannot say is settled here:

- A rule with PH means that its writer thought of the calendar. Holidays are then what PH says, and
  a working weekend day (调休) is a working day: hours of Monday to Friday.
- Without PH, hours that are the same on all seven days hold on every day. Others are in doubt on a
  day that the calendar changed: open where every reading of the text is open, closed where every
  one is closed, and in doubt between.
- A span belongs to the day that it begins on, whatever the next day is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from opening_hours import validate

from stations.calendar import FESTIVALS, Calendar, DateFacts, DayKind
from stations.hours_words import DAY_MINUTES, Span

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ALWAYS = "24/7"
WORKING_WEEK = range(5)

_DAY = f"(?:{'|'.join(DAYS)})"
_DAYS = rf"(?:{_DAY}(?:-{_DAY})?|PH)(?:,(?:{_DAY}(?:-{_DAY})?|PH))*"
_MONTH = f"(?:{'|'.join(MONTHS)})"
_SEASON = rf"{_MONTH}(?: \d\d)?(?:-{_MONTH}(?: \d\d)?)?"
_SPAN = r"\d\d:[0-5]\d-\d\d:[0-5]\d"
RULE = re.compile(
    rf"(?:(?P<seasons>{_SEASON}(?:,{_SEASON})*)(?: |$))?"
    rf"(?:(?P<days>{_DAYS})(?: |$))?"
    rf"(?:(?P<always>24/7)|(?P<spans>{_SPAN}(?:,{_SPAN})*))? ?(?P<state>off|closed|unknown)?"
    rf'(?: "(?P<festivals>(?:{"|".join(FESTIVALS)})(?:、(?:{"|".join(FESTIVALS)}))*)")?'
)
ANY_SPAN = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")

Spans = tuple[Span, ...]


class Door(IntEnum):
    """What a door does."""

    CLOSED = 0
    OPEN = 1
    DOUBTFUL = 2


Changes = tuple[tuple[int, Door], ...]
"""Minutes after midnight, and what a door does from then on."""

Stretch = tuple[int, int, tuple[Door, None, int | None, Door | None]]
"""From when until when, in microseconds: what a door does, its next change, and to what."""

MOST_DATES_KNOWN = 500  # of one text; a year and what a courier asks of it


@dataclass(frozen=True)
class DayPlan:
    """When a door that opens on a day is open, and when that is in doubt; past 1440 on the next."""

    open: Spans = ()
    doubtful: Spans = ()


@dataclass(frozen=True)
class Rule:
    """One rule of the syntax."""

    seasons: tuple[tuple[int, int], ...]  # month and day, 501 to 930; none: all year
    days: frozenset[int] | None  # None: every day
    holidays: bool
    festivals: frozenset[str]  # only these holidays; none: all
    spans: Spans
    state: Door
    adds: bool  # to what the rules before say, instead of taking its place

    def is_in_season(self, month_day: int) -> bool:
        """Whether the rule holds on a day of the year."""
        return not self.seasons or any(
            first <= month_day <= last if first <= last else month_day >= first or month_day <= last
            for first, last in self.seasons
        )


@dataclass(frozen=True, eq=False)
class Schedule:
    """Rules that can be evaluated, and what was worked out of them so far."""

    rules: tuple[Rule, ...]
    names_holidays: bool
    plans: dict[tuple[object, ...], DayPlan] = field(default_factory=dict)
    changes: dict[tuple[DayPlan, DayPlan], Changes] = field(default_factory=dict)
    dates: dict[tuple[int, Calendar], Changes] = field(default_factory=dict)
    stretches: dict[Calendar, Stretch] = field(default_factory=dict)

    def plan(self, facts: DateFacts) -> DayPlan:
        """Return what begins on a date."""
        return self._plan(facts.month_day, facts.weekday, facts.kind, facts.festivals)

    def changes_on(self, ordinal: int, calendar: Calendar) -> Changes:
        """Return what the door does on a date, from each of these minutes on; the first is 0."""
        known = self.dates.get((ordinal, calendar))
        if known is None:
            plans = (self.plan(calendar.facts(ordinal - 1)), self.plan(calendar.facts(ordinal)))
            known = self.changes.get(plans)
            if known is None:
                known = self.changes[plans] = tuple(_painted(*plans))
            if len(self.dates) >= MOST_DATES_KNOWN:
                self.dates.clear()
            self.dates[ordinal, calendar] = known
        return known

    def may_differ(self, facts: DateFacts) -> bool:
        """Whether an arrangement not yet published could change what begins on a date."""
        if not facts.is_provisional:
            return False
        others = {self._plan(facts.month_day, facts.weekday, kind, facts.festivals) for kind in
                  (DayKind.ORDINARY, DayKind.HOLIDAY)}  # fmt: skip
        if facts.weekday >= 5:
            others.add(self._plan(facts.month_day, facts.weekday, DayKind.WORKING, facts.festivals))
        return len(others) > 1

    def never_changes(self) -> bool:
        """Whether the door does the same on every day and at every hour."""
        (rule, *more) = self.rules
        return (
            not more
            and not (rule.seasons or rule.days or rule.holidays)
            and (rule.state is Door.CLOSED or rule.spans == ((0, DAY_MINUTES),))
        )

    def _plan(
        self, month_day: int, weekday: int, kind: DayKind, festivals: frozenset[str]
    ) -> DayPlan:
        if not self.names_holidays:
            festivals = frozenset()
        in_season = tuple(rule.is_in_season(month_day) for rule in self.rules)
        key = (in_season, weekday, kind, festivals)
        plan = self.plans.get(key)
        if plan is None:
            rules = [rule for rule, holds in zip(self.rules, in_season, strict=True) if holds]
            plan = self.plans[key] = self._planned(rules, weekday, kind, festivals)
        return plan

    def _planned(
        self, rules: list[Rule], weekday: int, kind: DayKind, festivals: frozenset[str]
    ) -> DayPlan:
        by_weekday = _by_weekday(rules, weekday)
        if kind is DayKind.ORDINARY:
            return by_weekday
        week = [_by_weekday(rules, day) for day in range(7)]
        if kind is DayKind.HOLIDAY:
            if self.names_holidays:
                return _on_holiday(rules, weekday, festivals)
            if len(set(week)) == 1:
                return by_weekday
            readings = {by_weekday, week[5], week[6]}
            if DayPlan() in week:
                readings.add(DayPlan())
            return _agreed(readings)
        working = {week[day] for day in WORKING_WEEK}
        if by_weekday == DayPlan():
            return _agreed(working if self.names_holidays else working | {by_weekday})
        opening = working - {DayPlan()}
        return _agreed({by_weekday} | (opening or working))


def compiled(hours: str) -> Schedule | None:
    """Compile opening_hours syntax; None for what cannot be evaluated truthfully."""
    rules = tuple(_rules(hours))
    if not rules or not validate(hours):
        return None
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return None
    for span in (span for rule in known for span in rule.spans):
        if span[0] + DAY_MINUTES <= span[1] != DAY_MINUTES:
            return None
    crosses_midnight = any(span[1] > DAY_MINUTES for rule in known for span in rule.spans)
    for rule in known[1:]:
        # An addition that says off is none; and whether a day's off cuts the night before short is
        # read in both ways. A holiday's does not: nobody means six hours of it.
        if rule.adds and rule.state is Door.CLOSED:
            return None
        if crosses_midnight and not rule.adds and not (rule.holidays and not rule.days):
            return None
    return Schedule(tuple(known), any(rule.holidays for rule in known))


def spans_in(text: str) -> Iterator[Span]:
    """Return the spans of a text in opening_hours syntax."""
    for match in ANY_SPAN.finditer(text):
        start = int(match[1]) * 60 + int(match[2])
        end = int(match[3]) * 60 + int(match[4])
        yield start, end if end > start else end + DAY_MINUTES


def _rules(hours: str) -> Iterator[Rule | None]:
    """Read rule by rule; None for one that is not understood."""
    adds = False
    for part in re.split("(; ?|, )", hours):
        if part.startswith((";", ", ")):
            adds = part.startswith(",")
        else:
            yield _rule(part, adds=adds)


def _rule(text: str, *, adds: bool) -> Rule | None:
    match = RULE.fullmatch(text)
    if match is None or not (match["always"] or match["spans"] or match["state"]):
        return None
    if match["state"] in ("off", "closed") and (match["spans"] or match["always"]):
        return None
    days: set[int] = set()
    for first, last in re.findall(f"({_DAY})(?:-({_DAY}))?", match["days"] or ""):
        start, end = DAYS.index(first), DAYS.index(last or first)
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    holidays = "PH" in (match["days"] or "")
    if match["festivals"] and (days or not holidays):
        return None
    seasons = []
    for season in (match["seasons"] or "").split(","):
        if season:
            first, _dash, last = season.partition("-")
            if not last and " " in first:
                return None
            seasons.append((_month_day(first, 1), _month_day(last or first, 31)))
    if any(day is None for season in seasons for day in season):
        return None
    whole_day = ((0, DAY_MINUTES),)
    state = {None: Door.OPEN, "unknown": Door.DOUBTFUL}.get(match["state"], Door.CLOSED)
    return Rule(
        seasons=tuple((first or 0, last or 0) for first, last in seasons),
        days=frozenset(days) if match["days"] else None,
        holidays=holidays,
        festivals=frozenset((match["festivals"] or "").split("、")) - {""},
        spans=()
        if state is Door.CLOSED
        else tuple(spans_in(match["spans"])) if match["spans"] else whole_day,
        state=state,
        adds=adds,
    )  # fmt: skip


def _month_day(text: str, default: int) -> int | None:
    month, _blank, day = text.partition(" ")
    number = int(day) if day else default
    longest = MONTH_LENGTHS[MONTHS.index(month)]
    if day and not 1 <= number <= longest:
        return None
    return (MONTHS.index(month) + 1) * 100 + number


def _by_weekday(rules: Sequence[Rule], weekday: int) -> DayPlan:
    return _following(rule for rule in rules if rule.days is None or weekday in rule.days)


def _on_holiday(rules: Sequence[Rule], weekday: int, festivals: frozenset[str]) -> DayPlan:
    return _following(
        rule
        for rule in rules
        if rule.days is None
        or weekday in rule.days
        or (rule.holidays and (not rule.festivals or rule.festivals & festivals))
    )


def _following(rules: Iterator[Rule]) -> DayPlan:
    """Let rules that match a day take each other's place, or add."""
    opening: list[Span] = []
    doubtful: list[Span] = []
    for rule in rules:
        if not rule.adds:
            opening, doubtful = [], []
        if rule.state is not Door.CLOSED:
            (opening if rule.state is Door.OPEN else doubtful).extend(rule.spans)
    return DayPlan(tuple(sorted(opening)), tuple(sorted(doubtful)))


def _agreed(readings: set[DayPlan]) -> DayPlan:
    """Return what all readings of a day say, and doubt where they differ."""
    if len(readings) == 1:
        return next(iter(readings))
    edges = sorted(
        {edge for plan in readings for span in plan.open + plan.doubtful for edge in span}
    )
    opening, doubtful = [], []
    for start, end in pairwise(edges):
        found = {_door_at(plan, start) for plan in readings}
        if found == {Door.OPEN}:
            opening.append((start, end))
        elif found != {Door.CLOSED}:
            doubtful.append((start, end))
    return DayPlan(tuple(opening), tuple(doubtful))


def _door_at(plan: DayPlan, minute: int) -> Door:
    if any(start <= minute < end for start, end in plan.open):
        return Door.OPEN
    return Door.DOUBTFUL if any(s <= minute < e for s, e in plan.doubtful) else Door.CLOSED


def _painted(before: DayPlan, today: DayPlan) -> Iterator[tuple[int, Door]]:
    """Lay the end of the night before and a day's own spans over each other."""
    opening = [(s - DAY_MINUTES, e - DAY_MINUTES) for s, e in before.open] + list(today.open)
    doubtful = [(s - DAY_MINUTES, e - DAY_MINUTES) for s, e in before.doubtful]
    both = DayPlan(tuple(opening), (*doubtful, *today.doubtful))
    edges = {edge for span in both.open + both.doubtful for edge in span if 0 < edge < DAY_MINUTES}
    last: Door | None = None
    for edge in [0, *sorted(edges)]:
        door = _door_at(both, edge)
        if door is not last:
            yield edge, door
            last = door
