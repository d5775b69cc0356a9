"""Hours: texts as lists write them, and what a door does minute by minute."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stations import hours as hours_module
from stations.hours import SHANGHAI, open_state, parse_hours
from stations.station import OpenStateName

Spans = tuple[tuple[int, int], ...]

TEXTS: dict[str, str | None] = {
    # round the clock
    "全天": "24/7",
    "全天开放": "24/7",
    "全天候開放": "24/7",
    "24小时": "24/7",
    "24小時開放": "24/7",
    "24H": "24/7",
    "24h营业": "24/7",
    "24 小时": "24/7",
    "7×24小时": "24/7",
    "每日24小时": "24/7",
    "周一至周日 24小时": "24/7",
    "24小时，全年无休": "24/7",
    "00:00-24:00": "24/7",
    "24/7": "24/7",
    # every day
    "每天8:30-17:30": "08:30-17:30",
    "每日 8:30－17:30": "08:30-17:30",
    "8:30-17:30": "08:30-17:30",
    "营业时间：9:00—21:00": "09:00-21:00",
    "开放时间 8点至20点": "08:00-20:00",
    "8点半到17点半": "08:30-17:30",
    "8-17点": "08:00-17:00",
    "早八点至晚六点": "08:00-18:00",
    "早8:00-晚20:00": "08:00-20:00",
    "上午9时至下午5时30分": "09:00-17:30",
    "8.30-17.30": "08:30-17:30",
    "0800-1600": "08:00-16:00",
    "８：３０－１７：３０": "08:30-17:30",
    "8∶30～17∶30": "08:30-17:30",
    "6:00-00:00": "06:00-24:00",
    "全年无休 8:00-22:00": "08:00-22:00",
    "8:00-22:00（节假日不休）": "08:00-22:00",
    "每周7天 8:00-20:00": "08:00-20:00",
    "daily 9am-5:30pm": "09:00-17:30",
    # several spans
    "8:30-12:00、14:00-18:30": "08:30-12:00,14:00-18:30",
    "8：30—11：30，13：30—17：00": "08:30-11:30,13:30-17:00",
    "上午8:30-11:30 下午1:30-5:00": "08:30-11:30,13:30-17:00",
    "上午：8:30至11:30；下午：13:30至17:00": "08:30-11:30,13:30-17:00",
    "下午1:30-5:00": "13:30-17:00",
    "中午11:30-1:30": "11:30-13:30",
    "晚上6点-9点": "18:00-21:00",
    # days of the week
    "周一至周五 8:30-17:30": "Mo-Fr 08:30-17:30",
    "週一至週五08:00~17:00": "Mo-Fr 08:00-17:00",
    "星期一到星期五 9:00-17:00": "Mo-Fr 09:00-17:00",
    "礼拜一至礼拜六 9:00-17:00": "Mo-Sa 09:00-17:00",
    "周一到五8:00-17:00": "Mo-Fr 08:00-17:00",
    "周1至周5 8:30-17:00": "Mo-Fr 08:30-17:00",
    "星期一~五0800-1600": "Mo-Fr 08:00-16:00",
    "每周一至日(9:00~17:30)": "09:00-17:30",
    "周六周日 9:00-12:00": "Sa-Su 09:00-12:00",
    "周六、周日 9:00-12:00": "Sa-Su 09:00-12:00",
    "周六日 8:00-12:00": "Sa-Su 08:00-12:00",
    "周一、三、五 8:00-12:00": "Mo,We,Fr 08:00-12:00",
    "周五至周一 10:00-16:00": "Mo,Fr-Su 10:00-16:00",
    "工作日 8:30-17:30": "Mo-Fr 08:30-17:30; PH off",
    "上班日:8:30-17:30": "Mo-Fr 08:30-17:30; PH off",
    "双休日 9:00-16:00": "Sa-Su 09:00-16:00",
    "周末9:00-16:00": "Sa-Su 09:00-16:00",
    "周一至周五全天": "Mo-Fr 00:00-24:00",
    "08:00~16:00(週一至週五)": "Mo-Fr 08:00-16:00",
    "8:00-17:30(僅上班日提供)": "Mo-Fr 08:00-17:30; PH off",
    # several rules
    "周一至周五 8:30-17:30，周六 9:00-12:00": "Mo-Fr 08:30-17:30; Sa 09:00-12:00",
    "周一至周五 8:30-17:30；周六 9:00-12:00": "Mo-Fr 08:30-17:30; Sa 09:00-12:00",
    "週一至週五08:00~21:00\n星期六08:00~12:00": "Mo-Fr 08:00-21:00; Sa 08:00-12:00",
    "周一至周五 8:00-11:30、13:30-17:00 周六日 9:00-16:00": (
        "Mo-Fr 08:00-11:30,13:30-17:00; Sa-Su 09:00-16:00"
    ),
    "8:00-17:00(周一至周五)、9:00-12:00(周六)": "Mo-Fr 08:00-17:00; Sa 09:00-12:00",
    "周四9:00-18:00\n周一至周三、周五9:00-20:00": "Mo-We,Fr 09:00-20:00; Th 09:00-18:00",
    "每天8:00-17:00，周一闭馆": "Tu-Su 08:00-17:00",
    "9:30-17:30(週三休館)": "Mo-Tu,Th-Su 09:30-17:30",
    "周一至周五8:30-17:00，双休日休息": "Mo-Fr 08:30-17:00",
    "工作日8:00-20:00，周末9:00-18:00": ("Mo-Fr 08:00-20:00; Sa-Su 09:00-18:00; PH unknown"),
    "Mo-Fr 08:30-17:30; Sa 09:00-12:00": "Mo-Fr 08:30-17:30; Sa 09:00-12:00",
    "Mon-Fri 9:00-17:00": "Mo-Fr 09:00-17:00",
    # over midnight
    "22:00-次日6:00": "22:00-06:00",
    "22:00-翌日06:00": "22:00-06:00",
    "22:00-06:00": "22:00-06:00",
    "晚上8点-凌晨2点": "20:00-02:00",
    "周一至周五 22:00-6:00，周六 9:00-12:00": "Mo-Fr 22:00-06:00, Sa 09:00-12:00",
    # words about who may come
    "24小时，僅供員工使用": "24/7",
    "周一至周五8:30-17:30\n仅限员工使用": "Mo-Fr 08:30-17:30",
    "8:00-17:00 对外开放": "08:00-17:00",
    # holidays and seasons
    "周一至周五8:00-17:00（节假日除外）": "Mo-Fr 08:00-17:00; PH off",
    "8:00-17:00，法定节假日休息": "08:00-17:00; PH off",
    "工作日 22:00-次日6:00": "Mo-Fr 22:00-06:00; PH off",
    "工作日22:00-次日6:00，周末及节假日9:00-16:00": (
        "Mo-Fr 22:00-06:00, Sa-Su 09:00-16:00; PH 09:00-16:00"
    ),
    "夏季8:00-18:00，冬季8:30-17:30": ("May 01-Sep 30 08:00-18:00; Oct 01-Apr 30 08:30-17:30"),
    "夏季19:00-次日1:00，冬季18:00-24:00": ("May 01-Sep 30 19:00-01:00, Oct 01-Apr 30 18:00-24:00"),
    "夏季8:00-18:00，冬季8:30-17:30，节假日休息": (
        "May 01-Sep 30 08:00-18:00; Oct 01-Apr 30 08:30-17:30; PH off"
    ),
    "夏季8:00-18:00，冬季8:30-17:30，周日休息": (
        "May 01-Sep 30 Mo-Sa 08:00-18:00; Oct 01-Apr 30 Mo-Sa 08:30-17:30"
    ),
    "冬季8:30-17:30，夏季8:00-18:00": "May 01-Sep 30 08:00-18:00; Oct 01-Apr 30 08:30-17:30",
    "周一至周五8:00-17:00，假日休息": "Mo-Fr 08:00-17:00; PH off",
    "12月-2月 9:00-16:00，3月-11月 8:00-18:00": (
        "Mar 01-Nov 30 08:00-18:00; Dec 01-Feb 29 09:00-16:00"
    ),
    "1月1日-3月1日 8:00-17:00": "Jan 01-Mar 01 08:00-17:00",
    "8:00-17:00，春节、国庆节休息": '08:00-17:00; PH off "国庆节、春节"',
    # opening_hours syntax beyond what this program writes is kept
    "Mo-Fr 08:30-17:30; PH off": "Mo-Fr 08:30-17:30; PH off",
    "Apr-Oct 08:00-18:00": "Apr-Oct 08:00-18:00",
    "SH 08:00-18:00": "SH 08:00-18:00",
    # not understood: one unknown word is enough
    "": None,
    "营业时间": None,
    "详见门口公告": None,
    "周一至周日": None,
    "Mo-Fr": None,
    "全年无休": None,
    "2024": None,
    "仅供员工使用": None,
    "门诊时间": None,
    "8:00-17:00，节假日照常休息": None,
    "周一至周五8:00-17:00（含节假日）": None,
    "8:00-17:00 中午休息": None,
    "8:00-17:00 12:00-13:30休息": None,
    "8:00-17:00，18:00": None,
    "8:00-17:00（最后一个周五休息）": None,
    "8:00-17:00（营业时间另行通知）": None,
    "8:00-17:00仅供员工使用但午夜关闭": None,
    "仅供员工使用8:00-9:00，对外开放10:00-12:00": None,
    "员工8:00-17:00，公众9:00-12:00": None,
    "每周五天8:00-18:00": None,
    "每天8:00-12:00，周一至周五14:00-18:00": None,
    "1:30-5:00": None,
    "8:30-11:30，1:30-5:00": None,
    "9:00-5:00": None,
    "09:00-05:00": None,
    "9-5": None,
    "8:00-12:00，11:00-17:00": None,
    "晚上10点-6点": None,
    "25:00-26:00": None,
    "8:75-17:00": None,
    "8小时": None,
    "周一": None,
    "休息": None,
    "节假日休息": None,
    "夏季": None,
    "夏季8:00-18:00": None,
    "夏季8:00-18:00，夏季8:30-17:30": None,
    "6-8月 8:00-18:00；12-2月 9:00-17:00": None,
    "6-9月 8:00-18:00；9-5月 9:00-17:00": None,
    "2月30日-5月1日 8:00-18:00": None,
    "13-15月 8:00-18:00": None,
    "周一至周五8:00-17:00，节假日9:00-16:00": None,
    "节假日9:00-16:00": None,
    "周一及法定节假日休息 9:00-17:00": None,
    "周六日休息（节假日除外），周一至周五9:00-17:00": None,
    "9:00-17:00，周一闭馆，法定节假日除外": None,
    "8:00-17:00，节假日休息，国庆节除外": None,
    "春节9:00-12:00，其他时间8:00-17:00": None,
    "夏季8:00-18:00，周末休息，冬季8:30-17:30": None,
    "夏季周一至周五8:30-18:00，冬季周一至周五8:30-17:30，周六日9:00-12:00": None,
    "假日休息 8:00-17:00": None,
    "周一至周六8:00-17:00，假日休息": None,
    "上班时间8:30-17:30": None,
    "8:00-17:00，午休17:00-18:00": None,
    "除春节外8:00-17:00，中秋节闭馆半天": None,
    "每天休息": None,
    '"by appointment"': None,
    "朝九晚五": None,
    "8:00-17:00、" * 120: None,
}


@pytest.mark.parametrize(("text", "hours"), TEXTS.items())
def test_a_text_is_read_as_a_reader_would(text: str, hours: str | None) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize("hours", sorted({hours for hours in TEXTS.values() if hours}))
def test_what_was_read_reads_the_same_again(hours: str) -> None:
    assert parse_hours(hours) == hours


def test_sixty_texts_and_more() -> None:
    assert len(TEXTS) >= 120
    assert sum(hours is None for hours in TEXTS.values()) >= 30


def at(text: str) -> datetime:
    """Monday is 2026-11-23."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "instant", "state", "closes_in", "change"),
    [
        ("24/7", "2026-11-23T03:00", "open", None, None),
        ("08:30-17:30", "2026-11-23T08:29", "opens_soon", None, "2026-11-23T08:30"),
        ("08:30-17:30", "2026-11-23T07:59", "closed", None, "2026-11-23T08:30"),
        ("08:30-17:30", "2026-11-23T08:30", "open", 540, "2026-11-23T17:30"),
        ("08:30-17:30", "2026-11-23T17:00", "closes_soon", 30, "2026-11-23T17:30"),
        ("08:30-17:30", "2026-11-23T17:29:30", "closes_soon", 0, "2026-11-23T17:30"),
        ("08:30-17:30", "2026-11-23T17:30", "closed", None, "2026-11-24T08:30"),
        # a midday break
        ("08:30-12:00,14:00-18:30", "2026-11-23T12:30", "closed", None, "2026-11-23T14:00"),
        ("08:30-12:00,14:00-18:30", "2026-11-23T13:40", "opens_soon", None, "2026-11-23T14:00"),
        ("08:30-12:00,12:00-18:30", "2026-11-23T11:50", "open", 400, "2026-11-23T18:30"),
        # over midnight, into a day without hours of its own
        ("Mo-Fr 22:00-06:00", "2026-11-28T05:00", "open", 60, "2026-11-28T06:00"),
        ("Mo-Fr 22:00-06:00", "2026-11-28T06:00", "closed", None, "2026-11-30T22:00"),
        ("Mo-Fr 22:00-06:00, Sa 09:00-12:00", "2026-11-28T05:00", "open", 60, "2026-11-28T06:00"),
        ("22:00-30:00", "2026-11-23T05:45", "closes_soon", 15, "2026-11-23T06:00"),
        # over the week's end
        ("Mo-Fr 09:00-17:00", "2026-11-27T17:00", "closed", None, "2026-11-30T09:00"),
        ("Mo-Fr 00:00-24:00", "2026-11-27T23:45", "closes_soon", 15, "2026-11-28T00:00"),
        ("08:00-17:00; Mo off", "2026-11-23T10:00", "closed", None, "2026-11-24T08:00"),
        ("off", "2026-11-23T10:00", "closed", None, None),
    ],
)
def test_open_state(
    hours: str, instant: str, state: str, closes_in: int | None, change: str | None
) -> None:
    found = open_state(hours, at(instant))
    assert found.state == state
    assert found.is_open is (state in ("open", "closes_soon"))
    assert found.closes_in_minutes == closes_in
    assert found.next_change == (None if change is None else at(change))


