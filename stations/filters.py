"""Which stations a caller wants, and which are left out because a fact of them is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, func, or_, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from stations.station import Access
from stations.tables import Station as Row
from stations.taxonomy import taxonomy


@dataclass(frozen=True)
class Filters:
    """Any of the kinds, all of the services, and any of each of the others; empty means all.

    `no_app` keeps places with a way in that needs no phone.

    A station whose fact is not known is left out and counted, unless `include_unknown`.
    """

    kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    include_unknown: bool = False
    access: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    no_app: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what keeps the wanted stations."""
        return [*kind_conditions(self.kinds), *self.fact_conditions()]

    def fact_conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions but for the kinds."""
        return [fact.may if self.include_unknown else fact.has for fact in _facts(self)]

    def counts(self) -> list[ColumnElement[Any]]:
        """Return what counts those that match, and then those left out for each reason.

        It counts among stations that may match: see `may_match`. Each is left out for one reason,
        the first in the order of `reasons`, so that the numbers add up.
        """
        facts = _facts(self)
        if self.include_unknown:
            return [func.count()]
        counted: list[ColumnElement[Any]] = [
            func.count().filter(and_(true(), *(fact.has for fact in facts)))
        ]
        for number, fact in enumerate(facts):
            known_so_far = and_(true(), *(earlier.has for earlier in facts[:number]))
            counted.append(func.count().filter(known_so_far, ~fact.has))
        return counted

    def reasons(self) -> list[str]:
        """Return why a station may be left out, in the order of `counts`."""
        return [] if self.include_unknown else [f"{fact.name}_unknown" for fact in _facts(self)]

    def may_match(self) -> list[ColumnElement[bool]]:
        """Return what keeps stations that match if all that is not known of them were so."""
        return [*kind_conditions(self.kinds), *(fact.may for fact in _facts(self))]


@dataclass(frozen=True)
class _Fact:
    """One thing asked of a station: it has it; it has it or that is not known. Never null."""

    name: str
    has: ColumnElement[bool]
    may: ColumnElement[bool]


def _facts(filters: Filters) -> list[_Fact]:
    facts = []
    if filters.services:
        wanted = text_array(filters.services)
        has, has_not = Row.services_yes.contains(wanted), Row.services_no.overlap(wanted)
        facts.append(_Fact("service", has, ~has_not))
    if filters.access:
        has = Row.access.in_(filters.access)
        facts.append(_Fact("access", has, or_(has, Row.access == Access.UNKNOWN.value)))
    if filters.entry:
        has = Row.entry.overlap(text_array(filters.entry))
        facts.append(_Fact("entry", has, or_(has, func.cardinality(Row.entry) == 0)))
    if filters.no_app:
        has = Row.entry.overlap(text_array(entry_without_phone()))
        facts.append(_Fact("no_app", has, or_(has, func.cardinality(Row.entry) == 0)))
    if filters.tiers:
        has = and_(Row.tier.is_not(None), Row.tier.in_(filters.tiers))
        facts.append(_Fact("tier", has, or_(has, Row.tier.is_(None))))
    return facts


def entry_without_phone() -> tuple[str, ...]:
    """Return the ways in that need no phone with power and a line."""
    return tuple(code for code, entry in taxonomy().entry.items() if not entry.needs_phone)


def kind_walks(kinds: tuple[str, ...]) -> list[list[ColumnElement[bool]]]:
    """One index walk a kind, by the (kind, geom) index, and one for places with further kinds."""
    if not kinds:
        return [[]]
    further = and_(Row.also_kinds.overlap(text_array(kinds)), Row.kind.not_in(kinds))
    return [*[[Row.kind == kind] for kind in kinds], [further]]


def kind_conditions(kinds: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Return what keeps places of any of the kinds, mainly or also."""
    if not kinds:
        return []
    return [or_(Row.kind.in_(kinds), Row.also_kinds.overlap(text_array(kinds)))]


def text_array(values: Sequence[str]) -> ColumnElement[Any]:
    """Return words as an array of PostgreSQL's."""
    return cast(list(values), ARRAY(Text))
