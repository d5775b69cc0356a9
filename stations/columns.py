"""The columns that an import knows, and the words that their cells may hold.

`docs/import.md` lists the same columns for people; a test compares.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from geo.coordinates import Datum
from stations import spelling
from stations.station import Known
from stations.taxonomy import Kind, taxonomy

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "名称",
        "站点名称",
        "场所名称",
        "站名",
        "驿站名称",
        "站点",
        "驿站",
        "母婴室名称",
        "服务站点名称",
    ),
    "name_en": ("英文名称",),
    "aliases": ("别名", "又名", "曾用名"),
    "kind": ("类型", "类别", "站点类型", "场所类型"),
    "also_kinds": ("兼有类型",),
    "code": ("编码", "站点编码"),
    "number": ("编号", "站点编号"),
    "source_id": ("id", "原编号", "@id", "osm_id"),
    "lon": ("经度", "lng", "longitude", "东经", "X坐标", "坐标X"),
    "lat": ("纬度", "latitude", "北纬", "Y坐标", "坐标Y"),
    "lon_lat": ("经纬度", "坐标", "位置坐标", "GPS坐标", "经度纬度", "纬度经度"),
    "datum": ("坐标系",),
    "brand": ("品牌", "品牌名称"),
    "tier": ("等级", "建设等级", "站点等级"),
    "level": ("层级", "级别"),
    "status": ("状态", "运行状态", "使用状态"),
    "access": ("开放对象", "服务对象", "使用对象", "开放范围"),
    "open_to_others": ("是否对外开放", "对外开放", "是否对外", "是否向社会开放"),
    "entry": ("进入方式", "开门方式"),
    "services": ("服务", "服务项目", "服务设施", "设施", "设施设备", "服务内容"),
    "address": ("地址", "详细地址", "站点地址", "具体地址", "所在地址"),
    "province": ("省", "省份"),
    "city": ("县市", "城市", "地市", "市"),
    "district": (
        "区县",
        "区县市",
        "县市区",
        "区",
        "所属区",
        "所属区县",
        "所在区",
        "所在区县",
        "行政区",
        "乡镇市区",
    ),
    "town": (
        "镇街",
        "街道",
        "乡镇",
        "所属镇街",
        "所属街道",
        "所在街道",
        "乡镇街道",
        "镇街道",
        "街道乡镇",
        "镇乡街道",
    ),
    "village": ("村里", "村", "里", "社区", "村社区", "居委会"),
    "neighbourhood": ("邻", "组"),
    "road": ("大道路街地区", "路", "街", "路街", "路名", "道路"),
    "section": ("段",),
    "lane": ("巷弄衖", "巷", "弄", "巷弄"),
    "house_number": ("号", "门牌号", "门牌", "门牌号码"),
    "floor": ("楼之", "楼", "楼层", "室", "房号", "房间号"),
    "way_in": ("怎样进去", "位置说明", "具体位置", "楼层位置", "怎么走"),
    "phone": ("电话", "联系电话", "联系方式", "电话号码", "手机", "手机号", "联系人电话"),
    "hours_text": (
        "开放时间",
        "服务时间",
        "营业时间",
        "hours",
        "opening_hours",
        "开放时段",
        "使用时间",
        "服务时段",
    ),
    "opens": ("开门时间", "开始时间"),
    "closes": ("关门时间", "结束时间"),
    "closures": ("临时关闭",),
    "capacity_per_day": ("日接待量", "每日接待人数", "日均服务人次"),
    "town_code": ("所属镇街代码", "镇街代码"),
    "built_as": ("建设方式",),
    "built_by": ("建设单位", "建设主体"),
    "honours": ("荣誉", "获得荣誉"),
    "checked_on": ("核实日期",),
    "notes": ("备注", "注意事项"),
}
"""Field: further names of its column. The field itself is the first."""

ADDRESS_PARTS = (
    *("province", "city", "district", "town", "village", "neighbourhood"),
    *("road", "section", "lane", "house_number"),
)
"""Columns that together are an address, in the order in which they are written."""

GUESSES: tuple[tuple[str, str], ...] = (
    ("经纬度|坐标", "lon_lat"),
    ("经度", "lon"),
    ("纬度", "lat"),
    ("(站点|驿站|场所|母婴室|哺乳室|小屋|阵地|服务点|点位)(的)?名称?$|站名", "name"),
    ("(单位|机构|网点|门店|项目)名称?$", "name"),
    ("电话|手机|联系方式", "phone"),
    ("(开放|服务|营业|使用|运营)时[间段]", "hours_text"),
    ("地址|地点", "address"),
    ("镇街|街道|乡镇", "town"),
    ("区县|县市区|辖区", "district"),
    ("楼层|怎么走|指引", "way_in"),
    ("(开放|服务|使用)(对象|范围|人群)", "access"),
    ("品牌", "brand"),
    ("备注|注意", "notes"),
)
"""What is guessed of a title that is none of the known ones, the first that fits."""

DATUM_WORDS = {
    Datum.BD09: "bd09|bd09ll|百度",
    Datum.GCJ02: "gcj02|gcj|高德|腾讯|火星",
    Datum.WGS84: "wgs84|wgs|gps|cgcs2000|天地图",
}

GUESSED_TITLE_MAX_LENGTH = 16

ROW_NUMBERS = ("序号", "序", "行号", "No", "No.", "#")
"""Titles of columns that number the rows; a row's number says nothing of a place."""

