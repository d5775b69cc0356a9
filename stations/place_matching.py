"""Which place of one list is which place of another: by code, by distance and by name, one to one.

Two places may be the same where they are near and their names are alike, the more alike the farther
they lie from each other:

    distance              names
    same code             any
    up to 25 m            any, if the kinds agree: the place was renamed
    up to 50 m            alike: 60 of 100
    up to 2,000 m         what is particular in them is alike: 85 of 100, with the same numbers
    any, or not known     equal, and this name is there once in each list

What is particular is the name without words that many share (驿站, 母婴室, 爱心): two places called
爱心驿站 are two, and so are 第一 and 第二. Likeness is `fuzz.ratio` of rapidfuzz, the normalised
distance of insertions and deletions, of the name or of an alias, whichever is more alike.

Among all pairs that may be, those are taken whose likeness and nearness together are greatest, no
place twice (scipy's `linear_sum_assignment`, per group of places that hang together). In a group of
more than a million possible pairs they are taken one by one, the best first.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from rapidfuzz import fuzz
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.coordinates import LonLat, earth_centred
from stations.columns import plain_word
from stations.taxonomy import taxonomy

SURE_M = 25.0
NEAR_M = 50.0
FAR_M = 2_000.0
ALIKE = 60.0
VERY_ALIKE = 85.0
LARGEST_GROUP = 1_000_000

# A code outweighs all else, then what is there now, then likeness and nearness.
CODE_SCORE = 1_000.0
CURRENT_SCORE = 20.0
NEARNESS_SCORE = 50.0

NUMBERS = re.compile(r"\d+|[一二三四五六七八九十百]+")

SHARED_WORDS = (
    "户外劳动者服务站点", "户外劳动者服务站", "户外劳动者驿站", "户外劳动者", "工会", "爱心驿站",
    "暖心驿站", "幸福驿站", "城警驿站", "小哥加油站", "志愿微广场", "红色环卫之家", "职工服务阵地",
    "妈咪暖心小屋", "妈妈小屋", "母婴室", "哺乳室", "哺集乳室", "司机之家", "职工之家", "服务站点",
    "服务站", "服务点", "服务中心", "驿站", "爱心", "暖心", "宁波市", "宁波",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One place of a list. `point` is WGS-84; None: not known. `is_current`: not closed."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    point: LonLat | None = None
    code: str | None = None
    is_current: bool = True


@dataclass(frozen=True)
class Pair:
    """Two places that may be one, by their index in each list."""

    left: int
    right: int
    distance_m: float | None
    likeness: float  # 0 to 100
    score: float

    @property
    def is_alike_and_near(self) -> bool:
        """Whether both name and position speak for it."""
        return self.distance_m is not None and self.distance_m <= NEAR_M and self.likeness >= ALIKE


@dataclass(frozen=True)
class Names:
    """A place's names in one spelling, and what is particular in them."""

    whole: tuple[str, ...]
    particular: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]


def possible_pairs(left: Sequence[Place], right: Sequence[Place]) -> list[Pair]:
    """Return all pairs that may be one place, ordered by their indices."""
    here, there = [_names(each) for each in left], [_names(each) for each in right]
    found: dict[tuple[int, int], Pair] = {}
    for i, j, metres in _neighbours(left, right, FAR_M):
        pair = _judged(left, right, here, there, i, j, metres)
        if pair is not None:
            found[i, j] = pair
    for i, j in [*_by_unique_name(here, there), *_by_code(left, right)]:
        if (i, j) not in found or left[i].code == right[j].code is not None:
            found[i, j] = _pair(left, right, here, there, i, j)
    return [found[key] for key in sorted(found)]


def one_to_one(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that together are best, no place twice, ordered by their indices."""
    if not pairs:
        return []
    rows, columns = np.array([(pair.left, pair.right) for pair in pairs]).T
    shift = int(rows.max()) + 1
    size = shift + int(columns.max()) + 1
    links = coo_array((np.ones(len(pairs)), (rows, columns + shift)), shape=(size, size))
    _count, group_of = connected_components(links, directed=False)
    groups: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[int(group_of[pair.left])].append(pair)
    taken = [pair for group in groups.values() for pair in _best(group)]
    return sorted(taken, key=lambda pair: (pair.left, pair.right))


def fitting(left: Sequence[Place], right: Sequence[Place]) -> int:
    """Count the places of `right` that lie within 50 m of one of `left` with a name alike."""
    here, there = [_names(each) for each in left], [_names(each) for each in right]
    return len(
        {
            j
            for i, j, _metres in _neighbours(left, right, NEAR_M)
            if likeness(here[i], there[j]) >= ALIKE
        }
    )


def likeness(here: Names, there: Names) -> float:
    """Return how alike the names of two places are, 0 to 100: the most alike two of them."""
    return max(fuzz.ratio(one, other) for one in here.whole for other in there.whole)


def names_of(place: Place) -> Names:
    """Return a place's names as `likeness` compares them."""
    return _names(place)


def _names(place: Place) -> Names:
    whole = tuple(dict.fromkeys(_spelt(name) for name in (place.name, *place.aliases)))
    return Names(
        whole=whole,
        particular=tuple(_particular(name) for name in whole),
        numbers=tuple(tuple(sorted(NUMBERS.findall(name))) for name in whole),
    )


def _spelt(name: str) -> str:
    """Return a name in one spelling, without punctuation; one of signs alone stays as it is."""
    plain = plain_word(name)
    bare = "".join(mark for mark in plain if unicodedata.category(mark)[0] in "LN")
    return bare or plain


@cache
def _shared_words() -> re.Pattern[str]:
    words = {plain_word(word) for word in SHARED_WORDS}
    for kind in taxonomy().kind.values():
        words |= {_spelt(kind.zh), _spelt(kind.zh_short), _spelt(kind.en)}
    longest_first = sorted(words - {""}, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)))


