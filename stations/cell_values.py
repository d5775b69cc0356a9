"""Reads single cells of a file: texts, words of the taxonomy, numbers, dates, answers."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from geo.coordinates import Datum
from stations.columns import ANSWERS, PARENTHESISED, level_words, plain_word, words_of
from stations.errors import InvalidInputError, UnknownTermError
from stations.hours import SHANGHAI
from stations.import_report import shown
from stations.listing import OTHER_TEXT_MAX_LENGTH, SEVERAL_LINES_FIELDS, TEXT_MAX_LENGTH
from stations.plain_text import require_plain, tidied, with_plain_blanks
from stations.station import Access, Known
from stations.tables import CODE_PATTERN

SOURCE_ID_MAX_LENGTH = 200
LARGEST_CAPACITY = 1_000_000
CODE_DIGITS_AT_MOST = 7

DATUM_NAMES = {
    Datum.WGS84: ("wgs84", "cgcs2000", "epsg4326", "epsg4490", "天地图", "国家2000"),
    Datum.GCJ02: ("gcj02", "火星坐标", "火星坐标系", "高德", "腾讯"),
    Datum.BD09: ("bd09", "bd09ll", "百度", "百度坐标", "百度坐标系"),
}

LIST_BREAK = re.compile(r"[、,，;；/|\n]+")
GROUP_BREAK = re.compile(r"[、,，;；/|\n和及与與]+|以及")

UNIT = "[台个把张套件只组盏处条间部]"
COUNT = re.compile(rf"(\d{{1,6}}(?:\.\d)?){UNIT}?")
COUNTED = re.compile(rf"[x×*]?\d{{1,4}}{UNIT}?$|\d{{1,4}}{UNIT}$")
NONE_COUNTED = re.compile(rf"(?<!\d)[0零]{UNIT}?$")
NONE_OF_THEM = re.compile("(?:均|都|皆|全部?)(?:没有|無|无|未配备?|不提供)")
NO_SUCH = re.compile(
    "无(?!线|障碍|偿|限)|没有?|不(?:提供|配|设|可|能|含|再)|未(?:设|配|提供|安装)|已?(?:拆|撤)"
)
OUT_OF_ORDER = re.compile("坏|故障|停|暂|计划|拟|待|将|修|缺|筹|未")
PEOPLE = re.compile(r"(\d{1,7})(?:\.0)?\s*(?:人次?|名)?\s*(?:/?\s*[天日])?")
A_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?",
    re.ASCII,
)
PACKED_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
DIGITS_LOST = re.compile(r"\d(?:\.\d+)?e\+\d{1,3}", re.IGNORECASE)
PART_OF_A_DAY = re.compile(r"0?\.\d+")
A_TIME = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：]\d{2})?")


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and the name of its column as a person reads it."""

    text: str
    title: str
    column: str = ""  # its letter in a spreadsheet
    heading: str = ""  # the title of the column as the file has it


def invalid(field: str, problem_zh: str, problem_en: str) -> InvalidInputError:
    """Return the error of a value that cannot be used."""
    return InvalidInputError(field=field, problem_zh=problem_zh, problem_en=problem_en)


# What lists write where there is nothing to say. In a column of yes and no 无 means no, and a
# stroke that nobody looked; a name may be anything.
NOTHING = frozenset(("无", "無", "-", "--", "—", "——", "/", "\\", "n/a", "暂无", "暫無", "null"))
STROKES = NOTHING - {"无", "無"}
NEVER_NOTHING = ("name", "open_to_others")

# Whoever writes that nobody knows says nothing: it must not take the place of what is known.
NOT_KNOWN = frozenset(("不详", "不詳", "未知", "不明", "不清楚", "待定", "待查", "unknown"))
ANSWERED_UNKNOWN = (*NEVER_NOTHING, "access", "services")


# Blanks of other widths, marks of no width and line ends of other systems: few texts hold any.
ODD = re.compile("[\t\r\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]")


def tidy(field: str, cell: Cell) -> Cell:
    """Return a cell without what nobody sees: marks of no width, odd spaces, space at the ends."""
    text = cell.text.strip()
    if ODD.search(text):
        text = with_plain_blanks(tidied(text, one_line=False))
    nothing = STROKES if field.startswith("service:") or field in NEVER_NOTHING else NOTHING
    if field != "name" and text.casefold() in nothing:
        text = ""
    if text.casefold() in NOT_KNOWN and not (
        field in ANSWERED_UNKNOWN or field.startswith("service:")
    ):
        text = ""
    return cell if text == cell.text else replace(cell, text=text)


