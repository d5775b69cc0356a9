"""What rules ask for as conditions of PostgreSQL: true is met, false is missing, null is unknown.

SQL's three-valued logic is the one that is wanted: `unknown and missing` is missing, `unknown or
met` is met. Stations one by one and all together are judged by the same conditions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Subquery,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import aliased
from sqlalchemy.types import Text

from stations.hours import SHANGHAI
from stations.knn import METRES_PER_DEGREE_MIN
from stations.rule_sets import (
    AllOf,
    Another,
    AnyOf,
    AtLeast,
    Events,
    Fact,
    FirstKnown,
    IfThen,
    Leaf,
    Listed,
    Needs,
    Passes,
    Recorded,
    Rules,
    Service,
    parts,
)
from stations.station import Access, Status
from stations.tables import Assessment, Event, Station

Condition = ColumnElement[bool]

UNKNOWN: Condition = cast(null(), Boolean)

WORD_FOR_UNKNOWN = {"access": Access.UNKNOWN.value}
"""Fields that say in a word that they are not known."""


@dataclass(frozen=True)
class Bench:
    """Stations beside all that they are judged by on a day.

    Select from `rows`; `condition` gives what a rule asks for as a condition on these.
    """

    rules: Rules
    on: date
    rows: FromClause
    answers: Subquery
    events: Subquery

    def condition(self, needs: Needs) -> Condition:
        """Return when a station meets this; null where that is not known."""
        if isinstance(needs, Passes):
            return self.passes(needs.rule_set)
        if isinstance(needs, Leaf):
            return self._leaf(needs)
        if isinstance(needs, IfThen):
            return or_(not_(self.condition(needs.if_)), self.condition(needs.then))
        if isinstance(needs, AtLeast):
            return _so_many([self.condition(each) for each in needs.of], needs.at_least)
        return self._of_several(needs)

    def _of_several(self, needs: AllOf | AnyOf | FirstKnown) -> Condition:
        if isinstance(needs, AllOf):
            return and_(true(), *map(self.condition, needs.all_of))
        if isinstance(needs, AnyOf):
            return or_(*map(self.condition, needs.any_of))
        return func.coalesce(*map(self.condition, needs.first_known), UNKNOWN)

    def passes(self, rule_set: str) -> Condition:
        """Return when a station meets all that a rule set asks for."""
        asked = self.rules.requirements(rule_set, self.on)
        return and_(true(), *(self.condition(each.needs) for each in asked))

    def _leaf(self, needs: Leaf) -> Condition:
        if isinstance(needs, Service):
            return case(
                (literal(needs.service) == any_(Station.services_yes), True),
                (literal(needs.service) == any_(Station.services_no), False),
                else_=UNKNOWN,
            )
        if isinstance(needs, Recorded):
            return _recorded(needs)
        if isinstance(needs, Listed):
            return Station.is_public.is_(True)
        if isinstance(needs, Fact):
            return self._answered(needs)
        if isinstance(needs, Events):
            return case(
                (func.coalesce(self.events.c.in_year, 0) >= needs.events_in_year, True),
                (self.events.c.ever.is_not(None), False),
                else_=UNKNOWN,
            )
        return case((Station.geom.is_(None), UNKNOWN), else_=exists(another(needs)))

    def _answered(self, needs: Fact) -> Condition:
        if not needs.is_bounded:
            yes: Condition = self.answers.c[f"{needs.fact}_yes"]
            return yes
        number = self.answers.c[f"{needs.fact}_number"]
        bounds = [
            *([number >= needs.at_least] if needs.at_least is not None else []),
            *([number > needs.above] if needs.above is not None else []),
            *([number <= needs.at_most] if needs.at_most is not None else []),
        ]
        return and_(true(), *bounds)


def bench(rules: Rules, on: date, asked: Iterable[Needs], *, code: str | None = None) -> Bench:
    """Lay out what these rules need to judge stations on a day: all of them, or one."""
    facts = sorted({each.fact for each in leaves(rules, on, asked) if isinstance(each, Fact)})
    answers = _answers_pivoted(on, facts, code)
    events = _events_counted(on, code)
    rows = Station.__table__.outerjoin(answers, answers.c.station_code == Station.code).outerjoin(
        events, events.c.station_code == Station.code
    )
    return Bench(rules, on, rows, answers, events)


def leaves(rules: Rules, on: date, asked: Iterable[Needs]) -> list[Leaf]:
    """Return in their order the single facts that these rules look at, each once."""
    found: dict[Leaf, None] = {}
    for needs in asked:
        for part in parts(needs):
            if isinstance(part, Passes):
                inner = [each.needs for each in rules.requirements(part.rule_set, on)]
                found |= dict.fromkeys(leaves(rules, on, inner))
            elif isinstance(part, Leaf):
                found[part] = None
    return list(found)


def latest_answers(on: date, facts: Iterable[str] | None, code: str | None) -> Subquery:
    """Select the answer that holds on a day to each fact about each station, or about one."""
    latest = (
        select(Assessment)
        .ext(distinct_on(Assessment.station_code, Assessment.fact))
        .where(Assessment.checked_on <= on)
        .order_by(
            Assessment.station_code,
            Assessment.fact,
            Assessment.checked_on.desc(),
            Assessment.id.desc(),
        )
    )
    if facts is not None:
        latest = latest.where(Assessment.fact == any_(cast(list(facts), ARRAY(Text))))
    if code is not None:
        latest = latest.where(Assessment.station_code == code)
    return latest.subquery("latest")


def year_up_to(on: date) -> tuple[datetime, datetime]:
    """Return the year that ends with a day in Shanghai: its first instant, and the one after it."""
    end = datetime.combine(on + timedelta(days=1), time(), SHANGHAI)
    day = end.date()
    leap_day = (day.month, day.day) == (2, 29)
    start = day.replace(year=day.year - 1, month=3, day=1) if leap_day else None
    first = start or day.replace(year=day.year - 1)
    return datetime.combine(first, time(), SHANGHAI), end


def events_at_stations(on: date) -> list[Condition]:
    """Return which events count as held at a station by the end of a day."""
    return [
        Event.station_code.is_not(None),
        Event.status == "scheduled",
        Event.access != Access.STAFF_ONLY.value,
        Event.starts_at < year_up_to(on)[1],
    ]


def another(needs: Another) -> Any:
    """Select the other public active stations that lie within reach of each station."""
    other = aliased(Station)
    kinds = cast(list(needs.kinds), ARRAY(Text))
    reach_lat = needs.another_within_m / METRES_PER_DEGREE_MIN
    narrowing = func.greatest(func.cos(func.radians(func.ST_Y(Station.geom))), 0.01)
    box = func.ST_Expand(Station.geom, 1.02 * reach_lat / narrowing, 1.02 * reach_lat)
    return (
        select(other.code)
        .where(
            other.is_public,
            other.status == Status.ACTIVE.value,
            other.code != Station.code,
            or_(other.kind == any_(kinds), other.also_kinds.overlap(kinds)),
            other.geom.bool_op("&&")(box),
            func.ST_DWithin(other.position, Station.position, needs.another_within_m),
        )
        .correlate(Station)
    )


def _recorded(needs: Recorded) -> Condition:
    if needs.field == "position":
        return case(
            (and_(Station.geom.is_not(None), Station.position_verified), True), else_=UNKNOWN
        )
    column = getattr(Station, needs.field)
    word = WORD_FOR_UNKNOWN.get(needs.field)
    known = column.is_not(None) if word is None else column != word
    if needs.one_of is None:
        return case((known, True), else_=UNKNOWN)
    return case((known, column == any_(cast(list(needs.one_of), ARRAY(Text)))), else_=UNKNOWN)


def _so_many(conditions: list[Condition], at_least: int) -> Condition:
    def count(state: bool) -> ColumnElement[int]:
        ones = [case((each.is_(state), 1), else_=0) for each in conditions]
        return cast(sum(ones[1:], start=ones[0]), Integer)

    return case(
        (count(True) >= at_least, True),
        (len(conditions) - count(False) < at_least, False),
        else_=UNKNOWN,
    )


def _answers_pivoted(on: date, facts: list[str], code: str | None) -> Subquery:
    """One row a station, with two columns for each fact: the yes or no, and the number."""
    latest = latest_answers(on, facts, code)
    columns: list[ColumnElement[Any]] = []
    for fact in facts:
        this = latest.c.fact == fact
        columns.append(func.bool_or(latest.c.yes).filter(this).label(f"{fact}_yes"))
        columns.append(func.max(latest.c.number).filter(this).label(f"{fact}_number"))
    return (
        select(latest.c.station_code, *columns).group_by(latest.c.station_code).subquery("answers")
    )


def _events_counted(on: date, code: str | None) -> Subquery:
    counted = (
        select(
            Event.station_code,
            func.count().label("ever"),
            func.count().filter(Event.starts_at >= year_up_to(on)[0]).label("in_year"),
        )
        .where(*events_at_stations(on))
        .group_by(Event.station_code)
    )
    if code is not None:
        counted = counted.where(Event.station_code == code)
    return counted.subquery("events_held")
