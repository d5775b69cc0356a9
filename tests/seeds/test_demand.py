import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import centres
from geo.coverage_shares import largest_remainder
from seeds.demand import rules, spread
from seeds.population import latest_residents
from stations.demand import CellShares, DemandRows

# Of cells, areas, residents and workers. Change it together with demand.toml or the boundaries:
# a change that nobody made means that some machine gives out people differently.
CHECKSUM = "1a5ea813af9cb83771d45cc4d97cfde6549ccf6b9a9c3a6c1f18c6e019f146e3"


def checksum(demand: DemandRows) -> str:
    digest = hashlib.sha256()
    for cell, code, residents, workers in zip(*demand, strict=True):
        digest.update(f"{cell} {code} {residents} {workers}\n".encode())
    return digest.hexdigest()


def test_districts_and_city_sum_to_the_published_totals(demand: DemandRows) -> None:
    for code, total in latest_residents().items():
        here = demand.area_codes == code
        assert demand.residents[here].sum() == total
        assert demand.workers[here].sum() == total * 4 // 100
    assert demand.residents.sum() == 9_777_000
    assert demand.workers.sum() == 391_080


def test_there_is_one_row_for_each_part_of_a_cell(shares: CellShares, demand: DemandRows) -> None:
    assert demand.cells.tolist() == shares.cells.tolist()
    assert demand.area_codes.tolist() == shares.area_codes.tolist()
    assert demand.residents.dtype == demand.workers.dtype == np.int64
    assert demand.residents.min() >= 0
    assert demand.workers.min() >= 0
    assert 124_000 < len(set(demand.cells.tolist())) < 128_000


def test_the_same_people_live_in_the_same_places_everywhere(
    shares: CellShares, demand: DemandRows, towns_by_district: dict[str, int]
) -> None:
    again = spread(shares, latest_residents(), towns_by_district)
    assert checksum(again) == checksum(demand) == CHECKSUM


def test_the_last_bits_of_a_share_move_nobody(
    shares: CellShares, demand: DemandRows, towns_by_district: dict[str, int]
) -> None:
    nudged = shares._replace(shares=np.nextafter(shares.shares, 0))
    assert checksum(spread(nudged, latest_residents(), towns_by_district)) == checksum(demand)


def test_people_are_dense_at_the_seats_and_sparse_far_away(demand: DemandRows) -> None:
    lon, lat = centres(demand.cells)
    for district in rules().district:
        here = demand.area_codes == district.code
        km = np.hypot((lon - district.seat[0]) * 96.5, (lat - district.seat[1]) * 110.9)
        near = demand.residents[here & (km < 1.5)].mean()
        far = demand.residents[here & (km > 12)].mean()
        assert near > 8 * far
        assert demand.residents[here].max() < 3500  # 42,000 a square kilometre


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any),
    st.integers(0, 10**9),
)
def test_largest_remainder_gives_out_all_and_nobody_is_a_whole_person_off(
    weights: list[int], total: int
) -> None:
    given_out = largest_remainder(np.array(weights, dtype=np.int64), total)
    assert given_out.sum() == total
    for number, weight in zip(given_out.tolist(), weights, strict=True):
        assert abs(number * sum(weights) - weight * total) < sum(weights)


def test_largest_remainder_refuses_what_it_cannot_do_exactly() -> None:
    with pytest.raises(ValueError, match="weight"):
        largest_remainder(np.zeros(3, dtype=np.int64), 5)
    with pytest.raises(OverflowError):
        largest_remainder(np.array([2**62], dtype=np.int64), 5)
