"""A station manager keeps a listing true, whatever happens in between."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import APIRequestContext, APIResponse, Browser, expect

from tests.journeys.conftest import (
    ALWAYS_OPEN,
    MINE,
    MINE_TOO,
    PASSWORD,
    WAIT_MS,
    Service,
    Visit,
    Watched,
)

SESSION = "/v1/session"


@pytest.fixture
def log_in(visit: Visit) -> Any:
    """Open the console and log in as the manager of Yinzhou."""

    def log_in(size: str = "phone", lang: str = "zh-CN") -> Watched:
        watched = visit("/console", size=size, lang=lang)
        give_password(watched, "login", PASSWORD)
        expect(watched.page.locator(".listing").first).to_be_visible()
        return watched

    return log_in


def give_password(watched: Watched, form: str, password: str, login: str = "manager") -> None:
    page = watched.page
    page.fill(f"#{form}-login", login)
    page.fill(f"#{form}-password", password)
    page.keyboard.press("Enter")


def open_listing(watched: Watched, name: str) -> str:
    """Find a station by its name and open it; return its code."""
    page = watched.page
    page.fill("#search-text", name)
    page.keyboard.press("Enter")
    expect(page.locator(".listing")).to_have_count(1)
    page.locator(".listing").click()
    expect(page.locator("#form-heading")).to_have_text(name)
    return str(page.evaluate("location.hash.slice(1)"))


def public(watched: Watched, code: str) -> Any:
    return watched.get(f"/v1/stations/{code}")["properties"]


def choose(watched: Watched, name: str, value: str) -> None:
    """Choose a radio button as a finger does: by its words."""
    watched.page.locator(f"label:has(input[name='{name}'][value='{value}'])").click()


@pytest.fixture
def colleague(service: Service, chromium: Browser) -> Any:
    """Somebody else with the same rights, who saves at the worst moment."""
    context = chromium.new_context(base_url=service.url)
    context.set_default_timeout(WAIT_MS)
    requests: APIRequestContext = context.request
    body = {"login": "manager", "password": PASSWORD}
    token = requests.post(SESSION, data=body).json()["csrf_token"]

    def save(code: str, changes: dict[str, Any]) -> APIResponse:
        version = requests.get(f"/v1/stations/{code}").headers["etag"]
        reply = requests.patch(
            f"/v1/stations/{code}",
            data=json.dumps(changes),
            headers={
                "Content-Type": "application/merge-patch+json",
                "If-Match": version,
                "X-CSRF-Token": token,
            },
        )
        assert reply.status == 200, reply.text()
        return reply

    yield save
    context.close()


def end_session(watched: Watched) -> None:
    """End the session behind the page's back, as twelve hours would."""
    request = watched.context.request
    token = request.get(watched.url + SESSION).json()["csrf_token"]
    reply = request.delete(watched.url + SESSION, headers={"X-CSRF-Token": token})
    assert reply.status == 204


def test_hours_services_and_status_are_saved_for_everybody_to_see(visit: Visit) -> None:
    watched = visit("/console")
    page = watched.page
    watched.expects(f"401 {SESSION}")
    expect(page.locator("#login-login")).to_be_focused()
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#login-login-problem")).to_have_text("请填写账号。")
    give_password(watched, "login", "not the password")
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("密码")
    expect(page.locator("#login-login")).to_have_value("manager")
    expect(page.locator("#login-password")).to_be_focused()
    give_password(watched, "login", PASSWORD)

    expect(page.locator("#list-view .account-name")).to_have_text("王阿姨（鄞州区）")
    expect(page.locator(".listing")).to_have_count(20)
    expect(page.locator("#list-status")).to_have_text(re.compile(r"^共 \d{3} 个，列出 20 个。$"))
    code = open_listing(watched, MINE)

    hours = page.locator("#field-hours_text")
    preview = page.locator("#hours-preview")
    hours.fill("看天气")
    expect(preview).to_contain_text("没看懂")
    hours.fill("周一至周五 8:30-12:00、14:00-18:30")
    expect(preview).to_contain_text("看懂了：周一至周五 8:30-12:00、14:00-18:30")
    choose(watched, "services.microwave", "yes")
    choose(watched, "services.first_aid", "no")
    choose(watched, "status", "temporarily_closed")
    expect(page.locator("#unsaved")).to_have_text("有 4 处改动没保存")
    page.get_by_label("我今天到现场看过").check()
    page.get_by_role("button", name="保存").click()

    expect(page.locator("#form-message")).to_have_text("保存好了，大家马上就能看到。")
    expect(page.locator("#unsaved")).to_have_text("没有改动")
    shown = public(watched, code)
    assert shown["hours"] == "Mo-Fr 08:30-12:00,14:00-18:30"
    assert (shown["services"]["microwave"], shown["services"]["first_aid"]) == ("yes", "no")
    assert shown["services"]["drinking_water"] == "yes"
    assert shown["status"] == "temporarily_closed"
    assert shown["version"] == 2
    assert shown["checked"]["hours"] == shown["checked"]["status"]

    page.get_by_role("link", name="返回列表").click()
    expect(page.locator(".listing").filter(has_text=MINE)).to_contain_text("暂停开放")
    page.locator("#list-view").get_by_role("button", name="退出").click()
    expect(page.locator("#login-login")).to_be_visible()
    session = watched.context.request.get(watched.url + SESSION).json()
    assert session["account"] is None


