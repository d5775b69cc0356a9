"""The sweep against SciPy's Dijkstra from one more node, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.street_graph import Arcs
from geo.street_sweep import STEP_MINUTES, swept

Floats = NDArray[np.float64]
Arc = tuple[int, int, float]

minutes_ = st.one_of(
    st.just(0.0), st.just(STEP_MINUTES), st.floats(min_value=1e-3, max_value=4 * STEP_MINUTES)
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[Arc]]:
    count = draw(st.integers(1, 12))
    node = st.integers(0, count - 1)
    return count, draw(st.lists(st.tuples(node, node, minutes_), max_size=50))


def arcs_of(count: int, listed: list[Arc]) -> Arcs:
    listed = sorted(listed)
    origin = np.array([each[0] for each in listed], dtype=np.int64)
    return Arcs(
        start=np.searchsorted(origin, np.arange(count + 1)).astype(np.int32),
        to=np.array([each[1] for each in listed], dtype=np.int32),
        row=np.zeros(len(listed), dtype=np.int32),
        minutes=np.array([each[2] for each in listed], dtype=np.float64),
        edge=np.zeros(len(listed), dtype=np.int32),
    )


def by_dijkstra(count: int, listed: list[Arc], begin: Floats, limit_minutes: float) -> Floats:
    """Search from one more node; of parallel arcs the least, since a matrix would add them."""
    least: dict[tuple[int, int], float] = {}
    for one, other, takes in listed:
        least[one, other] = min(takes, least.get((one, other), np.inf))
    for node in np.flatnonzero(np.isfinite(begin)).tolist():
        least[count, node] = float(begin[node])
    places = sorted(least)
    matrix = csr_array(
        (
            np.array([least[each] for each in places]),
            np.array([other for _one, other in places], dtype=np.int32),
            np.searchsorted([one for one, _other in places], np.arange(count + 2)),
        ),
        shape=(count + 1, count + 1),
    )
    found: Floats = dijkstra(matrix, indices=[count], limit=limit_minutes)[0, :count]
    return found


@given(graph=graphs(), data=st.data())
def test_it_finds_what_dijkstra_finds(graph: tuple[int, list[Arc]], data: st.DataObject) -> None:
    count, listed = graph
    begin = np.array(
        data.draw(st.lists(minutes_ | st.just(np.inf), min_size=count, max_size=count))
    )
    limit_minutes = data.draw(st.sampled_from([0.0, STEP_MINUTES, 7.5, 15.0, np.inf]))
    found = swept(arcs_of(count, listed), begin, limit_minutes)
    assert found.tolist() == by_dijkstra(count, listed, begin, limit_minutes).tolist()


@pytest.mark.parametrize("limit_minutes", [15.0, 40.0])
def test_on_a_town_of_lanes_too(limit_minutes: float) -> None:
    chance = np.random.default_rng(11)
    side = 60
    node = np.arange(side * side).reshape(side, side)
    lanes = np.concatenate(
        [
            np.stack((node[:, :-1].ravel(), node[:, 1:].ravel()), axis=1),
            np.stack((node[:-1].ravel(), node[1:].ravel()), axis=1),
        ]
    )
    lanes = lanes[chance.random(len(lanes)) < 0.8]
    lanes = np.concatenate([lanes, lanes[chance.random(len(lanes)) < 0.7, ::-1]])  # some one-way
    takes = chance.uniform(0.1, 3.0, len(lanes))
    listed = [(int(a), int(b), float(m)) for (a, b), m in zip(lanes, takes, strict=True)]
    begin = np.full(side * side, np.inf)
    begin[chance.integers(0, side * side, 20)] = chance.uniform(0.0, 20.0, 20)
    found = swept(arcs_of(side * side, listed), begin, limit_minutes)
    assert found.tolist() == by_dijkstra(side * side, listed, begin, limit_minutes).tolist()
    assert np.isfinite(found).sum() > 500
