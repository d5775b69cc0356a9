"""Puts an address together from its parts where each has a column, as registers in Taiwan do."""

import re
from collections.abc import Mapping

from stations import spelling
from stations.columns import ADDRESS_PARTS

# 三民區(二) is how a health office numbers its teams; the district is 三民區.
NUMBERED = re.compile(r"\s*[（(][一二三四五六七八九十\d]{1,2}[）)]$")
AREAS = ("city", "district", "town", "village")

BARE_NUMBER = re.compile(r"[\d０-９]+")
BARE_SECTION = re.compile(r"[\d０-９一二三四五六七八九十]+")
BARE_HOUSE = re.compile(r"[\d０-９]+(?:\s*[-－之~～、，,.]\s*[\d０-９]+)*")
UNITS = {
    "section": (BARE_SECTION, "段"),
    "neighbourhood": (BARE_NUMBER, "邻鄰"),
    "lane": (BARE_NUMBER, "巷弄"),
    "house_number": (BARE_HOUSE, "号號"),
}


def joined(parts: Mapping[str, tuple[str, str]]) -> str:
    """Return the address of parts, each (text, title of its column), in the order of ADDRESS_PARTS.

    A bare number gets the unit that its title names: 2 under 段 is 2段. What an earlier part says
    already is not said twice.
    """
    found: list[str] = []
    for field in ADDRESS_PARTS:
        text, title = parts.get(field, ("", ""))
        text = area_name(text) if field in AREAS else " ".join(text.split())
        if not text:
            continue
        text = _with_unit(field, text, title)
        said = spelling.plain("".join(found))
        word = spelling.plain(text)
        # as in 宁波市 | 宁波市海曙区, or a township that stands in two columns
        if found and field in AREAS and said.endswith(word):
            continue
        if found and word.startswith(said):
            found = [text]
            continue
        found.append(text)
    return "".join(found)


def area_name(text: str) -> str:
    """Return the name of a district or a town as written, without a number behind it."""
    return NUMBERED.sub("", " ".join(text.split()))


def _with_unit(field: str, text: str, title: str) -> str:
    if field not in UNITS:
        return text
    pattern, units = UNITS[field]
    unit = next((mark for mark in title if mark in units), "")
    return text + unit if unit and pattern.fullmatch(text) else text
