"""Texts as search compares them: folded, and how Chinese is read aloud."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import opencc

HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
VARIANTS_MAX = 6

# Characters whose other reading is met in names of places, firms and streets. pypinyin knows the
# reading of words that its dictionary holds; a name is often none of them (下应, 江厦, 梁弄).
OTHER_READINGS = {
    "重": ("chong", "zhong"),
    "行": ("hang", "xing"),
    "长": ("chang", "zhang"),
    "乐": ("le", "yue"),
    "朝": ("chao", "zhao"),
    "曾": ("zeng", "ceng"),
    "厦": ("xia", "sha"),
    "弄": ("long", "nong"),
    "泊": ("bo", "po"),
    "柏": ("bai", "bo"),
    "都": ("du", "dou"),
    "单": ("shan", "dan"),
    "盛": ("sheng", "cheng"),
    "藏": ("cang", "zang"),
    "传": ("chuan", "zhuan"),
    "调": ("diao", "tiao"),
    "堡": ("bao", "pu", "bu"),
    "埔": ("pu", "bu"),
    "浒": ("hu", "xu"),
    "涌": ("yong", "chong"),
    "圩": ("wei", "xu"),
    "栎": ("li", "yue"),
    "牟": ("mou", "mu"),
    "解": ("jie", "xie"),
    "贾": ("jia", "gu"),
    "仇": ("qiu", "chou"),
    "俞": ("yu", "shu"),
    "翟": ("zhai", "di"),
    "尉": ("wei", "yu"),
    "缪": ("miao", "mou"),
    "巷": ("xiang", "hang"),
    "薄": ("bo", "bao"),
    "番": ("fan", "pan"),
    "蚌": ("beng", "bang"),
}


class _Folding(dict[int, str]):
    """What each character becomes, found when it is first met; a table for `str.translate`."""

    def __missing__(self, number: int) -> str:
        folded = self[number] = _folded_character(chr(number))
        return folded


def fold(text: str) -> str:
    """Return a text as search compares it: each character by itself, so that parts stay parts.

    Simplified characters, half width, small letters without accents; no blanks, marks or signs.
    """
    return text.translate(_FOLDING)


def _folded_character(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character).casefold()
    letters = [part for part in parts if unicodedata.category(part)[0] in "LN"]
    simplified = _simplifier().convert("".join(letters))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", simplified).casefold())


_FOLDING = _Folding()


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _cut() -> Callable[[str], Iterable[str]]:
    """Return what cuts a text into words of the dictionary.

    The dictionary is read with the first word: it takes longer than most commands run.
    """
    from pypinyin.seg.mmseg import seg  # noqa: PLC0415

    cut: Callable[[str], Iterable[str]] = seg.cut
    return cut


@cache
def _read_aloud() -> Callable[[str], list[str]]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - as above

    return lambda word: lazy_pinyin([word], style=Style.NORMAL, errors=_each_by_itself)


@lru_cache(maxsize=8192)
def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Return how a text may be read aloud, as syllables; the likeliest reading first.

    Han characters give a syllable each, other words stand as they are, folded. A character of
    `OTHER_READINGS` gives a further reading of the whole, one such character at a time and at most
    `VARIANTS_MAX` in all. `lv` and `nv` may be written `lu` and `nu`.
    """
    syllables, characters = _syllables(unicodedata.normalize("NFKC", text))
    if not syllables:
        return ()
    found = [tuple(syllables)]
    if any(syllable.startswith(("lv", "nv")) for syllable in syllables):
        found.append(tuple(_without_v(each) for each in syllables))
    for place, character in enumerate(characters):
        found += [
            (*syllables[:place], other, *syllables[place + 1 :])
            for other in OTHER_READINGS.get(character, ())
        ]
    return tuple(dict.fromkeys(found))[: VARIANTS_MAX + 1]


def initials(syllables: tuple[str, ...]) -> str:
    """Return the first letter of each syllable or word; numbers stay whole."""
    return "".join(each if each.isdigit() else each[0] for each in syllables)


def _syllables(text: str) -> tuple[list[str], list[str]]:
    """Return syllables, and for each the simplified Han character that it reads or an empty one."""
    syllables: list[str] = []
    characters: list[str] = []
    for part, is_han in _runs(text):
        if is_han:
            simplified = _simplifier().convert(part)
            simplified = simplified if len(simplified) == len(part) else part
            for word in _cut()(simplified):
                syllables += _word(word)
            characters += simplified
        else:
            words = [folded for word in re.split(r"[\W_]+", part) if (folded := fold(word))]
            syllables += words
            characters += [""] * len(words)
    return syllables, characters


@lru_cache(maxsize=65_536)
def _word(word: str) -> tuple[str, ...]:
    """Return how one word of the dictionary is read; names are made of few of them."""
    return tuple(fold(each) or each for each in _read_aloud()(word))


def _each_by_itself(unread: str) -> Any:
    return list(unread)


def _runs(text: str) -> list[tuple[str, bool]]:
    """Cut a text into runs of Han characters and what stands between them."""
    edges = [edge for match in HAN.finditer(text) for edge in match.span()]
    return [
        (text[start:end], bool(HAN.match(text[start])))
        for start, end in pairwise([0, *edges, len(text)])
        if start < end
    ]


def _without_v(syllable: str) -> str:
    return syllable[0] + "u" + syllable[2:] if syllable.startswith(("lv", "nv")) else syllable
