"""The scoreboard: an area held against the plan, each number with the list behind it.

Counted are stations of the plan's kinds that are in service: public and active. A number and its
list come from the same condition, so that the list is as long as the number says.
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from stations import search
from stations.areas import ListedArea
from stations.evidence import State
from stations.rule_sets import Indicator, Needs, Plan, Rules
from stations.scoreboard_ground import Ground, find_indicator, ground_of, left_out
from stations.scoreboard_towns import TownWithout, towns_without
from stations.standards import default_rules
from stations.station import Station
from stations.tables import Station as Row


@dataclass(frozen=True)
class Figure:
    """One indicator of an area.

    `numerator` is the length of the list behind it. `unknown` more may belong to it: `met` is None
    where they could change the verdict, and where there is no target.
    """

    indicator: Indicator
    value: float | None
    numerator: int
    denominator: int | None
    unknown: int
    target: float | None
    met: bool | None


@dataclass(frozen=True)
class Scoreboard:
    """An area's figures on a day. `towns` are those that count as town or street office."""

    area: ListedArea
    on: date
    plan: Plan
    counted: int
    towns: int
    left_out: dict[str, int]
    figures: tuple[Figure, ...]


def scoreboard(
    session: Session, area_code: str, at: datetime, *, rules: Rules | None = None
) -> Scoreboard:
    """Hold an area against the plan in force on the day of an instant.

    The register is as it is now; events and inspectors' answers are those up to the day. Raises
    AreaNotFoundError, and InvalidInputError where no plan is in force that day.
    """
    ground = ground_of(session, area_code, at, rules or default_rules())
    counted, counts = _counts(ground)
    towns = len(ground.towns)
    figures = tuple(
        _towns_figure(ground, each)
        if each.measure == "towns_without"
        else _stations_figure(ground.area.code, each, counts[each.where], counted, towns)
        for each in ground.plan.indicator
    )
    return Scoreboard(
        ground.area, ground.on, ground.plan, counted, towns, left_out(ground), figures
    )


def stations_behind(
    session: Session,
    area_code: str,
    at: datetime,
    indicator_code: str,
    *,
    state: State | None = None,
    after_code: str | None = None,
    limit: int = 500,
    rules: Rules | None = None,
) -> tuple[list[Station], int]:
    """List by code the stations behind an indicator, or those of another state.

    Returns one more than `limit` where there are more, and how many match in all. Raises
    IndicatorNotFoundError; an indicator of towns has the stations that keep a town off its list.
    """
    ground = ground_of(session, area_code, at, rules or default_rules())
    indicator = find_indicator(ground.plan, indicator_code)
    conditions = [
        ground.here,
        ground.in_service,
        ground.belongs(indicator, state or State(indicator.state)),
    ]
    matching = select(Row.code).select_from(ground.desk.rows).where(*conditions)
    matched = session.scalars(select(func.count()).select_from(matching.subquery())).one()
    page = matching.where(Row.code > (after_code or "")).order_by(Row.code).limit(limit + 1)
    codes = list(session.scalars(page))
    return search.some(session, codes, search.IS_PUBLIC), matched


def towns_behind(
    session: Session,
    area_code: str,
    at: datetime,
    indicator_code: str,
    *,
    rules: Rules | None = None,
) -> list[TownWithout]:
    """List by code the towns behind an indicator of towns; none for another indicator."""
    ground = ground_of(session, area_code, at, rules or default_rules())
    indicator = find_indicator(ground.plan, indicator_code)
    return towns_without(ground, indicator)[0] if indicator.measure == "towns_without" else []


def _counts(ground: Ground) -> tuple[int, dict[Needs | None, dict[State, int]]]:
    """Count the stations in service, and of each condition how many are in which state."""
    asked = list(dict.fromkeys(each.where for each in ground.plan.indicator))
    columns = [ground.condition(each).label(f"c{number}") for number, each in enumerate(asked)]
    judged = (
        select(*columns)
        .select_from(ground.desk.rows)
        .where(ground.here, ground.in_service)
        .cte("judged")
        .prefix_with("MATERIALIZED")  # each condition is worked out once
    )
    sums: list[ColumnElement[int]] = [func.count()]
    for column in judged.c:
        sums.append(func.count().filter(column.is_(True)))
        sums.append(func.count().filter(column.is_(False)))
    counted, *pairs = ground.session.execute(select(*sums).select_from(judged)).one()
    found: dict[Needs | None, dict[State, int]] = {}
    for each, met, missing in zip(asked, pairs[::2], pairs[1::2], strict=True):
        unknown = counted - met - missing
        found[each] = {State.MET: met, State.MISSING: missing, State.UNKNOWN: unknown}
    return counted, found


def _stations_figure(
    area_code: str, indicator: Indicator, counts: dict[State, int], counted: int, towns: int
) -> Figure:
    state = State(indicator.state)
    numerator = counts[state]
    unknown = 0 if state is State.UNKNOWN else counts[State.UNKNOWN]
    denominator = {"share": counted, "per_town": towns}.get(indicator.measure)
    of = 1 if denominator is None else denominator
    least = Fraction(numerator, of) if of else None
    most = Fraction(numerator + unknown, of) if of else None
    value: float | None = numerator
    if denominator is not None:
        value = None if least is None else round(float(least), 6)
    target = _target(indicator, area_code)
    met = _verdict(indicator, target, least, most)
    return Figure(indicator, value, numerator, denominator, unknown, target, met)


def _towns_figure(ground: Ground, indicator: Indicator) -> Figure:
    without, certain = towns_without(ground, indicator)
    target = _target(indicator, ground.area.code)
    met = _verdict(indicator, target, Fraction(certain), Fraction(len(without)))
    return Figure(
        indicator,
        len(without),
        numerator=len(without),
        denominator=len(ground.towns),
        unknown=len(without) - certain,
        target=target,
        met=met if ground.towns else None,
    )


def _target(indicator: Indicator, area_code: str) -> float | None:
    if indicator.target_areas is not None and area_code not in indicator.target_areas:
        return None
    return indicator.at_least if indicator.at_least is not None else indicator.at_most


def _verdict(
    indicator: Indicator, target: float | None, least: Fraction | None, most: Fraction | None
) -> bool | None:
    """Whether the target is met whatever the unknown turns out to be; None where it depends."""
    if target is None or least is None or most is None:
        return None
    bound = Fraction(str(target))  # a tenth is a tenth
    ends = (
        (least >= bound, most >= bound)
        if indicator.at_least is not None
        else (least <= bound, most <= bound)
    )
    return ends[0] if ends[0] == ends[1] else None
