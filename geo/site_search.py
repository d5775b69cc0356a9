"""Good choices of sites in milliseconds: greedy, then swaps, and how far from the best they can be.

Greedy choice for maximal covering: Church and ReVelle 1974; its bound: Nemhauser, Wolsey and
Fisher 1978. Swaps: Teitz and Bart 1968. Where two candidates are equal the lower one is taken.
"""

import numpy as np

from geo.coordinates import FloatArray
from geo.reach import BoolArray, IntArray
from geo.site_rows import SiteRows
from geo.site_spacing import Spacing


def most_of(worth: FloatArray, spacing: Spacing, k: int) -> float:
    """Return the greatest sum of the worths, none negative, of k sites of different groups."""
    best = spacing.best_of_groups(worth)
    if k < len(best):
        best = np.partition(best, len(best) - k)[len(best) - k :]
    return float(best.sum())


def greedy(rows: SiteRows, spacing: Spacing, k: int) -> tuple[list[int], int]:
    """Choose up to k sites one after the other, each the one that adds most, and bound the best.

    Returns the sites and a number of people that no k sites can exceed. What sites add never grows
    (half of a need counts half), so no k sites are worth more than what is chosen so far and the k
    greatest additions to it; the least of these sums, one for each step, is the bound. It holds
    with spacing too, where the well-known 63 % do not.
    """
    chosen: list[int] = []
    times = np.zeros(len(rows.people), dtype=np.int64)
    bound = float(rows.people.sum())
    while True:
        adds = rows.half_gains(times)
        adds[chosen] = 0.0
        halves = float((rows.people * 2 / rows.need * np.minimum(times, rows.need)).sum())
        bound = min(bound, (halves + most_of(adds, spacing, k)) // 2)
        if len(chosen) == k:
            return chosen, int(bound)
        site = _best(adds, _free(spacing, chosen))
        if site is None:
            return chosen, int(bound)
        chosen.append(site)
        times[rows.rows_at(site)] += 1


def improved(rows: SiteRows, spacing: Spacing, k: int, sites: list[int]) -> list[int]:
    """Add sites up to k, then swap sites as long as more people gain by it.

    Returns at most k sites, none of which could be left out or swapped for one other without loss.
    """
    chosen = list(sites)
    times = rows.times(chosen)
    while True:
        while len(chosen) < k:
            site = _best(rows.gains(times), _free(spacing, chosen))
            if site is None:
                break
            chosen.append(site)
            times[rows.rows_at(site)] += 1
        if not chosen or not _swap(rows, spacing, chosen, times):
            return _needed(rows, chosen, times)


def _swap(rows: SiteRows, spacing: Spacing, chosen: list[int], times: IntArray) -> bool:
    """Make the best swap, and those of other places that still gain after it; whether any did.

    All swaps are weighed at once. Those that share rows with one made before are weighed anew.
    """
    gain = rows.swap_gains(chosen, times)
    if spacing.near.nnz:
        near = spacing.near[chosen, :].toarray()
        gain[near.sum(axis=0) - near > 0] = 0.0
    gain[:, chosen] = 0.0
    best = gain.argmax(axis=1)
    most = gain[np.arange(len(chosen)), best]
    swapped = False
    for place in np.argsort(-most, kind="stable")[: int((most > 0).sum())].tolist():
        out, site = chosen[place], int(best[place])
        others = chosen[:place] + chosen[place + 1 :]
        if swapped and (site in others or np.isin(others, spacing.too_near(site)).any()):
            continue
        if _swap_gain(rows, times, out, site) > 0:
            chosen[place], swapped = site, True
        else:
            _swap_gain(rows, times, site, out)
    return swapped


def _swap_gain(rows: SiteRows, times: IntArray, out: int, site: int) -> float:
    """Put one site in the place of another in `times`; return the people who gain by it."""
    at_out, at_site = rows.rows_at(out), rows.rows_at(site)
    lost = rows.people[at_out[times[at_out] == rows.need[at_out]]].sum()
    times[at_out] -= 1
    times[at_site] += 1
    return float(rows.people[at_site[times[at_site] == rows.need[at_site]]].sum() - lost)


def _free(spacing: Spacing, chosen: list[int]) -> BoolArray:
    free = np.ones(len(spacing.group), dtype=np.bool_)
    free[chosen] = False
    for site in chosen:
        free[spacing.too_near(site)] = False
    return free


def _best(worth: FloatArray, free: BoolArray) -> int | None:
    if not len(worth):
        return None
    allowed = np.where(free, worth, 0.0)
    site = int(np.argmax(allowed))
    return site if allowed[site] > 0 else None


def _needed(rows: SiteRows, chosen: list[int], times: IntArray) -> list[int]:
    """Leave out sites, the last first, without which nobody has less."""
    kept = list(chosen)
    for site in reversed(chosen):
        at = rows.rows_at(site)
        if not rows.people[at[times[at] == rows.need[at]]].any():
            kept.remove(site)
            times[at] -= 1
    return kept
