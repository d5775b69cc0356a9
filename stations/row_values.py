"""Reads one row of a file, cell by cell, into what it says of a station."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from geo.coordinates import Datum, LonLat
from stations.columns import ANSWERS, level_words, plain_word, words_of
from stations.errors import CoordinateError, InvalidInputError, NuanyiError, UnknownTermError
from stations.hours import SHANGHAI, parse_hours
from stations.hours_words import plain
from stations.import_report import Line, refusal_of, remark, shown
from stations.listing import OTHER_TEXT_MAX_LENGTH, SEVERAL_LINES_FIELDS, TEXT_MAX_LENGTH
from stations.plain_text import is_plain, tidied
from stations.station import Access, GivenPosition, Known, StationRow
from stations.tables import CODE_PATTERN

SOURCE_ID_MAX_LENGTH = 200
LARGEST_CAPACITY = 1_000_000
CODE_DIGITS_AT_MOST = 7

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
LIST_BREAK = re.compile(r"[、,，;；/|\n]+")
A_CODE = re.compile(r"[A-Za-z]{2,4}\s*-")

# Whose door it is. What names guests as well is not for staff only; 不对外开放 is.
STAFF = re.compile(
    r"员工专用|内部(?:使用|专用|人员|员工|职工|开放)|不对外|(?:仅|只|限)[^。;,()\n]{0,8}内部"
    r"|(?:仅|只|限)[^。;,()\n]{0,8}(?:员工|职工|职员|教职员|同仁)"
)
GUESTS = re.compile(
    "顾客|客户|民众|公众|市民|群众|户外|劳动者|骑手|会员|旅客|乘客|游客|病人|患者|家长|家属|访客|来宾"
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and the name of its column as a person reads it."""

    text: str
    title: str


@dataclass(frozen=True)
class FileRow:
    """A row of a file: what it says of a station, or None and why; lines about it.

    `number` is the row's own in the file; None for remarks about the file as a whole.
    """

    number: int | None
    station: StationRow | None
    lines: tuple[Line, ...] = ()


def read_row(number: int, record: Mapping[str, Cell], datum: Datum, kind: str | None) -> FileRow:
    """Read the cells of a row, by field; every cell that is wrong has its line."""
    reader = _Reader(number, record)
    station = reader.station(datum, kind)
    return FileRow(number, station, tuple(reader.lines))


