"""Lines that people follow: how far places are off one, and how far along it they come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geo.coordinates import FloatArray, LonLat, earth_centred

MOST_PIECE_M = 1_000.0
"""A chord this long runs 2 cm below the ellipsoid at its middle."""

PAIRS_AT_ONCE = 200_000


@dataclass(frozen=True, eq=False)
class Line:
    """A line as chords between earth-centred points, in metres.

    `starts_m` and `ends_m` have shape (pieces, 3), `lengths_m` and `before_m`, which is how far
    along the line a piece begins, (pieces,).
    """

    starts_m: FloatArray
    ends_m: FloatArray
    lengths_m: FloatArray
    before_m: FloatArray

    @classmethod
    def through(cls, points: Sequence[LonLat]) -> "Line":
        """Return the line through at least one point in WGS-84 degrees.

        Between two of them it is straight in degrees of longitude and latitude, as maps draw it,
        the short way round where they lie on both sides of 180 degrees.
        """
        lon, lat = (np.array(values, dtype=np.float64) for values in zip(*points, strict=True))
        lon = np.unwrap(lon, period=360.0)
        xyz = earth_centred(lon, lat)
        gaps_m = np.linalg.norm(np.diff(xyz, axis=0), axis=1)
        parts = np.maximum(np.ceil(gaps_m / MOST_PIECE_M), 1).astype(np.int64)
        if len(parts):
            steps = np.concatenate(
                [place + np.arange(count) / count for place, count in enumerate(parts.tolist())]
                + [np.array([float(len(parts))])]
            )
        else:
            steps = np.zeros(2)  # one point: a piece of no length
        numbers = np.arange(len(lon), dtype=np.float64)
        through = earth_centred(np.interp(steps, numbers, lon), np.interp(steps, numbers, lat))
        starts_m, ends_m = through[:-1], through[1:]
        lengths_m = np.linalg.norm(ends_m - starts_m, axis=1)
        return cls(starts_m, ends_m, lengths_m, np.cumsum(lengths_m) - lengths_m)

    @staticmethod
    def corners_m(points: Sequence[LonLat]) -> float:
        """Return the metres of the chords between points: a line is at least as long."""
        lon, lat = (np.array(values, dtype=np.float64) for values in zip(*points, strict=True))
        return float(np.linalg.norm(np.diff(earth_centred(lon, lat), axis=0), axis=1).sum())

    @property
    def length_m(self) -> float:
        """The length of the whole line."""
        return float(self.lengths_m.sum())

    @property
    def middles_m(self) -> FloatArray:
        """The middle of each piece, shape (pieces, 3)."""
        return (self.starts_m + self.ends_m) / 2

    def parts(self, size_m: float) -> Iterator["Line"]:
        """Yield the line in parts whose middles lie in one cube of this size, each of them once.

        However often a line goes to and fro, it has no more of them than there are such cubes.
        """
        cubes = np.floor(self.middles_m / size_m).astype(np.int64)
        _cubes, part = np.unique(cubes, axis=0, return_inverse=True)
        part = part.reshape(-1)
        order = np.argsort(part, kind="stable")
        for pieces in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
            yield Line(
                self.starts_m[pieces],
                self.ends_m[pieces],
                self.lengths_m[pieces],
                self.before_m[pieces],
            )

    def ball(self) -> tuple[FloatArray, float]:
        """Return the middle of a ball round all pieces, shape (3,), and its radius in metres."""
        middles_m = self.middles_m
        middle_m = middles_m.mean(axis=0)
        away_m = np.linalg.norm(middles_m - middle_m, axis=1) + self.lengths_m / 2
        return middle_m, float(away_m.max())

    def measured(self, places_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return metres off the line and along it for places, shape (n, 3), earth-centred.

        To the nearest point of the line; of two equally near ones the first. Both of shape (n,).
        """
        off_m, along_m = np.empty(len(places_m)), np.empty(len(places_m))
        size = max(1, PAIRS_AT_ONCE // len(self.starts_m))
        for begin in range(0, len(places_m), size):
            some = slice(begin, begin + size)
            off_m[some], along_m[some] = self._measured(places_m[some])
        return off_m, along_m

    def _measured(self, places_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        run = self.ends_m - self.starts_m
        squared = np.maximum(self.lengths_m**2, 1e-12)
        gap = places_m[:, None, :] - self.starts_m[None, :, :]
        share = np.clip(np.einsum("npk,pk->np", gap, run) / squared, 0.0, 1.0)
        away = np.linalg.norm(gap - share[:, :, None] * run, axis=2)
        piece = np.argmin(away, axis=1)
        places = np.arange(len(places_m))
        along_m = self.before_m[piece] + share[places, piece] * self.lengths_m[piece]
        return away[places, piece], along_m
