"""Chance from a fixed seed: the same draws on every machine and with every version of numpy.

Only the raw 64-bit numbers of PCG64 are used. numpy promises their stream, and that of the seeding,
for ever; it promises nothing of `Generator`'s distributions.
"""

import hashlib
from collections.abc import Mapping, MutableSequence, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_TO_UNIT = 2.0**-53


class Draws:
    """A stream of chance that belongs to a name; streams of other names are independent of it."""

    def __init__(self, *name: str | int) -> None:
        digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def unit(self) -> float:
        """Draw a number in [0, 1), uniform, with 53 bits."""
        return (int(self._bits.random_raw()) >> 11) * _TO_UNIT

    def below(self, count: int) -> int:
        """Draw a whole number from 0 to `count` - 1."""
        return int(self.unit() * count)

    def between(self, low: float, high: float) -> float:
        """Draw a number between two."""
        return low + (high - low) * self.unit()

    def one_of(self, items: Sequence[Item]) -> Item:
        """Draw one item, all alike."""
        return items[self.below(len(items))]

    def weighted(self, weights: Mapping[Item, int]) -> Item:
        """Draw one key; the whole numbers say how often."""
        left = self.below(sum(weights.values()))
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        raise ValueError("no weight is above 0")

    def shuffle(self, items: MutableSequence[Item]) -> None:
        """Put items into an order of chance, in place (Fisher and Yates)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
