"""Rule sets as versioned files: what a station is judged by, and a plan's targets for an area.

One file is one version of one rule set, or of the plan. What a rule may ask for is the small
vocabulary below; the figures are in the files alone, so that a city can replace them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    model_validator,
)

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=400)]

FieldName = Literal[
    "name", "address", "way_in", "phone", "hours_text", "hours", "position", "town_code", "brand",
    "tier", "level", "access", "status", "capacity_per_day", "built_as", "built_by",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(_Strict):
    """The station has a service or a piece of equipment."""

    service: str


class Recorded(_Strict):
    """The register knows a field; with `one_of`, the field is one of these words.

    A field that is not known is unknown, never missing.
    """

    field: FieldName
    one_of: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


class Listed(_Strict):
    """Everybody finds the station on the map."""

    listed_on_map: Literal[True]


class Fact(_Strict):
    """An inspector's answer: yes, or a number within bounds."""

    fact: Code
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether it asks for a number."""
        return (self.at_least, self.above, self.at_most) != (None, None, None)


class Events(_Strict):
    """So many events took place at the station in the year up to the day.

    Fewer are missing only where the register keeps the station's events at all: of a station at
    which none was ever written down, it is unknown.
    """

    events_in_year: Annotated[int, Field(ge=1, le=1000)]


class Another(_Strict):
    """Another public active station of the same rule set's kinds lies within so many metres."""

    another_within_m: Annotated[int, Field(ge=1, le=20_000)]
    kinds: Annotated[tuple[str, ...], Field(min_length=1)]


class Passes(_Strict):
    """All requirements of another rule set, in the version in force that day."""

    rule_set: Code


class AllOf(_Strict):
    """Every one of these."""

    all_of: Annotated[tuple["Needs", ...], Field(min_length=1)]


class AnyOf(_Strict):
    """At least one of these."""

    any_of: Annotated[tuple["Needs", ...], Field(min_length=1)]


