"""The map's document in Chromium, under the security policy that it is served with."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.chromium import opened_chromium
from tests.web.planner_views import SMALL_VIEW, station, with_stations
from web.pages import WEB
from web.planner_cells import CellFacts
from web.planner_map import MANIFEST_FILE, CoverageMapView, render_coverage_map

ORIGIN = "http://nuanyi.test"
NONCE = "n0nce"
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self' 'nonce-{NONCE}'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
AT = "2026-11-27T23:00:00+08:00"
HOSTILE = "</script><img src=x onerror=window.pwned=1><script>window.pwned=1</script>"

pytestmark = pytest.mark.skipif(
    not MANIFEST_FILE.exists(), reason="the pages' scripts are not built: npm run build in web"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_chromium() as browser:
        yield browser


class Shown:
    """A map on a page, with everything that went wrong on it."""

    def __init__(self, page: Page, view: CoverageMapView, lang: str = "zh") -> None:
        self.page = page
        self.problems: list[str] = []
        self._html = render_coverage_map(view, lang=lang, nonce=NONCE)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        page.route("**/*", self._answer)
        page.goto(f"{ORIGIN}/map")
        page.wait_for_selector(".folium-map[data-cells]")

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    def _answer(self, route: Route) -> None:
        address = route.request.url
        if not address.startswith(f"{ORIGIN}/"):
            self.problems.append(f"asked another host: {address}")
            route.abort()
        elif address.endswith("/map"):
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
            route.fulfill(body=self._html, headers=headers)
        else:
            route.fulfill(path=WEB / "dist" / address.removeprefix(f"{ORIGIN}/static/"))

    def tell(self, message: dict[str, Any]) -> None:
        """Say what the planners' page would say: alone, the map is its own parent."""
        self.page.evaluate("(message) => window.postMessage(message, location.origin)", message)

    def on_map(self, call: str) -> Any:
        return self.page.evaluate(
            f"(map => map.{call})(window[document.querySelector('.folium-map').id])"
        )


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    yield page
    page.close()


def test_the_map_runs_under_its_policy_and_asks_no_other_host(page: Page) -> None:
    shown = Shown(page, with_stations(station("站点"), station("闭", status="temporarily_closed")))
    assert shown.problems == []
    assert page.get_attribute(".folium-map", "data-cells") == "4"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_cells_are_painted_in_the_legends_colours(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW)
    shown.on_map("setView([29.8685, 121.5566], 14, {animate: false})")
    painted = page.evaluate("""() => {
        const found = new Map();
        for (const tile of document.querySelectorAll("canvas.cells-tile")) {
            const { data } = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255) {
                    const colour = [data[i], data[i + 1], data[i + 2]].join();
                    found.set(colour, (found.get(colour) ?? 0) + 1);
                }
        }
        return [...found].filter(([, pixels]) => pixels > 500).map(([colour]) => colour);
    }""")
    # Edges are blended; whole faces are not. Three minutes, fifteen minutes, and beyond the limit;
    # the fourth cell has no residents.
    assert set(painted) == {"68,1,84", "122,209,81", "214,211,209"}


def test_a_click_on_a_cell_says_its_facts(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW, "en")
    shown.on_map("setView([29.8685, 121.5566], 15, {animate: false})")
    shown.on_map("fire('click', {latlng: L.latLng(29.8685, 121.5566)})")
    text = page.inner_text(".leaflet-popup-content")
    assert "3.0 min to the nearest station" in text
    assert "100 residents in this cell" in text
    assert "Stations in reach: 1" in text
    assert "0 residents not covered" in text
    assert "Haishu" in text
    assert "2,640 residents" in text