def read_text(field: str) -> Callable[[str, str], str]:
    """Return a reader of a text of this field, in one line unless it may have several."""
    most = TEXT_MAX_LENGTH.get(field, OTHER_TEXT_MAX_LENGTH)

    def read(text: str, title: str) -> str:
        return require_plain(
            text if field in SEVERAL_LINES_FIELDS else " ".join(text.split()), title, most
        )

    return read


def read_source_id(text: str, title: str) -> str:
    """Read the source's own id; one whose last digits are lost could be another place's."""
    if DIGITS_LOST.fullmatch(text):
        raise invalid(
            title,
            f"“{shown(text)}”丢了末尾的数字（Excel 把它存成了科学计数）",
            f"“{shown(text)}” has lost its last digits (Excel saved it so)",
        )
    return require_plain(" ".join(text.split()), title, SOURCE_ID_MAX_LENGTH)


def read_code(text: str, title: str) -> str:
    """Read a station's code, such as NB-RS-0001."""
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    digits = code.rpartition("-")[2]
    if not re.fullmatch(CODE_PATTERN, code, re.ASCII) or len(digits) > CODE_DIGITS_AT_MOST:
        raise invalid(
            title,
            f"“{shown(text)}”不是站点编码（应像 NB-RS-0001）",
            f"“{shown(text)}” is not a station code (they look like NB-RS-0001)",
        )
    return code


def read_word(facet: str) -> Callable[[str, str], str]:
    """Return a reader of one word of a facet: its code, Chinese or English."""

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


def read_words(facet: str) -> Callable[[str, str], tuple[str, ...]]:
    """Return a reader of a list of words of a facet."""
    read_one = read_word(facet)

    def read(text: str, title: str) -> tuple[str, ...]:
        return tuple(
            sorted({read_one(word, title) for word in LIST_BREAK.split(text) if word.strip()})
        )

    return read


def read_level(text: str, title: str) -> str:
    """Read the level of a centre."""
    level = level_words().get(plain_word(text))
    if level is None:
        raise UnknownTermError(
            field=title, value=shown(text), known=", ".join(dict.fromkeys(level_words().values()))
        )
    return level


def read_services(text: str, title: str) -> tuple[dict[str, Known], list[str]]:
    """Read a list of what a place has, or `service=answer` pairs; also return unknown words."""
    found: dict[str, Known] = {}
    unknown: list[str] = []
    none_of_them = NONE_OF_THEM.search(text)
    for word in LIST_BREAK.split(NONE_OF_THEM.sub("", text)):
        service, said, answer = word.partition("=")
        if not service.strip():
            continue
        code, has = _service(service)
        if none_of_them and has is Known.YES and not said:
            # 微波炉、冰箱均无; a clause before it may say that others are there
            begins = _first_of_them(text, none_of_them.start())
            has = Known.NO if begins <= text.find(service) < none_of_them.start() else has
        if code is not None and has is Known.UNKNOWN and not said:
            code = None  # it is there, and out of order: not known, and told
        if code is None:
            unknown.append(" ".join(word.split()))
        else:
            found[code] = read_answer(answer, title) if said else has
    return found, unknown


def _service(said: str) -> tuple[str | None, Known]:
    """Return the service of a word such as 微波炉, 微波炉2台, 有微波炉 or 无微波炉."""
    words = words_of("service")
    word = plain_word(said)
    has = _beside(word)
    for short in (word, PARENTHESISED.sub("", word), COUNTED.sub("", word).removesuffix("等")):
        for prefix in ("", "有", "免费"):
            if short.startswith(prefix) and short.removeprefix(prefix) in words:
                return words[short.removeprefix(prefix)], has
        for prefix in ("无", "没有"):
            if short.startswith(prefix) and short.removeprefix(prefix) in words:
                return words[short.removeprefix(prefix)], Known.NO
    return None, Known.UNKNOWN


def _beside(word: str) -> Known:
    """Return what stands beside a service: 微波炉（无） is none, 冰箱（故障） unknown."""
    within = "".join(PARENTHESISED.findall(word))
    if NO_SUCH.search(within) or NONE_COUNTED.search(word):
        return Known.NO
    return Known.UNKNOWN if OUT_OF_ORDER.search(within) else Known.YES