@pytest.mark.parametrize(
    "hours",
    [
        None,
        "",
        "SH,PH 10:00-16:00",
        "Apr 08:00-18:00; May 31-Jun 31 08:00-18:00",
        "May 01 08:00-18:00",
        'PH off "劳动者节"',
        'Mo 08:00-09:00 "春节"',
        "22:00-06:00; PH off; Su off",
        '08:00-17:00 "by appointment"',
        "08:00+",
        "sunrise-sunset",
        "Mo-Fr 08:00-17:00 unknown",
        "Mo[1] 08:00-10:00",
        "week 1-10 08:00-10:00",
        "08:00-17:00 || 18:00-19:00",
        "Mo-Fr",
        "Mo, We 08:00-09:00",
        "10:00-10:00",
        "22:00-06:00; Su off",
        "08:00-17:00, Su off",
        "08:00-99:00",
        "全天",
    ],
)
def test_what_is_not_weekly_is_unknown_and_never_open_or_closed(hours: str | None) -> None:
    state = open_state(hours, at("2026-11-23T10:00"))
    assert state.state is OpenStateName.UNKNOWN
    assert (state.is_open, state.closes_in_minutes, state.next_change) == (None, None, None)


def test_the_week_is_shanghais_wherever_the_viewer_is() -> None:
    # 23:30 UTC on Sunday is Monday morning in Ningbo
    assert open_state("Mo 07:00-08:00", datetime(2026, 11, 22, 23, 30, tzinfo=UTC)).is_open


