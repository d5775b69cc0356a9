"""The register against another list, where the truth is known because we made both."""

import csv
import itertools
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert
from stations import place_matching
from stations.compare_report import TITLES, format_comparison, write_match_list
from stations.comparing import Comparison, Finding, Verdict, compare, registered
from stations.database import read_session
from stations.errors import AreaNotFoundError, InvalidInputError
from stations.import_report import refusal
from stations.importing import apply_rows, ensure_source
from stations.place_matching import Pair, Place, one_to_one, possible_pairs
from stations.reading import FileRow
from stations.station import GivenPosition, StationRow
from tests.factories import add_areas

METRE_LAT = 1 / 110_860
METRE_LON = 1 / 96_600  # at Ningbo's latitude
CITY = LonLat(121.52, 29.85)

NAMES = (
    *(
        "鼓楼",
        "月湖",
        "江厦",
        "白云",
        "望春",
        "西门",
        "南门",
        "段塘",
        "石碶",
        "古林",
        "高桥",
        "横街",
    ),
    *(
        "鄞江",
        "洞桥",
        "章水",
        "龙观",
        "东柳",
        "东胜",
        "明楼",
        "白鹤",
        "百丈",
        "福明",
        "下应",
        "集士",
    ),
)


def at(east_m: float = 0, north_m: float = 0, start: LonLat = CITY) -> LonLat:
    return LonLat(start.lon + east_m * METRE_LON, start.lat + north_m * METRE_LAT)


def row(
    name: str, point: LonLat | None = CITY, datum: Datum = Datum.WGS84, **said: Any
) -> StationRow:
    position = None if point is None else GivenPosition(point, datum)
    return StationRow(**({"name": name, "kind": "rest_station", "position": position} | said))


def file_rows(*rows: StationRow) -> list[FileRow]:
    return [FileRow(number, each) for number, each in enumerate(rows, start=2)]


@dataclass
class Register:
    session: Session

    def add(self, *rows: StationRow) -> None:
        ensure_source(self.session, "gov")
        report = apply_rows(self.session, file_rows(*rows), "gov", dry_run=False)
        assert report.added == len(rows), report
        self.session.commit()

    def against(self, *rows: StationRow, **options: Any) -> Comparison:
        listed = file_rows(*rows)
        return compare(registered(self.session, listed, **options), listed)


@pytest.fixture
def register(session: Session) -> Register:
    add_areas(session)
    session.commit()
    return Register(session)


def found(comparison: Comparison) -> list[tuple[str, str | None, str | None]]:
    return [
        (
            each.verdict.value,
            None if each.here is None else each.here.name,
            None if each.there is None else each.there.name,
        )
        for each in comparison.findings
        if each.verdict is not Verdict.SAME
    ]


def test_a_list_that_agrees_has_nothing_to_look_at(register: Register) -> None:
    rows = [row(f"{name}驿站", at(400 * n)) for n, name in enumerate(NAMES)]
    register.add(*rows)
    comparison = register.against(*rows)
    assert found(comparison) == []
    assert comparison.matched == comparison.count(Verdict.SAME) == len(NAMES)
    assert comparison.hint is None


@pytest.mark.parametrize(
    ("metres", "is_moved"), [(49, False), (51, True), (600, True), (1_900, True)]
)
def test_more_than_50_m_is_moved(register: Register, metres: int, is_moved: bool) -> None:
    register.add(row("鼓楼暖心驿站"))
    comparison = register.against(row("鼓楼驿站", at(metres)))
    assert comparison.matched == 1
    assert [each.verdict for each in comparison.findings] == [
        Verdict.MOVED if is_moved else Verdict.SAME
    ]
    assert comparison.findings[0].distance_m == pytest.approx(metres, abs=1)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("爱心驿站", "爱心驿站"),
        ("户外劳动者服务站点", "户外劳动者服务站"),
        ("鼓楼街道第一爱心驿站", "鼓楼街道第二爱心驿站"),
        ("鼓楼3号驿站", "鼓楼5号驿站"),
        ("鼓楼街道暖心驿站", "月湖街道暖心驿站"),
    ],
)
def test_names_that_many_share_do_not_make_two_places_one(
    register: Register, here: str, there: str
) -> None:
    register.add(row(here))
    comparison = register.against(row(there, at(500)))
    assert found(comparison) == [
        ("missing_here", None, there),
        ("missing_there", here, None),
    ]


