"""Which area a file means by the name of a district or a town, or by the address it writes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from opencc import OpenCC
from sqlalchemy import select
from sqlalchemy.orm import Session

from stations.columns import plain_word
from stations.station import StationRow
from stations.tables import Area

SUFFIXES = ("街道办事处", "街道", "地区", "新区", "区", "县", "市", "镇", "乡")
SHORTEST_NAME = 2

# What follows a name of a district in an address without meaning it: 慈溪市场, 江北区域.
NOT_AFTER_A_DISTRICT = {"市": "场政", "区": "域间块", "县": "前后学"}


@dataclass(frozen=True)
class Claim:
    """The area that a row says it is in. `town_code` only where the file named a town."""

    area_code: str | None = None
    town_code: str | None = None
    origin: str = ""  # the field that says so: district, town, town_code or address
    unknown: tuple[tuple[str, str], ...] = ()  # field and name of what is not known


@dataclass(frozen=True)
class AreaNames:
    """Districts and towns by every spelling of their names."""

    districts: Mapping[str, str]
    towns: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, str | None]
    names: Mapping[str, str]
    spelt: Mapping[str, str] = field(default_factory=dict)  # whole names for addresses

    def claim(self, row: StationRow) -> Claim:
        """Return the area that a row names; an address counts where neither column is known."""
        unknown: list[tuple[str, str]] = []
        district = self.district(row.district) if row.district else None
        if row.district and district is None:
            unknown.append(("district", row.district))
        town = self.town(row.town, district) if row.town else None
        if row.town and town is None:
            unknown.append(("town", row.town))
        if row.town_code is not None:
            parent = self.parents.get(row.town_code)
            if parent is not None:
                return Claim(parent, None, "town_code", tuple(unknown))
        if district is not None:
            return Claim(district, town, "district", tuple(unknown))
        if town is not None:
            return Claim(self.parents[town], town, "town", tuple(unknown))
        found = self.district_in(row.address) if row.address else None
        return Claim(found, None, "address" if found else "", tuple(unknown))

    def district(self, text: str) -> str | None:
        """Return the district of a name, with or without its suffix or what it lies in."""
        word = spelt(text)
        return self.districts.get(word) or self._first_in(word)

    def town(self, text: str, district: str | None) -> str | None:
        """Return the town of a name; None where several have it and the district tells none."""
        word = spelt(text)
        found = self.towns.get(word, ())
        if district is not None:
            found = tuple(code for code in found if self.parents[code] == district)
        return found[0] if len(found) == 1 else None

    def district_in(self, address: str) -> str | None:
        """Return the district whose whole name an address begins with or holds."""
        return self._first_in(spelt(address))

    def _first_in(self, text: str) -> str | None:
        best: tuple[int, str] | None = None
        for name, code in self.spelt.items():
            at = text.find(name)
            while at >= 0:
                after = text[at + len(name) : at + len(name) + 1]
                if not after or after not in NOT_AFTER_A_DISTRICT.get(name[-1], ""):
                    break
                at = text.find(name, at + 1)
            if at >= 0 and (best is None or at < best[0]):
                best = (at, code)
        return None if best is None else best[1]


def load(session: Session) -> AreaNames:
    """Read the names of all districts and towns."""
    rows = session.execute(
        select(Area.code, Area.name, Area.level, Area.parent_code)
        .where(Area.level.in_(("district", "town")))
        .order_by(Area.code)
    ).all()
    districts = [(row.code, row.name) for row in rows if row.level == "district"]
    towns: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.level == "town":
            for word in _spellings(row.name):
                towns[word].append(row.code)
    return AreaNames(
        districts=_unmistakable(districts),
        towns={word: tuple(codes) for word, codes in towns.items()},
        parents={row.code: row.parent_code for row in rows if row.level == "town"},
        names={row.code: row.name for row in rows},
        spelt={spelt(name): code for code, name in districts if len(name) > SHORTEST_NAME},
    )


def spelt(text: str) -> str:
    """Return a name or an address in one spelling: simplified, half-width, without blanks."""
    return _simplified(plain_word(text))


def _unmistakable(districts: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for code, name in districts:
        for word in _spellings(name):
            found[word].add(code)
    return {word: min(codes) for word, codes in found.items() if len(codes) == 1}


def _spellings(name: str) -> set[str]:
    """Return a name with its suffix and without, where enough is left to be one."""
    whole = spelt(name)
    suffix = next((each for each in SUFFIXES if whole.endswith(each)), "")
    bare = whole.removesuffix(suffix)
    return {whole, bare} if len(bare) >= SHORTEST_NAME else {whole}


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def _simplified(text: str) -> str:
    return text if text.isascii() else _simplifier().convert(text)
