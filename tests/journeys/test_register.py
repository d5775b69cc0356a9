"""What is kept in the register reaches people: closures, events, holidays, and the scoreboard."""

import csv
import io
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from stations.hours import SHANGHAI
from tests.journeys.conftest import PASSWORD, UNDER_REPAIR, WITH_EVENT, YINZHOU, Visit, Watched
from tests.journeys.test_console import open_listing
from tests.journeys.test_pages import overflow, serious

Enter = Callable[..., Watched]


@pytest.fixture
def enter(visit: Visit) -> Enter:
    """Open a part of the console, logged in as somebody."""

    def enter(login: str, part: str = "", size: str = "phone", lang: str = "zh-CN") -> Watched:
        watched = visit(f"/console{part}", size=size, lang=lang)
        page = watched.page
        page.fill("#login-login", login)
        page.fill("#login-password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#login-view")).to_be_hidden()
        return watched

    return enter


def today(days: int = 0) -> str:
    return (datetime.now(UTC).astimezone(SHANGHAI) + timedelta(days=days)).date().isoformat()


def wait_until_open(person: Watched, code: str) -> None:
    """Wait for nearest, which follows a commit within a second, and longer on a busy machine."""
    address = f"/v1/stations/nearest?lon={YINZHOU[0]}&lat={YINZHOU[1]}&limit=50&open=on_arrival"
    deadline = time.monotonic() + 20
    while code not in {each["id"] for each in person.get(address)["features"]}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_closure_is_shown_with_its_reason_and_ends_when_taken_away(
    visit: Visit, enter: Enter
) -> None:
    manager = enter("manager")
    page = manager.page
    code = open_listing(manager, UNDER_REPAIR)
    page.get_by_role("button", name="加一段不开的日子").click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-problem=closures]")).to_have_text("请写明原因，大家会看到。")
    expect(page.get_by_label("原因")).to_be_focused()
    page.get_by_label("原因").fill("厨房 装修")
    page.get_by_label("到哪天").fill(today(1))
    expect(page.locator("#unsaved")).to_have_text("有 1 处改动没保存")
    assert serious(page) == []
    assert overflow(page) <= 0
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#form-message")).to_have_text("保存好了，大家马上就能看到。")
    expect(page.get_by_label("原因")).to_have_value("厨房 装修")
    expect(page.locator("#unsaved")).to_have_text("没有改动")

    courier = visit("/", at=YINZHOU)
    courier.page.locator("#filters summary").click()
    courier.page.get_by_text("关着的也列出来").click()
    card = courier.page.locator("#cards .card").filter(has_text=UNDER_REPAIR)
    expect(card.locator(".open")).to_contain_text("临时不开：厨房 装修")

    page.get_by_role("button", name="去掉").click()
    with page.expect_response(lambda reply: reply.request.method == "PATCH") as saved:
        page.get_by_role("button", name="保存").click()
    assert saved.value.ok
    assert manager.get(f"/v1/stations/{code}")["properties"]["closures"] == []
    wait_until_open(manager, code)
    courier.page.reload()
    expect(card.locator(".open")).to_have_text("一直开着，不关门")


def test_an_event_is_registered_found_nearby_and_called_off(visit: Visit, enter: Enter) -> None:
    manager = enter("manager", "#events")
    page = manager.page
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="请先从列表里选一个站点")).to_be_visible()
    page.locator("#event-station").fill("办活动")
    page.get_by_role("option", name=WITH_EVENT).click()
    page.locator("#event-title").fill("免费量血压")
    page.locator("#event-day").fill(today(1))
    page.locator("#event-begins").fill("09:00")
    page.locator("#event-ends").fill("11:30")
    page.locator("#event-how_to_join").fill("直接来，带身份证")
    page.locator("#event-capacity").fill("60")
    assert serious(page) == []
    assert overflow(page) <= 0
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#events-status")).to_have_text("登记好了，大家马上就能看到。")
    listed = page.locator(".event-listing").filter(has_text="免费量血压")
    expect(listed).to_contain_text("明天 09:00–11:30")

    courier = visit("/", at=YINZHOU)
    toggle = courier.page.get_by_role("button", name="附近活动")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(courier.page.locator(".event")).to_have_count(0)
    toggle.click()
    card = courier.page.locator(".event").filter(has_text="免费量血压")
    for words in ("明天 09:00–11:30", WITH_EVENT, "谁都可以进", "直接来，带身份证", "60 人"):
        expect(card).to_contain_text(words)
    expect(card.locator(".ways a")).to_have_count(4)
    expect(courier.page.get_by_label("活动：免费量血压，明天 09:00–11:30")).to_be_visible()
    assert serious(courier.page) == []
    assert overflow(courier.page) <= 0

    listed.get_by_role("button", name="取消活动：免费量血压").click()
    dialog = page.get_by_role("dialog", name="取消这场活动？")
    dialog.get_by_role("button", name="取消活动").click()
    expect(page.locator("#events-status")).to_have_text("已取消。")
    courier.page.reload()
    toggle.click()
    expect(courier.page.locator("#events h2")).to_be_visible()
    expect(card).to_have_count(0)


