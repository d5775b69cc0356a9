"""The grams of a text: hashed pieces by which an index finds what holds it.

Holding all grams of a query is necessary for holding the query, and not sufficient: two texts may
share a hash, and grams forget their order. Who asks the index compares the texts as well.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

ASKED_PAIRS_MAX = 4

PREFIX_LENGTHS = (1, 2, 4)
"""How many letters of a reading are hashed from where a syllable begins."""


@lru_cache(maxsize=1 << 18)
def hashed(field: str, piece: str) -> int:
    """Return the hash of a piece of a field, in PostgreSQL's `integer`."""
    number = crc32(f"{field}{piece}".encode())
    return number - (1 << 32) if number >= 1 << 31 else number


def piece_grams(field: str, text: str) -> Iterable[int]:
    """Yield the characters and the pairs of neighbours of a text."""
    for character in text:
        yield hashed(field, character)
    for first, second in pairwise(text):
        yield hashed(field, first + second)


def pair_grams(field: str, text: str) -> Iterable[int]:
    """Yield the pairs of neighbours of a text."""
    for first, second in pairwise(text):
        yield hashed(field, first + second)


def start_grams(field: str, text: str) -> Iterable[int]:
    """Yield the beginnings of a text, of each of `PREFIX_LENGTHS` that it has."""
    for length in PREFIX_LENGTHS:
        if len(text) < length:
            return
        yield hashed(field, text[:length])


def asked_pair_grams(field: str, text: str) -> list[int]:
    """Return some of the pairs of a text that is looked for, spread over it.

    Each costs the index a list to read, and after the first few they tell little more.
    """
    pairs = list(pair_grams(field, text))
    if len(pairs) <= ASKED_PAIRS_MAX:
        return pairs
    last = len(pairs) - 1
    return [pairs[place * last // (ASKED_PAIRS_MAX - 1)] for place in range(ASKED_PAIRS_MAX)]


def asked_piece_grams(field: str, text: str) -> list[int]:
    """Return what to look for in the grams of `piece_grams`: pairs, or the only character."""
    return list(piece_grams(field, text)) if len(text) == 1 else asked_pair_grams(field, text)


def asked_start_gram(field: str, text: str) -> int:
    """Return the gram of the longest beginning that `start_grams` has of such a text."""
    length = max(length for length in PREFIX_LENGTHS if length <= len(text))
    return hashed(field, text[:length])
