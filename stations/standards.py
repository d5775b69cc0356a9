"""What a station meets, lacks, and what is not known, by each rule set, with the evidence."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from stations import search
from stations.evidence import Evidence, EvidenceOf, State
from stations.hours import SHANGHAI
from stations.judging import Bench, bench, leaves
from stations.rule_files import read_rules
from stations.rule_sets import Needs, Requirement, Rules, RuleSet
from stations.settings import load_settings
from stations.tables import Station as Row


@dataclass(frozen=True)
class Finding:
    """A requirement, what is found of it, and why."""

    requirement: Requirement
    state: State
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Judgement:
    """A rule set and what is found of each of its requirements."""

    rule_set: RuleSet
    findings: tuple[Finding, ...]

    def count(self, state: State) -> int:
        """How many requirements are in this state."""
        return sum(finding.state is state for finding in self.findings)

    @property
    def passes(self) -> bool | None:
        """Whether all is met; None where that is not known."""
        if self.count(State.MISSING):
            return False
        return None if self.count(State.UNKNOWN) else True


def default_rules() -> Rules:
    """Return the rules of the folder in the settings, or the shipped ones."""
    return read_rules(load_settings().rules_dir)


def today() -> date:
    """Return this day in Shanghai."""
    return datetime.now(SHANGHAI).date()


def gaps(
    session: Session,
    code: str,
    *,
    visible: ColumnElement[bool] = search.EVERY_ONE,
    rules: Rules | None = None,
    on: date | None = None,
) -> list[Judgement]:
    """Judge one station, among those that `visible` allows, by the rules of its kinds on a day.

    The register is as it is now; events and inspectors' answers are those up to the day. Raises
    StationNotFoundError.
    """
    rules, on = rules or default_rules(), on or today()
    station = search.get(session, code, visible)
    kinds = {station.kind, *station.also_kinds}
    applying = [each for each in rules.in_force(on).values() if kinds & set(each.kinds)]
    asked = [rules.requirements(each.code, on) for each in applying]
    needed = [requirement.needs for set_ in asked for requirement in set_]
    looked_at = leaves(rules, on, needed)
    desk = bench(rules, on, needed, code=code)
    states = _states(session, desk, code, [*needed, *looked_at])
    evidence = EvidenceOf(session, desk, station, states)
    return [
        Judgement(
            rule_set,
            tuple(
                Finding(
                    each,
                    states[each.needs],
                    tuple(evidence.leaf(leaf) for leaf in leaves(rules, on, [each.needs])),
                )
                for each in set_
            ),
        )
        for rule_set, set_ in zip(applying, asked, strict=True)
    ]


def _states(session: Session, desk: Bench, code: str, asked: list[Needs]) -> dict[Needs, State]:
    """Ask PostgreSQL in one query which of these a station meets."""
    distinct = list(dict.fromkeys(asked))
    if not distinct:
        return {}
    columns = [desk.condition(each).label(f"n{number}") for number, each in enumerate(distinct)]
    row = session.execute(select(*columns).select_from(desk.rows).where(Row.code == code)).one()
    words = {True: State.MET, False: State.MISSING, None: State.UNKNOWN}
    return {each: words[found] for each, found in zip(distinct, row, strict=True)}