class _Reader:
    """Reads the cells of one row and gathers what is wrong with them."""

    def __init__(self, number: int, record: Mapping[str, Cell]) -> None:
        self.number = number
        self.record = {field: _tidy(cell) for field, cell in record.items()}
        self.lines: list[Line] = []
        self.is_refused = False

    def station(self, datum: Datum, kind: str | None) -> StationRow | None:
        name = self.take("name", _text("name"))
        if name is None and "name" not in self.wrong_fields:
            self.refuse(_invalid("name", "名称不能为空", "a name is needed"))
        kind = kind or self.take("kind", _word("kind"))
        if kind is None and "kind" not in self.wrong_fields:
            self.refuse(_invalid("kind", "没有写类型", "the kind is missing"))
        code, source_id = self.identity()
        row = StationRow(
            name=name or "",
            kind=kind or "",
            position=self.position(datum),
            code=code,
            source_id=source_id,
            also_kinds=self.take("also_kinds", _words("kind")),
            name_en=self.take("name_en", _text("name_en")),
            brand=self.take("brand", _text("brand")),
            tier=self.take("tier", _word("tier")),
            level=self.take("level", _level),
            status=self.take("status", _word("status")),
            access=self.access(),
            entry=self.take("entry", _words("entry")),
            services=self.services(),
            address=self.take("address", _text("address")),
            phone=self.take("phone", _text("phone")),
            hours_text=self.hours_text(),
            capacity_per_day=self.take("capacity_per_day", _capacity),
            town_code=self.take("town_code", _text("town_code")),
            checked_on=self.take("checked_on", _date),
            notes=self.take("notes", _text("notes")),
        )
        return None if self.is_refused else row

    @property
    def wrong_fields(self) -> set[str]:
        return {line.field.split(" ", 1)[0] for line in self.lines}

    def text_of(self, field: str) -> str:
        cell = self.record.get(field)
        return "" if cell is None else cell.text

    def take(self, field: str, read: Callable[[str, str], Value]) -> Value | None:
        """Read a cell; None where it is missing or empty, or wrong, which is noted."""
        cell = self.record.get(field)
        if cell is None or not cell.text:
            return None
        try:
            return read(cell.text, cell.title)
        except NuanyiError as error:
            self.refuse(error)
            return None

    def refuse(self, error: NuanyiError) -> None:
        self.is_refused = True
        self.lines.append(refusal_of(self.number, error))

    def identity(self) -> tuple[str | None, str | None]:
        """Return the register's code and the file's own id; a 编号 may hold either."""
        code = self.take("code", _code)
        source_id = self.take("source_id", _source_id)
        if A_CODE.match(self.text_of("number")):
            code = code or self.take("number", _code)
        else:
            source_id = source_id or self.take("number", _source_id)
        return code, source_id

    def position(self, datum: Datum) -> GivenPosition | None:
        lon, lat = self.text_of("lon"), self.text_of("lat")
        if bool(lon) != bool(lat):
            missing = "lat" if lon else "lon"
            self.refuse(_invalid(missing, "只有一个坐标，缺少这一个", "one coordinate is missing"))
            return None
        found_lon = self.take("lon", _coordinate(180.0))
        found_lat = self.take("lat", _coordinate(90.0))
        if found_lon is None or found_lat is None:
            return None
        return GivenPosition(LonLat(found_lon, found_lat), datum)

    def access(self) -> str | None:
        said = self.text_of("access")
        words = plain(said)
        if words and (STAFF.search(words) or "内部" in words) and not GUESTS.search(words):
            access: str | None = Access.STAFF_ONLY
        else:
            access = self.take("access", _word("access"))
        staff_field = next((field for field in STAFF_FIELDS if self.says_staff_only(field)), None)
        if staff_field is None or access == Access.STAFF_ONLY:
            return access
        if access not in (None, Access.UNKNOWN):
            self.lines.append(
                remark(
                    self.number,
                    "access",
                    f"“{shown(said)}”与 {staff_field} 里的“仅供员工”不一致，按仅供员工收",
                    f"“{shown(said)}” contradicts {staff_field}, which says staff only; "
                    "taken as staff only",
                )
            )
        return Access.STAFF_ONLY

    def says_staff_only(self, field: str) -> bool:
        words = plain(self.text_of(field))
        said = STAFF.search(words) or (field == "name" and "内部" in words)
        return bool(said) and ("不对外" in words or not GUESTS.search(words))

    def services(self) -> dict[str, Known]:
        found = self.take("services", _services) or {}
        for field in self.record:
            if field.startswith("service:"):
                answer = self.take(field, _answer)
                if answer is not None:
                    found[field.removeprefix("service:")] = answer
        return found

    def hours_text(self) -> str | None:
        text = self.take("hours_text", _text("hours_text"))
        if text is not None and parse_hours(text) is None:
            self.lines.append(
                remark(
                    self.number,
                    self.record["hours_text"].title,
                    f"没有看懂“{shown(text)}”，只显示原文，是否开放按不清楚处理",
                    f"“{shown(text)}” was not understood; it is shown as it is, and whether the "
                    "place is open stays unknown",
                )
            )
        return text


STAFF_FIELDS = ("name", "hours_text", "notes")


def _invalid(field: str, problem_zh: str, problem_en: str) -> InvalidInputError:
    return InvalidInputError(field=field, problem_zh=problem_zh, problem_en=problem_en)


def _tidy(cell: Cell) -> Cell:
    """Return a cell without what nobody sees: marks of no width, odd spaces, space at the ends."""
    text = tidied(cell.text, one_line=False)
    text = "".join(
        " " if mark == "\t" or unicodedata.category(mark) == "Zs" else mark for mark in text
    )
    return Cell(text.strip(), cell.title)


