"""A courier whose phone does not tell where it is finds the way by a name."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from geo.coordinates import LonLat
from tests.journeys.conftest import ALWAYS_OPEN, YINZHOU, Visit, Watched
from tests.journeys.test_pages import overflow, serious

NEAREST = "/v1/stations/nearest"
SEARCH = "/v1/search"


def rows(watched: Watched) -> Locator:
    return watched.page.locator("#find-list [role=option]")


def look_for(watched: Watched, words: str) -> None:
    """Type as a person does, and wait for the list."""
    watched.page.locator("#find").press_sequentially(words, delay=20)
    expect(rows(watched).first).to_be_visible()


def asked_point(watched: Watched) -> LonLat:
    query = parse_qs(urlsplit(watched.asked(NEAREST)[-1]).query)
    return LonLat(float(query["lon"][0]), float(query["lat"][0]))


def test_a_district_in_pinyin_sets_the_position_by_keyboard_alone(visit: Visit) -> None:
    watched = visit("/")
    page = watched.page
    find = page.locator("#find")
    expect(find).to_have_attribute("role", "combobox")
    look_for(watched, "yinzhou")
    expect(find).to_have_attribute("aria-expanded", "true")
    # Somebody typed seven letters; far fewer questions were asked.
    assert len(watched.asked(SEARCH)) <= 3

    page.keyboard.press("ArrowDown")
    chosen = rows(watched).first
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(find).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    expect(chosen).to_contain_text("鄞州区")
    assert serious(page) == []
    assert overflow(page) <= 0
    page.keyboard.press("Enter")

    expect(find).to_have_value("鄞州区")
    expect(find).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#origin-words")).to_contain_text("从鄞州区中部找")
    expect(page.locator("#status")).not_to_be_empty()
    point = asked_point(watched)
    area = watched.get(f"{SEARCH}?q=yinzhou&types=area")["features"][0]
    assert area["properties"]["name"] == "鄞州区"
    assert abs(point.lon - area["geometry"]["coordinates"][0]) < 1e-4
    assert abs(point.lat - area["geometry"]["coordinates"][1]) < 1e-4


def test_a_station_by_name_is_shown_and_leads_to_others_near_it(visit: Visit) -> None:
    watched = visit("/")
    page = watched.page
    look_for(watched, "旅程驿站一直开")
    rows(watched).filter(has_text=ALWAYS_OPEN).first.tap()
    sought = page.locator("#sought .card")
    expect(sought).to_contain_text(ALWAYS_OPEN)
    expect(sought.locator(".open")).to_have_text("一直开着，不关门")
    expect(sought.locator(".ways a")).to_have_count(4)
    # Nobody knows where the courier is: no minutes, and none made up.
    expect(sought.locator(".card-minutes")).to_have_count(0)

    page.get_by_role("button", name="从这里找附近的站点").click()
    expect(page.locator("#sought")).to_be_empty()
    expect(page.locator("#cards .card").first).to_contain_text(ALWAYS_OPEN)
    expect(page.locator("#origin-words")).to_contain_text(f"从{ALWAYS_OPEN}找")


def test_what_is_not_found_is_said_and_escape_puts_the_list_away(visit: Visit) -> None:
    watched = visit("/", at=YINZHOU)
    page = watched.page
    page.fill("#find", "没有这个地方的名字")
    expect(page.locator("#find-status")).to_have_text(re.compile("^没有找到“没有这个地方的名字”"))
    expect(page.locator("#find")).to_have_attribute("aria-expanded", "false")
    page.fill("#find", "")
    look_for(watched, "haishu")
    page.keyboard.press("Escape")
    expect(page.locator("#find-list")).to_be_hidden()
    # With a position known, the search is asked from there.
    assert "lon=121.5466" in watched.asked(SEARCH)[-1]