def test_a_day_of_the_calendar_is_added_and_taken_back(enter: Enter) -> None:
    watched = enter("administrator", "#calendar", size="desktop")
    page = watched.page
    year = today()[:4]
    expect(page.locator("#calendar-year")).to_have_text(f"{year} 年")
    expect(page.locator(".calendar-day").filter(has_text="国庆节").first).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="加上").click()
    expect(page.locator("#calendar-status")).to_have_text("请选好日子，写上名称。")
    page.get_by_label("哪一天").fill(f"{year}-07-04")
    page.get_by_label("叫什么").fill("台风停工")
    page.get_by_role("button", name="加上").click()
    added = page.locator(f"[data-day='{year}-07-04']")
    expect(added).to_contain_text("台风停工")
    expect(added).to_contain_text("放假")
    expect(added).to_contain_text("自己加的")
    added.get_by_role("button", name="去掉").click()
    expect(added).to_have_count(0)


def test_a_manager_is_offered_neither_imports_nor_the_calendar(enter: Enter) -> None:
    watched = enter("manager", "#imports")
    page = watched.page
    expect(page.locator("#list-heading")).to_be_visible()
    expect(page.get_by_role("link", name="活动", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="导入表格", exact=True)).to_be_hidden()
    expect(page.get_by_role("link", name="节假日", exact=True)).to_be_hidden()


def test_what_a_visit_showed_is_kept_with_its_day(enter: Enter) -> None:
    watched = enter("manager")
    page = watched.page
    code = open_listing(watched, WITH_EVENT)
    basic = page.locator(".standard[data-set=basic]")
    basic.locator("summary").click()
    sign = basic.locator("[data-requirement=name_sign]")
    expect(sign).to_contain_text("不清楚")
    page.locator("#assessment summary").click()
    page.locator("label:has(input[name=name_sign][value=yes])").click()
    assert serious(page) == []
    assert overflow(page) <= 0
    page.get_by_role("button", name="保存现场情况").click()
    expect(sign.locator(".open")).to_have_text("有")
    expect(sign).to_contain_text(today())
    found = watched.get(f"/v1/stations/{code}/standards")["rule_sets"]
    (shown,) = [each for each in found if each["code"] == "basic"]
    states = {each["code"]: each["state"] for each in shown["requirements"]}
    assert states["name_sign"] == "met"


@pytest.mark.parametrize(("size", "lang"), [("phone", "zh"), ("desktop", "en")])
def test_behind_a_number_of_the_scoreboard_is_its_list(visit: Visit, size: str, lang: str) -> None:
    watched = visit(f"/planner?lang={lang}", size=size)
    page = watched.page
    board = watched.get("/v1/scoreboard")
    (towns,) = [each for each in board["indicators"] if each["code"] == "towns_without_benchmark"]
    assert towns["value"] > 0
    row = page.locator("[data-indicator-row=towns_without_benchmark]")
    expect(row.locator(".score-value")).to_contain_text(str(towns["value"]))
    expect(row).to_contain_text({"zh": "未达到", "en": "Not met"}[lang])
    row.get_by_role("button").click()
    behind = page.locator("[data-behind=towns_without_benchmark]")
    expect(behind.locator("tbody tr")).to_have_count(towns["numerator"])
    first = watched.get(towns["list"])["features"][0]["properties"]
    expect(behind.locator("tbody tr").first).to_contain_text(first["code"])
    assert serious(page) == []
    assert overflow(page) <= 0

    address = page.locator("#scoreboard-csv").get_attribute("href") or ""
    with urllib.request.urlopen(watched.url + address) as reply:  # noqa: S310 - our own
        lines = list(csv.reader(io.StringIO(reply.read().decode("utf-8-sig"))))
    assert len(lines) == 1 + len(board["indicators"])

    behind.get_by_role("button").click()
    expect(behind).to_have_count(0)
    expect(row.get_by_role("button")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/planner"])
def test_downloads_lead_to_files_and_name_their_sources(visit: Visit, path: str) -> None:
    watched = visit(path)
    links = watched.page.locator("#downloads a")
    expect(links).to_have_count(4)
    expect(watched.page.locator("#download-credit")).to_contain_text("示例数据")
    for link in links.all():
        address = watched.url + (link.get_attribute("href") or "")
        with urllib.request.urlopen(address) as reply:  # noqa: S310 - our own
            assert reply.status == 200
            assert "attachment" in reply.headers["Content-Disposition"]
            assert reply.read(4)
