"""Reads one row of a file, cell by cell, into what it says of a station."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from geo.coordinates import Datum
from stations import address_parts, cell_values
from stations.cell_values import Cell
from stations.closure_text import read_closures
from stations.columns import ADDRESS_PARTS, plain_word, words_of
from stations.errors import NuanyiError
from stations.hours import parse_hours
from stations.hours_columns import hours_of
from stations.import_report import Line, refusal_of, remark, shown
from stations.listing import TEXT_MAX_LENGTH
from stations.position_cells import read_position
from stations.staff_only import says_staff_only
from stations.station import Access, GivenPosition, Known, StationRow

A_CODE = re.compile(r"[A-Za-z]{2,4}\s*-")

STAFF_FIELDS = (
    *("name", "aliases", "hours_text", "notes", "way_in", "floor", "address", "phone"),
    *("services", "entry", "brand", "built_by"),
    *ADDRESS_PARTS,
)
"""Texts that may say that only staff come in."""

UNREAD = "staff_only_elsewhere"
"""In a record: a cell of no known column, or a title over the table, that says staff only."""

A_PHONE = re.compile(r"\d(?:[\s()（）#＃*~～、/,，.转轉分机機-]*\d){5}")
ONLY_A_PHONE = re.compile(r"[\d\s()（）#＃*~～、/,，转轉分机機-]{6,}")
TELLS_HOURS = re.compile(
    r"\d{1,2}\s*[:：點点时時]\s*(?:\d{2})?|[周週]\s*[一二三四五六日末]|星期[一二三四五六日]|全年|每日|全天|24\s*小"
)


Value = TypeVar("Value")


@dataclass(frozen=True)
class FileRow:
    """A row of a file: what it says of a station, or None and why; lines about it.

    `number` is the row's own in the file; None for remarks about the file as a whole.
    """

    number: int | None
    station: StationRow | None
    lines: tuple[Line, ...] = ()


@lru_cache(maxsize=4096)
def _is_understood(hours_text: str) -> bool:
    return parse_hours(hours_text) is not None


def read_row(number: int, record: Mapping[str, Cell], datum: Datum, kind: str | None) -> FileRow:
    """Read the cells of a row, by field; every cell that is wrong has its line."""
    reader = _Reader(number, record)
    station = reader.station(datum, kind)
    if not reader.lines:
        return FileRow(number, station)
    letters = {cell.title: cell.column for cell in record.values()}
    lines = [replace(line, column=letters.get(line.field, "")) for line in reader.lines]
    return FileRow(number, station, tuple(lines))


class _Reader:
    """Reads the cells of one row and gathers what is wrong with them."""

    def __init__(self, number: int, record: Mapping[str, Cell]) -> None:
        self.number = number
        self.record = {field: cell_values.tidy(field, cell) for field, cell in record.items()}
        self.lines: list[Line] = []
        self.is_refused = False

    def station(self, datum: Datum, kind: str | None) -> StationRow | None:
        self.mend_shifted_cells()
        name = self.take("name", cell_values.read_text("name"))
        if name is None and "name" not in self.wrong_fields:
            self.refuse(cell_values.invalid("name", "名称不能为空", "a name is needed"))
        kind = kind or self.take("kind", cell_values.read_word("kind"))
        if kind is None and "kind" not in self.wrong_fields:
            self.refuse(cell_values.invalid("kind", "没有写类型", "the kind is missing"))
        code, source_id = self.identity()
        row = StationRow(
            name=name or "",
            kind=kind or "",
            position=self.position(self.datum(datum)),
            code=code,
            source_id=source_id,
            also_kinds=self.take("also_kinds", cell_values.read_words("kind")),
            name_en=self.take("name_en", cell_values.read_text("name_en")),
            brand=self.take("brand", cell_values.read_text("brand")),
            tier=self.take("tier", cell_values.read_word("tier")),
            level=self.take("level", cell_values.read_level),
            status=self.take("status", cell_values.read_word("status")),
            access=self.access(),
            entry=self.take("entry", cell_values.read_words("entry")),
            services=self.services(),
            address=self.address(),
            phone=self.phone(),
            hours_text=self.hours_text(),
            capacity_per_day=self.take("capacity_per_day", cell_values.read_capacity),
            town_code=self.take("town_code", cell_values.read_text("town_code")),
            checked_on=self.take("checked_on", cell_values.read_date),
            notes=self.notes(),
            aliases=self.take("aliases", cell_values.read_names),
            way_in=self.way_in(),
            built_as=self.take("built_as", cell_values.read_word("built_as")),
            built_by=self.built_by(),
            honours=self.take("honours", cell_values.read_words("honour")),
            closures=self.take("closures", read_closures),
            district=self.area_name("district"),
            town=self.area_name("town"),
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
        code = self.take("code", cell_values.read_code)
        source_id = self.take("source_id", cell_values.read_source_id)
        if A_CODE.match(self.text_of("number")):
            code = code or self.take("number", cell_values.read_code)
        else:
            source_id = source_id or self.take("number", cell_values.read_source_id)
        return code, source_id

    def address(self) -> str | None:
        """Return the address, put together from its parts where they have columns each."""
        if self.text_of("address"):
            return self.take("address", cell_values.read_text("address"))
        parts = {
            part: (self.text_of(part), self.record[part].title)
            for part in ADDRESS_PARTS
            if part in self.record
        }
        text = address_parts.joined(parts)
        if not text:
            return None
        title = next(title for said, title in parts.values() if said)
        return self.read_as("address", text, title, cell_values.read_text("address"))

    def read_as(
        self, _field: str, text: str, title: str, read: Callable[[str, str], Value]
    ) -> Value | None:
        """Read a text that was put together; None where it is wrong, which is noted."""
        try:
            return read(text, title)
        except NuanyiError as error:
            self.refuse(error)
            return None

    def way_in(self) -> str | None:
        """Return the floor and the way to the door, from both of their columns."""
        texts = [self.text_of("floor"), self.text_of("way_in")]
        told = list(dict.fromkeys(" ".join(text.split()) for text in texts if text))
        if not told:
            return None
        title = self.record["way_in" if self.text_of("way_in") else "floor"].title
        return self.read_as("way_in", " ".join(told), title, cell_values.read_text("way_in"))

    def built_by(self) -> str | None:
        """Return how the union took part; the name of whoever built is another matter."""
        text = self.text_of("built_by")
        if text and plain_word(text) not in words_of("built_by"):
            self.remark(
                self.record["built_by"].title,
                f"“{shown(text)}”不是 单独建、牵头建 或 依托建，没有收",
                f"“{shown(text)}” is none of alone, leading and hosted, and was left out",
                "built_by_not_known",
            )
            return None
        return self.take("built_by", cell_values.read_word("built_by"))

    def area_name(self, field: str) -> str | None:
        """Return the name of a district or a town as the file has it."""
        return address_parts.area_name(self.text_of(field)) or None

    def mend_shifted_cells(self) -> None:
        """Put a phone, hours and notes in their places that all stand one column too far left.

        As where somebody had no floor to write and left out its cell.
        """
        phone, hours = self.text_of("phone"), self.text_of("hours_text")
        if not phone or A_PHONE.search(phone) or not TELLS_HOURS.search(phone):
            return
        if hours and (_is_understood(hours) or TELLS_HOURS.search(hours)):
            return
        floor = self.text_of("floor")
        moved = floor if ONLY_A_PHONE.fullmatch(floor) else ""
        self.remark(
            self.record["phone"].title,
            f"“{shown(phone)}”是开放时间，不是电话；按开放时间收"
            + (f"，“{shown(moved)}”是电话" if moved else "")
            + (f"，“{shown(hours)}”记入备注" if hours else ""),
            f"“{shown(phone)}” tells hours and no phone; taken as hours"
            + (f", “{shown(moved)}” as the phone" if moved else "")
            + (f", “{shown(hours)}” as a note" if hours else ""),
            "shifted_cells",
        )
        held = self.record.get("hours_text", Cell("", "hours_text"))
        notes = self.record.get("notes", Cell("", "notes"))
        self.record["phone"] = replace(self.record["phone"], text=moved)
        if moved:
            self.record["floor"] = replace(self.record["floor"], text="")
        self.record["hours_text"] = replace(held, text=phone)
        told = "\n".join(text for text in (hours, notes.text) if text)
        self.record["notes"] = replace(notes, text=told)

    def phone(self) -> str | None:
        """Return the phone; a text that is too long for one goes to the notes as it is."""
        text = self.text_of("phone")
        if cell_values.DIGITS_LOST.fullmatch(text):
            self.remark(
                self.record["phone"].title,
                f"“{shown(text)}”丢了末尾的数字（Excel 把它存成了科学计数），没有收",
                f"“{shown(text)}” has lost its last digits (Excel saved it so); it was left out",
                "digits_lost",
            )
            return None
        if len(text) > TEXT_MAX_LENGTH["phone"]:
            self.remark(
                self.record["phone"].title,
                f"超过 {TEXT_MAX_LENGTH['phone']} 个字，不像电话，记入备注",
                f"more than {TEXT_MAX_LENGTH['phone']} characters are no phone; kept in the notes",
                "phone_too_long",
            )
            return None
        return self.take("phone", cell_values.read_text("phone"))

    def notes(self) -> str | None:
        told = [self.text_of("notes")]
        if len(self.text_of("phone")) > TEXT_MAX_LENGTH["phone"]:
            told.append(self.text_of("phone"))
        text = "\n".join(each for each in told if each)
        if not text:
            return None
        self.record["notes"] = replace(self.record.get("notes", Cell("", "notes")), text=text)
        return self.take("notes", cell_values.read_text("notes"))

    def remark(self, field: str, zh: str, en: str, code: str) -> None:
        self.lines.append(remark(self.number, field, zh, en, code=code))

    def datum(self, named: Datum) -> Datum:
        """Return the datum of this row: its own word, as our exports write it, or the file's."""
        own = self.take("datum", cell_values.read_datum)
        if own is None or own is named:
            return named
        self.remark(
            self.record["datum"].title,
            f"这一行写的坐标系是 {own}，按它读，不按 --datum {named}",
            f"this row says {own}; it is read so, and not as --datum {named}",
            "row_datum",
        )
        return own

    def position(self, datum: Datum) -> GivenPosition | None:
        read = read_position(self.record, datum)
        for error in read.errors:
            self.refuse(error)
        for line in read.remarks:
            self.remark(*line)
        return read.position

    def access(self) -> str | None:
        said = self.text_of("access")
        # 是（仅供员工） says more than its first word
        others_staff = says_staff_only(self.text_of("open_to_others"), is_name=True)
        others = Known.NO if others_staff else self.take("open_to_others", cell_values.read_answer)
        if says_staff_only(said, is_name=True) or others is Known.NO:
            access: str | None = Access.STAFF_ONLY
        else:
            access = self.take("access", cell_values.read_access)
            if access is None and others is Known.YES:
                access = Access.EVERYONE
        staff_field = next((field for field in STAFF_FIELDS if self.says_staff_only(field)), None)
        if staff_field is None and UNREAD in self.record:
            staff_field = UNREAD
            self.remark(
                self.record[UNREAD].title,
                f"“{shown(self.text_of(UNREAD))}”：按仅供员工收",
                f"“{shown(self.text_of(UNREAD))}”: taken as staff only",
                "staff_only_elsewhere",
            )
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
                    code="staff_only_contradicted",
                )
            )
        return Access.STAFF_ONLY

    def says_staff_only(self, field: str) -> bool:
        return says_staff_only(
            self.text_of(field),
            is_name=field in ("name", "aliases"),
            is_way=field in ("address", "way_in", "floor", *ADDRESS_PARTS),
        )

    def services(self) -> dict[str, Known]:
        told = self.take("services", cell_values.read_services)
        found, unknown = told or ({}, [])
        if unknown:
            words_zh, words_en = "、".join(map(shown, unknown)), ", ".join(map(shown, unknown))
            self.remark(
                self.record["services"].title,
                f"不认识“{shown(words_zh)}”，没有记入服务",
                f"“{shown(words_en)}” is no known service and was left out",
                "service_not_known",
            )
        for field in self.record:
            if field.startswith("service:"):
                answer = self.take(field, cell_values.read_answer)
                if answer is not None:
                    found[field.removeprefix("service:")] = answer
        return found

    def put_hours_together(self) -> None:
        """Make hours of the columns of opening and closing, where there are no others."""
        told = [self.record[each] for each in ("opens", "closes") if self.text_of(each)]
        if not told or self.text_of("hours_text"):
            return
        text, odd = hours_of(self.text_of("opens"), self.text_of("closes"))
        if odd is not None:
            zh, en, code = odd
            self.remark(told[0].title, zh, en, code)
        self.record["hours_text"] = replace(told[0], text=text)

    def hours_text(self) -> str | None:
        self.put_hours_together()
        text = self.take("hours_text", cell_values.read_text("hours_text"))
        if text is not None and not _is_understood(text):
            self.lines.append(
                remark(
                    self.number,
                    self.record["hours_text"].title,
                    f"没有看懂“{shown(text)}”，只显示原文，是否开放按不清楚处理",
                    f"“{shown(text)}” was not understood; it is shown as it is, and whether the "
                    "place is open stays unknown",
                    code="hours_not_understood",
                )
            )
        return text
