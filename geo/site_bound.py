"""What no k sites can exceed, by Lagrangian relaxation, and the good choices met on the way.

Each row gets a price per site that reaches it. What it has to pay for the sites it needs is free to
move: people who count but pay too little, and sites that are paid most, together bound every choice
(Galvao and ReVelle 1996). Prices follow the subgradient, smoothed (Barahona and Anbil 2000).
"""

from dataclasses import dataclass

import numpy as np

from geo.coordinates import FloatArray
from geo.reach import BoolArray, IntArray
from geo.site_rows import SiteRows
from geo.site_search import improved
from geo.site_spacing import Spacing

ROUNDS = 120
"""After so many the bound hardly falls: to within 0.3 % of where it ends, over Ningbo."""

TRY_EVERY = 10
TRY_FROM = 60
"""Rounds whose best-paid sites are improved by swaps: the prices of earlier ones say little."""

PRICE_STEP = 1 / 1024
"""Prices are whole multiples of this, so that sums of them are exact, and the bound is proven."""

SMOOTHING = 0.2
PATIENCE = 4


@dataclass(frozen=True, eq=False)
class Bounded:
    """A choice of sites, what no choice can exceed, and the prices that prove it."""

    sites: list[int]
    bound: int
    prices: FloatArray  # (rows,)


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """The best choice where rows only pay prices: never worth less than the best real choice."""

    worth: float
    sites: IntArray
    pay: FloatArray  # (sites,) what each site would be paid
    best_pay: FloatArray  # (groups,)
    taken: BoolArray  # (groups,)


def bounded(
    rows: SiteRows, spacing: Spacing, k: int, sites: list[int], rounds: int = ROUNDS
) -> Bounded:
    """Bound what k sites can gain, k at least 1, and improve on a choice of sites where it can."""
    most = rows.people / rows.need
    times = rows.times(sites)
    prices = _rounded(np.where(times > rows.need, rows.people / np.maximum(times, 1), most))
    chosen, target = sites, rows.worth(sites)
    least, proof = np.inf, prices
    direction: FloatArray | None = None
    speed, idle = 1.0, 0
    for number in range(1, rounds + 1):
        relaxed = _relaxed(rows, spacing, k, prices)
        idle = 0 if relaxed.worth < least * (1 - 1e-6) else idle + 1
        if relaxed.worth < least:
            least, proof = relaxed.worth, prices
        if idle == PATIENCE:
            speed, idle = speed / 1.6, 0
        if number >= TRY_FROM and number % TRY_EVERY == 0:
            other = improved(rows, spacing, k, _apart(spacing, relaxed))
            if rows.worth(other) > target:
                chosen, target = other, rows.worth(other)
        if least < target + 1:
            break
        slope = (rows.times(relaxed.sites.tolist()) - rows.need).astype(np.float64)
        before = slope if direction is None else direction
        direction = SMOOTHING * slope + (1 - SMOOTHING) * before
        held = ((prices <= 0) & (direction > 0)) | ((prices >= most) & (direction < 0))
        free = np.where(held, 0.0, direction)
        if not free.any():
            break
        step = speed * (relaxed.worth - target) / float(free @ free)
        prices = _rounded(np.clip(prices - step * free, 0.0, most))
    return Bounded(chosen, int(least), proof)


def promising(rows: SiteRows, spacing: Spacing, k: int, found: Bounded) -> IntArray:
    """Return the sites, ascending, that a choice of more worth than the found one could hold.

    A site is left out where the bound, with this site forced in, is no more than the worth found.
    """
    relaxed = _relaxed(rows, spacing, k, found.prices)
    last = relaxed.best_pay[relaxed.taken].min(initial=np.inf)
    if relaxed.taken.sum() < k:
        last = 0.0
    displaced = np.where(relaxed.taken, relaxed.best_pay, last)[spacing.group]
    kept = relaxed.worth - displaced + relaxed.pay >= rows.worth(found.sites) + 1
    kept[found.sites] = True
    return np.flatnonzero(kept)


def _relaxed(rows: SiteRows, spacing: Spacing, k: int, prices: FloatArray) -> _Relaxed:
    pay = np.asarray(rows.by_site @ prices)
    best = spacing.best_of_groups(pay)
    taken = np.ones(len(best), dtype=np.bool_)
    if k < len(best):
        taken[np.argpartition(best, len(best) - k)[: len(best) - k]] = False
    candidates = np.flatnonzero(taken[spacing.group] & (pay == best[spacing.group]))
    _, first = np.unique(spacing.group[candidates], return_index=True)
    unpaid = float((rows.people - rows.need * prices).sum())
    return _Relaxed(unpaid + float(best[taken].sum()), candidates[first], pay, best, taken)


def _apart(spacing: Spacing, relaxed: _Relaxed) -> list[int]:
    """Return the best-paid sites without those too near to better-paid ones."""
    kept: list[int] = []
    blocked = np.zeros(len(spacing.group), dtype=np.bool_)
    for site in relaxed.sites[np.argsort(-relaxed.pay[relaxed.sites], kind="stable")].tolist():
        if not blocked[site]:
            kept.append(site)
            blocked[spacing.too_near(site)] = True
    return kept


def _rounded(prices: FloatArray) -> FloatArray:
    return np.floor(prices / PRICE_STEP) * PRICE_STEP