def _text(field: str) -> Callable[[str, str], str]:
    most = TEXT_MAX_LENGTH.get(field, OTHER_TEXT_MAX_LENGTH)

    def read(text: str, title: str) -> str:
        return _checked(
            text if field in SEVERAL_LINES_FIELDS else " ".join(text.split()), title, most
        )

    return read


def _checked(text: str, title: str, most: int) -> str:
    if len(text) > most:
        raise _invalid(title, f"最多 {most} 个字符", f"at most {most} characters")
    if not is_plain(text):
        raise _invalid(title, "含有不可见的控制字符", "it holds control characters")
    return text


def _source_id(text: str, title: str) -> str:
    return _checked(" ".join(text.split()), title, SOURCE_ID_MAX_LENGTH)


def _code(text: str, title: str) -> str:
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    digits = code.rpartition("-")[2]
    if not re.fullmatch(CODE_PATTERN, code, re.ASCII) or len(digits) > CODE_DIGITS_AT_MOST:
        raise _invalid(
            title,
            f"“{shown(text)}”不是站点编码（应像 NB-RS-0001）",
            f"“{shown(text)}” is not a station code (they look like NB-RS-0001)",
        )
    return code


def _word(facet: str) -> Callable[[str, str], str]:
    def read(text: str, title: str) -> str:
        code = words_of(facet).get(plain_word(text))
        if code is None:
            raise UnknownTermError(
                field=title,
                value=shown(text),
                known=", ".join(dict.fromkeys(words_of(facet).values())),
            )
        return code

    return read


def _words(facet: str) -> Callable[[str, str], tuple[str, ...]]:
    read_one = _word(facet)

    def read(text: str, title: str) -> tuple[str, ...]:
        return tuple(
            sorted({read_one(word, title) for word in LIST_BREAK.split(text) if word.strip()})
        )

    return read


def _level(text: str, title: str) -> str:
    level = level_words().get(plain_word(text))
    if level is None:
        raise UnknownTermError(
            field=title, value=shown(text), known=", ".join(dict.fromkeys(level_words().values()))
        )
    return level


def _services(text: str, title: str) -> dict[str, Known]:
    """Read a list of what a place has, or `service=answer` pairs."""
    read_one = _word("service")
    found: dict[str, Known] = {}
    for word in LIST_BREAK.split(text):
        service, said, answer = word.partition("=")
        if service.strip():
            found[read_one(service, title)] = _answer(answer, title) if said else Known.YES
    return found


def _answer(text: str, title: str) -> Known:
    answer = ANSWERS.get(plain_word(text))
    if answer is None:
        raise _invalid(
            title,
            f"“{shown(text)}”看不懂，请写 是、否 或 不详",
            f"“{shown(text)}” is not understood: write yes, no or unknown",
        )
    return answer


def _coordinate(limit: float) -> Callable[[str, str], float]:
    def read(text: str, title: str) -> float:
        plain_text = unicodedata.normalize("NFKC", text).strip()
        number = float(plain_text) if NUMBER.fullmatch(plain_text) else math.nan
        if not abs(number) <= limit:
            raise CoordinateError(field=title, value=shown(text))
        return number

    return read


def _capacity(text: str, title: str) -> int:
    plain_text = unicodedata.normalize("NFKC", text)
    if not re.fullmatch(r"\d{1,7}", plain_text, re.ASCII) or int(plain_text) > LARGEST_CAPACITY:
        raise _invalid(
            title,
            f"“{shown(text)}”不是 0 到 {LARGEST_CAPACITY} 的整数",
            f"“{shown(text)}” is not a whole number from 0 to {LARGEST_CAPACITY}",
        )
    return int(plain_text)


def _date(text: str, title: str) -> date:
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text, re.ASCII)
    year, month, day = (int(part) for part in match.groups()) if match else (0, 0, 0)
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise _invalid(
            title,
            f"“{shown(text)}”不是日期（应像 2026-11-23）",
            f"“{shown(text)}” is not a date (like 2026-11-23)",
        ) from error
    if found > datetime.now(SHANGHAI).date():
        raise _invalid(
            title, f"“{shown(text)}”还没有到", f"“{shown(text)}” is a day that has not come yet"
        )
    return found
