"""An administrator takes in a district's spreadsheet, corrects a column, and takes it back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import PASSWORD, YINZHOU, Visit, Watched
from tests.journeys.test_pages import overflow, serious

NEW = "示例导入驿站·新来的"
UNPLACED = "示例导入驿站·没有位置"

# Titles as a district writes them; 门牌 is not a title that anybody knows.
SHEET = f"""鄞州区站点一览表,,,,,
站点名称,类型,经度,纬度,门牌信息,开放时间
{NEW},驿站,{YINZHOU.lon + 0.004},{YINZHOU.lat + 0.004},示例路 8 号,24小时
{UNPLACED},驿站,,,示例路 9 号,每天 6:00-22:00
示例导入驿站·类型不对,没有这种类型,{YINZHOU.lon},{YINZHOU.lat + 0.008},示例路 10 号,
"""


@pytest.fixture
def imports(visit: Visit) -> Any:
    """The imports of the console, logged in as the city's administrator."""

    def imports(size: str = "desktop") -> Watched:
        watched = visit("/console#imports", size=size)
        page = watched.page
        page.fill("#login-login", "administrator")
        page.fill("#login-password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#import-form")).to_be_visible()
        return watched

    return imports


def total(watched: Watched, name: str) -> Locator:
    return watched.page.locator(f"[data-total={name}] strong")


def found(watched: Watched, name: str) -> list[Any]:
    """What the public finds by this name."""
    answer = watched.get("/v1/stations?limit=2000&bbox=121.54,29.81,121.56,29.83")
    return [one for one in answer["features"] if one["properties"]["name"] == name]


def choose_file(watched: Watched, source: str) -> None:
    page = watched.page
    page.locator("#import-file").set_input_files(
        {"name": "鄞州.csv", "mimeType": "text/csv", "buffer": SHEET.encode("gb18030")}
    )
    page.locator("#import-datum").select_option("wgs84")
    page.locator("#import-source").fill(source)


def preview(watched: Watched, button: str = "先看看会怎么样") -> None:
    with watched.page.expect_response(lambda reply: "/imports/preview" in reply.url) as reply:
        watched.page.get_by_role("button", name=button).click()
    assert reply.value.ok, reply.value.text()
    expect(watched.page.locator("#preview-heading")).to_be_focused()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_spreadsheet_is_looked_over_corrected_applied_and_taken_back(
    imports: Any, size: str
) -> None:
    watched = imports(size)
    page = watched.page
    page.get_by_role("button", name="先看看会怎么样").click()
    expect(page.locator("#import-problem")).to_have_text("请先选一个文件。")
    choose_file(watched, f"鄞州区总工会站点表 {size}")
    preview(watched)

    assert [total(watched, name).inner_text() for name in ("read", "added", "refused")] == [
        "3",
        "2",
        "1",
    ]
    expect(total(watched, "unplaced")).to_have_text("1")
    refused = page.locator(".report-refused")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("第 5 行")
    expect(refused).to_contain_text("没有这种类型")
    assert found(watched, NEW) == []

    column = page.locator("select[data-column=E]")
    expect(column).to_have_value("")
    assert serious(page) == []
    assert overflow(page) <= 0
    column.select_option("address")
    preview(watched, "按改好的列再看一次")
    expect(column).to_have_value("address")

    with page.expect_download() as download:
        page.get_by_role("button", name="下载带提示的表格").click()
    assert download.value.path().stat().st_size > len(SHEET)

    page.get_by_role("button", name="写进去").click()
    expect(page.locator("#import-done")).to_contain_text("新增 2 个")
    (placed,) = found(watched, NEW)
    assert placed["properties"]["address"] == "示例路 8 号"
    assert found(watched, UNPLACED) == []

    page.get_by_role("link", name="站点", exact=True).click()
    page.get_by_role("button", name="没有位置的站点").click()
    expect(page.locator(".listing").filter(has_text=UNPLACED)).to_be_visible()

    page.get_by_role("link", name="导入表格", exact=True).click()
    past = page.locator(".past").first
    expect(past).to_contain_text("鄞州.csv")
    past.get_by_role("button", name="整份撤回：鄞州.csv").click()
    dialog = page.get_by_role("dialog", name="整份撤回？")
    expect(dialog).to_contain_text("新增的 2 个会去掉")
    assert serious(page) == []
    dialog.get_by_role("button", name="不撤回").click()
    assert len(found(watched, NEW)) == 1
    past.get_by_role("button", name="整份撤回：鄞州.csv").click()
    dialog.get_by_role("button", name="撤回", exact=True).click()
    expect(page.locator("#past-status")).to_contain_text("已撤回 鄞州.csv")
    expect(past).to_contain_text("已撤回")
    assert found(watched, NEW) == []


def test_a_file_that_is_no_table_is_refused_in_a_sentence(imports: Any) -> None:
    watched = imports()
    page = watched.page
    page.locator("#import-file").set_input_files(
        {"name": "照片.xlsx", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" * 40}
    )
    page.locator("#import-source").fill("照片")
    watched.expects("422 /v1/imports/preview")
    page.get_by_role("button", name="先看看会怎么样").click()
    problem = page.locator("#import-problem .notice-error")
    expect(problem).to_be_visible()
    assert re.search("[\u4e00-\u9fff]", problem.inner_text())


def test_columns_that_nobody_knows_are_named_in_the_page(imports: Any) -> None:
    """No title is known: the page says what is missing, and each column is chosen."""
    watched = imports("phone")
    page = watched.page
    sheet = f"单位,东经值,北纬值\n{NEW},{YINZHOU.lon + 0.004},{YINZHOU.lat + 0.004}\n"
    page.locator("#import-file").set_input_files(
        {"name": "单位.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
    )
    page.locator("#import-datum").select_option("wgs84")
    page.locator("#import-kind").select_option("rest_station")
    page.locator("#import-source").fill("单位表")
    watched.expects("422 /v1/imports/preview")
    page.get_by_role("button", name="先看看会怎么样").click()
    expect(page.locator("#import-problem .notice-error")).to_contain_text("缺少这一列")
    expect(page.locator("#columns-heading")).to_be_visible()
    for letter, field in (("A", "name"), ("B", "lon"), ("C", "lat")):
        page.locator(f"select[data-column={letter}]").select_option(field)
    assert serious(page) == []
    assert overflow(page) <= 0
    preview(watched, "按改好的列再看一次")
    expect(total(watched, "added")).to_have_text("1")
