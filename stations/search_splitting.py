"""Splits what is written without blanks: 鄞州区母婴室 is an area and a kind, as 鄞州区 母婴室 is.

Asked only where the whole is found nowhere. An area's name may stand before, full or short; a kind
or a brand may stand behind; what is between them is a word of its own. The province and the city
tell nothing in a register of one city, and are left out where anything else is said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from stations.pinyin import fold
from stations.tables import Area
from stations.taxonomy import taxonomy

SUFFIXES = ("街道", "自治县", "区", "县", "市", "镇", "乡")
PROVINCES = ("浙江省", "浙江")
SHORTEST = 2
"""A name of one letter stands in too many words to be taken off."""


@dataclass(frozen=True)
class Words:
    """Folded names, the longest first."""

    whole: tuple[str, ...]  # the province and the city
    areas: tuple[str, ...]
    kinds: tuple[str, ...]


def split(session: Session, asked: str) -> list[str]:
    """Return the words of a folded text without blanks; the text itself where nothing is known."""
    return split_by(_known(session), asked)


def split_by(known: Words, asked: str) -> list[str]:
    """Return the words of a folded text, by the words that are known."""
    rest = asked
    wide: list[str] = []
    areas: list[str] = []
    while True:
        front = _at_front(rest, (*known.areas, *known.whole))
        if front is None:
            break
        (wide if front in known.whole else areas).append(front)
        rest = rest.removeprefix(front)
    kind = _at_end(rest, known.kinds)
    if kind is not None:
        rest = rest.removesuffix(kind)
    said = [*areas, *(word for word in (rest, kind) if word)]
    return said or wide[-1:] or [asked]


def _at_front(text: str, words: Iterable[str]) -> str | None:
    found = [word for word in words if text.startswith(word)]
    return max(found, key=len) if found else None


def _at_end(text: str, words: Iterable[str]) -> str | None:
    found = [word for word in words if text.endswith(word)]
    return max(found, key=len) if found else None


def _known(session: Session) -> Words:
    rows = session.execute(select(Area.name, Area.level)).all()
    whole = [name for name, level in rows if level == "city"]
    areas = [name for name, level in rows if level != "city"]
    terms = taxonomy()
    kinds = [word for kind in terms.kind.values() for word in (kind.zh, kind.zh_short)]
    kinds += [brand.zh for brand in terms.brand.values()]
    return Words(_folded([*PROVINCES, *_short(whole)]), _folded(_short(areas)), _folded(kinds))


def _short(names: Sequence[str]) -> list[str]:
    """Return names, and these without what says of which sort an area is."""
    found = list(names)
    for name in names:
        suffix = next((each for each in SUFFIXES if name.endswith(each)), "")
        found.append(name.removesuffix(suffix))
    return found


def _folded(names: Iterable[str]) -> tuple[str, ...]:
    folded = {fold(name) for name in names}
    return tuple(sorted(name for name in folded if len(name) >= SHORTEST))
