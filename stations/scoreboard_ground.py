"""What the scoreboard counts: the plan's stations in service, and the area that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, cast, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from stations.areas import ListedArea, list_areas
from stations.errors import AreaNotFoundError, IndicatorNotFoundError, InvalidInputError
from stations.evidence import State
from stations.hours import SHANGHAI
from stations.judging import Bench, bench
from stations.rule_sets import Indicator, Needs, Plan, Rules
from stations.station import Status
from stations.tables import Area
from stations.tables import Station as Row

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Ground:
    """What an area's figures are counted from."""

    session: Session
    area: ListedArea
    areas: dict[str, ListedArea]
    on: date
    plan: Plan
    desk: Bench

    @property
    def codes(self) -> list[str]:
        """The area and all that lie in it."""
        found = [self.area.code]
        for code in found:
            found += [each.code for each in self.areas.values() if each.parent_code == code]
        return found

    @property
    def above(self) -> list[str]:
        """The areas that the area lies in."""
        found = [self.area.parent_code]
        while found[-1] is not None:
            found.append(self.areas[found[-1]].parent_code)
        return [code for code in found if code is not None]

    @property
    def towns(self) -> list[ListedArea]:
        """The towns and street offices of the area, by code."""
        inside = set(self.codes)
        found = [each for each in self.areas.values() if each.counts_as_town]
        return sorted((each for each in found if each.code in inside), key=lambda town: town.code)

    @property
    def here(self) -> Condition:
        """Which stations belong to the area: by the town given, else by the area they lie in.

        So a station belongs to one district alone. A root has also those that lie in no area; a
        zone, which nothing names as its area, has those inside its boundary.
        """
        if self.area.level == "zone":
            boundary = select(Area.boundary).where(Area.code == self.area.code).scalar_subquery()
            return func.coalesce(func.ST_Covers(boundary, Row.geom), False)
        inside = func.coalesce(Row.town_code, Row.area_code) == any_(texts(self.codes))
        if self.area.parent_code is None:
            return or_(inside, and_(Row.town_code.is_(None), Row.area_code.is_(None)))
        return func.coalesce(inside, False)

    @property
    def of_kind(self) -> Condition:
        """Which stations the plan is about."""
        kinds = texts(self.plan.kinds)
        return or_(Row.kind == any_(kinds), Row.also_kinds.overlap(kinds))

    @property
    def in_service(self) -> Condition:
        """Which of these count."""
        return and_(self.of_kind, Row.is_public, Row.status == Status.ACTIVE.value)

    def condition(self, needs: Needs | None) -> Condition:
        """When a station belongs to an indicator; null where that is not known."""
        return true() if needs is None else self.desk.condition(needs)

    def belongs(self, indicator: Indicator, state: State) -> Condition:
        """When a station is in the list of an indicator."""
        found = self.condition(indicator.where)
        return {
            State.MET: found.is_(True),
            State.MISSING: found.is_(False),
            State.UNKNOWN: found.is_(None),
        }[state]


def find_indicator(plan: Plan, code: str) -> Indicator:
    """Return an indicator of a plan; IndicatorNotFoundError where it has none of this code."""
    found = next((each for each in plan.indicator if each.code == code), None)
    if found is None:
        raise IndicatorNotFoundError(field="indicator", value=code)
    return found


def plan_on(rules: Rules, at: datetime) -> Plan:
    """Return the plan in force on the day of an instant; InvalidInputError where there is none."""
    on = at.astimezone(SHANGHAI).date()
    plan = rules.plan(on)
    if plan is None:
        raise InvalidInputError(
            field="at", problem_zh=f"{on} 没有生效的规划", problem_en=f"no plan is in force on {on}"
        )
    return plan


def ground_of(session: Session, area_code: str, at: datetime, rules: Rules) -> Ground:
    """Lay out an area; AreaNotFoundError, or InvalidInputError where there is no plan."""
    plan = plan_on(rules, at)
    areas = {area.code: area for area in list_areas(session)}
    if area_code not in areas:
        raise AreaNotFoundError(field="area", value=area_code)
    on = at.astimezone(SHANGHAI).date()
    asked = [each.where for each in plan.indicator if each.where is not None]
    return Ground(session, areas[area_code], areas, on, plan, bench(rules, on, asked))


def left_out(ground: Ground) -> dict[str, int]:
    """Count public stations that do not count although somebody might look for them.

    What is in no public answer is in no public number: not a staff-only place, nor one that may be,
    nor one that waits for a position. A number would say that there is something to be found.
    """
    elsewhere: Condition = false()
    if ground.area.parent_code is not None:
        elsewhere = and_(Row.town_code.is_(None), Row.area_code.is_(None))
    in_district: Condition = false()
    if ground.area.level == "town":
        in_district = and_(Row.town_code.is_(None), Row.area_code == ground.area.parent_code)
    reasons = {
        "temporarily_closed": and_(
            ground.here, Row.is_public, Row.status == Status.TEMPORARILY_CLOSED.value
        ),
        "area_unknown": and_(elsewhere, ground.in_service),
        "town_unknown": and_(in_district, ground.in_service),
    }
    counts = select(*(func.count().filter(each) for each in reasons.values()))
    found = ground.session.execute(counts.select_from(Row).where(ground.of_kind)).one()
    return {reason: count for reason, count in zip(reasons, found, strict=True) if count}


def texts(values: Sequence[str]) -> ColumnElement[Any]:
    """Return words as one array of PostgreSQL's."""
    return cast(list(values), ARRAY(Text))