def test_the_keyboard_reads_the_cell_in_the_middle(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW, "en")
    shown.on_map("setView([29.8685, 121.5566], 15, {animate: false})")
    page.keyboard.press("Tab")
    page.focus(".folium-map")
    described = page.get_attribute(".folium-map", "aria-describedby")
    assert "Enter tells of the cell in the middle" in page.inner_text(f"#{described}")
    page.keyboard.press("Enter")
    assert "3.0 min to the nearest station" in page.inner_text(".leaflet-popup-content")
    page.keyboard.press("Escape")
    page.wait_for_selector(".leaflet-popup-content", state="detached")
    page.wait_for_timeout(500)  # the map comes to rest: it had moved to make room for the words
    before = shown.on_map("getCenter().lat")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(500)
    assert shown.on_map("getCenter().lat") > before


@pytest.mark.parametrize(
    ("kind", "corners"), [("rest_station", [True, True]), ("service_centre", [False, False])]
)
def test_stations_are_drawn_in_the_shape_of_their_kind(
    page: Page, kind: str, corners: list[bool]
) -> None:
    """A triangle that points up has nothing beside its top, where a circle is filled."""
    shown = Shown(page, replace(with_stations(station("站", kind=kind)), kinds=(kind,)))
    filled = page.evaluate(
        """async () => {
            const map = window[document.querySelector(".folium-map").id];
            let mark;
            map.eachLayer((layer) => { if (layer._radius) mark = layer; });
            map.setView(mark.getLatLng(), 16, {animate: false});
            await new Promise((drawn) => setTimeout(drawn, 200));
            const canvas = document.querySelector(".leaflet-overlay-pane canvas");
            const box = canvas.getBoundingClientRect();
            const map_box = map.getContainer().getBoundingClientRect();
            const ratio = canvas.width / box.width;
            const x = (map_box.left + map_box.width / 2 - box.left) * ratio;
            const y = (map_box.top + map_box.height / 2 - box.top) * ratio;
            const far = Math.round(mark._radius * ratio);
            const { data, width } = canvas.getContext("2d")
                .getImageData(Math.round(x) - far, Math.round(y) - far, 2 * far, 2 * far);
            const at = (part) => Math.round((1 + part) * far);
            const corners = [[-0.62, -0.62], [0.62, -0.62], [-0.62, 0.5], [0.62, 0.5]];
            const opacity = ([right, down]) => data[4 * (at(down) * width + at(right)) + 3];
            return corners.map((corner) => opacity(corner) > 200);
        }"""
    )
    assert filled == [*corners, True, True]
    assert shown.problems == []


def test_another_layer_brings_its_legend_title_and_facts(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW, "en")
    page.hover(".leaflet-control-layers")
    page.click(".leaflet-control-layers-base label:nth-child(3)")
    assert page.inner_text(".map-title").startswith("宁波市: stations within 15 minutes on foot")
    assert page.inner_text(".map-legend summary") == "Stations in reach, with residents"
    assert page.locator(".bands:visible").count() == 1
    shown.on_map("setView([29.8685, 121.5566], 15, {animate: false})")
    shown.on_map("fire('click', {latlng: L.latLng(29.8685, 121.5566)})")
    assert page.inner_text(".leaflet-popup-content strong") == "Stations in reach: 1"
    assert shown.problems == []


def test_hostile_names_are_shown_as_they_are_written(page: Page) -> None:
    view = with_stations(station(HOSTILE))
    [district] = view.districts["features"]
    named = {**district, "properties": {"code": "330203", "name": HOSTILE}}
    shown = Shown(page, replace(view, districts={"features": [named]}, area_name=HOSTILE))

    page.evaluate("""() => {
        const map = window[document.querySelector(".folium-map").id];
        map.eachLayer((layer) => layer.getPopup?.() && layer.openPopup());
    }""")

    assert page.inner_text(".leaflet-popup-content strong") == HOSTILE
    assert page.inner_text(".district-name span") == HOSTILE
    assert page.evaluate("window.pwned") is None
    assert page.query_selector("img[src=x]") is None
    assert shown.problems == []