def test_an_equal_name_that_is_there_once_is_found_however_far(register: Register) -> None:
    register.add(row("鼓楼驿站"), row("月湖驿站", at(0, 300)))
    register.add(row("白云", at(0, 600), source_id="1"), row("白云", at(0, 900), source_id="2"))
    comparison = register.against(row("鼓楼驿站", at(9_000)), row("白云", at(9_000)))
    assert found(comparison) == [
        ("moved", "鼓楼驿站", "鼓楼驿站"),
        ("missing_here", None, "白云"),
        ("missing_there", "月湖驿站", None),
        ("missing_there", "白云", None),
        ("missing_there", "白云", None),
    ]


def test_an_unplaced_station_is_found_by_its_name(register: Register) -> None:
    register.add(row("鼓楼驿站", None))
    comparison = register.against(row("鼓楼驿站"))
    assert found(comparison) == [("unplaced_here", "鼓楼驿站", "鼓楼驿站")]
    assert comparison.findings[0].distance_m is None


def test_another_name_at_the_same_place_is_renamed_of_the_same_kind_only(
    register: Register,
) -> None:
    register.add(row("鼓楼驿站"), row("百丈母婴室", at(0, 300), kind="nursing_room"))
    comparison = register.against(row("小哥加油站", at(20)), row("白鹤", at(0, 310)))
    assert found(comparison) == [
        ("renamed", "鼓楼驿站", "小哥加油站"),
        ("missing_here", None, "白鹤"),
    ]
    both = register.against(row("x", at(5)), row("y", at(0, 305)), kind=None)
    assert both.here == 1  # only stations of the kinds that the file names take part


def test_the_code_is_stronger_than_place_and_name(register: Register) -> None:
    register.add(row("鼓楼驿站"), row("月湖驿站", at(0, 300)))
    comparison = register.against(
        row("月湖驿站", at(0, 300), code="NB-RS-0001"), row("鼓楼驿站", CITY, code="NB-RS-0002")
    )
    assert {
        (each.here.ref, each.there.ref) for each in comparison.findings if each.here and each.there
    } == {
        ("NB-RS-0001", "2"),
        ("NB-RS-0002", "3"),
    }
    assert comparison.count(Verdict.MOVED) == 2


def test_doubles_on_either_side_are_said_to_be_of_whom(register: Register) -> None:
    register.add(row("鼓楼暖心驿站"), row("鼓楼驿站", at(12)), row("月湖驿站", at(0, 400)))
    comparison = register.against(
        row("鼓楼暖心驿站"), row("月湖驿站", at(0, 400)), row("月湖爱心驿站", at(3, 405))
    )
    here, there = (each for each in comparison.findings if each.verdict is not Verdict.SAME)
    assert (here.verdict, here.here and here.here.ref, here.also and here.also.ref) == (
        Verdict.DUPLICATE_HERE, "NB-RS-0002", "NB-RS-0001",
    )  # fmt: skip
    assert (there.verdict, there.there and there.there.ref, there.also and there.also.ref) == (
        Verdict.DUPLICATE_THERE, "4", "3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "name", "said", "expected"),
    [
        ("active", "鼓楼驿站", {"status": "closed"}, ["closed_there"]),
        ("active", "鼓楼驿站(暂停营业)", {}, ["closed_there"]),
        ("active", "鼓楼驿站", {"hours_text": "已停业"}, ["closed_there"]),
        ("active", "鼓楼驿站", {"notes": "原址已拆除"}, ["closed_there"]),
        ("closed", "鼓楼驿站", {}, ["closed_here"]),
        ("temporarily_closed", "鼓楼驿站", {}, ["closed_here"]),
        ("temporarily_closed", "鼓楼驿站", {"status": "closed"}, []),
        ("active", "鼓楼驿站", {"notes": "不关闭大门"}, []),
    ],
)
def test_who_says_that_it_is_closed(
    register: Register, status: str, name: str, said: dict[str, Any], expected: list[str]
) -> None:
    register.add(row("鼓楼驿站", status=status))
    comparison = register.against(row(name, **said))
    assert [verdict for verdict, _here, _there in found(comparison)] == expected
    assert comparison.matched == 1


def test_what_is_closed_on_one_side_is_not_missed_on_the_other(register: Register) -> None:
    register.add(row("鼓楼驿站", status="closed"), row("月湖驿站", at(900), status="planned"))
    comparison = register.against(row("白云驿站（已停业）", at(0, 3_000)))
    assert found(comparison) == []
    assert (comparison.here, comparison.there, comparison.matched) == (2, 1, 0)


def test_the_place_that_is_there_now_wins_over_the_closed_one(register: Register) -> None:
    register.add(row("鼓楼驿站", status="closed"), row("鼓楼驿站", at(8), source_id="new"))
    comparison = register.against(row("鼓楼驿站"))
    assert [(each.verdict.value, each.here and each.here.ref) for each in comparison.findings] == [
        ("same", "NB-RS-0002")
    ]