TOLD = {
    "area_name": "所属区域",
    "town_name": "所属镇街名称",
    "checked": "核实情况",
    "version": "版本",
    "public": "公开",
    "position_verified": "坐标已核实",
    "source": "来源",
    "licence": "许可",
    "attribution": "署名",
    "remarks": "导入意见",
}
"""Columns of our own exports that tell people something: no import reads them or remarks on them.

Field and Chinese title."""

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
        "everyone": (
            "所有人",
            "不限",
            "公众",
            "社会公众",
            "社会大众",
            "市民",
            "对外开放",
            "全社会",
        ),
        "outdoor_workers": ("户外工作者", "户外职工", "骑手", "快递员", "新就业形态劳动者"),
        "members": ("会员", "职工会员", "职工"),
        "unknown": ("不详", "未知"),
    },
    "service": {
        "drinking_water": ("饮水", "饮水机", "开水", "茶水", "直饮水"),
        "warmth": ("取暖设备", "暖气", "取暖器"),
        "cooling": ("空调", "制冷", "电风扇", "风扇"),
        "first_aid": ("急救箱", "药箱", "医药箱", "急救包", "应急药品", "常用药品"),
        "refrigerator": ("冰柜", "电冰箱"),
        "charging": ("充电", "手机充电", "充电设备", "充电宝", "插座"),
        "wifi": ("无线网络", "无线上网", "免费wifi", "无线网"),
        "rain_gear": ("雨伞", "雨衣", "爱心雨伞"),
        "tables_chairs": ("休息桌椅", "座椅板凳"),
        "tools": ("工具箱", "维修工具"),
        "toilet": ("卫生间", "洗手间", "公厕", "公共厕所"),
        "blood_pressure_meter": ("血压计", "测血压", "量血压"),
        "ebike_charging": ("电瓶车充电", "电动自行车充电"),
        "books": ("图书", "书刊", "报刊", "书籍", "图书报刊"),
        "shower": ("淋浴间", "洗澡"),
        "changing_table": ("尿布台", "换尿布台", "护理台"),
        "sink": ("洗手台", "洗手盆"),
    },
}

ANSWERS: dict[str, Known] = {
    **dict.fromkeys(
        (
            "是",
            "有",
            "yes",
            "y",
            "true",
            "1",
            "√",
            "✓",
            "✔",
            "v",
            "○",
            "〇",
            "●",
            "☑",
            "ok",
            "具备",
        ),
        Known.YES,
    ),
    **dict.fromkeys(
        (
            "否",
            "无",
            "没有",
            "no",
            "n",
            "false",
            "0",
            "×",
            "✗",
            "✘",
            "x",
            "╳",
            "❌",
            "没",
            "未配备",
        ),
        Known.NO,
    ),
    **dict.fromkeys(("不详", "未知", "不清楚", "unknown", "?", "△"), Known.UNKNOWN),
}

ASKED_FOR = re.compile(r"\((?:必填|选填|必填项|选填项|可不填|必须)\)")
PARENTHESISED = re.compile(r"\([^()]*\)")


@lru_cache(maxsize=65536)
def plain_word(text: str) -> str:
    """Return a header or a word in one spelling: NFKC, small letters, simplified, no spaces."""
    return "".join(
        mark for mark in spelling.plain(text) if mark.isprintable() and not mark.isspace()
    )


def bare_word(text: str) -> str:
    """Return a word's letters and digits alone: 鄉/鎮/市/區 is 乡镇市区."""
    return "".join(mark for mark in plain_word(text) if mark.isalnum())


def column_field(header: str) -> str | None:
    """Return the field that a column is for; `service:<code>` for a column of one service."""
    fields = _fields_by_header()
    word = ASKED_FOR.sub("", plain_word(header))
    return fields.get(word) or fields.get(bare_word(word))


def guessed_field(header: str) -> str | None:
    """Return the field that a title resembles which `column_field` does not know, or None."""
    short = PARENTHESISED.sub("", plain_word(header))
    if is_told(header) or not short or len(short) > GUESSED_TITLE_MAX_LENGTH:
        return None
    known = column_field(short)
    if known is not None:
        return known
    return next((field for pattern, field in GUESSES if re.search(pattern, short)), None)


def datum_in(header: str) -> Datum | None:
    """Return the datum that the title of a column of coordinates names: 经度（高德）."""
    word = bare_word(header)
    return next((datum for datum, names in DATUM_WORDS.items() if re.search(names, word)), None)


def is_told(header: str) -> bool:
    """Whether a column is one that nobody needs to read: of our own exports, or row numbers."""
    return plain_word(header) in _told_words()


def is_field(field: str) -> bool:
    """Whether a column can be said to hold this."""
    return field in COLUMNS or field.removeprefix("service:") in taxonomy().service


@cache
def _told_words() -> frozenset[str]:
    told = [name for pair in TOLD.items() for name in pair]
    return frozenset(plain_word(name) for name in (*told, *ROW_NUMBERS))


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
