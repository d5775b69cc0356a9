"""The words in which Chinese and English lists write about opening hours, and their scanner.

Every character of a text becomes part of a word that is known here, or the text is not understood.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from stations.hours_seasons import DATES, MONTHS_ONLY, NAMED, Season, dated, months_only, named

DAY_MINUTES = 1440
EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))
WEEKEND = frozenset((5, 6))
HOLIDAY_DAY = 7
"""A day given off, as an eighth day of the week."""
HOLIDAYS = frozenset((HOLIDAY_DAY,))

Span = tuple[int, int]
"""From and to in minutes after midnight; past 1440 the span ends on the next day."""


class Word(Enum):
    """What a piece of the text is."""

    DAYS = auto()
    SPAN = auto()
    ALL_DAY = auto()
    OFF = auto()
    TIME = auto()
    TO = auto()
    BREAK = auto()
    EXCEPT = auto()
    NO_REST = auto()
    NO_BREAK = auto()
    OFFICE = auto()
    SEASON = auto()
    WHO = auto()
    NOTHING = auto()


class Joined(Enum):
    """How days follow on the days before them."""

    LISTED = auto()  # 周六、周日
    TOUCHING = auto()  # 周末节假日


@dataclass(frozen=True)
class Clock:
    """A time as written. `bare` is a number without a unit, `padded` has a leading zero.

    `is_am`: with am behind it, of whose twelve 12 is the first and not the last.
    """

    hour: int
    minute: int
    part: str
    next_day: bool
    bare: bool
    by_hour: bool
    padded: bool
    is_am: bool = False


@dataclass(frozen=True)
class Piece:
    """A word of the text with what it means."""

    word: Word
    days: frozenset[int] = frozenset()
    clock: Clock | None = None
    span: Span = (0, 0)
    by_calendar: bool = False  # 工作日: not the weekdays, but the days that are worked
    perhaps_weekend: bool = False  # 假日: days given off, and weekends for many
    festivals: frozenset[str] = frozenset()
    season: Season | None = None
    text: str = ""
    joined: Joined | None = None


SIMPLIFIED = str.maketrans(
    "週時點開間員僅對務節營業職無雙禮內晝門場廠單專國續為體關閉館學處與從廳區會勞動騎顧戶訪長屬師園請詢櫃臺衛習給",
    "周时点开间员仅对务节营业职无双礼内昼门场厂单专国续为体关闭馆学处与从厅区会劳动骑顾户访长属师园请询柜台卫习给",
)
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─﹘ー~～〜∼", "-") | {"∶": ":", "﹕": ":", "：": ":"})
NUMERALS = {"两": 2, **{numeral: value for value, numeral in enumerate("零一二三四五六七八九十")}}

DAY = "[一二三四五六日天]"
DAY_DIGIT = r"[1-7](?![\d:点时.]|\s*[:点时])"
DAY_NUMBERS = {character: number for number, character in enumerate("一二三四五六日")} | {
    "天": 6,
    **{str(number + 1): number for number in range(7)},
    **{name: number for number, name in enumerate(("mo", "tu", "we", "th", "fr", "sa", "su"))},
}
WEEK_WORD = "(?:周|星期|礼拜)"
LOOSE_BREAK = re.compile(r"[,;。\n\r]")
JOIN = r"(?:[-至到]+|[,、/&+和及与])"
DAY_LIST = re.compile(
    rf"(?>(?:每|逢|每逢)?{WEEK_WORD}(?:{DAY}|{DAY_DIGIT})"
    rf"(?:\s*{JOIN}?\s*(?:每?{WEEK_WORD})(?:{DAY}|{DAY_DIGIT})|\s*{JOIN}\s*{DAY}|[一二三四五六日]"
    rf"|{JOIN}{DAY_DIGIT})*)(?!天)"
)
DAY_ITEM = re.compile(r"([-至到]+)?[^一二三四五六日天1-7至到-]*([一二三四五六日天1-7])")
ENGLISH_DAY = (
    r"(?:mo(?:n(?:day)?)?|tu(?:e(?:s(?:day)?)?)?|we(?:d(?:nesday)?)?|th(?:u(?:rs?(?:day)?)?)?"
    r"|fr(?:i(?:day)?)?|sa(?:t(?:urday)?)?|su(?:n(?:day)?)?)(?![a-z])"
)
ENGLISH_LIST = re.compile(rf"{ENGLISH_DAY}(?:\s*[-,]\s*{ENGLISH_DAY})*")
ENGLISH_ITEM = re.compile(rf"(-)?[\s,]*({ENGLISH_DAY})")

PARTS = {
    "morning": "清晨|早上|早晨|早间|上午|早|am",
    "dawn": "凌晨",
    "noon": "中午|午间",
    "afternoon": "下午|午后|傍晚|pm",
    "evening": "晚上|晚间|夜间|夜晚|夜里|深夜|晚|夜",
}
PART = "|".join(f"(?P<{name}>{words})" for name, words in PARTS.items())
TIME = re.compile(
    rf"(?P<next>次日|翌日|隔日|隔天|第二天)?\s*(?:(?:{PART})\s*:?\s*)?"
    r"(?:(?P<hour>\d{1,2})\s*(?:"
    r"[:.]\s*(?P<minute>[0-5]\d)(?:[:.]00)?(?!\d)分?"
    r"|(?P<unit>[点时])(?:(?P<half>半)|(?P<spoken>[0-5]?\d)分|(?P<short>[0-5]\d)(?![\d:])|整)?"
    r"|(?P<bare>(?![\d:.点时小月年日天号%])))"
    r"|(?P<block>(?:[01]\d|2[0-4])[0-5]\d|[5-9][0-5]\d(?=\s*-\s*\d{4}(?!\d)))(?![\d:年]))"
    r"(?:\s*(?P<meridiem>[ap])\.?m(?![a-z])(?!\s*\d)\.?)?"
)
WHO = (
    "(?:员工|职工|职员|教职员|同仁|工作人员|人员|会员|劳动者|工人|骑手|家属|家长|访客|顾客|客户|民众|学员"
    "|市民|公众|研习老师|厂商)"
)
WHOSE = "(?:本|单位|公司|院|校|厂|馆|店|园|区|场|职|企业|内|部|给|户外|工会|教|及|与|和|洽公|的|或)"
WHO_COMES = (
    r"不对外(?:开放|营业|服务)?|对外(?:免费)?(?:开放|营业|服务)|免费(?:对外)?开放|免费"
    rf"|(?:仅提?供?|只供?|只?限|仅限|只?开放给|提?供)(?:{WHOSE}{{0,6}}{WHO})+(?:内部)?(?:使用|专用|进入)?"
    r"|仅供内部(?:使用)?|内部使用|员工专用"
    r"|(?:有需[求要])?请?洽询?(?:服务台|服务人员|警卫|管理员|工作人员|柜台)(?:人员)?"
)
HOLIDAY = "(?:国家)?(?:法定|国定)?(?:节假日|节日|假日)"
FESTIVAL = "元旦|春节|清明节?|(?:五一)?劳动节|端午节?|中秋节?|国庆节?"
FESTIVAL_NAMES = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
ENTRY = (
    "(?:需要?|须|请)?(?:扫码|刷卡|刷脸|凭(?:门禁卡|卡))(?:进入|开门|入内)?|无人值守|自助(?:服务)?(?:开放)?"
    "|智能(?:化)?(?:驿站)?|夜间驿站|驿站"
)

NO_BREAK = "(?:中午|午间|午休)(?:不休息?|不打烊|不闭馆|照常)"
NO_REST = (
    r"全年无休|365天(?:无休)?|天天无休"
    rf"|(?:含|包括|包含){HOLIDAY}"
    rf"|{HOLIDAY}(?:均|都|也|正常|照常)*(?:不休息?|不打烊|无休|开放|营业|照常)(?!休|关|闭|停|时)"
)
ALL_DAY = (
    r"(?:7天|7\s*[x×*]\s*|全年|全天候?)?24\s*小时|7\s*[x×*]\s*24|24/7"
    r"|24\s*h(?:ours|rs?)?(?![a-z])|全天候?|全日|昼夜|全时段"
)
EVERY_DAY_WORDS = r"每一?天|每日|天天|全周|(?:每周|一周)[7七]天|(?:daily|every ?day)(?![a-z])"
DAYS_OFF = (
    r"休息|放假(?!时间|安排)|休馆|公休|休|闭馆|关门|关闭|不开放|不营业|(?:closed|off)(?![a-z])"
)
LABELS = (
    rf"{ENTRY}|"
    r"(?:开放|营业|服务|使用)(?:时间|时段)|时间|开放|营业|均|都|皆|自|从|提供"
    r"|仅限?(?=工作日|上班日|周)|全年(?!无休)|白天(?=\s*:?\s*\d)|以实际(?:情况|开放时间)?为准"
    r"|高温(?:期间|季节|时段)(?=\s*\(?\s*\d)"
)

# In this order: a longer phrase before the words that it is made of.
PATTERNS: tuple[tuple[re.Pattern[str], Word, frozenset[int]], ...] = tuple(
    (re.compile(pattern), word, days)
    for pattern, word, days in (
        (r"[ \t()\[\]【】]+|:", Word.NOTHING, frozenset()),
        (WHO_COMES, Word.WHO, frozenset()),
        (EVERY_DAY_WORDS, Word.DAYS, EVERY_DAY),
        (r"[;\n\r。]+", Word.BREAK, frozenset()),
        (NO_BREAK, Word.NO_BREAK, frozenset()),
        (NO_REST, Word.NO_REST, frozenset()),
        (ALL_DAY, Word.ALL_DAY, frozenset()),
        (r"(?:on )?weekdays?(?![a-z])", Word.DAYS, WORKDAYS),
        (r"除外", Word.EXCEPT, frozenset()),
        (HOLIDAY, Word.DAYS, HOLIDAYS),
        (r"(?:工作|上班|办公)(?:时间|时段)", Word.OFFICE, frozenset()),
        (r"双休日|周末|周休日|weekends?(?![a-z])", Word.DAYS, WEEKEND),
        (DAYS_OFF, Word.OFF, frozenset()),
        (LABELS, Word.NOTHING, frozenset()),
        (r"[-至到]+|to(?![a-z])", Word.TO, frozenset()),
        (r"[,、/&+|和及与]+|以及|and(?![a-z])", Word.BREAK, frozenset()),
    )
)

SEASON_WORDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Season | None]], ...] = (
    (DATES, dated),
    (MONTHS_ONLY, months_only),
    (NAMED, named),
)
WORKING_DAYS = re.compile("(?:法定)?工作日|上班日|平日")
BARE_HOLIDAY = re.compile("假日(?!(?:均|都|也|正常|照常)*(?:不休|无休|开放|营业|照常))")
FESTIVAL_DAYS = re.compile(
    rf"(?:{FESTIVAL})(?:[、和及与,]?(?:{FESTIVAL}))*(?:期间|假期|放假期间)?(?![一二三四五六日]?假日)"
)


def plain(text: str) -> str:
    """Return one spelling: NFKC, simplified, one dash, digits for spoken hours, no invisibles."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(mark for mark in text if unicodedata.category(mark) != "Cf")
    text = text.translate(SIMPLIFIED).translate(DASHES).strip()
    if not re.search(r"\d[:.点时]", text):  # a colon that was typed as a semicolon
        text = re.sub(r"(?<!\d)(\d{1,2});([0-5]\d)(?!\d)", r"\1:\2", text)
    text = EXCEPTED.sub(_excepted, text)
    text = DOTTED_SEASON.sub(_dated_season, text)
    return SPOKEN_HOUR.sub(_spoken_hour, text)