def test_only_stations_of_the_area_are_missed(register: Register) -> None:
    register.add(row("西边驿站", LonLat(121.5, 29.85)), row("东边驿站", LonLat(121.6, 29.85)))
    only_west = register.against(row("别处", LonLat(121.3, 29.7)), area="330203")
    assert ("missing_there", "西边驿站", None) in found(only_west)
    assert ("missing_there", "东边驿站", None) not in found(only_west)
    with pytest.raises(AreaNotFoundError):
        register.against(row("别处"), area="999")


def test_rows_that_cannot_be_read_are_told(register: Register) -> None:
    rows = [
        FileRow(None, None, ()),
        FileRow(2, None, (refusal(2, "lon", "不是数", "no number", code="bad_lon"),)),
        FileRow(3, row("鼓楼驿站")),
    ]
    comparison = compare(registered(register.session, rows), rows)
    report = format_comparison(comparison, "en")
    assert "not read: row 2: lon: no number\n" in report
    assert report.endswith("unread: 1\n")


@pytest.mark.parametrize("lies_in", [Datum.GCJ02, Datum.BD09])
def test_a_file_in_another_datum_is_hinted_at(register: Register, lies_in: Datum) -> None:
    rows = [row(f"{name}驿站", at(700 * n, 300 * (n % 5))) for n, name in enumerate(NAMES)]
    register.add(*rows)
    shifted = [
        row(each.name, convert(each.position.point, Datum.WGS84, lies_in))
        for each in rows
        if each.position is not None
    ]
    comparison = register.against(*shifted)
    assert comparison.count(Verdict.MOVED) == len(NAMES)
    assert comparison.hint == (lies_in, len(NAMES), 0)
    for lang, words in (
        ("zh", f"提示：文件看起来是 {lies_in}"),
        ("en", f"hint: the file looks like {lies_in}"),
    ):
        assert format_comparison(comparison, lang).startswith(words)
    right = [
        row(each.name, each.position.point, lies_in)
        for each in shifted
        if each.position is not None
    ]
    assert register.against(*right).hint is None
    assert register.against(*right).count(Verdict.SAME) == len(NAMES)


@pytest.mark.parametrize("seed", range(5))
def test_a_city_with_known_differences_is_told_as_it_is(  # noqa: C901 - a fate each
    register: Register, seed: int
) -> None:
    """Some of sixty places moved, renamed, closed, dropped, doubled or added: each is found."""
    draw = random.Random(seed)
    names = [f"{a}{b}" for a, b in itertools.permutations(NAMES, 2)]
    draw.shuffle(names)
    spots = [(900 * x, 900 * y) for x in range(9) for y in range(9)]
    draw.shuffle(spots)
    truth: Counter[str] = Counter()
    here, there = [], []
    for number in range(60):
        name, spot = names.pop(), spots.pop()
        fate = draw.choice(
            ("same", "same", "jitter", "moved", "renamed", "closed_there", "closed_here",
             "missing_here", "missing_there", "duplicate_here", "duplicate_there")
        )  # fmt: skip
        ours = row(f"{name}暖心驿站", at(*spot), source_id=str(number))
        theirs = row(f"{name}驿站", at(*spot))
        truth[fate.replace("jitter", "same")] += 1
        match fate:
            case "jitter":
                theirs = row(theirs.name, at(spot[0] + draw.uniform(-30, 30), spot[1] + 10))
            case "moved":
                theirs = row(theirs.name, at(spot[0] + draw.choice((-400, 80, 300)), spot[1]))
            case "renamed":
                theirs = row(f"{names.pop()}书屋", at(spot[0] + 10, spot[1]))
            case "closed_there":
                theirs = row(f"{theirs.name}（暂停营业）", at(*spot))
            case "closed_here":
                ours = row(ours.name, at(*spot), source_id=str(number), status="closed")
            case "duplicate_here":
                here.append(
                    row(f"{name}爱心驿站", at(spot[0] + 15, spot[1]), source_id=f"d{number}")
                )
                truth["same"] += 1
            case "duplicate_there":
                there.append(row(f"{name}爱心驿站", at(spot[0] + 15, spot[1])))
                truth["same"] += 1
        if fate != "missing_here":
            here.append(ours)
        if fate != "missing_there":
            there.append(theirs)
    draw.shuffle(there)
    register.add(*here)
    comparison = register.against(*there)
    assert Counter(each.verdict.value for each in comparison.findings) == truth
    for each in comparison.findings:
        if each.here is not None and each.there is not None and each.verdict is not Verdict.RENAMED:
            assert each.here.name[:2] == each.there.name[:2]