def test_words_of_leaflets_buttons_are_the_readers(page: Page) -> None:
    Shown(page, SMALL_VIEW)
    buttons = page.query_selector_all(".leaflet-control a")
    assert [button.get_attribute("title") for button in buttons] == ["放大", "缩小", "选择图层"]


def test_zooming_ends_at_the_last_level(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW)
    assert shown.on_map("getMaxZoom()") == 18


def test_without_cells_the_page_says_so(page: Page) -> None:
    empty = replace(SMALL_VIEW, cells=CellFacts())
    shown = Shown(page, empty)
    assert page.is_visible(".map-notice")
    assert shown.problems == []


TRIED = {"edits": {"add": [{"lon": 121.55, "lat": 29.85}], "move": [], "close": []}}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pictures_heading_is_whole_with_its_marks(page: Page, lang: str) -> None:
    view = replace(SMALL_VIEW, at=AT, area_name="宁波前湾新区（杭州湾新区）Qianwan")
    shown = Shown(page, view, lang)
    page.evaluate("""() => {
        const write = CanvasRenderingContext2D.prototype.fillText;
        window.written = [];
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
            const room = this.canvas.width / this.getTransform().a;
            window.written.push([text, x + this.measureText(text).width <= room]);
            write.call(this, text, x, y);
        };
    }""")
    shown.tell({"tried": {**TRIED, "changed": None}})
    with page.expect_download():
        shown.tell({"picture": "map"})
    written = page.evaluate("window.written")
    heading = "".join(text for text, _ in written).replace(" ", "")
    for mark in (".map-title > [data-layer]:not([hidden])", ".map-demo", ".map-trial"):
        assert page.inner_text(mark).replace(" ", "") in heading
    assert [text for text, is_whole in written if not is_whole] == []
    assert shown.problems == []


def test_hint_and_facts_lie_over_the_map_alone(page: Page) -> None:
    shown = Shown(page, replace(SMALL_VIEW, at=AT))
    shown.tell({"tried": {**TRIED, "changed": None}, "planning": True, "placing": True})
    shown.on_map("setView([29.8685, 121.5566], 15, {animate: false})")
    page.hover(".folium-map")
    page.wait_for_selector("#map-hint:visible")
    page.wait_for_selector("#cell-facts:visible")
    hint, facts, whole = (
        page.locator(part).bounding_box() for part in ("#map-hint", "#cell-facts", ".folium-map")
    )
    assert hint
    assert facts
    assert whole
    assert whole["y"] < hint["y"]
    assert hint["y"] + hint["height"] < facts["y"]
    assert facts["y"] + facts["height"] < whole["y"] + whole["height"]


def test_on_paper_is_what_was_in_sight_painted_at_once(page: Page) -> None:
    shown = Shown(page, SMALL_VIEW)

    def bounds() -> list[float]:
        return [float(side) for side in shown.on_map("getBounds().toBBoxString()").split(",")]

    page.wait_for_timeout(300)
    before = bounds()
    page.emulate_media(media="print")
    found = page.evaluate("""() => {
        const main = document.querySelector("main");
        const map = window[document.querySelector(".folium-map").id];
        const inSight = L.latLngBounds([29.8, 121.5], [29.9, 121.6]);
        Object.assign(main.style, { width: "678px", height: "620px" });
        dispatchEvent(new Event("beforeprint"));
        const tiles = [...document.querySelectorAll("canvas.cells-tile")];
        return [
            map.getSize().x,
            map.getBounds().contains(inSight),
            map.getBoundsZoom(inSight) - map.getZoom() < 0.5,
            new Set(tiles.map((one) => getComputedStyle(one).visibility)).has("hidden"),
        ];
    }""")
    assert found == [678, True, True, False]
    page.evaluate("""() => {
        document.querySelector("main").removeAttribute("style");
        dispatchEvent(new Event("afterprint"));
    }""")
    assert bounds() == pytest.approx(before, abs=0.001)  # a pixel is a third of that
    assert shown.problems == []