EXCEPTED = re.compile(
    r"除了?([^除外,;\d]{1,20}?)(?:以|之)?外[,\s]*(?!,|;)(每|周|星期|礼拜|工作日|天天)?"
)


def _excepted(match: re.Match[str]) -> str:
    """Turn 除节假日外 into 节假日除外, in front of the days that it is taken from."""
    return f"{match[1]}除外;{match[2] or '每天'}"


# 周二十点 is ten o'clock on a Tuesday
SPOKEN_HOUR = re.compile(
    "(?:(?<![周期拜])(?<!周[一二三四五六][-、至到和及与])(?P<twenty>二十)(?P<more>[一二三四])?"
    "|(?P<ten>十)(?P<and>[一二三四五六七八九])?|(?P<one>[零一二两三四五六七八九]))(?=点)"
    "|(?P<all>二十四)(?=小时)"
)


def _spoken_hour(match: re.Match[str]) -> str:
    return str(sum({"二十": 20, "二十四": 24}.get(part) or NUMERALS[part]
                   for part in match.groups() if part))  # fmt: skip


# 夏季（5.1-9.30）
DOTTED_SEASON = re.compile(
    r"([夏冬](?:令时?间?|[季天]))\s*\(\s*(\d{1,2})([./])(\d{1,2})\s*[-至到]+"
    r"\s*(?:次年|翌年)?\s*(\d{1,2})\3(\d{1,2})\s*\)"
)
TIMES_FOLLOW = re.compile(r"[^\d()]{0,12}\d{1,2}:\d\d")


