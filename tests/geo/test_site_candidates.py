"""The most promising places: about how many people live around them, and which are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinates import earth_centred
from geo.site_candidates import most_promising, people_around


@pytest.mark.parametrize("within_m", [80.0, 1_000.0, 15_000.0])
def test_people_around_are_about_those_in_the_circle(within_m: float) -> None:
    random = np.random.default_rng(3)
    lon, lat = 121.5 + random.normal(0, 0.1, 3_000), 29.9 + random.normal(0, 0.1, 3_000)
    people = random.integers(0, 300, 3_000)
    found = people_around(lon, lat, people, within_m)
    at = earth_centred(lon, lat)
    metres = np.linalg.norm(at[:, np.newaxis] - at, axis=2)
    less, more = ((metres <= within_m * share + room).astype(np.int64) @ people
                  for share, room in ((0.8, -220), (1.2, 220)))  # fmt: skip
    assert (found >= less).all()
    assert (found <= more).all()
    assert people_around(lon[:0], lat[:0], people[:0], within_m).tolist() == []


@given(
    places=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), min_size=1, max_size=40),
    most=st.integers(1, 45),
)
def test_the_best_of_each_group_and_then_the_best_of_all(
    places: list[tuple[int, int]], most: int
) -> None:
    promise, group = (np.array(each, dtype=np.int64) for each in zip(*places, strict=True))
    kept = most_promising(promise, group, most).tolist()
    assert kept == sorted(set(kept))
    assert len(kept) == min(most, len(places))
    groups = {number: max(promise[group == number]) for number in set(group.tolist())}
    best = sorted(groups.values(), reverse=True)[: most // 2]
    of_groups = sorted((max(promise[[k for k in kept if group[k] == number]], default=-1)
                        for number in groups), reverse=True)  # fmt: skip
    assert of_groups[: len(best)] == best
    left = set(range(len(places))) - set(kept)
    rest = sorted(promise[kept].tolist())[min(len(groups), most // 2) :]
    assert not left or not rest or max(promise[list(left)]) <= max(rest)
