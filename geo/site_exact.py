"""The best choice of sites, and what no choice can exceed, by integer programming with HiGHS.

Maximal covering as Church and ReVelle (1974) wrote it: x for each site, y for each row, a row
counts as far as the sites that it needs are chosen, and at most k sites are.
"""

from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, hstack, vstack

from geo.site_bound import Bounded, promising
from geo.site_rows import SiteRows, only
from geo.site_search import improved
from geo.site_spacing import Spacing

SOLVER_TOLERANCE = 0.005
"""People by which a bound of the solver may err; whole people are what is counted."""


class _Quiet(highspy.Highs):
    """HiGHS without its banner: its constructor writes one to standard output as it ends."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solved(
    rows: SiteRows, spacing: Spacing, k: int, found: Bounded, time_limit_s: float
) -> tuple[list[int], int]:
    """Return the best k sites and a bound, which the best ones attain unless time runs out.

    Starts from a choice that was found, among the sites that a better one could hold. The limit is
    for the solver alone, in seconds; it stops some tenths later. One thread and a fixed seed: the
    same question has the same answer as long as time does not run out.
    """
    if found.bound == rows.worth(found.sites):
        return found.sites, found.bound
    kept = promising(rows, spacing, k, found)
    reduced = only(rows, kept)
    solver = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in _options(time_limit_s).items():
        solver.setOptionValue(option, value)
    solver.passModel(_model(reduced, spacing.only(kept), k))
    start = np.searchsorted(kept, found.sites).astype(np.int32)
    chosen = np.zeros(len(kept))
    chosen[start] = 1.0
    solver.setSolution(len(kept), np.arange(len(kept), dtype=np.int32), chosen)
    solver.run()
    values = np.array(solver.getSolution().col_value[: len(kept)])
    sites = kept[np.flatnonzero(values > 0.5)].tolist()
    sites = max(found.sites, improved(rows, spacing, k, sites), key=rows.worth)
    bound = min(solver.getInfo().mip_dual_bound + SOLVER_TOLERANCE, found.bound)
    return sites, max(int(bound // 1), rows.worth(sites))


def _options(time_limit_s: float) -> dict[str, Any]:
    # People are whole: a choice less than one below the bound is the best. Without presolve, and
    # with the relaxation solved by interior points, Ningbo took a third to three quarters of the
    # time; presolve with spacing did not even look at its clock.
    return {
        "presolve": "off",
        "mip_lp_solver": "ipm",
        "time_limit": float(time_limit_s),
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.99,
        "threads": 1,
        "random_seed": 0,
    }


def _model(rows: SiteRows, spacing: Spacing, k: int) -> highspy.HighsLp:
    sites, count = rows.site_count, len(rows.people)
    counts = hstack([-rows.by_row, diags_array(rows.need.astype(np.float64))])
    at_most_k = hstack([csr_array(np.ones((1, sites))), csr_array((1, count))])
    cliques = list(spacing.cliques())
    one_of_each = coo_array(
        (
            np.ones(sum(map(len, cliques))),
            (
                np.repeat(np.arange(len(cliques)), [len(each) for each in cliques]),
                np.array([site for each in cliques for site in each], dtype=np.int64),
            ),
        ),
        shape=(len(cliques), sites + count),
    )
    matrix = csr_array(vstack([counts, at_most_k, one_of_each], format="csr"))
    model = highspy.HighsLp()
    model.sense_ = highspy.ObjSense.kMaximize
    model.num_col_, model.num_row_ = sites + count, matrix.shape[0]
    model.col_cost_ = np.concatenate((np.zeros(sites), rows.people))
    model.col_lower_, model.col_upper_ = np.zeros(sites + count), np.ones(sites + count)
    model.row_lower_ = np.full(matrix.shape[0], -highspy.kHighsInf)
    model.row_upper_ = np.concatenate((np.zeros(count), [k], np.ones(len(cliques))))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    # Where one site is enough, y is whole as soon as x is.
    model.integrality_ = [whole] * sites + [whole if need > 1 else part for need in rows.need]
    return model
