"""A shape for each kind of station: a map tells them apart without colour, too."""

from math import cos, pi, sin

from stations.taxonomy import taxonomy

Corners = tuple[tuple[float, float], ...]
"""Points from -1 to 1, x to the right and y down; none of them: a circle."""


def _star(points: int, inner: float, turned: float = 0.0) -> Corners:
    """Return corners at 1 and at `inner` in turn, the first at the top; `turned` in whole turns."""
    return tuple(
        (round(far * sin(angle), 3), round(-far * cos(angle), 3))
        for corner in range(2 * points)
        for angle in (2 * pi * (turned + corner / (2 * points)),)
        for far in (inner if corner % 2 else 1.0,)
    )


def _polygon(corners: int, turned: float = 0.0) -> Corners:
    return _star(corners, 1.0, turned)[::2]


_PLUS: Corners = (
    *((-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35), (0.35, 0.35)),
    *((0.35, 1), (-0.35, 1), (-0.35, 0.35), (-1, 0.35), (-1, -0.35), (-0.35, -0.35)),
)

SHAPES: tuple[Corners, ...] = (
    (),
    _polygon(4),
    _polygon(4, 1 / 8),
    _polygon(3),
    _polygon(3, 1 / 2),
    _polygon(5),
    _polygon(6),
    _star(5, 0.45),
    _PLUS,
    tuple((round(0.7 * (x - y), 3), round(0.7 * (x + y), 3)) for x, y in _PLUS),
    _star(4, 0.4),
    ((-0.9, -1), (0.9, -1), (-0.9, 1), (0.9, 1)),
)


def shape_of(kind: str) -> Corners:
    """Return the shape of a kind, by its place among the kinds of the taxonomy."""
    place = list(taxonomy().kind).index(kind)
    return SHAPES[place % len(SHAPES)]


def clip_path(corners: Corners) -> str:
    """Return what a style sheet clips a square to; a circle for no corners."""
    if not corners:
        return "circle()"
    percent = (f"{50 + 50 * x:.4g}% {50 + 50 * y:.4g}%" for x, y in corners)
    return f"polygon({', '.join(percent)})"
