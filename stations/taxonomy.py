"""The words of the register: kinds, services and the rest, read from taxonomy.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from stations.errors import UnknownTermError

TAXONOMY_FILE = Path(__file__).with_name("taxonomy.toml")


class Term(BaseModel):
    """One word: its code, and what people read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    zh: str
    en: str
    icon: str = ""


class Kind(Term):
    """What a place is for. `letters` go into its codes."""

    letters: str = Field(pattern=r"^[A-Z]{2}$")
    zh_short: str
    colour: str = Field(pattern=r"^#[0-9a-f]{6}$")
    withheld_when_unknown: bool = False


class Service(Term):
    """Something that a place has, has not, or of which it is unknown."""

    facet: str


AnyTerm = TypeVar("AnyTerm", bound=Term)


@dataclass(frozen=True)
class Taxonomy:
    """All words by facet; each mapping is in the order of the file."""

    kind: dict[str, Kind]
    service: dict[str, Service]
    entry: dict[str, Term]
    access: dict[str, Term]
    tier: dict[str, Term]
    status: dict[str, Term]
    honour: dict[str, Term]

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


FACETS = ("kind", "service", "entry", "access", "tier", "status", "honour")


def read_taxonomy(file: Path) -> Taxonomy:
    """Read a taxonomy file; a missing table or a word given twice is a ValueError."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return Taxonomy(
        kind=_by_code([Kind(**table) for table in tables["kind"]]),
        service=_by_code([Service(**table) for table in tables["service"]]),
        **{
            facet: _by_code([Term(**table) for table in tables[facet]])
            for facet in ("entry", "access", "tier", "status", "honour")
        },
    )


def _by_code(terms: list[AnyTerm]) -> dict[str, AnyTerm]:
    found = {term.code: term for term in terms}
    if len(found) != len(terms):
        raise ValueError("a code is given twice")
    return found


@cache
def taxonomy() -> Taxonomy:
    """Return the shipped taxonomy."""
    return read_taxonomy(TAXONOMY_FILE)
