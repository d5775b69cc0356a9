"""Reads coordinates as lists write them: words, degrees and minutes, both in one, or swapped."""

import math
import re
import unicodedata
from dataclasses import dataclass

from geo.coordinates import BoundingBox, LonLat
from stations.spelling import simplified

CHINA = BoundingBox(73.0, 3.0, 136.0, 54.0)
"""West, south, east and north of everything Chinese; it tells longitude from latitude."""

_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
PLAIN = re.compile(rf"([+-]?)({_NUMBER})(e[+-]?\d{{1,3}})?", re.IGNORECASE)
SEXAGESIMAL = re.compile(
    rf"([+-]?)({_NUMBER})(?:°|º|˚|度|d)(?:({_NUMBER})(?:'|′|’|分|m))?"
    rf"(?:({_NUMBER})(?:\"|″|”|''|秒|s)?)?",
    re.IGNORECASE,
)
AXIS_WORDS = {
    "东经": ("lon", 1), "東經": ("lon", 1), "西经": ("lon", -1), "西經": ("lon", -1),
    "北纬": ("lat", 1), "北緯": ("lat", 1), "南纬": ("lat", -1), "南緯": ("lat", -1),
    "longitude": ("lon", 1), "latitude": ("lat", 1), "lng": ("lon", 1), "lon": ("lon", 1),
    "lat": ("lat", 1), "经度": ("lon", 1), "經度": ("lon", 1), "纬度": ("lat", 1),
    "緯度": ("lat", 1), "e": ("lon", 1), "w": ("lon", -1), "n": ("lat", 1), "s": ("lat", -1),
}  # fmt: skip
# 121 33 00 and 121-33-00, as gazetteers print them
SPACED = re.compile(r"(\d{1,3})[ -](\d{1,2})[ -](\d{1,2}(?:\.\d+)?)")
DEGREES = re.compile(r"[+-]?\d+(?:\.\d+)?\s*[°度]")
LAT_FIRST = re.compile(r"(?:纬|lat).*(?:经|lon|lng)", re.IGNORECASE)
LON_FIRST = re.compile(r"(?:经|lon|lng).*(?:纬|lat)", re.IGNORECASE)
LETTERS = re.compile("|".join(sorted(AXIS_WORDS, key=len, reverse=True)))
BREAK = re.compile(r"[,，;；、|/\n]+")


@dataclass(frozen=True)
class Angle:
    """Degrees, which axis the text names (`lon`, `lat` or neither), and how it was written.

    `is_plain`: as digits alone, which nobody need be told about.
    """

    degrees: float
    axis: str | None
    is_sexagesimal: bool
    is_plain: bool = False


@dataclass(frozen=True)
class ReadPair:
    """A position as read. `notes` are codes of what was not as it should be."""

    point: LonLat
    notes: tuple[str, ...]


def read_angle(text: str) -> Angle | None:
    """Read a coordinate: `121.55`, `E121.55°`, `121°33′00″`, `东经121度33分`; None if not."""
    plain = _plain(text).casefold().strip("()[]")
    if spoken := SPACED.fullmatch(plain):
        plain = f"{spoken[1]}°{spoken[2]}′{spoken[3]}″"
    if re.search(r"\d\s+[\d.]", plain):
        return None
    plain = plain.replace("′′", "″").replace(":", "").replace("=", "")
    plain = "".join(plain.split())
    if PLAIN.fullmatch(plain):
        return Angle(float(plain), None, is_sexagesimal=False, is_plain=True)
    axis, sign = None, 1
    for word in (LETTERS.match(plain), _last_word(plain)):
        if word is not None:
            if axis is not None:
                return None
            axis, sign = AXIS_WORDS[word[0]]
            plain = plain[: word.start()] + plain[word.end() :]
    degrees = _degrees(plain)
    if degrees is None or (sign < 0 and degrees < 0):
        return None
    return Angle(sign * degrees, axis, is_sexagesimal=not PLAIN.fullmatch(plain.rstrip("°º˚度")))