def _dated_season(match: re.Match[str]) -> str:
    """Write dates as dates where they can be no times; 6.15-9.15 before times is left unread."""
    name, first_month, mark, first_day, last_month, last_day = match.groups()
    may_be_times = mark == "." and len(first_day) == len(last_day) == len("30")
    months, days = (int(first_month), int(last_month)), (int(first_day), int(last_day))
    may_be_dates = min(months) >= 1 and max(months) <= 12 and min(days) >= 1 and max(days) <= 31
    if not may_be_times:
        return f"{name}({first_month}月{first_day}日-{last_month}月{last_day}日)"
    is_doubtful = may_be_dates and TIMES_FOLLOW.match(match.string, match.end())
    return f"{name}?" if is_doubtful else match[0]


def pieces_of(text: str) -> list[Piece] | None:
    """Split a plain text into words; None where a part of it is none. Spaces and labels go."""
    pieces: list[Piece] = []
    position, last_end = 0, 0
    while position < len(text):
        found = _piece_at(text, position)
        if found is None:
            return None
        piece, end = found
        if piece.word is not Word.NOTHING:
            joined = _joined(pieces, touching=last_end == position)
            pieces.append(replace(piece, text=text[position:end], joined=joined))
            last_end = end
        position = end
    return pieces


def _joined(before: list[Piece], *, touching: bool) -> Joined | None:
    """Tell how a word follows on days before it."""
    if before and before[-1].word is Word.DAYS:
        return Joined.TOUCHING if touching else None
    if len(before) < 2 or before[-1].word is not Word.BREAK or before[-2].word is not Word.DAYS:
        return None
    return None if LOOSE_BREAK.search(before[-1].text) else Joined.LISTED