def test_an_instant_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        open_state("24/7", datetime(2026, 11, 23, 10))  # noqa: DTZ001


def test_soon_is_a_parameter() -> None:
    assert open_state("08:00-17:00", at("2026-11-23T16:15"), soon_minutes=60).state == "closes_soon"


# A generated week: some days, spans in steps of five minutes, the last may run over midnight.

minutes = st.integers(0, 287).map(lambda step: step * 5)


@st.composite
def span_lists(draw: st.DrawFn) -> Spans:
    edges = sorted(draw(st.sets(minutes, min_size=2, max_size=6)))
    spans = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    if draw(st.booleans()) and spans[0][0] > 0:
        start = draw(st.integers(max(17 * 60, spans[-1][1]) // 5, 287)) * 5
        if start >= spans[-1][1]:
            spans.append((start, 1440 + draw(st.integers(0, spans[0][0] // 5)) * 5))
    return tuple(spans)


def clock(minute: int) -> str:
    shown = minute if minute <= 1440 else minute - 1440
    return f"{shown // 60:02d}:{shown % 60:02d}"


def written(spans: Spans) -> str:
    return ",".join(f"{clock(start)}-{clock(end)}" for start, end in spans)


@given(span_lists())
@example(((1020, 1440),))
def test_every_span_list_round_trips(spans: Spans) -> None:
    expected = "24/7" if spans == ((0, 1440),) else written(spans)
    assert parse_hours(written(spans)) == expected
    chinese = "、".join(
        f"{clock(start).replace(':', '：')}—{'次日' if end > 1440 else ''}{clock(end)}"
        for start, end in spans
    )
    assert parse_hours("每天" + chinese) == expected


def minute_by_minute(week: Mapping[int, Spans]) -> list[bool]:
    """Open or not for each of a week's 10,080 minutes, by painting them one by one."""
    painted = [False] * 10_080
    for day, spans in week.items():
        for start, end in spans:
            for minute in range(start, end):
                painted[(day * 1440 + minute) % 10_080] = True
    return painted


@settings(max_examples=60, deadline=None)
@given(
    st.lists(span_lists(), min_size=1, max_size=3),
    st.lists(st.integers(0, 3), min_size=7, max_size=7),
    st.lists(st.integers(0, 10_079), min_size=1, max_size=40),
)
def test_open_state_agrees_with_painting_every_minute(
    choices: list[Spans], by_day: list[int], instants: list[int]
) -> None:
    week = {day: choices[pick] for day, pick in enumerate(by_day) if pick < len(choices)}
    names = "一二三四五六日"
    hours = parse_hours(
        "；".join(f"周{names[day]} {written(spans)}" for day, spans in week.items())
    )
    if not week:
        assert hours is None
        return
    assert hours is not None
    painted = minute_by_minute(week)
    monday = at("2026-11-23T00:00")
    for instant in instants:
        state = open_state(hours, monday + timedelta(minutes=instant))
        assert state.is_open is painted[instant]
        ahead = next(
            (n for n in range(1, 10_081) if painted[(instant + n) % 10_080] != painted[instant]),
            None,
        )
        expected = None if ahead is None else monday + timedelta(minutes=instant + ahead)
        assert state.next_change == expected
        soon = ahead is not None and ahead <= 30
        assert (state.state in ("opens_soon", "closes_soon")) is soon
        assert state.closes_in_minutes == (ahead if painted[instant] else None)


@given(
    st.text(
        alphabet="周一二五六日至到、，；：:-~0123456789点半上下午晚次日 \n()全天小时休息节假除外Mo",
        max_size=30,
    )
)
@settings(max_examples=400)
def test_any_text_is_read_or_unknown_and_never_an_error(text: str) -> None:
    hours = parse_hours(text)
    if hours is not None:
        assert parse_hours(hours) == hours


def test_two_thousand_states_read_and_compile_each_text_once() -> None:
    parse_hours.cache_clear()
    hours_module.schedule_of.cache_clear()
    for n in range(2000):
        open_state(
            parse_hours("周一至周五 8:30-17:31"), at("2026-11-23T10:00") + timedelta(minutes=n)
        )
    assert parse_hours.cache_info().misses == 1
    assert hours_module.schedule_of.cache_info().misses == 1