def _last_word(plain: str) -> re.Match[str] | None:
    words = list(LETTERS.finditer(plain))
    return words[-1] if words and words[-1].end() == len(plain) and words[-1].start() else None


def _degrees(plain: str) -> float | None:
    if PLAIN.fullmatch(plain):
        return float(plain)
    match = SEXAGESIMAL.fullmatch(plain)
    if match is None:
        return None
    whole, minutes, seconds = float(match[2]), float(match[3] or 0), float(match[4] or 0)
    if match[4] is not None and match[3] is None:
        return None
    broken = (match[3] is not None and not whole.is_integer()) or (
        match[4] is not None and not minutes.is_integer()
    )
    if minutes >= 60 or seconds >= 60 or broken:
        return None
    value = whole + minutes / 60 + seconds / 3600
    return -value if match[1] == "-" else value


def _plain(text: str) -> str:
    """Return a text in NFKC, with one sign for degrees: NFKC itself would make letters of some."""
    text = text.replace("º", "°").replace("˚", "°")
    return unicodedata.normalize("NFKC", text).strip()


def split_pair(text: str, title: str = "") -> tuple[str, str] | None:
    """Split a cell that holds both coordinates; None where it holds one, or more than two.

    The longitude is first, unless the title of the column says it is not: 纬度,经度 or lat/lng.
    """
    plain = _plain(text)
    plain = plain.removeprefix("POINT").strip().strip("()[]{}")
    parts = [part for part in BREAK.split(plain) if part.strip()]
    if len(parts) == 1:
        parts = _by_words(plain) or _by_degrees(plain) or plain.split()
    if len(parts) != 2:
        return None
    is_lat_first = LAT_FIRST.search(simplified(title)) and not LON_FIRST.search(simplified(title))
    return (parts[1], parts[0]) if is_lat_first else (parts[0], parts[1])


def _by_degrees(plain: str) -> list[str] | None:
    """Split before the second sign of degrees: 121° 33′ 00″ 29° 52′ 12″."""
    found = list(DEGREES.finditer(plain))
    if len(found) != 2 or found[0].start() != 0:
        return None
    return [plain[: found[1].start()], plain[found[1].start() :]]


def _by_words(plain: str) -> list[str] | None:
    """Split before the second axis word: 东经121度33分北纬29度52分, 121.55E29.87N."""
    words = list(LETTERS.finditer(plain.casefold()))
    if len(words) != 2 or len(plain.casefold()) != len(plain):
        return None
    cut = words[1].start() if words[0].start() == 0 else words[0].end()
    return [plain[:cut], plain[cut:]]


def read_pair(lon: str, lat: str) -> ReadPair | None:
    """Read two texts, longitude first as far as their columns say; None if they are no position.

    They are swapped where a text names the other axis, and where only swapped they are possible:
    a latitude beyond 90 degrees, or a place that lies in China only so. Both remain as they stand
    where both readings are possible.
    """
    first, second = read_angle(lon), read_angle(lat)
    if first is None or second is None:
        return None
    notes = []
    if first.is_sexagesimal or second.is_sexagesimal:
        notes.append("degrees_minutes")
    elif not (first.is_plain and second.is_plain):
        notes.append("coordinate_words")
    if first.axis is not None and first.axis == second.axis:
        return None
    swapped = first.axis == "lat" or second.axis == "lon"
    x, y = first.degrees, second.degrees
    if first.axis is None and second.axis is None and not _in_china(x, y):
        swapped = _in_china(y, x) or (abs(y) > 90 >= abs(x) and abs(y) <= 180)
    if swapped:
        x, y = y, x
        notes.append("swapped")
    if not (math.isfinite(x) and math.isfinite(y)) or abs(x) > 180 or abs(y) > 90:
        return None
    return ReadPair(LonLat(x, y), tuple(notes))


def _in_china(lon: float, lat: float) -> bool:
    return CHINA.west <= lon <= CHINA.east and CHINA.south <= lat <= CHINA.north
