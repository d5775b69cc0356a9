import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.pages import messages
from web.planner_cells import CellLayerName, bands, pack

FIRST_CELL = 0x89309A2C003FFFF
STEP = 1 << 18  # ids of resolution 9 differ above their 18 unused bits


def words(key: str, **numbers: object) -> str:
    return messages("en")[key].format(**numbers)


def unpacked(packed: dict[str, Any]) -> list[tuple[str, float | None, int]]:
    """The reverse of pack, written apart from web/planner/cell_data.ts."""
    rows = []
    cell = int(packed["first"], 16)
    columns = (numbers(packed[name]) for name in ("steps", "values", "residents"))
    for step, value, residents in zip(*columns, strict=True):
        cell += step << packed["shift"]
        rows.append((f"{cell:x}", None if value == 0 else (value - 1) / packed["scale"], residents))
    return rows


def numbers(text: str) -> list[int]:
    found, number, place = [], 0, 0
    for byte in base64.b64decode(text):
        number |= (byte & 0x7F) << place
        place += 7
        if not byte & 0x80:
            found.append(number)
            number, place = 0, 0
    return found


rows_of_cells = st.dictionaries(
    st.integers(0, 1 << 24).map(lambda step: f"{FIRST_CELL + step * STEP:x}"),
    st.tuples(
        st.none() | st.integers(0, 600).map(lambda tenths: tenths / 10), st.integers(0, 1 << 31)
    ),
    min_size=1,
)


@given(rows_of_cells)
def test_packed_cells_come_back_in_the_order_of_their_ids(
    rows: dict[str, tuple[float | None, int]],
) -> None:
    values = [value for value, _ in rows.values()]
    residents = [people for _, people in rows.values()]

    packed = pack(list(rows), values, residents, "minutes")

    assert unpacked(packed) == [(cell, *rows[cell]) for cell in sorted(rows)]


def test_the_code_is_the_one_that_the_browser_reads() -> None:
    """The same cells stand in web/planner/cell_data.test.ts."""
    packed = pack(
        ["894b3066a43ffff", "894b3435017ffff", "894b3435013ffff", "894b343500bffff"],
        [60.0, 0.04, 14.96, None],
        [300_000, 128, 127, 0],
        "minutes",
    )
    assert packed == {
        "count": 4,
        "first": "894b3066a43ffff",
        "shift": 18,
        "scale": 10,
        "steps": "APLyPAIB",
        "values": "2QQAlwEB",
        "residents": "4KcSAH+AAQ==",
    }


def test_cells_take_few_bytes() -> None:
    cells = [f"{FIRST_CELL + step * STEP:x}" for step in range(10_000)]
    packed = pack(cells, [12.3] * 10_000, [78] * 10_000, "minutes")
    size = sum(len(packed[name]) for name in ("steps", "values", "residents"))
    assert size < 6 * 10_000


def test_nobody_uncovered_is_no_value_in_the_gap_layer() -> None:
    cells = [f"{FIRST_CELL + step * STEP:x}" for step in range(3)]
    packed = pack(cells, [0, 12, None], [5, 12, 0], "gap")
    assert [value for _, value, _ in unpacked(packed)] == [None, 12, None]


def test_no_cells_are_packed_as_none() -> None:
    assert pack([], [], [], "minutes")["count"] == 0


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        pack(["89309a2c003ffff"], [1.0], [], "minutes")


@pytest.mark.parametrize("limit_minutes", [1, 5, 10, 15, 30, 60])
def test_minute_bands_hold_every_resident_once(limit_minutes: int) -> None:
    values = [tenths / 10 for tenths in range(limit_minutes * 10 + 1)] + [None, None]
    residents = [1] * (len(values) - 1) + [0]

    legend = bands("minutes", values, residents, limit_minutes=limit_minutes, words=words)

    assert legend.beyond is not None
    assert sum(band.residents for band in legend.inside) == limit_minutes * 10 + 1
    assert (legend.beyond.residents, legend.beyond.cells) == (1, 1)
    assert legend.inside[-1].upto == limit_minutes


def test_the_upper_end_belongs_to_the_band() -> None:
    legend = bands("minutes", [3.0, 3.1], [10, 20], limit_minutes=15, words=words)
    assert [band.residents for band in legend.inside] == [10, 20, 0, 0, 0]
    assert [band.label for band in legend.inside][:2] == ["0–3 min", "3–6 min"]


def test_gap_bands_add_up_to_the_uncovered() -> None:
    values = [0, 1, 9, 10, 199, 200, 499, 500, 12_000, None]
    legend = bands("gap", values, [20_000] * 10, limit_minutes=15, words=words)
    assert sum(band.residents for band in legend.inside) == sum(value or 0 for value in values)
    assert [band.cells for band in legend.inside] == [2, 1, 1, 2, 2]


@pytest.mark.parametrize("layer", ["minutes", "gap"])
def test_bands_differ_in_colour_and_in_words(layer: CellLayerName) -> None:
    legend = bands(layer, [1.0], [1], limit_minutes=15, words=words)
    shown = [*legend.inside, *([legend.beyond] if legend.beyond else [])]
    assert len({band.colour for band in shown}) == len(shown)
    assert len({band.label for band in shown}) == len(shown)
