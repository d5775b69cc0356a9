"""What filters make of every station of the directory, worked out once for each set of filters.

People ask the same few things all day. So a question looks up one byte a station near it, instead
of comparing all that it asks with all that is known of them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stations.directory_columns import ACCESS, Columns, IntArray, bits, mask_of
from stations.filters import Filters, entry_without_phone
from stations.station import Access

BoolArray = NDArray[np.bool_]

UNWANTED, WANTED, FIRST_REASON = 0, 1, 2
"""Verdicts; a station left out for a fact that is not known has the place of its reason added."""

RARE_SHARE = 0.02
"""Where fewer stations than this are wanted, they are few enough to look at each."""


@dataclass(frozen=True, eq=False)
class Sieve:
    """The verdict on each row, uint8 of shape (rows,), and why rows are left out as unknown.

    `rare` are all rows that are wanted, where these are few.
    """

    verdicts: NDArray[np.uint8]
    reasons: tuple[str, ...]
    rare: IntArray | None

    @classmethod
    def of(cls, columns: Columns, filters: Filters) -> "Sieve":
        """Judge all rows. Each is left out for one reason, the first in the order of the facts."""
        kinds = mask_of(bits().kind, filters.kinds)
        may = np.ones(len(columns), dtype=np.bool_)
        if kinds:
            may &= (columns.kinds & kinds) != 0
        facts = _facts(filters)
        judged = [_judged(columns, fact) for fact in facts]
        for has, unknown in judged:
            may &= has | unknown
        verdicts = may.astype(np.uint8)  # UNWANTED, or WANTED if all that is not known were so
        if not filters.include_unknown:
            for place, (has, _unknown) in enumerate(judged):
                verdicts[(verdicts == WANTED) & ~has] = FIRST_REASON + place
        wanted = verdicts == WANTED
        is_rare = np.count_nonzero(wanted) <= RARE_SHARE * len(columns)
        return cls(
            verdicts,
            () if filters.include_unknown else tuple(f"{fact.name}_unknown" for fact in facts),
            np.flatnonzero(wanted).astype(np.int64) if is_rare else None,
        )

    def sifted(self, rows: IntArray) -> tuple[BoolArray, dict[str, int]]:
        """Tell which rows are wanted, and count those left out for a fact that is not known."""
        verdicts = self.verdicts.take(rows)
        wanted: BoolArray = verdicts == WANTED
        if not self.reasons:
            return wanted, {}
        counts = np.bincount(verdicts, minlength=FIRST_REASON + len(self.reasons)).tolist()
        counted = zip(self.reasons, counts[FIRST_REASON:], strict=True)
        return wanted, {reason: count for reason, count in counted if count}


class _Fact(NamedTuple):
    """One thing asked of a station; `_facts` of the filters says the same in SQL."""

    name: str
    mask: int


def _facts(filters: Filters) -> list[_Fact]:
    known = bits()
    facts = []
    if filters.services:
        facts.append(_Fact("service", mask_of(known.service, filters.services)))
    if filters.access:
        facts.append(_Fact("access", sum(1 << ACCESS[each] for each in filters.access)))
    if filters.entry:
        facts.append(_Fact("entry", mask_of(known.entry, filters.entry)))
    if filters.no_app:
        facts.append(_Fact("no_app", mask_of(known.entry, entry_without_phone())))
    if filters.tiers:
        facts.append(_Fact("tier", mask_of(known.tier, filters.tiers)))
    return facts


def _judged(columns: Columns, fact: _Fact) -> tuple[BoolArray, BoolArray]:
    """Tell of each row whether it has what is asked, and whether that is not known."""
    if fact.name == "service":
        has = (columns.services_yes & fact.mask) == fact.mask
        return has, ~has & ((columns.services_no & fact.mask) == 0)
    if fact.name == "access":
        has = ((1 << columns.access) & fact.mask) != 0
        return has, columns.access == ACCESS[Access.UNKNOWN.value]
    held = columns.tier if fact.name == "tier" else columns.entry
    return (held & fact.mask) != 0, held == 0