def _particular(name: str) -> str:
    return _shared_words().sub("", name)


def _neighbours(
    left: Sequence[Place], right: Sequence[Place], within_m: float
) -> Iterable[tuple[int, int, float]]:
    """Yield pairs of indices no farther apart than that, with the metres between them."""
    lefts = [index for index, place in enumerate(left) if place.point is not None]
    rights = [index for index, place in enumerate(right) if place.point is not None]
    if not lefts or not rights:
        return
    here, there = _on_earth(left, lefts), _on_earth(right, rights)
    tree = cKDTree(there)
    for i, point in zip(lefts, here, strict=True):
        near = sorted(tree.query_ball_point(point, within_m))
        metres = np.linalg.norm(there[near] - point, axis=1)
        for j, distance_m in zip(near, metres.tolist(), strict=True):
            yield i, rights[j], distance_m


def _on_earth(places: Sequence[Place], indices: Sequence[int]) -> np.ndarray:
    points = [point for index in indices if (point := places[index].point) is not None]
    return earth_centred([point.lon for point in points], [point.lat for point in points])


def _judged(
    left: Sequence[Place],
    right: Sequence[Place],
    here: Sequence[Names],
    there: Sequence[Names],
    i: int,
    j: int,
    metres: float,
) -> Pair | None:
    """Return the pair where distance and names allow it."""
    if metres > NEAR_M:
        if not is_particularly_alike(here[i], there[j]):
            return None
        return _pair(left, right, here, there, i, j, metres)
    pair = _pair(left, right, here, there, i, j, metres)
    kinds_agree = not left[i].kinds or not right[j].kinds or left[i].kinds & right[j].kinds
    allowed = pair.likeness >= ALIKE or (metres <= SURE_M and bool(kinds_agree))
    return pair if allowed else None


def is_particularly_alike(here: Names, there: Names) -> bool:
    """Whether what is particular in two names is the same, but for a slip of the pen."""
    return any(
        one
        and other
        and numbers == other_numbers
        and fuzz.ratio(one, other, score_cutoff=VERY_ALIKE) > 0
        for one, numbers in zip(here.particular, here.numbers, strict=True)
        for other, other_numbers in zip(there.particular, there.numbers, strict=True)
    )


def _pair(
    left: Sequence[Place],
    right: Sequence[Place],
    here: Sequence[Names],
    there: Sequence[Names],
    i: int,
    j: int,
    metres: float | None = None,
) -> Pair:
    if metres is None:
        metres = metres_between(left[i].point, right[j].point)
    like = likeness(here[i], there[j])
    nearness = 0.0 if metres is None else NEARNESS_SCORE * max(0.0, 1 - metres / NEAR_M)
    score = 1.0 + like + nearness  # above 0: a pair is better than none
    if left[i].is_current and right[j].is_current:
        score += CURRENT_SCORE
    if left[i].code is not None and left[i].code == right[j].code:
        score += CODE_SCORE
    return Pair(i, j, metres, like, score)


def metres_between(one: LonLat | None, other: LonLat | None) -> float | None:
    """Return metres between two WGS-84 points, straight through the earth; None: not known."""
    if one is None or other is None:
        return None
    first, second = earth_centred([one.lon, other.lon], [one.lat, other.lat])
    return float(np.linalg.norm(first - second))


def _by_unique_name(here: Sequence[Names], there: Sequence[Names]) -> Iterable[tuple[int, int]]:
    """Yield pairs of equal names that each list has once, and that have something particular."""
    indices = []
    for names in (here, there):
        counts = Counter(each.whole[0] for each in names)
        indices.append(
            {
                each.whole[0]: index
                for index, each in enumerate(names)
                if counts[each.whole[0]] == 1 and each.particular[0]
            }
        )
    for name, i in indices[0].items():
        if name in indices[1]:
            yield i, indices[1][name]


def _by_code(left: Sequence[Place], right: Sequence[Place]) -> Iterable[tuple[int, int]]:
    codes = {place.code: i for i, place in enumerate(left) if place.code is not None}
    for j, place in enumerate(right):
        if place.code is not None and place.code in codes:
            yield codes[place.code], j


def _best(group: Sequence[Pair]) -> list[Pair]:
    """Return the pairs of a group whose scores together are greatest, no place twice."""
    # reading it takes a tenth of a second, and every command that knows of areas would wait for it
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    lefts = sorted({pair.left for pair in group})
    rights = sorted({pair.right for pair in group})
    if len(lefts) * len(rights) > LARGEST_GROUP:
        return _best_first(group)
    row = {place: index for index, place in enumerate(lefts)}
    column = {place: index for index, place in enumerate(rights)}
    scores = np.zeros((len(lefts), len(rights)))
    by_place = {}
    for pair in group:
        place = row[pair.left], column[pair.right]
        scores[place] = pair.score
        by_place[place] = pair
    chosen = zip(
        *(each.tolist() for each in linear_sum_assignment(scores, maximize=True)), strict=True
    )
    return [by_place[place] for place in chosen if place in by_place]


def _best_first(group: Sequence[Pair]) -> list[Pair]:
    taken: list[Pair] = []
    lefts: set[int] = set()
    rights: set[int] = set()
    for pair in sorted(group, key=lambda pair: (-pair.score, pair.left, pair.right)):
        if pair.left not in lefts and pair.right not in rights:
            taken.append(pair)
            lefts.add(pair.left)
            rights.add(pair.right)
    return taken
