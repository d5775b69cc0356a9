"""Where sites may stand: out of forbidden areas, and so many metres from each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from shapely import MultiPolygon, Polygon

from geo.coordinates import FloatArray, chord_m, earth_centred
from geo.reach import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Spacing:
    """Which sites stand too near to each other to be chosen together."""

    near: csr_array[np.bool_]  # (sites, sites), symmetric, nothing on the diagonal
    group: IntArray  # (sites,) sites of one group are all too near to each other

    def too_near(self, site: int) -> NDArray[np.int32]:
        """Return the sites that stand too near to one."""
        return self.near.indices[self._pairs(site)]

    def best_of_groups(self, worth: FloatArray) -> FloatArray:
        """Return the greatest worth in each group; of no group can more than one site be chosen."""
        best = np.zeros(int(self.group.max(initial=-1)) + 1)
        np.maximum.at(best, self.group, worth)
        return best

    def only(self, sites: IntArray) -> "Spacing":
        """Return the spacing of some of the sites alone, in ascending order."""
        _, group = np.unique(self.group[sites], return_inverse=True)
        return Spacing(csr_array(self.near[sites, :][:, sites]), group)

    def cliques(self) -> Iterator[list[int]]:
        """Yield sets of sites all too near to each other, every such pair in one at least."""
        is_open = np.ones(self.near.nnz, dtype=np.bool_)
        marked = np.zeros(self.near.shape[0], dtype=np.bool_)
        for site in range(len(marked)):
            pairs = self._pairs(site)
            while is_open[pairs].any():
                # Pairs that still lack a clique come first, so that few cliques are needed.
                order = self.near.indices[pairs][np.argsort(~is_open[pairs], kind="stable")]
                clique = _clique(self.near, site, order)
                marked[clique] = True
                for member in clique:
                    others = self._pairs(member)
                    is_open[others] &= ~marked[self.near.indices[others]]
                marked[clique] = False
                yield sorted(clique)

    def _pairs(self, site: int) -> slice:
        return slice(*self.near.indptr[site : site + 2].tolist())


def spacing(lon: FloatArray, lat: FloatArray, spacing_m: float) -> Spacing:
    """Find which sites, in WGS-84 degrees, stand less than so many metres from each other.

    Straight lines over the ellipsoid; sites exactly so far apart may both be chosen.
    """
    near = csr_array((len(lon), len(lon)), dtype=np.bool_)
    if spacing_m > 0 and len(lon):
        tree = cKDTree(earth_centred(lon, lat))
        pairs = tree.query_pairs(_nearer_than(spacing_m), output_type="ndarray")
        one, other = np.concatenate((pairs, pairs[:, ::-1])).T
        near = csr_array((np.ones(len(one), np.bool_), (one, other)), shape=near.shape)
        near.sort_indices()
    return Spacing(near, _groups(near))


def too_near_to(
    lon: FloatArray, lat: FloatArray, other_lon: FloatArray, other_lat: FloatArray, spacing_m: float
) -> BoolArray:
    """Which sites, shape (sites,), stand less than so many metres from one of the others."""
    if spacing_m <= 0 or not len(lon) or not len(other_lon):
        return np.zeros(len(lon), dtype=np.bool_)
    tree = cKDTree(earth_centred(other_lon, other_lat))
    nearest_m, _ = tree.query(earth_centred(lon, lat))
    return np.asarray(nearest_m <= _nearer_than(spacing_m))


def within(lon: FloatArray, lat: FloatArray, areas: Sequence[Polygon | MultiPolygon]) -> BoolArray:
    """Which sites, shape (sites,), lie in one of the areas or on its edge; all in one datum."""
    inside = np.zeros(len(lon), dtype=np.bool_)
    for area in areas:
        shapely.prepare(area)
        inside |= shapely.intersects_xy(area, lon, lat)
    return inside


def _nearer_than(spacing_m: float) -> float:
    # A tree finds what is at most so far: a micrometre less leaves out what is exactly as far.
    return chord_m(spacing_m) - 1e-6


def _groups(near: csr_array[np.bool_]) -> IntArray:
    """Part the sites into groups all of whose members are near to each other, lower ones first."""
    if not near.nnz:
        return np.arange(near.shape[0])
    group = np.full(near.shape[0], -1, dtype=np.int64)
    count = 0
    for site in range(len(group)):
        if group[site] < 0:
            others = near.indices[near.indptr[site] : near.indptr[site + 1]]
            group[_clique(near, site, others[group[others] < 0])] = count
            count += 1
    return group


def _clique(near: csr_array[np.bool_], site: int, others: NDArray[np.int32]) -> list[int]:
    """Return a site and those of its neighbours, in their order, that are near to all before."""
    clique = [site]
    is_near = np.zeros(near.shape[0], dtype=np.bool_)
    while len(others):
        joining, others = int(others[0]), others[1:]
        clique.append(joining)
        neighbours = near.indices[near.indptr[joining] : near.indptr[joining + 1]]
        is_near[neighbours] = True
        others = others[is_near[others]]
        is_near[neighbours] = False
    return clique
