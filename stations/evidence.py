"""The evidence of one station: each single fact with its value, its day and where it is from."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from stations import assessments
from stations.hours import SHANGHAI
from stations.judging import Bench, another, events_at_stations, year_up_to
from stations.rule_sets import Another, Events, Fact, Leaf, Listed, Needs, Recorded, Service
from stations.station import Known, Station
from stations.tables import Event
from stations.tables import Station as Row
from stations.taxonomy import taxonomy

FIELD_NAMES = {
    "name": ("名称", "Name"),
    "address": ("地址", "Address"),
    "way_in": ("怎么进", "Way to the door"),
    "phone": ("电话", "Telephone"),
    "hours_text": ("开放时间的文字", "Posted hours"),
    "hours": ("开放时间", "Opening hours"),
    "position": ("位置", "Position"),
    "town_code": ("镇（街道）", "Town or street office"),
    "brand": ("品牌", "Brand"),
    "tier": ("类型", "Tier"),
    "level": ("层级", "Level"),
    "access": ("谁可以进", "Who may come in"),
    "status": ("状态", "Status"),
    "capacity_per_day": ("每日接待人数", "People a day"),
    "built_as": ("建设方式", "Built as"),
    "built_by": ("建设单位", "Built by"),
}
CHECKED_WITH = {
    "hours_text": "hours",
    "hours": "hours",
    "access": "access",
    "address": "address",
    "position": "position",
    "status": "status",
}
"""By which look a field is dated."""


class State(StrEnum):
    """What is found of a requirement. Unknown is never shown as missing."""

    MET = "met"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Evidence:
    """One fact that a requirement looks at. `on` is None where no day is known."""

    fact: str
    zh: str
    en: str
    value: str | float | None
    unit: str
    on: date | None
    origin: str  # listing, register, assessment, events
    state: State


_Found = tuple[str, tuple[str, str], str | float | None, date | None, str]


class EvidenceOf:
    """What is known of one station, fact by fact."""

    def __init__(
        self, session: Session, desk: Bench, station: Station, states: dict[Needs, State]
    ) -> None:
        self._session = session
        self._rules, self._on = desk.rules, desk.on
        self._station = station
        self._states = states
        held = assessments.held(session, station.code, desk.on)
        self._answers = {answer.fact: answer for answer in held}

    def leaf(self, leaf: Leaf) -> Evidence:
        """Return what is known of one fact."""
        found = {
            Service: self._service,
            Recorded: self._recorded,
            Listed: self._listed,
            Fact: self._fact,
            Events: self._events,
            Another: self._another,
        }[type(leaf)]
        fact, (zh, en), value, on, origin = found(leaf)
        unit = self._rules.facts[leaf.fact].unit if isinstance(leaf, Fact) else ""
        return Evidence(fact, zh, en, value, unit, on, origin, self._states[leaf])

    def _service(self, leaf: Any) -> _Found:
        term = taxonomy().service[leaf.service]
        known = self._station.service(leaf.service)
        on = None if known is Known.UNKNOWN else self._checked("services")
        return leaf.service, (term.zh, term.en), known.value, on, "listing"

    def _recorded(self, leaf: Any) -> _Found:
        value = self._field(leaf.field)
        on = None if value is None else self._checked(CHECKED_WITH.get(leaf.field, ""))
        return leaf.field, FIELD_NAMES[leaf.field], value, on, "listing"

    def _listed(self, _leaf: Any) -> _Found:
        listed = Known.YES if self._station.is_public else Known.NO
        names = ("线上地图可查", "Listed on the map")
        return "listed_on_map", names, listed.value, self._on, "register"

    def _fact(self, leaf: Any) -> _Found:
        definition = self._rules.facts[leaf.fact]
        names = (definition.zh, definition.en)
        answer = self._answers.get(leaf.fact)
        if answer is None or answer.value is None:
            unanswered = None if definition.answer == "number" else Known.UNKNOWN.value
            return leaf.fact, names, unanswered, None, "assessment"
        return leaf.fact, names, answer.value, answer.checked_on, "assessment"

    def _events(self, _leaf: Any) -> _Found:
        in_year = select(func.count(), func.max(Event.starts_at)).where(
            *events_at_stations(self._on),
            Event.station_code == self._station.code,
            Event.starts_at >= year_up_to(self._on)[0],
        )
        count, latest = self._session.execute(in_year).one()
        on = None if latest is None else latest.astimezone(SHANGHAI).date()
        names = ("一年内的服务活动次数", "Service events in the year")
        return "events_in_year", names, count, on, "events"

    def _another(self, leaf: Any) -> _Found:
        names = (
            f"{leaf.another_within_m}米内的其他站点",
            f"Other stations within {leaf.another_within_m} m",
        )
        count = None
        if self._station.point is not None:
            others = another(leaf).with_only_columns(func.count()).scalar_subquery()
            here = select(others).select_from(Row).where(Row.code == self._station.code)
            count = self._session.scalars(here).one()
        return "another_within_m", names, count, self._on, "register"

    def _field(self, name: str) -> str | float | None:
        if name == "position":
            if self._station.point is None:
                return None
            return "verified" if self._station.position_verified else "unverified"
        value: Any = getattr(self._station, name)
        return None if value in {None, Known.UNKNOWN.value} else value

    def _checked(self, what: str) -> date | None:
        day = self._station.checked.get(what)
        return None if day is None else date.fromisoformat(day)
