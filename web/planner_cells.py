"""What the planners' map shows of each cell: bands with colours and words, and a compact code."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

CellLayerName = Literal["minutes", "gap", "backup"]
LAYERS: Final[tuple[CellLayerName, ...]] = get_args(CellLayerName)
IntArray = NDArray[np.int64]

# Matplotlib's viridis without its yellow, dark for near: read by people of every colour vision and
# in a grey print. Beyond the limit is a pale neutral, which no band looks like.
MINUTE_COLOURS: Final = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151")
BEYOND_COLOUR: Final = "#d6d3d1"
# Where nobody can say how far a station is: a neutral darker than "beyond".
OFF_STREETS_COLOUR: Final = "#78716c"
# Matplotlib's inferno from light to dark: the more people, the darker.
GAP_COLOURS: Final = ("#f6d746", "#fb9b06", "#dd513a", "#932667", "#420a68")
GAP_UPTO: Final = (9, 49, 199, 499, None)
# ColorBrewer's PuBu: the more stations in reach, the darker.
BACKUP_COLOURS: Final = ("#74a9cf", "#0570b0", "#023858")
BACKUP_UPTO: Final = (1, 2, None)

TENTHS: Final = 10
"""Minutes are sent and banded in tenths."""


@dataclass(frozen=True)
class CellFacts:
    """Cells as parallel columns: distinct H3 ids of one resolution, and what is known of each.

    `minutes` to the nearest station, None where none is in reach; `residents`, of whom
    `not_routable` have no known way; `reached_by`, the number of stations in reach.
    """

    ids: Sequence[str] = ()
    minutes: Sequence[float | None] = ()
    residents: Sequence[int] = ()
    reached_by: Sequence[int] = ()
    not_routable: Sequence[int] = ()

    def __post_init__(self) -> None:
        """Refuse columns of different lengths: ValueError."""
        if len({len(column) for column in vars(self).values()}) != 1:
            raise ValueError("the columns of cells differ in length")


@dataclass(frozen=True)
class Band:
    """One line of the legend.

    `upto` is the largest value in the band: minutes, residents or stations; None has no upper end.
    `cells` and `residents` say how many cells it has and how many people they mean.
    """

    upto: float | None
    colour: str
    label: str
    cells: int
    residents: int


@dataclass(frozen=True)
class Bands:
    """The bands of one layer from low to high, and the cells that have no value.

    `beyond` are those that no station reaches, `off_streets` those without a known way.
    """

    layer: CellLayerName
    inside: tuple[Band, ...]
    beyond: Band | None = None
    off_streets: Band | None = None


def bands(
    layer: CellLayerName, facts: CellFacts, *, limit_minutes: int, words: Callable[..., str]
) -> Bands:
    """Sort cells into bands, with the words of the legend.

    `words` turns a message key and its numbers into text.
    """
    tenths = in_tenths(facts.minutes)
    people = np.asarray(facts.residents, dtype=np.int64)
    off_streets = np.asarray(facts.not_routable, dtype=np.int64)
    uncovered = np.where(tenths < 0, people - off_streets, 0)
    if layer == "gap":
        return Bands(layer, _gap_bands(uncovered, words))
    label = words(f"planner.map_band_{layer}_beyond", minutes=limit_minutes)
    beyond = Band(
        None, BEYOND_COLOUR, label, int((uncovered > 0).sum()), int(uncovered[uncovered > 0].sum())
    )
    lost = off_streets[tenths < 0]
    unknown = Band(
        None,
        OFF_STREETS_COLOUR,
        words("planner.map_band_off_streets"),
        int((lost > 0).sum()),
        int(lost.sum()),
    )
    if layer == "minutes":
        inside = _minute_bands(tenths, people, limit_minutes, words)
    else:
        inside = _backup_bands(np.asarray(facts.reached_by, dtype=np.int64), people, words)
    return Bands(layer, inside, beyond, unknown if unknown.residents else None)


def _minute_bands(
    tenths: IntArray, people: IntArray, limit_minutes: int, words: Callable[..., str]
) -> tuple[Band, ...]:
    """Five equal bands up to the limit; the upper end belongs to the band."""
    ends = [limit_minutes * step / len(MINUTE_COLOURS) for step in range(1, 6)]
    found = np.searchsorted(np.asarray(ends) * TENTHS, tenths, side="left")
    made = []
    for place, (upto, colour) in enumerate(zip(ends, MINUTE_COLOURS, strict=True)):
        chosen = (found == place) & (tenths >= 0)
        label = words(
            "planner.map_band_minutes", low=f"{ends[place - 1] if place else 0:g}", high=f"{upto:g}"
        )
        made.append(Band(upto, colour, label, int(chosen.sum()), int(people[chosen].sum())))
    return tuple(made)


def _gap_bands(uncovered: IntArray, words: Callable[..., str]) -> tuple[Band, ...]:
    """Bands of uncovered residents per cell; a cell without any is in none."""
    made = []
    low = 1
    for upto, colour in zip(GAP_UPTO, GAP_COLOURS, strict=True):
        chosen = uncovered >= low
        if upto is None:
            label = words("planner.map_band_gap_last", low=low)
        else:
            chosen &= uncovered <= upto
            label = words("planner.map_band_gap", low=low, high=upto)
            low = upto + 1
        made.append(Band(upto, colour, label, int(chosen.sum()), int(uncovered[chosen].sum())))
    return tuple(made)


def _backup_bands(
    reached_by: IntArray, people: IntArray, words: Callable[..., str]
) -> tuple[Band, ...]:
    """Bands of stations in reach: one, two, and three or more."""
    made = []
    for number, (upto, colour) in enumerate(zip(BACKUP_UPTO, BACKUP_COLOURS, strict=True), start=1):
        chosen = reached_by >= number if upto is None else reached_by == number
        label = words(f"planner.map_band_backup_{number}")
        made.append(Band(upto, colour, label, int(chosen.sum()), int(people[chosen].sum())))
    return tuple(made)


def in_tenths(minutes: Sequence[float | None]) -> IntArray:
    """Minutes as whole tenths; -1 for none."""
    given = np.array([np.nan if each is None else each for each in minutes], dtype=np.float64)
    return np.where(np.isnan(given), -1, np.rint(np.nan_to_num(given) * TENTHS)).astype(np.int64)


def pack(facts: CellFacts) -> dict[str, Any]:
    """Pack cells of one resolution for the browser: about 7 bytes a cell instead of 60.

    Cells go sorted, as steps from one to the next without the bits that all of them share at the
    low end; minutes are 0 for none, else one more than their tenths. All columns are LEB128 numbers
    in base 64. web/planner/cell_data.ts reads it.
    """
    counts = {
        "residents": facts.residents,
        "reached_by": facts.reached_by,
        "not_routable": facts.not_routable,
    }
    if not facts.ids:
        nothing = dict.fromkeys(("steps", "minutes", *counts), "")
        return {"count": 0, "first": "0", "shift": 0, **nothing}
    ids = np.array([int(cell, 16) for cell in facts.ids], dtype=np.int64)
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    shift = _shared_low_ones(ids)
    shifted = ids >> shift
    return {
        "count": len(ids),
        "first": f"{int(ids[0]):x}",
        "shift": shift,
        "steps": _base64(np.diff(shifted, prepend=shifted[:1])),
        "minutes": _base64((in_tenths(facts.minutes) + 1)[order]),
        **{
            name: _base64(np.asarray(column, dtype=np.int64)[order])
            for name, column in counts.items()
        },
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