def best_by_trying_all(pairs: list[Pair]) -> float:
    best = 0.0
    for some in range(1, len(pairs) + 1):
        for chosen in itertools.combinations(pairs, some):
            if len({p.left for p in chosen}) == len({p.right for p in chosen}) == some:
                best = max(best, sum(p.score for p in chosen))
    return best


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 200), max_size=9
    )
)
def test_the_pairs_taken_are_the_best_of_all(scores: dict[tuple[int, int], int]) -> None:
    pairs = [Pair(i, j, None, 0, float(score)) for (i, j), score in sorted(scores.items())]
    taken = one_to_one(pairs)
    assert len({p.left for p in taken}) == len({p.right for p in taken}) == len(taken)
    assert sum(p.score for p in taken) == pytest.approx(best_by_trying_all(pairs))


def test_a_group_too_large_is_taken_best_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_matching, "LARGEST_GROUP", 3)
    pairs = [Pair(0, 0, None, 0, 5.0), Pair(0, 1, None, 0, 9.0), Pair(1, 1, None, 0, 8.0)]
    assert [(p.left, p.right) for p in one_to_one(pairs)] == [(0, 1)]
    monkeypatch.setattr(place_matching, "LARGEST_GROUP", 4)
    assert [(p.left, p.right) for p in one_to_one(pairs)] == [(0, 0), (1, 1)]


def test_no_place_in_common_is_no_pair() -> None:
    assert possible_pairs([], []) == []
    assert possible_pairs([Place("a", "甲", point=CITY)], [Place("b", "乙")]) == []
    assert one_to_one([]) == []


def test_the_report_is_the_same_for_the_same_lists(register: Register, tmp_path: Path) -> None:
    register.add(
        row("鼓楼暖心驿站"),
        row("鼓楼驿站", at(12)),
        row("=月湖", at(0, 400)),
        row("白云", at(9_000)),
    )
    rows = [row("鼓楼暖心驿站"), row("=月湖", at(0, 600)), row("南门", at(-5_000))]
    comparison = register.against(*rows)
    assert format_comparison(comparison, "en") == (
        "moved: NB-RS-0003 =月湖: row 3 “=月湖” is 200 m away\n"
        "duplicate_here: NB-RS-0002 鼓楼驿站: as NB-RS-0001 鼓楼暖心驿站, "
        "it looks like row 2 “鼓楼暖心驿站”\n"
        "missing_here: row 4 “南门”\n"
        "missing_there: NB-RS-0004 白云\n"
        "here: 4\nthere: 3\nmatched: 2\nmoved: 1\nrenamed: 0\nclosed_there: 0\nclosed_here: 0\n"
        "unplaced_here: 0\nduplicate_here: 1\nduplicate_there: 0\nmissing_here: 1\n"
        "missing_there: 1\nsame: 1\nunread: 0\n"
    )
    chinese = format_comparison(comparison, "zh")
    assert chinese.startswith("移位：NB-RS-0003 =月湖：第 3 行“=月湖”在 200 米外\n")
    assert chinese.splitlines()[-14:] == format_comparison(comparison, "en").splitlines()[-14:]
    for suffix in ("csv", "xlsx"):
        path = tmp_path / f"list.{suffix}"
        write_match_list(path, comparison, "en")
        content = path.read_bytes()
        write_match_list(path, register.against(*rows), "en")
        assert path.read_bytes() == content
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [each["verdict"] for each in listed] == [
        "moved", "duplicate_here", "missing_here", "missing_there", "same",
    ]  # fmt: skip
    assert listed[0]["name"] == "'=月湖"
    sheet = CalamineWorkbook.from_path(tmp_path / "list.xlsx").get_sheet_by_index(0).to_python()
    assert sheet[0] == list(TITLES)
    assert sheet[1][:6] == ["moved", "NB-RS-0003", "=月湖", "active", 3.0, "=月湖"]
    with pytest.raises(InvalidInputError, match="--out"):
        write_match_list(tmp_path / "list.pdf", comparison, "en")


def test_comparing_writes_nothing(register: Register, engine: Engine) -> None:
    register.add(row("鼓楼驿站"))
    rows = file_rows(row("月湖驿站", at(3)))
    with read_session(engine) as session:  # PostgreSQL itself refuses to write here
        findings: tuple[Finding, ...] = compare(registered(session, rows), rows).findings
    assert [each.verdict for each in findings] == [Verdict.RENAMED]
