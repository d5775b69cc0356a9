"""A street cleaner looks for a place to rest, with a phone in one hand."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from geo.coordinates import Datum, LonLat, convert
from tests.journeys.conftest import (
    ALWAYS_OPEN,
    FAR_AWAY,
    FAR_STATION,
    HERE,
    MICROWAVE_UNKNOWN,
    Visit,
    Watched,
)

NEAREST = "/v1/stations/nearest"
# In the hills of Ninghai: no station within a walk.


def cards(watched: Watched) -> Locator:
    return watched.page.locator("#cards .card")


def card(watched: Watched, name: str) -> Locator:
    return cards(watched).filter(has_text=name)


def answer_after(watched: Watched, act: Any) -> Any:
    """Do something, and return the answer that the page then got."""
    with watched.page.expect_response(lambda reply: NEAREST in reply.url) as reply:
        act()
    return reply.value.json()


def asked_point(watched: Watched) -> LonLat:
    query = parse_qs(urlsplit(watched.asked(NEAREST)[-1]).query)
    return LonLat(float(query["lon"][0]), float(query["lat"][0]))


def test_with_a_position_the_nearest_open_places_are_listed_at_once(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    page = watched.page
    expect(cards(watched).first).to_be_visible()
    nearest = watched.get(f"{NEAREST}?lon={HERE.lon}&lat={HERE.lat}&kind=rest_station")
    assert ALWAYS_OPEN in [one["properties"]["name"] for one in nearest["features"][:2]]

    mine = card(watched, ALWAYS_OPEN)
    # 48 metres in a straight line, 60 as the walk is estimated, at 5 km/h.
    expect(mine.locator(".card-minutes")).to_contain_text("1 分钟")
    expect(mine.locator(".card-minutes")).to_contain_text("直线 50 米")
    expect(mine.locator(".open")).to_have_text("一直开着，不关门")
    expect(mine.locator(".entry")).to_contain_text("谁都可以进")
    expect(mine.locator(".service-yes")).to_contain_text(["微波炉"])
    expect(page.locator("#status")).to_have_text(re.compile(r"^找到 \d+ 处，最快 1 分钟到。$"))
    expect(page.locator("#origin-words")).to_contain_text("误差约 35 米")
    expect(page.locator(".station-marker")).to_have_count(cards(watched).count())
    minutes = [int(text) for text in page.locator(".card .minutes strong").all_inner_texts()]
    assert minutes == sorted(minutes)
    assert min(minutes) == 1

    expect(page.locator(".demo-banner")).to_contain_text("示例")
    hotline = page.get_by_role("link", name="12351")
    expect(hotline).to_have_attribute("href", "tel:12351")


def test_navigation_leads_to_the_place_in_the_maps_own_datum(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    links = card(watched, ALWAYS_OPEN).locator(".ways a")
    expect(links).to_have_count(4)
    hosts = [urlsplit(link.get_attribute("href") or "").netloc for link in links.all()]
    assert hosts == ["uri.amap.com", "apis.map.qq.com", "api.map.baidu.com", "maps.apple.com"]

    amap = urlsplit(links.first.get_attribute("href") or "")
    given = parse_qs(amap.query)
    lon, lat, name = given["to"][0].split(",")
    place = convert(LonLat(HERE.lon + 0.0005, HERE.lat), Datum.WGS84, Datum.GCJ02)
    assert (float(lon), float(lat)) == pytest.approx((place.lon, place.lat), abs=2e-6)
    assert (name, given["mode"]) == (ALWAYS_OPEN, ["walk"])
    assert links.first.get_attribute("rel") == "noopener noreferrer"


def test_a_tap_on_the_map_searches_from_there(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    expect(card(watched, ALWAYS_OPEN)).to_be_visible()
    page = watched.page
    page.get_by_role("button", name="缩小").tap()
    box = page.locator("#map").bounding_box()
    assert box is not None
    tap = (box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.35)

    moved = answer_after(watched, lambda: page.touchscreen.tap(*tap))

    expect(page.locator("#origin-words")).to_have_text("从您在地图上选的点找。")
    point = asked_point(watched)
    assert point.lon < HERE.lon - 0.005
    assert moved["query"]["lon"] == pytest.approx(point.lon, abs=1e-6)
    expect(cards(watched)).to_have_count(len(moved["features"]))
    expect(card(watched, ALWAYS_OPEN)).to_have_count(0)


def test_a_refused_position_leaves_the_other_ways_by_keyboard_alone(visit: Visit) -> None:
    watched = visit("/", size="desktop")
    page = watched.page
    district = page.locator("#district option")
    expect(district).to_have_count(11)

    reach(watched, "#locate")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="没有得到定位许可")).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("在上面选一个区")

    reach(watched, "#district")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#origin-words")).to_contain_text("中部找")
    expect(page.locator("#locate-problem")).to_be_empty()
    reach(watched, "#after-cards button:has-text('扩大')")
    page.keyboard.press("Enter")
    expect(cards(watched).first).to_be_visible()
    reach(watched, ".card .ways a")


def reach(watched: Watched, selector: str) -> None:
    """Press Tab until the keyboard is there."""
    page = watched.page
    expect(page.locator(selector).first).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(
            "selector => document.activeElement === selector", page.query_selector(selector)
        ):
            return
    pytest.fail(f"the keyboard cannot reach {selector}")


def test_far_from_everything_says_why_and_offers_to_look_wider(visit: Visit) -> None:
    watched = visit("/", at=FAR_AWAY)
    page = watched.page
    expect(page.locator("#status")).to_contain_text("1 公里内没有符合条件的站点")
    assert cards(watched).count() == 0

    found = answer_after(watched, page.get_by_role("button", name="扩大到 20 公里再找").tap)

    assert found["query"]["within_m"] == 20_000
    expect(card(watched, FAR_STATION)).to_be_visible()
    expect(page.locator("#status")).to_contain_text("找到")
    assert all(one["properties"]["distance_m"] > 1000 for one in found["features"])


def test_a_filter_says_how_many_places_are_not_known(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    page = watched.page
    expect(card(watched, MICROWAVE_UNKNOWN)).to_be_visible()
    page.locator("#filters summary").tap()

    answer = answer_after(
        watched, page.locator("#services").get_by_role("button", name="微波炉").tap
    )

    unknown = answer["left_out"]["service_unknown"]
    assert unknown >= 1
    remark = page.locator("#after-cards .remark").filter(has_text="不清楚有没有微波炉")
    expect(remark).to_contain_text(f"另有 {unknown} 处")
    expect(card(watched, MICROWAVE_UNKNOWN)).to_have_count(0)
    for one in answer["features"]:
        assert one["properties"]["services"]["microwave"] == "yes"

    remark.get_by_role("button", name="也列出来").tap()
    expect(card(watched, MICROWAVE_UNKNOWN)).to_contain_text("微波炉：不清楚")
    expect(page.get_by_label("不清楚有没有的也算上")).to_be_checked()


def test_english_is_one_tap_away_and_stays(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    page = watched.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("link", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(card(watched, ALWAYS_OPEN).locator(".open")).to_have_text("Open around the clock")
    expect(card(watched, ALWAYS_OPEN).locator(".card-minutes")).to_contain_text("1 min")
    expect(card(watched, ALWAYS_OPEN).locator(".card-about")).to_contain_text("Haishu District")
    expect(page.locator(".demo-banner")).to_contain_text("Made-up demo data")
    watched.open("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_position_is_kept_nowhere(visit: Visit) -> None:
    watched = visit("/", at=HERE)
    page = watched.page
    expect(card(watched, ALWAYS_OPEN)).to_be_visible()
    answer_after(watched, page.locator("[data-profile=ebike]").tap)
    kept = json.dumps(
        [
            page.url,
            watched.context.cookies(),
            page.evaluate(
                "[{...localStorage}, {...sessionStorage}, document.cookie, history.state]"
            ),
            page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))"),
            page.evaluate("caches.keys()"),
        ]
    )
    assert not re.search(r"121\.|29\.8|lon|lat\b", kept), kept
    assert "ebike" in kept  # how they travel is remembered, where they are is not
    told = [one for one in watched.requests if "121.5" in one]
    assert told
    assert all(NEAREST in one for one in told)


@pytest.mark.parametrize("trouble", ["503", "cut off"])
def test_when_the_service_is_away_the_last_answer_stays(visit: Visit, trouble: str) -> None:
    watched = visit("/", at=HERE)
    page = watched.page
    expect(card(watched, ALWAYS_OPEN)).to_be_visible()

    def refuse(route: Route) -> None:
        if trouble == "503":
            headers = {"Retry-After": "5", "Content-Type": "application/problem+json"}
            route.fulfill(status=503, headers=headers, body="{}")
        else:
            route.abort("connectionreset")

    page.route(f"**{NEAREST}*", refuse)
    watched.expects(f"{'failed' if trouble == 'cut off' else trouble} {NEAREST}")
    page.locator("[data-profile=ebike]").tap()

    stale = page.locator("#stale")
    words = {"503": "服务暂时用不了，过一会儿会自动恢复。", "cut off": "网络太慢或服务没有回应。"}
    expect(stale).to_contain_text(words[trouble])
    expect(stale).to_contain_text("下面是刚刚的结果")
    expect(card(watched, ALWAYS_OPEN)).to_be_visible()

    page.unroute(f"**{NEAREST}*")
    stale.get_by_role("button", name="再试一次").tap()
    expect(stale).to_be_empty()
    expect(card(watched, ALWAYS_OPEN).locator(".how").first).to_have_text("电动车")


def test_when_the_words_of_the_register_are_late_the_page_still_answers(visit: Visit) -> None:
    """The taxonomy fails once: the list comes all the same, and nothing breaks."""
    watched = visit("/")
    page = watched.page
    page.route("**/v1/taxonomy*", lambda route: route.abort("connectionreset"))
    watched.expects("failed /v1/taxonomy")
    watched.context.set_geolocation({"longitude": HERE.lon, "latitude": HERE.lat, "accuracy": 20})
    watched.context.grant_permissions(["geolocation"])
    watched.open("/")
    expect(card(watched, ALWAYS_OPEN).locator(".card-minutes")).to_contain_text("1 分钟")
