"""What the planners' map shows of each cell: bands with colours and words, and a compact code."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

CellLayerName = Literal["minutes", "gap"]
IntArray = NDArray[np.int64]

# Matplotlib's viridis without its yellow, dark for near: read by people of every colour vision and
# in a grey print. Beyond the limit is a pale neutral, which no band looks like.
MINUTE_COLOURS: Final = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151")
BEYOND_COLOUR: Final = "#d6d3d1"
# Matplotlib's inferno from light to dark: the more people, the darker.
GAP_COLOURS: Final = ("#f6d746", "#fb9b06", "#dd513a", "#932667", "#420a68")
GAP_UPTO: Final = (9, 49, 199, 499, None)

# Steps of one are one unit of the value: minutes are sent in tenths, residents whole.
VALUE_SCALE: Final[dict[CellLayerName, int]] = {"minutes": 10, "gap": 1}


@dataclass(frozen=True)
class Band:
    """One line of the legend.

    `upto` is the largest value in the band, minutes or residents; None has no upper end.
    `cells` and `residents` say how many cells it has and how many people they mean.
    """

    upto: float | None
    colour: str
    label: str
    cells: int
    residents: int


@dataclass(frozen=True)
class Bands:
    """The bands of one layer from low to high, and the cells that have no value."""

    inside: tuple[Band, ...]
    beyond: Band | None


def bands(
    layer: CellLayerName,
    values: Sequence[float | None],
    residents: Sequence[int],
    *,
    limit_minutes: int,
    words: Callable[..., str],
) -> Bands:
    """Sort cells into bands, with the words of the legend.

    `values` are minutes or uncovered residents, None where there is none; `residents` has their
    order. `words` turns a message key and its numbers into text.
    """
    numbers = quantised(values, layer) - 1
    people = np.asarray(residents, dtype=np.int64)
    if layer == "gap":
        return Bands(_gap_bands(numbers, words), None)
    inside = _minute_bands(numbers, people, limit_minutes, words)
    outside = (numbers < 0) & (people > 0)
    beyond = Band(
        None,
        BEYOND_COLOUR,
        words("planner.map_band_beyond", minutes=limit_minutes),
        int(outside.sum()),
        int(people[outside].sum()),
    )
    return Bands(inside, beyond)


def _minute_bands(
    numbers: IntArray, people: IntArray, limit_minutes: int, words: Callable[..., str]
) -> tuple[Band, ...]:
    """Five equal bands up to the limit; the upper end belongs to the band."""
    scale = VALUE_SCALE["minutes"]
    ends = [limit_minutes * step / len(MINUTE_COLOURS) for step in range(1, 6)]
    found = np.searchsorted(np.asarray(ends) * scale, numbers, side="left")
    made = []
    for place, (upto, colour) in enumerate(zip(ends, MINUTE_COLOURS, strict=True)):
        chosen = (found == place) & (numbers >= 0)
        label = words(
            "planner.map_band_minutes", low=f"{ends[place - 1] if place else 0:g}", high=f"{upto:g}"
        )
        made.append(Band(upto, colour, label, int(chosen.sum()), int(people[chosen].sum())))
    return tuple(made)


def _gap_bands(numbers: IntArray, words: Callable[..., str]) -> tuple[Band, ...]:
    """Bands of uncovered residents per cell; a cell without any is in none."""
    made = []
    low = 1
    for upto, colour in zip(GAP_UPTO, GAP_COLOURS, strict=True):
        chosen = numbers >= low
        if upto is None:
            label = words("planner.map_band_gap_last", low=low)
        else:
            chosen &= numbers <= upto
            label = words("planner.map_band_gap", low=low, high=upto)
            low = upto + 1
        made.append(Band(upto, colour, label, int(chosen.sum()), int(numbers[chosen].sum())))
    return tuple(made)


def quantised(values: Sequence[float | None], layer: CellLayerName) -> IntArray:
    """Values as whole numbers: 0 for none, else one more than the value in steps of its scale.

    In the gap layer nobody uncovered is none.
    """
    given = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    steps = np.rint(given * VALUE_SCALE[layer])
    if layer == "gap":
        steps = np.where(steps > 0, steps, np.nan)
    return np.where(np.isnan(steps), 0, np.nan_to_num(steps) + 1).astype(np.int64)


def pack(
    cells: Sequence[str],
    values: Sequence[float | None],
    residents: Sequence[int],
    layer: CellLayerName,
) -> dict[str, Any]:
    """Pack cells of one resolution for the browser: about 5 bytes a cell instead of 40.

    Cells go sorted, as steps from one to the next without the bits that all of them share at the
    low end; steps, values (see `quantised`) and residents are LEB128 numbers in base 64.
    web/planner/cell_data.ts reads it. Raises ValueError where the columns differ in length.
    """
    if not len(cells) == len(values) == len(residents):
        raise ValueError("cells, values and residents differ in length")
    if not cells:
        return {"count": 0, "first": "0", "shift": 0, "steps": "", "values": "", "residents": ""}
    ids = np.array([int(cell, 16) for cell in cells], dtype=np.int64)
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    shift = _shared_low_ones(ids)
    shifted = ids >> shift
    return {
        "count": len(cells),
        "first": f"{int(ids[0]):x}",
        "shift": shift,
        "scale": VALUE_SCALE[layer],
        "steps": _base64(np.diff(shifted, prepend=shifted[:1])),
        "values": _base64(quantised(values, layer)[order]),
        "residents": _base64(np.asarray(residents, dtype=np.int64)[order]),
    }


def _shared_low_ones(ids: IntArray) -> int:
    """How many of the lowest bits are one in every id: H3 fills unused digits with ones."""
    missing = ~int(np.bitwise_and.reduce(ids))
    return (missing & -missing).bit_length() - 1


def _base64(numbers: IntArray) -> str:
    """Non-negative whole numbers as LEB128 (seven bits a byte, low first), in base 64."""
    widths = np.ones(numbers.shape, dtype=np.int64)
    rest = numbers >> 7
    while rest.any():
        widths += rest > 0
        rest >>= 7
    starts = np.cumsum(widths) - widths
    packed = np.zeros(int(widths.sum()), dtype=np.uint8)
    for place in range(int(widths.max())):
        longer = widths > place
        more = np.where(widths[longer] > place + 1, 0x80, 0)
        packed[starts[longer] + place] = (numbers[longer] >> (7 * place)) & 0x7F | more
    return base64.b64encode(packed.tobytes()).decode("ascii")
