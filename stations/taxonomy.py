"""The words of the register: kinds, services and the rest, read from taxonomy.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from stations.errors import UnknownTermError

TAXONOMY_FILE = Path(__file__).with_name("taxonomy.toml")

EVENT_LETTERS = "EV"
"""What stands in the codes of events, where stations have the letters of their kind."""


class Term(BaseModel):
    """One word: its code, and what people read and see."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    icon: str = Field(pattern=r"^[a-z]+$")


class Kind(Term):
    """What a place is for. `letters` go into its codes."""

    letters: str = Field(pattern=r"^[A-Z]{2}$")
    zh_short: str
    colour: str = Field(pattern=r"^#[0-9a-f]{6}$")
    service_group: str | None = None
    withheld_when_unknown: bool = False


class Service(Term):
    """Something that a place has, has not, or of which it is unknown. `facet` is its group."""

    facet: str


class Entry(Term):
    """A way to get in. `needs_phone`: not without a phone that has power and a line."""

    needs_phone: bool = False


AnyTerm = TypeVar("AnyTerm", bound=Term)


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """All words by facet; each mapping is in the order of the file."""

    kind: dict[str, Kind]
    service: dict[str, Service]
    service_group: dict[str, Term]
    entry: dict[str, Entry]
    access: dict[str, Term]
    tier: dict[str, Term]
    status: dict[str, Term]
    honour: dict[str, Term]
    level: dict[str, Term]
    built_as: dict[str, Term]
    built_by: dict[str, Term]
    brand: dict[str, Term]
    event_kind: dict[str, Term]
    event_status: dict[str, Term]

    def facet(self, name: str) -> dict[str, Term]:
        """Return one facet by name."""
        return dict(getattr(self, name))

    def require(self, facet: str, value: str, field: str) -> str:
        """Return `value` if the facet has it; raise UnknownTermError naming `field` otherwise."""
        known = self.facet(facet)
        if value not in known:
            raise UnknownTermError(field=field, value=value, known=", ".join(known))
        return value

    @property
    def withheld_when_unknown(self) -> list[str]:
        """Kinds whose places stay out of public answers until their access is known."""
        return [code for code, kind in self.kind.items() if kind.withheld_when_unknown]


FACETS = tuple(each.name for each in fields(Taxonomy))

_SHAPES: Mapping[str, type[Term]] = {"kind": Kind, "service": Service, "entry": Entry}


def read_taxonomy(file: Path) -> Taxonomy:
    """Read a taxonomy file; ValueError where it is not whole or says a thing twice."""
    tables: dict[str, list[dict[str, Any]]] = tomllib.loads(file.read_text(encoding="utf-8"))
    if unknown := sorted(tables.keys() ^ set(FACETS)):
        raise ValueError(f"facets missing or not known: {', '.join(unknown)}")
    terms = {
        facet: _by_code(facet, [_SHAPES.get(facet, Term)(**table) for table in tables[facet]])
        for facet in FACETS
    }
    words = Taxonomy(**terms)  # type: ignore[arg-type]
    _check_groups(words)
    _check_letters(list(words.kind.values()))
    return words


def _by_code(facet: str, terms: Sequence[AnyTerm]) -> dict[str, AnyTerm]:
    """Return the terms by code. A name given twice would make an import guess between two."""
    for name in ("code", "zh", "en"):
        said = [getattr(term, name) for term in terms]
        if twice := sorted({each for each in said if said.count(each) > 1}):
            raise ValueError(f"{facet}: given twice: {', '.join(twice)}")
    return {term.code: term for term in terms}


def _check_groups(words: Taxonomy) -> None:
    used = {service.facet for service in words.service.values()}
    used |= {kind.service_group for kind in words.kind.values() if kind.service_group}
    if missing := sorted(used - words.service_group.keys()):
        raise ValueError(f"no service_group {', '.join(missing)}")


def _check_letters(kinds: Sequence[Kind]) -> None:
    """Refuse letters of two kinds, and those of events: their codes could not be told apart."""
    letters = [EVENT_LETTERS, *(kind.letters for kind in kinds)]
    if twice := sorted({each for each in letters if letters.count(each) > 1}):
        raise ValueError(f"kind: letters given twice: {', '.join(twice)}")


@cache
def taxonomy() -> Taxonomy:
    """Return the shipped taxonomy."""
    return read_taxonomy(TAXONOMY_FILE)