def test_what_the_service_refuses_is_said_at_its_field(log_in: Any) -> None:
    watched = log_in()
    page = watched.page
    code = open_listing(watched, MINE)
    before = public(watched, code)
    page.fill("#field-name", " ")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#problem-name")).to_have_text("请填写名称。")
    expect(page.locator("#field-name")).to_be_focused()
    expect(page.locator("#form-message")).to_contain_text("还没有保存")
    assert public(watched, code) == before
    page.fill("#field-name", MINE)
    expect(page.locator("#unsaved")).to_have_text("没有改动")


def test_a_stale_edit_is_told_so_and_nothing_is_lost(log_in: Any, colleague: Any) -> None:
    watched = log_in("desktop")
    page = watched.page
    code = open_listing(watched, MINE_TOO)
    page.fill("#field-phone", "0574-1111111")
    page.fill("#field-notes", "门在东边")
    choose(watched, "services.wifi", "yes")
    colleague(code, {"phone": "0574-2222222", "services": {"toilet": "yes"}})

    watched.expects(f"412 /v1/stations/{code}")
    page.get_by_role("button", name="保存").click()
    conflict = page.locator(".conflict")
    expect(conflict).to_be_focused()
    expect(conflict).to_contain_text("别人刚刚也改了这个站点")
    phone = conflict.locator("fieldset").filter(has_text="电话")
    expect(phone).to_contain_text("0574-1111111")
    expect(phone).to_contain_text("0574-2222222")
    expect(page.locator("#field-notes")).to_have_value("门在东边")
    assert public(watched, code)["phone"] == "0574-2222222"

    phone.locator("label", has_text="我写的").click()
    conflict.get_by_role("button", name="按选好的保存").click()
    expect(page.locator("#form-message")).to_have_text("保存好了，大家马上就能看到。")
    shown = public(watched, code)
    assert (shown["phone"], shown["notes"]) == ("0574-1111111", "门在东边")
    # Mine is saved, and what the colleague changed beside it stands.
    assert (shown["services"]["wifi"], shown["services"]["toilet"]) == ("yes", "yes")


def test_a_session_that_ends_takes_nothing_with_it(log_in: Any) -> None:
    watched = log_in()
    page = watched.page
    code = open_listing(watched, MINE)
    page.fill("#field-notes", "钥匙在门卫")
    page.fill("#field-phone", "0574-3333333")
    end_session(watched)

    watched.expects(f"401 /v1/stations/{code}")
    watched.expects(f"401 {SESSION}")
    page.get_by_role("button", name="保存").click()
    dialog = page.get_by_role("dialog", name="请再登录一次")
    expect(dialog).to_contain_text("您写的都还在")
    give_password(watched, "again", "not the password")
    expect(dialog.get_by_role("alert")).to_contain_text("密码")
    give_password(watched, "again", PASSWORD)

    expect(page.locator("#form-message")).to_have_text("保存好了，大家马上就能看到。")
    expect(dialog).to_be_hidden()
    shown = public(watched, code)
    assert (shown["notes"], shown["phone"]) == ("钥匙在门卫", "0574-3333333")


def test_leaving_with_something_unsaved_asks_first(log_in: Any) -> None:
    watched = log_in()
    page = watched.page
    code = open_listing(watched, MINE)
    before = public(watched, code)
    page.fill("#field-notes", "写了一半")
    page.get_by_role("link", name="返回列表").click()
    dialog = page.get_by_role("dialog", name="还有改动没有保存")
    dialog.get_by_role("button", name="留下来继续改").click()
    expect(page.locator("#field-notes")).to_have_value("写了一半")
    page.get_by_role("link", name="返回列表").click()
    dialog.get_by_role("button", name="不要了，离开").click()
    expect(page.locator("#listings")).to_be_visible()
    assert public(watched, code) == before


def test_a_strangers_station_is_out_of_reach(log_in: Any) -> None:
    watched = log_in()
    page = watched.page
    page.fill("#search-text", ALWAYS_OPEN)
    page.keyboard.press("Enter")
    expect(page.locator("#list-status")).to_have_text(f"没有找到“{ALWAYS_OPEN}”。")
    expect(page.locator(".listing")).to_have_count(0)

    # By its address it shows what everybody may see, and cannot be changed.
    found = watched.get("/v1/stations?limit=2000&bbox=121.54,29.86,121.56,29.88")["features"]
    code = next(one["id"] for one in found if one["properties"]["name"] == ALWAYS_OPEN)
    page.evaluate("code => { location.hash = code; }", quote(code))
    expect(page.locator("#form-view")).to_contain_text("您的账号不能修改这个站点。")
    expect(page.locator("#field-notes")).to_be_disabled()
    expect(page.locator("#save")).to_be_disabled()
    request = watched.context.request
    token = request.get(watched.url + SESSION).json()["csrf_token"]
    reply = request.patch(
        f"{watched.url}/v1/stations/{code}",
        data=json.dumps({"notes": "不是我的"}),
        headers={
            "Content-Type": "application/merge-patch+json",
            "If-Match": '"1"',
            "X-CSRF-Token": token,
        },
    )
    assert reply.status == 404
    assert public(watched, code)["notes"] is None