def _first_of_them(text: str, end: int) -> int:
    """Return where the list begins of which 均无 says that none is there: at least two things."""
    since_comma = max(text.rfind(mark, 0, end) for mark in "；;。\n，,") + 1
    if re.search("[、和及与]", text[since_comma:end]):
        return since_comma
    return max(text.rfind(mark, 0, end) for mark in "；;。\n") + 1


def read_answer(text: str, title: str) -> Known:
    """Read yes, no or unknown; a number of things is yes, and none of them no."""
    word = plain_word(text)
    short = PARENTHESISED.sub("", word)
    if word != short and word not in ANSWERS and ANSWERS.get(short) is Known.YES:
        within = "".join(PARENTHESISED.findall(word))
        if NO_SUCH.search(within):
            return Known.NO
        if OUT_OF_ORDER.search(within):
            return Known.UNKNOWN
    answer = ANSWERS.get(word) or ANSWERS.get(short)
    if answer is None and (count := COUNT.fullmatch(short.removeprefix("有"))):
        answer = Known.YES if float(count[1]) else Known.NO
    if answer is None:
        raise invalid(
            title,
            f"“{shown(text)}”看不懂，请写 是、否 或 不详",
            f"“{shown(text)}” is not understood: write yes, no or unknown",
        )
    return answer


def read_access(text: str, title: str) -> str:
    """Read who may come in; of several groups the one that takes in the others."""
    words = words_of("access")
    whole = words.get(plain_word(text))
    if whole is not None:
        return whole
    groups = [words.get(plain_word(word)) for word in GROUP_BREAK.split(text) if word.strip()]
    for access in (Access.EVERYONE, Access.OUTDOOR_WORKERS, Access.MEMBERS):
        if None not in groups and access in groups:
            return access
    return read_word("access")(text, title)


def read_datum(text: str, title: str) -> Datum:
    """Read what people call a datum; UnknownTermError for another name."""
    name = "".join(mark for mark in plain_word(text) if mark.isalnum())
    datum = next((datum for datum, names in DATUM_NAMES.items() if name in names), None)
    if datum is None:
        raise UnknownTermError(field=title, value=shown(text), known=", ".join(Datum))
    return datum


def read_names(text: str, title: str) -> tuple[str, ...]:
    """Read other names of a place, each as long as a name may be."""
    names = (" ".join(name.split()) for name in re.split(r"[、;；\n]+", text))
    return tuple(
        dict.fromkeys(require_plain(name, title, TEXT_MAX_LENGTH["name"]) for name in names if name)
    )


def read_capacity(text: str, title: str) -> int:
    """Read how many people a place serves in a day."""
    plain_text = unicodedata.normalize("NFKC", text)
    match = PEOPLE.fullmatch(plain_text.strip())
    if match is None or int(match[1]) > LARGEST_CAPACITY:
        raise invalid(
            title,
            f"“{shown(text)}”不是 0 到 {LARGEST_CAPACITY} 的整数",
            f"“{shown(text)}” is not a whole number from 0 to {LARGEST_CAPACITY}",
        )
    return int(match[1])


def time_of(text: str) -> str:
    """Return a time as people write it, of a part of a day too: 0.354166 is 08:30."""
    plain_text = unicodedata.normalize("NFKC", text).strip()
    if PART_OF_A_DAY.fullmatch(plain_text):
        minutes = round(float(plain_text) * 1440)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    match = A_TIME.fullmatch(plain_text)
    return f"{int(match[1]):02d}:{match[2]}" if match else " ".join(text.split())


def read_date(text: str, title: str) -> date:
    """Read a day that has come."""
    plain_text = unicodedata.normalize("NFKC", text)
    match = A_DAY.fullmatch(plain_text) or PACKED_DAY.fullmatch(plain_text)
    year, month, day = (int(part) for part in match.groups()) if match else (0, 0, 0)
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise invalid(
            title,
            f"“{shown(text)}”不是日期（应像 2026-11-23）",
            f"“{shown(text)}” is not a date (like 2026-11-23)",
        ) from error
    if found > datetime.now(SHANGHAI).date():
        raise invalid(
            title, f"“{shown(text)}”还没有到", f"“{shown(text)}” is a day that has not come yet"
        )
    return found
