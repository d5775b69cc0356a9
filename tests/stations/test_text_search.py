"""Text search finds what people type, in an order that a simple program would give as well."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations import search_fuzzy, search_index
from stations.errors import InvalidInputError
from stations.pinyin import HAN, fold, readings
from stations.search_fuzzy import begins_like
from stations.search_splitting import Words, split_by
from stations.tables import Place, SearchEntry, Station
from stations.text_search import Answer, Question, search
from tests.factories import CITY, add_areas, add_station, station_row


def ask(session: Session, asked: str, **question: Any) -> Answer:
    return search(session, Question(asked, **question))


def codes(session: Session, asked: str, **question: Any) -> list[str]:
    return [found.details.code for found in ask(session, asked, **question).found]


def ways(session: Session, asked: str, **question: Any) -> dict[str, str]:
    return {
        found.details.code: found.match
        for found in ask(session, asked, **question).found
        if found.details.type == "station"
    }


NAMED: dict[str, dict[str, Any]] = {
    "NB-RS-0001": {"name": "海曙区工会驿站"},
    "NB-RS-0002": {"name": "鄞州万达驿站", "brand": "中国石化", "address": "四明中路999号"},
    "NB-RS-0003": {"name": "慈溪司机之家", "aliases": ["老三家", "KFC 店"]},
    "NB-RS-0004": {"name": "江厦桥驿站", "name_en": "Jiangxia Bridge Station"},
    "NB-RS-0005": {"name": "交通银行（重庆路）", "area_code": "330203", "town_code": "330203001"},
    "NB-NR-0001": {"name": "天一广场", "kind": "nursing_room", "access": "everyone"},
    "NB-RS-0006": {"name": "绿地中心"},
}


@pytest.fixture
def town(session: Session) -> Session:
    add_areas(session)
    for code, columns in NAMED.items():
        add_station(session, code, **columns)
    search_index.rebuild(session)
    return session


WHAT_PEOPLE_TYPE = [
    ("海曙区工会驿站", "NB-RS-0001", "name"),
    ("海", "NB-RS-0001", "name"),
    ("曙区", "NB-RS-0001", "name"),
    ("海 曙 区", "NB-RS-0001", "name"),
    ("　海曙", "NB-RS-0001", "name"),
    ("鄞州萬達驛站", "NB-RS-0002", "name"),
    ("四明", "NB-RS-0002", "address"),
    ("９９９號", "NB-RS-0002", "address"),
    ("石化", "NB-RS-0002", "brand"),
    ("老三", "NB-RS-0003", "alias"),
    ("kfc店", "NB-RS-0003", "alias"),
    ("ＫＦＣ", "NB-RS-0003", "alias"),
    ("bridge st", "NB-RS-0004", "alias"),
    ("西街", "NB-RS-0005", "area"),
    ("西区", "NB-RS-0005", "area"),
    ("母婴室", "NB-NR-0001", "kind"),
    ("nursing room", "NB-NR-0001", "kind"),
    ("haishu", "NB-RS-0001", "pinyin"),
    ("HaiShuQu", "NB-RS-0001", "pinyin"),
    ("hǎi shǔ", "NB-RS-0001", "pinyin"),
    ("haish", "NB-RS-0001", "pinyin"),
    ("gonghuiyi", "NB-RS-0001", "pinyin"),
    ("yinzhou", "NB-RS-0002", "pinyin"),
    ("cixi", "NB-RS-0003", "pinyin"),
    ("laosanjia", "NB-RS-0003", "pinyin"),
    ("zhongguoshihua", "NB-RS-0002", "pinyin"),
    ("jiangxia", "NB-RS-0004", "alias"),
    ("jiangxiaqiao", "NB-RS-0004", "pinyin"),
    ("jiangshaqiao", "NB-RS-0004", "pinyin"),
    ("yinhangchongqing", "NB-RS-0005", "pinyin"),
    ("yinhangzhongqing", "NB-RS-0005", "pinyin"),
    ("yinxingchongqing", "NB-RS-0005", "pinyin"),
    ("xijiedao", "NB-RS-0005", "pinyin"),
    ("muyingshi", "NB-NR-0001", "pinyin"),
    ("lvdi", "NB-RS-0006", "pinyin"),
    ("ludi", "NB-RS-0006", "pinyin"),
    ("hsq", "NB-RS-0001", "initials"),
    ("ghyz", "NB-RS-0001", "initials"),
    ("yzwd", "NB-RS-0002", "initials"),
    ("海署", "NB-RS-0001", "fuzzy"),
    ("海署区", "NB-RS-0001", "fuzzy"),
    ("银洲万达", "NB-RS-0002", "fuzzy"),
    ("鄞州百达驿站", "NB-RS-0002", "fuzzy"),
    ("天广场", "NB-NR-0001", "fuzzy"),
    ("天一大广场", "NB-NR-0001", "fuzzy"),
    ("haisu", "NB-RS-0001", "fuzzy"),
    ("haishhu", "NB-RS-0001", "fuzzy"),
    ("haoshu", "NB-RS-0001", "fuzzy"),
    ("hiashuqu", "NB-RS-0001", "fuzzy"),
    ("inzhou", "NB-RS-0002", "fuzzy"),
    ("gonghuiyishan", "NB-RS-0001", "fuzzy"),
    ("万达 中路", "NB-RS-0002", "words"),
    ("nb-rs-0006", "NB-RS-0006", "code"),
    ("NBNR0001", "NB-NR-0001", "code"),
    ("shihua 四明 驿站", "NB-RS-0002", "words"),
    ("驿站 鄞州", "NB-RS-0002", "words"),
]


def test_what_people_type(town: Session) -> None:
    found = [(asked, code, ways(town, asked).get(code)) for asked, code, _ in WHAT_PEOPLE_TYPE]
    assert found == WHAT_PEOPLE_TYPE


def test_what_is_not_there(town: Session) -> None:
    """A reading begins where a syllable does, and characters keep their order."""
    for asked in ("aishu", "anhang", "ishu", "曙海", "zzzz", "路庆", "１２３４"):
        assert set(ways(town, asked).values()) <= {"fuzzy"}, asked
    assert ways(town, "万达 四明 天一") == {}


def test_areas_are_found_too(town: Session) -> None:
    found = ask(town, "东").found
    assert [(each.details.type, each.details.code, each.match) for each in found] == [
        ("area", "330212", "name"),
        ("area", "330212001", "name"),
    ]
    assert found[0].details.point is not None
    assert found[1].details.point is None
    assert found[1].details.area is not None
    assert found[1].details.area.name == "东区"
    assert codes(town, "dongqu") == ["330212", "330212001"]


def test_only_the_types_that_are_asked_for(town: Session) -> None:
    assert codes(town, "西街", types=("area",)) == ["330203001"]
    assert codes(town, "西街", types=("station",)) == ["NB-RS-0005"]
    assert codes(town, "西街", types=("place",)) == []


def test_a_text_that_says_nothing_or_too_much_is_refused(session: Session) -> None:
    for asked in ("", " ", "%", "_", "\\", "''", '"', "😀", "%_%", "。", "字" * 51):
        with pytest.raises(InvalidInputError, match="q: 1 to 50"):
            ask(session, asked)


def test_signs_mean_nothing(town: Session) -> None:
    for asked in ("海%曙", "海_曙", "\\海曙", "海'曙", "海\x00曙", "[海曙"):
        assert "NB-RS-0001" in codes(town, asked)
    for asked in ("字" * 50, "z" * 50, "9" * 50):
        assert codes(town, asked) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"access": "staff_only"},
        {"status": "closed"},
        {"status": "planned"},
        {"withdrawn": True},
        {"kind": "nursing_room", "access": "unknown", "withheld_when_unknown": True},
    ],
)
def test_only_what_is_public_is_found_or_counted(town: Session, columns: dict[str, Any]) -> None:
    """Even where nobody made the entry anew: privacy does not hang on that."""
    assert ask(town, "海曙区").matched == 1
    for asked in ("海曙区", "haishuqu", "hsqgh", "海署区"):
        assert codes(town, asked) == ["NB-RS-0001"]
    town.execute(update(Station).where(Station.code == "NB-RS-0001").values(**columns))
    for asked in ("海曙区", "haishuqu", "hsqgh", "海署区"):
        assert codes(town, asked) == []
    assert ask(town, "海曙区").matched == 0
    assert search(town, Question("驿站"), rare_max=1).found
    assert "NB-RS-0001" not in [
        found.details.code for found in search(town, Question("驿站"), rare_max=1).found
    ]


def test_entries_follow_their_stations(town: Session) -> None:
    town.execute(update(Station).where(Station.code == "NB-RS-0001").values(name="望湖桥驿站"))
    assert codes(town, "望湖") == []
    search_index.refresh(town, ["NB-RS-0001"])
    assert codes(town, "望湖") == ["NB-RS-0001"]
    assert "NB-RS-0001" not in codes(town, "海曙")


def test_a_renamed_area_renames_what_is_in_it(town: Session) -> None:
    town.execute(text("UPDATE areas SET name = '鼓楼街道' WHERE code = '330203001'"))
    search_index.refresh_areas(town, ["330203001"])
    assert codes(town, "gulou") == ["330203001", "NB-RS-0005"]
    assert codes(town, "西街道", types=("station",)) == []


def test_entries_are_made_anew_by_other_rules(town: Session) -> None:
    assert not search_index.ensure(town)
    town.execute(text("UPDATE search_state SET rules = 'older'"))
    town.execute(text("DELETE FROM search_entries"))
    assert search_index.ensure(town)
    assert codes(town, "海曙") == ["NB-RS-0001"]


def test_guesses_have_little_time(town: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(session: Session, *_: object) -> list[object]:
        return list(session.execute(text("SELECT pg_sleep(60)")))

    monkeypatch.setattr(search_fuzzy, "_candidates", endless)
    monkeypatch.setattr(search_fuzzy, "TIME_MS", 50)
    assert ways(town, "海曙区") == {"NB-RS-0001": "name"}
    assert town.execute(text("SHOW statement_timeout")).scalar_one() == "3s"


# The order against brute force.

PARTS = [*"海曙鄞州慈溪江厦长乐重桥路店站中山工会驿银行百大东西南北一二三十", "KFC", "a", "8", " "]


def _some(chance: random.Random, most: int) -> str:
    return "".join(chance.choices(PARTS, k=chance.randint(1, most))).strip() or "店"


def _fill(session: Session, chance: random.Random, count: int) -> None:
    add_areas(session)
    rows = []
    for number in range(count):
        name = _some(chance, 6)
        point = LonLat(CITY.lon + chance.uniform(-0.3, 0.3), CITY.lat + chance.uniform(-0.3, 0.3))
        rows.append(
            station_row(
                f"NB-RS-{number:04}",
                point,
                name=name,
                name_en=None,
                aliases=[alias for alias in {_some(chance, 3)} - {name} if chance.random() < 0.3],
                brand=_some(chance, 2) if chance.random() < 0.3 else None,
                address=_some(chance, 9) if chance.random() < 0.7 else None,
                area_code=chance.choice(["330203", "330212"]),
                access=chance.choice(["everyone", "everyone", "unknown", "staff_only"]),
            )
        )
    session.execute(insert(Station), rows)
    places: list[dict[str, Any]] = [
        {
            "code": f"test:{number}",
            "source_code": "test",
            "name": _some(chance, 5),
            "name_en": None,
            "aliases": [],
            "kind": chance.choice(["road", "hospital", "mall"]),
            "address": None,
            "area_code": None,
            "position": f"SRID=4326;POINT({CITY.lon + number / 1000} {CITY.lat})",
        }
        for number in range(count // 10)
    ]
    session.execute(insert(Place), places)
    search_index.rebuild(session)


Readings = Iterable[tuple[str, ...]]


def _tails(some: Readings) -> list[tuple[str, int]]:
    return [("".join(each[start:]), start) for each in some for start in range(len(each))]


def _short(some: Readings) -> list[str]:
    return ["".join(each if each.isdigit() else each[0] for each in one) for one in some]


def _way(row: Any, asked: str) -> int | None:  # noqa: PLR0911
    """Return the place of the first way that matches, by the plainest means."""
    name, aliases = fold(row.name), [fold(alias) for alias in row.aliases]
    if name == asked:
        return 0
    if name.startswith(asked):
        return 1
    if asked in name:
        return 2
    for place, texts in enumerate((aliases, [fold(row.brand or "")]), start=3):
        if any(asked in each for each in texts):
            return place
    if row.area and asked in fold(row.area):
        return 5
    words = {"rest_station": ["户外劳动者服务站点", "驿站", "Rest station"]}
    words |= {"road": ["道路", "Road"], "hospital": ["医院", "Hospital"]}
    words |= {"mall": ["商场", "Shopping centre"]}
    if any(asked in fold(word) for word in words.get(row.kind, [])):
        return 6
    if asked in fold(row.address or ""):
        return 7
    if HAN.search(asked) or asked.isdigit():
        return None
    own = readings(row.name)
    every = [*own, *(each for other in (*row.aliases, row.brand or "") for each in readings(other))]
    named = [
        *readings(row.area or ""),
        *(r for word in words.get(row.kind, []) for r in readings(word)),
    ]
    checks = [
        any(tail == asked and k == 0 for tail, k in _tails(own)),
        any(tail.startswith(asked) and k == 0 for tail, k in _tails(own)),
        any(tail.startswith(asked) for tail, _ in _tails(every)),
        any(tail.startswith(asked) for tail, _ in _tails(named)),
        asked in _short(own),
        any(each.startswith(asked) for each in _short(own)),
        any(asked in each for each in _short(every)),
        any(asked in each for each in _short(named)),
    ]
    return next((place for place, holds in enumerate(checks, start=8) if holds), None)


MATCHES = ["name"] * 3 + ["alias", "brand", "area", "kind", "address"]
MATCHES += ["pinyin"] * 4 + ["initials"] * 4


def test_the_order_is_that_of_brute_force(engine: Engine) -> None:
    chance = random.Random(20261124)
    with Session(engine) as session:
        _fill(session, chance, 2_000)
        session.commit()
    things = text("""
        SELECT 'station' AS type, s.code, s.name, s.aliases, s.brand, a.name AS area, s.kind,
            s.address, round(ST_Distance(s.position, ST_MakePoint(:lon, :lat)::geography)) AS metres
        FROM stations s LEFT JOIN areas a ON a.code = s.area_code WHERE s.is_public
        UNION ALL
        SELECT 'place', code, name, aliases, NULL, NULL, kind, address,
            round(ST_Distance(position, ST_MakePoint(:lon, :lat)::geography)) FROM places
        UNION ALL
        SELECT 'area', a.code, a.name, '{}', NULL, p.name, a.level, NULL,
            round(ST_Distance(ST_PointOnSurface(a.boundary)::geography,
                              ST_MakePoint(:lon, :lat)::geography))
        FROM areas a LEFT JOIN areas p ON p.code = a.parent_code
    """)
    asked = [fold(_some(chance, 3)) for _ in range(60)]
    asked += ["".join(lazy_pinyin(_some(chance, 2)))[: chance.randint(1, 6)] for _ in range(30)]
    asked += ["h", "hs", "yz", "dl", "yizhan", "xiqu", "xq", "road", "daolu", "8", "店", "a8"]
    with Session(engine) as session:
        rows = session.execute(things, {"lon": CITY.lon, "lat": CITY.lat}).all()
    for number, each in enumerate(map(fold, asked)):
        origin = CITY if number % 2 else None
        expected = sorted(
            (
                place,
                *((row.metres is None, row.metres or 0) if origin else ()),
                len(fold(row.name)),
                row.code,
                row.type,
            )
            for row in rows
            if (place := _way(row, each)) is not None
        )
        for rare_max in (100_000, 10):  # sorted, and walked
            with Session(engine) as session:
                answer = search(session, Question(each, origin, limit=10), rare_max=rare_max)
            found = [(hit.match, hit.details.code) for hit in answer.found if hit.match != "fuzzy"]
            assert found == [(MATCHES[key[0]], key[-2]) for key in expected[:10]], each
            if len(expected) > rare_max:
                assert answer.matched is None
                assert answer.at_least == rare_max + 1
            elif len(expected) >= 10:
                assert answer.matched == len(expected)


@given(st.text(max_size=20), st.text(max_size=20))
def test_folding_keeps_parts_parts(first: str, second: str) -> None:
    assert fold(first + second) == fold(first) + fold(second)
    assert fold(fold(first)) == fold(first)


LETTERS = st.text(st.sampled_from("abc"), max_size=7)


def _is_one_edit(asked: str, text: str) -> bool:
    """Whether some beginning of a text is the query, or one edit away from it, by trying all."""
    edits = {asked}
    for place in range(len(asked) + 1):
        left, right = asked[:place], asked[place:]
        edits |= {left + letter + right for letter in "abc"}
        if right:
            edits |= {left + right[1:], *(left + letter + right[1:] for letter in "abc")}
        if len(right) > 1:
            edits.add(left + right[1] + right[0] + right[2:])
    return any(text.startswith(edit) for edit in edits)


@given(LETTERS, LETTERS)
def test_one_letter_off(asked: str, other: str) -> None:
    assert begins_like(asked, other) == _is_one_edit(asked, other)


def test_readings_are_those_of_the_dictionary() -> None:
    for name in ("鄞州区", "慈溪市", "大碶街道", "音乐厅", "重庆路", "交通银行", "长春路", "𰻝"):
        assert readings(name)[0] == tuple(lazy_pinyin(name))


def test_every_entry_is_found_by_its_own_name(town: Session) -> None:
    for entry in town.query(SearchEntry).all():
        assert entry.code in codes(town, entry.name, limit=50)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("鄞州区母婴室", ["鄞州区", "母婴室"]),
        ("鄞州母婴室", ["鄞州", "母婴室"]),
        ("海曙爱心驿站", ["海曙", "爱心驿站"]),
        ("浙江省宁波市鄞州区", ["鄞州区"]),
        ("宁波鄞州", ["鄞州"]),
        ("浙江省宁波市", ["宁波市"]),
        ("宁波市江北区前江街道示例路983号", ["江北区", "前江街道", "示例路983号"]),
        ("解放路", ["解放路"]),
    ],
)
def test_words_are_told_apart_without_blanks(asked: str, words: list[str]) -> None:
    known = Words(
        whole=("宁波", "宁波市", "浙江", "浙江省"),
        areas=("鄞州", "鄞州区", "海曙", "海曙区", "江北", "江北区", "前江街道"),
        kinds=("母婴室", "爱心驿站"),
    )
    assert split_by(known, asked) == words


def test_an_area_and_a_kind_need_no_blank_between_them(session: Session) -> None:
    add_areas(session)
    add_station(session, "NB-NR-0001", kind="nursing_room", name="一楼", area_code="330203")
    add_station(session, "NB-NR-0002", kind="nursing_room", name="二楼", area_code="330212")
    add_station(session, "NB-RS-0003", name="三楼", area_code="330203", address="西街道示例路9号")
    search_index.rebuild(session)
    assert codes(session, "西区母婴室") == codes(session, "西区 母婴室") == ["NB-NR-0001"]
    assert codes(session, "浙江省西区示例路9号") == ["NB-RS-0003"]
    assert codes(session, "330203")[0] == "330203"
    assert codes(session, "西区天文台") == []
