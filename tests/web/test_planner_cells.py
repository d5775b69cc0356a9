import base64
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.pages import messages
from web.planner_cells import LAYERS, CellFacts, CellLayerName, bands, pack

FIRST_CELL = 0x89309A2C003FFFF
STEP = 1 << 18  # ids of resolution 9 differ above their 18 unused bits


def words(key: str, **numbers: object) -> str:
    return messages("en")[key].format(**numbers)


COLUMNS = ("minutes", "residents", "reached_by", "not_routable")


def unpacked(packed: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The reverse of pack, written apart from web/planner/cell_data.ts."""
    rows = []
    cell = int(packed["first"], 16)
    columns = (numbers(packed[name]) for name in ("steps", *COLUMNS))
    for step, tenths, *counts in zip(*columns, strict=True):
        cell += step << packed["shift"]
        rows.append((f"{cell:x}", None if tenths == 0 else (tenths - 1) / 10, *counts))
    return rows


def facts_of(
    minutes: Sequence[float | None],
    residents: Sequence[int],
    reached_by: Sequence[int] | None = None,
    not_routable: Sequence[int] | None = None,
) -> CellFacts:
    """So many cells, one after the other."""
    ids = [f"{FIRST_CELL + step * STEP:x}" for step in range(len(minutes))]
    reached = [int(each is not None) for each in minutes] if reached_by is None else reached_by
    return CellFacts(ids, minutes, residents, reached, not_routable or [0] * len(ids))


def numbers(text: str) -> list[int]:
    found, number, place = [], 0, 0
    for byte in base64.b64decode(text):
        number |= (byte & 0x7F) << place
        place += 7
        if not byte & 0x80:
            found.append(number)
            number, place = 0, 0
    return found


counts = st.integers(0, 1 << 31)
rows_of_cells = st.dictionaries(
    st.integers(0, 1 << 24).map(lambda step: f"{FIRST_CELL + step * STEP:x}"),
    st.tuples(
        st.none() | st.integers(0, 600).map(lambda tenths: tenths / 10), counts, counts, counts
    ),
    min_size=1,
)


@given(rows_of_cells)
def test_packed_cells_come_back_in_the_order_of_their_ids(
    rows: dict[str, tuple[float | None, int, int, int]],
) -> None:
    minutes, residents, reached_by, not_routable = zip(*rows.values(), strict=True)
    packed = pack(CellFacts(list(rows), minutes, residents, reached_by, not_routable))
    assert unpacked(packed) == [(cell, *rows[cell]) for cell in sorted(rows)]


def test_the_code_is_the_one_that_the_browser_reads() -> None:
    """The same cells stand in web/planner/cell_data.test.ts."""
    packed = pack(
        CellFacts(
            ["894b3066a43ffff", "894b3435017ffff", "894b3435013ffff", "894b343500bffff"],
            [60.0, 0.04, 14.96, None],
            [300_000, 128, 127, 0],
            [1, 3, 2, 0],
            [0, 0, 0, 0],
        )
    )
    assert packed == {
        "count": 4,
        "first": "894b3066a43ffff",
        "shift": 18,
        "steps": "APLyPAIB",
        "minutes": "2QQAlwEB",
        "residents": "4KcSAH+AAQ==",
        "reached_by": "AQACAw==",
        "not_routable": "AAAAAA==",
    }


def test_cells_take_few_bytes() -> None:
    packed = pack(facts_of([12.3] * 10_000, [78] * 10_000))
    size = sum(len(packed[name]) for name in ("steps", *COLUMNS))
    assert size < 8.1 * 10_000


def test_no_cells_are_packed_as_none() -> None:
    assert pack(CellFacts())["count"] == 0


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        CellFacts(["89309a2c003ffff"], [1.0], [], [0], [0])


@pytest.mark.parametrize("limit_minutes", [1, 5, 10, 15, 30, 60])
def test_minute_bands_hold_every_resident_once(limit_minutes: int) -> None:
    minutes = [tenths / 10 for tenths in range(limit_minutes * 10 + 1)] + [None, None]
    residents = [1] * (len(minutes) - 1) + [0]

    legend = bands(
        "minutes", facts_of(minutes, residents), limit_minutes=limit_minutes, words=words
    )

    assert legend.beyond is not None
    assert sum(band.residents for band in legend.inside) == limit_minutes * 10 + 1
    assert (legend.beyond.residents, legend.beyond.cells) == (1, 1)
    assert legend.inside[-1].upto == limit_minutes
    assert legend.off_streets is None


def test_the_upper_end_belongs_to_the_band() -> None:
    legend = bands("minutes", facts_of([3.0, 3.1], [10, 20]), limit_minutes=15, words=words)
    assert [band.residents for band in legend.inside] == [10, 20, 0, 0, 0]
    assert [band.label for band in legend.inside][:2] == ["0–3 min", "3–6 min"]


def test_gap_bands_add_up_to_the_uncovered() -> None:
    uncovered = [0, 1, 9, 10, 199, 200, 499, 500, 12_000]
    facts = facts_of([*[None] * len(uncovered), 4.0], [*uncovered, 20_000])
    legend = bands("gap", facts, limit_minutes=15, words=words)
    assert sum(band.residents for band in legend.inside) == sum(uncovered)
    assert [band.cells for band in legend.inside] == [2, 1, 1, 2, 2]


people = st.lists(
    st.tuples(st.none() | st.floats(0, 15), counts, st.integers(1, 9), st.booleans()), min_size=1
)


@given(people)
def test_each_layer_counts_every_resident_once(
    rows: list[tuple[float | None, int, int, bool]],
) -> None:
    minutes = [row[0] for row in rows]
    residents = [row[1] for row in rows]
    reached_by = [0 if row[0] is None else row[2] for row in rows]
    lost = [row[1] if row[0] is None and row[3] else 0 for row in rows]
    facts = facts_of(minutes, residents, reached_by, lost)
    for layer in ("minutes", "backup"):
        legend = bands(layer, facts, limit_minutes=15, words=words)
        outside = [band for band in (legend.beyond, legend.off_streets) if band]
        assert sum(band.residents for band in (*legend.inside, *outside)) == sum(residents)
    gap = bands("gap", facts, limit_minutes=15, words=words)
    assert legend.beyond is not None
    assert sum(band.residents for band in gap.inside) == legend.beyond.residents
    assert (legend.off_streets is None) == (sum(lost) == 0)


def test_backup_bands_tell_one_station_from_two_and_more() -> None:
    facts = facts_of([None, 3.0, 3.0, 3.0, 3.0], [1, 10, 100, 1_000, 10_000], [0, 1, 2, 3, 7])
    legend = bands("backup", facts, limit_minutes=15, words=words)
    assert [band.residents for band in legend.inside] == [10, 100, 11_000]
    assert legend.beyond is not None
    assert legend.beyond.residents == 1


@pytest.mark.parametrize("layer", LAYERS)
def test_bands_differ_in_colour_and_in_words(layer: CellLayerName) -> None:
    legend = bands(
        layer, facts_of([1.0, None], [1, 1], None, [0, 1]), limit_minutes=15, words=words
    )
    shown = [*legend.inside, *(band for band in (legend.beyond, legend.off_streets) if band)]
    assert len({band.colour for band in shown}) == len(shown)
    assert len({band.label for band in shown}) == len(shown)
