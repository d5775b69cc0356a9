"""The columns that an import knows, and the words that their cells may hold.

`docs/import.md` lists the same columns for people; a test compares.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

from stations.station import Known
from stations.taxonomy import Kind, taxonomy

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("名称", "站点名称", "场所名称", "站名"),
    "name_en": ("英文名称",),
    "kind": ("类型", "类别", "站点类型"),
    "also_kinds": ("兼有类型",),
    "code": ("编码", "站点编码"),
    "number": ("编号", "站点编号"),
    "source_id": ("id", "原编号", "@id", "osm_id"),
    "lon": ("经度", "lng", "longitude"),
    "lat": ("纬度", "latitude"),
    "brand": ("品牌",),
    "tier": ("等级", "建设等级"),
    "level": ("层级",),
    "status": ("状态",),
    "access": ("开放对象", "服务对象"),
    "entry": ("进入方式",),
    "services": ("服务", "服务项目", "服务设施", "设施"),
    "address": ("地址", "详细地址"),
    "phone": ("电话", "联系电话"),
    "hours_text": ("开放时间", "服务时间", "营业时间", "hours", "opening_hours"),
    "capacity_per_day": ("日接待量", "每日接待人数"),
    "town_code": ("所属镇街代码", "镇街代码"),
    "checked_on": ("核实日期",),
    "notes": ("备注", "注意事项"),
}
"""Field: further names of its column. The field itself is the first."""

LEVELS = {
    "city": ("市", "市级"),
    "district": ("区", "区级", "县级", "区县级"),
    "town": ("镇街", "镇街级", "街道", "乡镇"),
    "enterprise": ("企业", "企业级", "单位"),
}

FURTHER_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "status": {
        "active": ("正常", "启用", "在用", "开放"),
        "temporarily_closed": ("暂停", "暂停使用", "暂停服务"),
        "closed": ("撤销",),
    },
    "access": {
        "everyone": ("所有人", "不限", "公众", "社会公众"),
        "members": ("会员", "职工会员"),
        "unknown": ("不详", "未知"),
    },
}

ANSWERS: dict[str, Known] = {
    **dict.fromkeys(("是", "有", "yes", "y", "true", "1", "√", "✓"), Known.YES),
    **dict.fromkeys(("否", "无", "没有", "no", "n", "false", "0", "×", "✗"), Known.NO),
    **dict.fromkeys(("不详", "未知", "不清楚", "unknown", "?"), Known.UNKNOWN),
}

# Lists and registers in Taiwan and Hong Kong write their headers so.
_SIMPLIFIED = str.maketrans(
    "稱場點類別編碼號經緯級狀態對進務項設詳細電話開時間營業備註",
    "称场点类别编码号经纬级状态对进务项设详细电话开时间营业备注",
)


def plain_word(text: str) -> str:
    """Return a header or a word in one spelling: NFKC, small letters, simplified, no spaces."""
    word = unicodedata.normalize("NFKC", text).casefold().translate(_SIMPLIFIED)
    return "".join(mark for mark in word if mark.isprintable() and not mark.isspace())


def column_field(header: str) -> str | None:
    """Return the field that a column is for; `service:<code>` for a column of one service."""
    return _fields_by_header().get(plain_word(header))


@cache
def words_of(facet: str) -> Mapping[str, str]:
    """Return code by plain word of a facet of the taxonomy: its codes, Chinese and English."""
    found: dict[str, str] = {}
    for code, term in taxonomy().facet(facet).items():
        words = [code, term.zh, term.en]
        if isinstance(term, Kind):
            words.append(term.zh_short)
        words += FURTHER_WORDS.get(facet, {}).get(code, ())
        for word in words:
            found.setdefault(plain_word(word), code)
    return found


@cache
def level_words() -> Mapping[str, str]:
    """Return the level of a centre by plain word."""
    return {plain_word(word): level for level, words in LEVELS.items() for word in (level, *words)}


@cache
def _fields_by_header() -> dict[str, str]:
    services = {word: f"service:{code}" for word, code in words_of("service").items()}
    prefixed = {plain_word(f"service:{code}"): f"service:{code}" for code in taxonomy().service}
    columns = {
        plain_word(name): field for field, names in COLUMNS.items() for name in (field, *names)
    }
    return services | prefixed | columns
