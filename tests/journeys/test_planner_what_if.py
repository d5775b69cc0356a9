"""A planner tries stations out on the map, sees what changes, keeps it and compares."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.journeys.conftest import FAR_AWAY, PASSWORD, Visit, Watched
from tests.journeys.test_pages import overflow, serious

ON_MAP = "window[document.querySelector('.folium-map').id]"
CLICK = f"([lat, lon]) => {{ {ON_MAP}.fire('click', {{latlng: L.latLng(lat, lon)}}); }}"
DRAWN = """() => [...document.querySelectorAll("canvas.changes-tile")].some((tile) =>
    tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data.some((part) => part))"""


def as_planner(visit: Visit, size: str, login: str = "planner") -> Watched:
    """Open the page and log in on it."""
    watched = visit("/planner", size=size)
    page = watched.page
    page.locator("#tryout summary").click()
    page.fill("#planner-login", login)
    page.fill("#planner-password", PASSWORD)
    page.keyboard.press("Enter")
    return watched


def the_map(watched: Watched) -> FrameLocator:
    frame = watched.page.frame_locator("#map")
    expect(frame.locator(".folium-map[data-cells]")).to_be_visible()
    expect(watched.page.locator("#map-cover")).to_be_hidden()
    return frame


def on_map(watched: Watched, script: str, argument: object = None) -> object:
    frame = next(one for one in watched.page.frames if "/v1/coverage/map" in one.url)
    return frame.evaluate(script, argument)


def put_places(watched: Watched) -> None:
    """From now on a click puts a new place on the map."""
    watched.page.locator("#try-place").click()
    expect(watched.page.frame_locator("#map").locator("#map-hint")).to_be_visible()


def gained(watched: Watched) -> Locator:
    return watched.page.locator("#try-gain .figure-value")


def people(text: str) -> int:
    return int(re.sub(r"[^\d−]", "", text).replace("−", "-"))


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_place_is_put_on_the_map_and_taken_back(visit: Visit, size: str) -> None:
    watched = as_planner(visit, size)
    page = watched.page
    frame = the_map(watched)
    put_places(watched)
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    expect(gained(watched).first).to_contain_text("+")
    gain = people(gained(watched).first.inner_text())
    rows = page.locator("#gain-by-area tbody tr")
    by_area = [people(row.locator("td").first.inner_text()) for row in rows.all()]
    assert sum(by_area) == gain > 0
    expect(frame.locator(".tried-new")).to_have_text("+1")
    legend = frame.locator("#change-legend")
    expect(legend).to_be_visible()
    assert people(legend.locator("[data-change=gained]").inner_text()) == gain
    page.wait_for_timeout(300)
    assert on_map(watched, DRAWN)
    for document in page.frames:
        assert serious(document) == [], document.url
        assert overflow(document) <= 0, document.url

    # A click on a cell that changes says so in words, once no new place is put there any more.
    page.locator("#try-place").click()
    expect(frame.locator("#map-hint")).to_be_hidden()
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    expect(frame.locator(".leaflet-popup-content")).to_contain_text("能到的站点：0 → 1")

    page.locator("#try-undo").click()
    expect(page.locator("#try-gain")).to_be_hidden()
    expect(frame.locator(".tried-new")).to_have_count(0)
    expect(legend).to_be_hidden()


def test_before_and_after_are_swiped_between(visit: Visit) -> None:
    watched = as_planner(visit, "phone")
    page = watched.page
    frame = the_map(watched)
    put_places(watched)
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    page.locator("#try-view-swipe").click()
    handle = frame.locator(".swipe-range")
    expect(handle).to_be_visible()
    # the legend counts one side only
    note = frame.locator("#swipe-note")
    expect(note).to_have_text("图例里的人数是现在的")
    expect(note).to_be_visible()

    def clips() -> list[str]:
        panes = "['cells', 'after'].map((pane) => {0}.getPane(pane).style.clip)"
        found = on_map(watched, f"() => {panes.replace('{0}', ON_MAP)}")
        assert isinstance(found, list)
        return found

    halves = clips()
    assert all(clip.startswith("rect(") for clip in halves)
    assert halves[0] != halves[1]
    handle.focus()
    page.keyboard.press("Home")
    assert clips() != halves
    assert serious(page.frames[1]) == []
    page.locator("#try-view-now").click()
    expect(handle).to_have_count(0)
    expect(note).to_be_hidden()
    assert clips() == ["", ""]


def test_what_is_tried_is_on_paper_without_its_buttons(visit: Visit) -> None:
    watched = as_planner(visit, "phone")
    page = watched.page
    the_map(watched)
    page.emulate_media(media="print")
    expect(page.locator(".tryout-side")).to_be_hidden()
    page.emulate_media(media="screen")
    put_places(watched)
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    expect(gained(watched).first).to_contain_text("+")
    page.emulate_media(media="print")
    expect(page.locator(".try-edits")).to_contain_text("新站 1")
    expect(gained(watched).first).to_be_visible()
    expect(page.locator("#gain-by-area")).to_be_visible()
    pressed = page.locator(".tryout-side").locator("button, input, select, summary")
    assert [one.inner_text() for one in pressed.all() if one.is_visible()] == []


def test_a_station_is_closed_and_moved_by_its_popup(visit: Visit) -> None:
    watched = as_planner(visit, "desktop")
    page = watched.page
    frame = the_map(watched)
    page.locator("#singles tbody button").first.click()
    lost = people(page.locator("#singles tbody td").first.inner_text())
    frame.get_by_role("button", name="试着关掉").click()
    expect(gained(watched).first).to_have_text(f"−{lost:,}")
    expect(frame.locator(".tried-closed")).to_have_count(1)

    page.locator("#singles tbody button").first.click()
    frame.get_by_role("button", name="试着移走").click()
    expect(frame.locator("#map-hint")).to_contain_text("新位置")
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    expect(frame.locator(".tried-moved")).to_have_count(1)
    expect(frame.locator(".tried-closed")).to_have_count(0)
    expect(gained(watched).first).not_to_have_text(f"−{lost:,}")
    page.get_by_role("button", name="撤掉").click()
    expect(page.locator("#try-gain")).to_be_hidden()


def test_a_trial_outlives_a_reload_and_a_failure(visit: Visit) -> None:
    watched = as_planner(visit, "desktop")
    page = watched.page
    frame = the_map(watched)
    name = page.locator("#singles tbody button").first.inner_text()
    page.locator("#singles tbody button").first.click()
    frame.get_by_role("button", name="试着关掉").click()
    expect(gained(watched).first).to_contain_text("−")
    lost = gained(watched).first.inner_text()
    expect(page.locator(".try-edits button").first).to_have_text(name)

    watched.expects("failed /v1/coverage/what-if")
    page.route("**/v1/coverage/what-if", lambda route: route.abort())
    page.reload()
    the_map(watched)
    page.wait_for_timeout(500)  # it was tried with the log-in, and again with the figures
    again = page.locator("#try-again")
    expect(again).to_be_visible()
    page.unroute("**/v1/coverage/what-if")
    again.click()
    expect(gained(watched).first).to_have_text(lost)
    expect(again).to_have_count(0)
    frame = the_map(watched)
    expect(frame.locator(".tried-closed")).to_have_count(1)
    expect(page.locator(".try-edits button").first).to_have_text(name)

    page.locator("#try-clear").click()
    page.reload()
    the_map(watched)
    expect(page.locator("#try-status")).not_to_be_empty()
    expect(page.locator(".try-edits")).to_have_count(0)


def test_a_place_is_put_by_the_keyboard_alone(visit: Visit) -> None:
    watched = as_planner(visit, "desktop")
    page = watched.page
    frame = the_map(watched)
    page.locator("#try-place").press("Enter")
    expect(frame.locator("#map-hint")).to_be_visible()
    on_map(watched, f"([lat, lon]) => {{ {ON_MAP}.setView([lat, lon], 14); }}", [*FAR_AWAY[::-1]])
    frame.locator(".folium-map").focus()
    page.keyboard.press("Enter")
    expect(frame.locator(".tried-new")).to_have_text("+1")
    expect(gained(watched).first).to_contain_text("+")


def test_scenarios_are_saved_opened_and_compared(visit: Visit) -> None:
    watched = as_planner(visit, "desktop")
    page = watched.page
    the_map(watched)
    put_places(watched)
    gains = []
    for number, (name, east) in enumerate((("东边一站", 0.0), ("西边一站", -0.05)), start=1):
        on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon + east])
        expect(gained(watched).first).to_contain_text("+")
        gains.append(people(gained(watched).first.inner_text()))
        page.fill("#try-name", name)
        page.get_by_role("button", name="保存方案").click()
        expect(page.locator(".scenario")).to_have_count(number)
        page.locator("#try-clear").click()
        expect(page.locator("#try-gain")).to_be_hidden()

    for box in page.locator(".scenario input").all():
        box.check()
    page.locator("#compare").click()
    compared = page.locator(".compared tbody tr")
    expect(compared).to_have_count(2)
    assert [people(row.locator("td").nth(2).inner_text()) for row in compared.all()] == gains[::-1]
    assert serious(page) == []

    first = page.locator(".scenario").filter(has_text="东边一站")
    first.get_by_role("button", name="打开").click()
    expect(gained(watched).first).to_have_text(f"+{gains[0]:,}")
    first.get_by_role("button", name="共享", exact=True).click()
    expect(first).to_contain_text("已共享")
    page.fill("#try-name", "东边一站")
    watched.expects("422 /v1/scenarios")
    page.get_by_role("button", name="保存方案").click()
    expect(page.locator("#try-said")).to_contain_text("已有名为")
    for _ in range(2):
        left = page.locator(".scenario").count()
        page.locator(".scenario").first.get_by_role("button", name="删除").click()
        expect(page.locator(".scenario")).to_have_count(left - 1)


def suggesting(visit: Visit, size: str, sites: int) -> tuple[Watched, FrameLocator]:
    """Open the room of suggestions, and want so many sites."""
    watched = as_planner(visit, size)
    frame = the_map(watched)
    watched.page.locator(".suggest-room summary").first.click()
    watched.page.fill("#suggest-k", str(sites))
    return watched, frame


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_suggested_places_gain_what_they_promise_once_tried(visit: Visit, size: str) -> None:
    watched, frame = suggesting(visit, size, sites=3)
    page = watched.page
    page.locator("#suggest").click()
    rows = page.locator("#suggested tbody tr")
    expect(rows).to_have_count(3)
    gains = [people(row.locator("td").first.inner_text()) for row in rows.all()]
    assert all(gain > 0 for gain in gains)
    expect(rows.first).to_contain_text(re.compile("[区县市] [\\d,]+$"))
    expect(page.locator("#suggested")).to_contain_text(f"{sum(gains):,} 名没有站点的居民")
    assert serious(page) == []
    assert overflow(page) <= 0

    expect(frame.locator("#map-trial")).to_be_hidden()
    page.locator("#suggest-place").click()
    expect(frame.locator(".tried-new")).to_have_count(3)
    expect(frame.locator("#map-trial")).to_be_visible()
    expect(gained(watched).first).to_have_text(f"+{sum(gains):,}")
    expect(rows.locator("th")).to_have_text(["新站 1", "新站 2", "新站 3"])
    page.locator("#try-undo").click()
    expect(frame.locator(".tried-new")).to_have_count(0)

    # Another question: what was found is no answer to it.
    if size == "phone":
        page.locator("#question > summary").click()
    page.locator("#minutes").get_by_role("button", name="10", exact=True).click()
    expect(rows).to_have_count(0)


def test_suggested_places_are_called_as_on_the_map(visit: Visit) -> None:
    """A place that was put there by hand keeps its number."""
    watched, frame = suggesting(visit, "desktop", sites=2)
    page = watched.page
    put_places(watched)
    on_map(watched, CLICK, [FAR_AWAY.lat, FAR_AWAY.lon])
    expect(frame.locator(".tried-new")).to_have_count(1)
    page.locator("#suggest").click()
    rows = page.locator("#suggested tbody tr th")
    expect(rows).to_have_text(["建议 1", "建议 2"])
    page.locator("#suggest-place").click()
    expect(rows).to_have_text(["新站 2", "新站 3"])
    expect(frame.locator(".tried-new")).to_have_text(["+1", "+2", "+3"])


CORNERS = ([29.80, 121.50], [29.80, 121.62], [29.92, 121.62], [29.92, 121.50])


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_an_area_is_drawn_and_told_of_and_kept_free(visit: Visit, size: str) -> None:
    watched, frame = suggesting(visit, size, sites=3)
    page = watched.page
    page.locator("#suggest-outside").check()
    page.locator("#suggest").click()
    expect(page.locator("#suggested [role=alert]")).to_contain_text("还没有画区域")
    page.locator("#drawn-room summary").click()
    put_places(watched)  # and then something else is done with clicks
    page.locator("#drawn-draw").click()
    expect(page.locator("#try-place")).to_have_attribute("aria-pressed", "false")
    expect(frame.locator("#map-hint")).to_contain_text("放一个角")
    for number, corner in enumerate(CORNERS, start=1):
        expect(page.locator("#drawn-done")).to_be_enabled(enabled=number > 3)
        on_map(watched, CLICK, corner)
        expect(page.locator("#drawn-room")).to_contain_text(f"已有 {number} 个角")
        page.wait_for_timeout(450)  # two clicks in a moment are one
    page.locator("#drawn-back").click()
    expect(page.locator("#drawn-room")).to_contain_text("已有 3 个角")
    on_map(watched, CLICK, CORNERS[-1])
    page.locator("#drawn-done").click()
    expect(frame.locator("#map-hint")).to_be_hidden()
    served = page.locator("#drawn .figure-help").first
    expect(served).to_be_visible()
    inside = people(served.inner_text().rpartition("共")[2])
    assert 0 < inside < 9_777_000
    assert serious(page) == []
    assert overflow(page) <= 0

    page.locator("#suggest").click()
    expect(page.locator("#suggested tbody tr")).to_have_count(3)
    page.locator("#suggest-place").click()
    expect(frame.locator(".tried-new")).to_have_count(3)
    script = "() => { const edits = JSON.parse(sessionStorage['nuanyi-trial']); return edits.add; }"
    for place in page.evaluate(script):
        lies_in = 29.80 < place["lat"] < 29.92 and 121.50 < place["lon"] < 121.62
        assert not lies_in
    page.locator("#drawn-clear").click()
    expect(page.locator("#drawn .figure-help")).to_have_count(0)


POOR = ("121.0441,29.4912", "121.9318 29.4775", "121.3105,29.6461", "121.2712,30.2411")
"""Points in GCJ-02 where many have no station."""


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_sites_are_chosen_among_points_of_the_planners_own(visit: Visit, size: str) -> None:
    watched, frame = suggesting(visit, size, sites=2)
    page = watched.page
    page.select_option("#suggest-among", "placed")
    page.locator("#suggest").click()
    expect(page.locator("#suggested [role=alert]")).to_contain_text("还没有放点")
    page.select_option("#suggest-among", "list")
    for wrong, said in (("", "清单是空的"), ("121.55,29.87\n29.9", "第 2 行不是坐标")):
        page.fill("#suggest-list", wrong)
        page.locator("#suggest").click()
        expect(page.locator("#suggested [role=alert]")).to_contain_text(said)
    page.fill("#suggest-list", "\n".join(POOR))
    page.select_option("#suggest-datum", "gcj02")
    page.fill("#suggest-k", "3")
    page.locator("#suggest").click()
    rows = page.locator("#suggested tbody tr")
    expect(rows).to_have_count(3)
    assert serious(page) == []
    assert overflow(page) <= 0
    page.locator("#suggest-place").click()
    expect(frame.locator(".tried-new")).to_have_count(3)
    expect(gained(watched).first).to_have_text(re.compile("^\\+[1-9]"))  # one job at a time

    page.select_option("#suggest-among", "placed")
    expect(page.locator("#suggest-list")).to_be_hidden()
    page.fill("#suggest-k", "1")
    page.locator("#suggest").click()
    expect(rows).to_have_count(1)
    best = people(rows.first.locator("td").first.inner_text())
    page.locator("#suggest-place").click()  # those that were not chosen go
    expect(frame.locator(".tried-new")).to_have_count(1)
    expect(gained(watched).first).to_have_text(f"+{best:,}")


def test_managers_do_not_plan(visit: Visit) -> None:
    watched = as_planner(visit, "phone", login="manager")
    expect(watched.page.locator("#tryout")).to_contain_text("不是规划账号")
    expect(watched.page.locator("#try-place")).to_have_count(0)