def _piece_at(text: str, position: int) -> tuple[Piece, int] | None:
    found = _calendar_piece_at(text, position)
    if found is not None:
        return found
    for pattern, word, days in PATTERNS:
        if match := pattern.match(text, position):
            return Piece(word, days=days), match.end()
    for listing, item in ((DAY_LIST, DAY_ITEM), (ENGLISH_LIST, ENGLISH_ITEM)):
        if match := listing.match(text, position):
            listed = _listed(match[0], item)
            return None if listed is None else (Piece(Word.DAYS, days=listed), match.end())
    if match := TIME.match(text, position):
        return Piece(Word.TIME, clock=_clock(match)), match.end()
    return None


def _calendar_piece_at(text: str, position: int) -> tuple[Piece, int] | None:
    """Return a word for days that only a calendar knows: 工作日, 春节, 夏季, 5月1日至9月30日."""
    if match := WORKING_DAYS.match(text, position):
        return Piece(Word.DAYS, days=WORKDAYS, by_calendar=True), match.end()
    if match := BARE_HOLIDAY.match(text, position):
        return Piece(Word.DAYS, days=HOLIDAYS, perhaps_weekend=True), match.end()
    if match := FESTIVAL_DAYS.match(text, position):
        names = frozenset(name for name in FESTIVAL_NAMES if name[:2] in match[0])
        return Piece(Word.DAYS, days=HOLIDAYS, festivals=names), match.end()
    for pattern, season_of in SEASON_WORDS:
        if (match := pattern.match(text, position)) and (season := season_of(match)):
            return Piece(Word.SEASON, season=season), match.end()
    return None


def listed_days(text: str) -> frozenset[int] | None:
    """Return the days of a Chinese list of days; None where it is none."""
    return _listed(text, DAY_ITEM)


def _listed(text: str, item: re.Pattern[str]) -> frozenset[int] | None:
    """Return the days of a list such as 周一至周三、五; a range may run over the week's end."""
    days: set[int] = set()
    last: int | None = None
    for match in item.finditer(text):
        day = DAY_NUMBERS[match[2][:2]]
        if not match[1]:
            days.add(day)
            last = day
        elif last is None or last == day:
            return None
        else:
            days.update((last + step) % 7 for step in range((day - last) % 7 + 1))
            last = None
    return frozenset(days)


def _clock(match: re.Match[str]) -> Clock:
    part = next((name for name in PARTS if match[name]), "")
    if match["meridiem"]:
        part = "morning" if match["meridiem"] == "a" else "afternoon"
    if match["block"]:
        hour, minute = int(match["block"][:-2]), int(match["block"][-2:])
    else:
        hour = int(match["hour"])
        minute = (
            30 if match["half"] else int(match["minute"] or match["spoken"] or match["short"] or 0)
        )
    return Clock(
        hour=hour,
        minute=minute,
        part=part,
        next_day=match["next"] is not None,
        bare=match["bare"] is not None and not match["meridiem"],
        by_hour=match["unit"] is not None or match["meridiem"] is not None,
        padded=match["block"] is not None or (match["hour"] or "").startswith("0"),
        is_am=match["meridiem"] == "a",
    )