class AtLeast(_Strict):
    """So many of these."""

    of: Annotated[tuple["Needs", ...], Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _can_be_met(self) -> "AtLeast":
        if self.at_least > len(self.of):
            raise ValueError(
                f"只列了 {len(self.of)} 项，不能要求 {self.at_least} 项",
                f"{len(self.of)} are listed, so {self.at_least} cannot be asked for",
            )
        return self


class IfThen(_Strict):
    """Where the first holds, the second must; where the first does not hold, nothing is asked."""

    if_: Annotated["Needs", Field(alias="if")]
    then: "Needs"


class FirstKnown(_Strict):
    """The first of these that is known decides."""

    first_known: Annotated[tuple["Needs", ...], Field(min_length=1)]


VOCABULARY: dict[str, type[_Strict]] = {
    "service": Service,
    "field": Recorded,
    "listed_on_map": Listed,
    "fact": Fact,
    "events_in_year": Events,
    "another_within_m": Another,
    "rule_set": Passes,
    "all_of": AllOf,
    "any_of": AnyOf,
    "of": AtLeast,
    "if": IfThen,
    "first_known": FirstKnown,
}
"""The word that each kind of condition is known by."""


def _word(value: Any) -> str | None:
    """Return the word of the vocabulary that a table begins with."""
    if isinstance(value, dict):
        return next((word for word in VOCABULARY if word in value), None)
    return next(word for word, model in VOCABULARY.items() if isinstance(value, model))


Needs = Annotated[
    Annotated[Service, Tag("service")]
    | Annotated[Recorded, Tag("field")]
    | Annotated[Listed, Tag("listed_on_map")]
    | Annotated[Fact, Tag("fact")]
    | Annotated[Events, Tag("events_in_year")]
    | Annotated[Another, Tag("another_within_m")]
    | Annotated[Passes, Tag("rule_set")]
    | Annotated[AllOf, Tag("all_of")]
    | Annotated[AnyOf, Tag("any_of")]
    | Annotated[AtLeast, Tag("of")]
    | Annotated[IfThen, Tag("if")]
    | Annotated[FirstKnown, Tag("first_known")],
    Discriminator(_word),
]
"""What a rule asks for."""

Leaf = Service | Recorded | Listed | Fact | Events | Another

for _model in (AllOf, AnyOf, AtLeast, IfThen, FirstKnown):
    _model.model_rebuild()


class FactDefinition(_Strict):
    """What inspectors look at and no column of the register holds."""

    code: Code
    zh: Words
    en: Words
    answer: Literal["yes_no", "number"]
    unit: str = ""


class Requirement(_Strict):
    """One thing that is asked of a station. `verified` is about the figure or the wording."""

    code: Code
    zh: Words
    en: Words
    needs: Needs
    verified: StrictBool = True
    note_zh: str = ""
    note_en: str = ""


class _Version(_Strict):
    """What every file says of itself. `verified` false: taken from a second-hand copy."""

    code: Code
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$", max_length=40)]
    in_force_from: date
    in_force_until: date | None = None
    zh: Words
    en: Words
    kinds: Annotated[tuple[str, ...], Field(min_length=1)]
    source_zh: Words
    source_en: Words
    verified: StrictBool
    note_zh: str = ""
    note_en: str = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "_Version":
        if self.in_force_until is not None and self.in_force_until < self.in_force_from:
            raise ValueError(
                "in_force_until 早于 in_force_from", "in_force_until is before in_force_from"
            )
        return self

    def is_in_force(self, on: date) -> bool:
        """Whether this version holds on a day, later versions aside."""
        return self.in_force_from <= on and (
            self.in_force_until is None or on <= self.in_force_until
        )


class RuleSet(_Version):
    """One version of a standard. `includes` names sets whose requirements come first."""

    type: Literal["rule_set"]
    includes: tuple[Code, ...] = ()
    fact: tuple[FactDefinition, ...] = ()
    requirement: tuple[Requirement, ...] = ()


class Indicator(_Strict):
    """One figure of a plan.

    `count`: stations; `share`: of all stations counted; `per_town`: stations for each town;
    `towns_without`: towns that have none. `state` picks those that meet `where`, that do not, or
    of which it is unknown. The target holds for `target_areas`, or for every area.
    """

    code: Code
    zh: Words
    en: Words
    measure: Literal["count", "share", "per_town", "towns_without"]
    where: Needs | None = None
    state: Literal["met", "missing", "unknown"] = "met"
    at_least: float | None = None
    at_most: float | None = None
    target_areas: tuple[str, ...] | None = None
    verified: StrictBool = True
    note_zh: str = ""
    note_en: str = ""

    @model_validator(mode="after")
    def _is_one_question(self) -> "Indicator":
        if self.at_least is not None and self.at_most is not None:
            raise ValueError(
                "at_least 和 at_most 只能写一个", "only one of at_least and at_most can be given"
            )
        if self.measure == "towns_without" and (self.where is None or self.state != "met"):
            raise ValueError(
                "towns_without 须写 where，不能写 state", "towns_without needs where and no state"
            )
        return self


class Plan(_Version):
    """One version of a plan: what an area is held to."""

    type: Literal["plan"]
    indicator: Annotated[tuple[Indicator, ...], Field(min_length=1)]


AnyVersion = TypeVar("AnyVersion", bound=_Version)


@dataclass(frozen=True)
class Rules:
    """All files of a folder."""

    rule_sets: tuple[RuleSet, ...]
    plans: tuple[Plan, ...]
    fingerprint: str  # of what the files say: part of the ETag of every answer that follows them

    @property
    def facts(self) -> dict[str, FactDefinition]:
        """What inspectors may answer, by code."""
        return {fact.code: fact for rule_set in self.rule_sets for fact in rule_set.fact}

    def in_force(self, on: date) -> dict[str, RuleSet]:
        """Return the version of each rule set that holds on a day, by code in their order."""
        return _in_force(self.rule_sets, on)

    def plan(self, on: date) -> Plan | None:
        """Return the plan that holds on a day."""
        return next(iter(_in_force(self.plans, on).values()), None)

    def requirements(self, code: str, on: date) -> tuple[Requirement, ...]:
        """Return what a rule set asks for on a day, with that of the sets that it includes."""
        rule_set = self.in_force(on)[code]
        included = [each for other in rule_set.includes for each in self.requirements(other, on)]
        return (*included, *rule_set.requirement)


def _in_force(versions: Sequence[AnyVersion], on: date) -> dict[str, AnyVersion]:
    latest: dict[str, AnyVersion] = {}
    for each in sorted(versions, key=lambda version: version.in_force_from):
        if each.in_force_from <= on:
            latest[each.code] = each
    order = dict.fromkeys(version.code for version in versions)
    return {code: latest[code] for code in order if code in latest and latest[code].is_in_force(on)}


def parts(needs: Needs) -> Iterator[Needs]:
    """Walk an expression: itself and all that it is made of."""
    yield needs
    inner: tuple[Needs, ...] = ()
    if isinstance(needs, AllOf):
        inner = needs.all_of
    elif isinstance(needs, AnyOf):
        inner = needs.any_of
    elif isinstance(needs, AtLeast):
        inner = needs.of
    elif isinstance(needs, IfThen):
        inner = (needs.if_, needs.then)
    elif isinstance(needs, FirstKnown):
        inner = needs.first_known
    for each in inner:
        yield from parts(each)
