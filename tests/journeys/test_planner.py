"""A planner asks who cannot reach a station, and checks the figures against one another."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FrameLocator, Locator, Route, expect

from tests.journeys.conftest import WAIT_MS, Visit, Watched

POLL_MS = 100

CLASSES = ("served", "without_capacity", "uncovered", "not_routable")
# Columns of the table that are counts, and where /v1/coverage says the same.
COUNTED = {
    "stations": ("stations",),
    "residents_total": ("demand", "residents", "total"),
    "residents_served": ("demand", "residents", "served"),
    "residents_uncovered": ("demand", "residents", "uncovered"),
    "workers_total": ("demand", "workers", "total"),
    "workers_served": ("demand", "workers", "served"),
    "workers_without_capacity": ("demand", "workers", "without_capacity"),
    "workers_uncovered": ("demand", "workers", "uncovered"),
}
PAINTED = """() => [...document.querySelectorAll("canvas.cells-tile")].reduce((painted, tile) => {
    const { data } = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height);
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted += 1;
    return painted;
}, 0)"""

# The outlines of all districts on the map: whether they are in sight, and how much of it they fill.
IN_SIGHT = """() => {
    const map = window[document.querySelector(".folium-map").id];
    const city = L.latLngBounds([]);
    map.eachLayer((one) => { if (one.feature) city.extend(one.getBounds()); });
    const [low, high] = [city.getSouthWest(), city.getNorthEast()].map((corner) =>
        map.latLngToContainerPoint(corner));
    const size = map.getSize();
    return {
        width: size.x,
        whole: map.getBounds().contains(city),
        filled: Math.max((high.x - low.x) / size.x, (low.y - high.y) / size.y),
        centre: [map.getCenter().lat.toFixed(3), map.getCenter().lng.toFixed(3), map.getZoom()],
    };
}"""


def number(text: str) -> int:
    return int(re.sub(r"[^\d]", "", text))


def read_table(watched: Watched) -> dict[str, dict[str, int]]:
    """The counts on the page by district; the last row under its own name."""
    table = watched.page.locator("#table-box")
    keys = [button.get_attribute("data-key") for button in table.locator("thead .sort").all()]
    rows: dict[str, dict[str, int]] = {}
    for row in table.locator("tbody tr, tfoot tr").all():
        texts = row.locator("th, td").all_inner_texts()
        assert len(texts) == len(keys)
        cells = zip(keys[1:], texts[1:], strict=True)
        rows[texts[0].strip()] = {str(key): number(text) for key, text in cells if key in COUNTED}
    return rows


def figure_at(row: Any, path: tuple[str, ...]) -> int:
    for name in path:
        row = row[name]
    return int(row["counted"] if isinstance(row, dict) else row)


def the_map(watched: Watched) -> FrameLocator:
    frame = watched.page.frame_locator("#map")
    expect(frame.locator(".folium-map[data-cells]")).to_be_visible()
    expect(watched.page.locator("#map-cover")).to_be_hidden()
    return frame


def expect_painted(watched: Watched, pixels: int) -> None:
    """Wait until the map's cells cover more than so many pixels."""
    painted = 0
    for _ in range(WAIT_MS // POLL_MS):
        frame = next(one for one in watched.page.frames if "/v1/coverage/map" in one.url)
        painted = int(frame.evaluate(PAINTED))
        if painted > pixels:
            return
        watched.page.wait_for_timeout(POLL_MS)
    pytest.fail(f"cells cover only {painted} pixels")


def shown_kinds(watched: Watched) -> list[str]:
    """The kinds whose stations are on the map, by its layer control."""
    boxes = watched.page.frame_locator("#map").locator("label:has(.kind-dot) input:checked ~ span")
    names = [one.locator(".kind-dot").get_attribute("class") or "" for one in boxes.all()]
    return [name.removeprefix("kind-dot kind-") for name in names]


def segment(watched: Watched, group: str, value: str) -> Locator:
    return watched.page.locator(f"#{group} [data-value='{value}']")


def figures(watched: Watched) -> Locator:
    return watched.page.locator("#figures .figure-value")


def test_figures_table_and_api_say_the_same(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    expect(page.locator("#table-box tbody tr")).to_have_count(10)
    expect(figures(watched)).to_have_count(6)
    expect(page.locator("#table-box .district").first).to_have_text("海曙区")
    told = watched.get("/v1/coverage")

    rows = read_table(watched)
    total = rows.pop("合计")
    assert rows == {
        area["name"]: {key: figure_at(area, COUNTED[key]) for key in total}
        for area in told["areas"]
    }
    assert set(total) == set(COUNTED)
    for key, value in total.items():
        assert value == sum(row[key] for row in rows.values()), key
        assert value == figure_at(told, COUNTED[key]), key
    assert total["residents_total"] == 9_777_000

    share = told["demand"]["residents"]["served"] / total["residents_total"]
    expect(figures(watched).first).to_have_text(f"{share:.1%}")
    expect(figures(watched).nth(1)).to_have_text(f"{total['residents_uncovered']:,}")


def test_what_is_certain_stands_beside_the_nominal(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    expect(figures(watched)).to_have_count(6)
    told = watched.get("/v1/coverage")
    total = told["demand"]["residents"]["total"]
    sure = told["effective"]
    cross = (sure["backup"]["2"] + sure["backup"]["3+"]) / total
    effective = page.locator(".figure-effective")
    expect(effective.first).to_have_text(
        f"有效：{sure['demand']['residents']['served'] / total:.1%}"
    )
    expect(effective.nth(2)).to_have_text(f"有效：{cross:.1%}")
    expect(page.locator("#effective-note")).to_contain_text(f"共 {sure['stations']} 个")
    median = told["nearest"]["median_minutes"]
    expect(figures(watched).nth(4)).to_have_text(f"{median:.1f}")
    assert told["nearest"]["p90_minutes"] is None
    expect(figures(watched).nth(5)).to_have_text("超过 15")
    expect(page.locator("#method")).to_contain_text("来源：")
    expect(page.locator("#method")).to_contain_text("示例数据")


def test_the_curve_and_its_slider_choose_the_time(visit: Visit) -> None:
    watched = visit("/planner#area=330203", size="phone")
    page = watched.page
    the_map(watched)
    curve = page.locator("#curve")
    expect(curve.locator(".curve-picture")).to_be_visible()
    told = watched.get("/v1/coverage/hours?area=330203")
    total = watched.get("/v1/coverage?area=330203")["demand"]["residents"]["total"]
    curve.locator("summary").click()
    rows = curve.locator("tbody tr")
    expect(rows).to_have_count(24)
    known = told["weekday"]["residents_served"][8] / total
    possible = told["weekday"]["residents_served_if_unknown_open"][8] / total
    expect(rows.nth(8).locator("td").first).to_have_text(f"{known:.1%} – {possible:.1%}")

    slider = page.locator("#hour")
    slider.fill("8")
    slider.dispatch_event("change")
    expect(page.locator("#at")).to_have_value(f"{told['weekday']['date']}T08:00")
    expect(page.locator("#hour-said")).to_contain_text(f"{known:.1%}")
    expect(figures(watched).first).to_have_text(f"{known:.1%}")
    page.locator("#day-weekend").click()
    weekend = told["weekend"]["residents_served"][8] / total
    expect(figures(watched).first).to_have_text(f"{weekend:.1%}")
    # The curve is of the whole day: it was asked for once.
    assert len(watched.asked("/v1/coverage/hours")) == 1


def test_sole_stations_are_listed_and_shown_on_the_map(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    frame = the_map(watched)
    told = watched.get("/v1/coverage")["single_points"]
    rows = watched.page.locator("#singles tbody tr")
    expect(rows).to_have_count(len(told["stations"]))
    assert [number(row.locator("td").first.inner_text()) for row in rows.all()] == [
        each["residents"] for each in told["stations"]
    ]
    rows.first.get_by_role("button").click()
    expect(frame.locator(".leaflet-popup-content")).to_contain_text(told["stations"][0]["code"])


def test_every_station_is_in_a_table_to_sort(visit: Visit) -> None:
    watched = visit("/planner", size="phone")
    page = watched.page
    frame = the_map(watched)
    assert watched.asked("/v1/coverage/stations") == []
    page.get_by_role("button", name="看每个站点").click()
    box = page.locator("#every-station")
    rows = box.locator("tbody tr")
    expect(rows).to_have_count(50)
    told = watched.get("/v1/coverage/stations")["stations"]
    gravest = sorted((each["only_residents"] for each in told), reverse=True)
    assert [number(row.locator("td").nth(1).inner_text()) for row in rows.all()] == gravest[:50]
    # without a street network there is no ratio, and it is not called 0 %
    expect(rows.first.locator("td").last).to_have_text("—")
    expect(box).to_contain_text("没有沿街道计算")

    box.get_by_role("button", name="到得了的居民").click()
    expect(box.locator("th[aria-sort=descending]")).to_have_text("到得了的居民▼")
    most = max(told, key=lambda each: each["residents"])
    expect(rows.first.locator("td").first).to_have_text(f"{most['residents']:,}")
    box.get_by_role("button", name=f"显示全部 {len(told)} 个").click()
    expect(rows).to_have_count(len(told))
    box.locator(f"[data-station={most['code']}]").click()
    expect(frame.locator(".leaflet-popup-content")).to_contain_text(most["code"])

    # the table follows the question
    page.locator("#question summary").click()
    page.locator("#area").select_option("330203")
    told = watched.get("/v1/coverage/stations?area=330203")["stations"]
    expect(box.locator("h3")).to_contain_text(f"{len(told)} 个")


def test_of_nobody_there_is_no_share(visit: Visit) -> None:
    """Where nobody lives the cards say neither 0 % nor how long half of nobody walks."""
    watched = visit("/", size="phone")
    page = watched.page

    def emptied(route: Route) -> None:
        told = route.fetch().json()
        for figures in (told, told["effective"]):
            for group in ("residents", "workers"):
                figures["demand"][group] = dict.fromkeys(figures["demand"][group], 0)
            figures["backup"] = dict.fromkeys(figures["backup"], 0)
        told["nearest"] = {"median_minutes": None, "p90_minutes": None}
        route.fulfill(json={**told, "areas": []})

    page.route("**/v1/coverage?*", emptied)
    watched.open("/planner")
    expect(figures(watched)).to_have_text(["—", "0", "—", "—", "—", "—"])
    expect(page.locator(".figure-effective").first).to_have_text("有效：—")
    expect(page.locator("#table-box tfoot")).not_to_contain_text("%")
    expect(page.locator("#table-box tfoot")).not_to_contain_text("超过")


def test_the_four_classes_add_up_to_the_total(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    expect(watched.page.locator(".sum")).to_have_count(2)
    told = watched.get("/v1/coverage")["demand"]
    for group, box in zip(
        ("residents", "workers"), watched.page.locator(".sum").all(), strict=True
    ):
        total = number(box.locator(".sum-total").inner_text())
        parts = [number(text) for text in box.locator(".sum-number").all_inner_texts()]
        assert parts == [told[group][name] for name in CLASSES]
        assert sum(parts) == total == told[group]["total"]
        # Without a street network nobody is off it; places limit workers only.
        assert parts[3] == 0
        assert (parts[1] == 0) == (group == "residents")


def test_the_map_draws_cells_with_a_legend_and_layers_by_kind(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    frame = the_map(watched)
    assert int(frame.locator(".folium-map").get_attribute("data-cells") or 0) > 100_000
    expect(frame.locator("canvas.cells-tile").first).to_be_visible()
    expect_painted(watched, 10_000)
    legend = frame.locator(".map-legend")
    expect(legend).to_contain_text("到最近站点的时间")
    expect(legend).to_contain_text("步行 5 km/h，按直线距离 × 1.25 估算")
    told = watched.get("/v1/coverage")["demand"]["residents"]
    bands = [number(text) for text in legend.locator(".bands:visible .people").all_inner_texts()]
    assert sum(bands) == told["total"]
    assert bands[-1] == told["uncovered"]

    assert shown_kinds(watched) == ["rest_station"]
    for kind in ("rest_station", "nursing_room"):
        layer = frame.locator(".leaflet-control-layers-overlays label").filter(
            has=frame.locator(f".kind-{kind}")
        )
        listed = watched.get(f"/v1/stations?kind={kind}&limit=1")["numberMatched"]
        assert number(layer.locator("small").text_content() or "") == listed

    with page.expect_response(lambda reply: "/v1/coverage/map" in reply.url):
        page.get_by_role("button", name="母婴室").click()
    expect(page.locator("#question-words")).to_contain_text("母婴室")
    the_map(watched)
    assert shown_kinds(watched) == ["rest_station", "nursing_room"]


def test_another_question_changes_figures_and_map(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    the_map(watched)
    before = figures(watched).first.inner_text()

    segment(watched, "minutes", "30").click()
    expect(figures(watched).first).not_to_have_text(before)
    wider = figures(watched).first.inner_text()
    assert float(wider.rstrip("%")) > float(before.rstrip("%"))
    expect(the_map(watched).locator(".map-title")).to_contain_text("30 分钟")

    segment(watched, "layer", "gap").click()
    frame = the_map(watched)
    expect(frame.locator(".map-legend summary span:visible")).to_contain_text("每格未覆盖居民")
    expect(segment(watched, "layer", "gap")).to_have_attribute("aria-pressed", "true")
    expect_painted(watched, 1_000)

    page.get_by_role("button", name="母婴室").click()
    expect(figures(watched).first).not_to_have_text(wider)
    asked = parse_qs(urlsplit(watched.asked("/v1/coverage?")[-1]).query)
    assert asked["kind"] == ["rest_station,nursing_room"]
    assert asked["minutes"] == ["30"]
    # The address holds the question: a link shows the same.
    address = urlsplit(page.url).fragment
    page.goto("about:blank")
    watched.open(f"/planner#{address}")
    expect(segment(watched, "minutes", "30")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#question-words")).to_contain_text("母婴室")


def test_any_minutes_may_be_asked_for(visit: Visit) -> None:
    watched = visit("/planner", size="phone")
    page = watched.page
    the_map(watched)
    page.locator("#question summary").click()
    own = page.locator("#minutes-own")
    own.fill("12")
    own.press("Enter")
    own.blur()
    expect(the_map(watched).locator(".map-title")).to_contain_text("12 分钟")
    expect(page.locator("#minutes [aria-pressed=true]")).to_have_count(0)
    asked = len(watched.asked("/v1/coverage?"))
    for refused in ("0", "61", "7.5"):
        own.fill(refused)
        own.blur()
        expect(own).to_have_value("12")
    segment(watched, "minutes", "15").click()
    expect(own).to_have_value("")
    expect(the_map(watched).locator(".map-title")).to_contain_text("15 分钟")
    assert len(watched.asked("/v1/coverage?")) == asked + 1


def test_backup_is_a_layer_whose_legend_adds_up_to_the_headline(visit: Visit) -> None:
    watched = visit("/planner#layer=backup", size="phone")
    frame = the_map(watched)
    told = watched.get("/v1/coverage")["backup"]
    legend = frame.locator(".map-legend .bands:visible .people")
    assert [number(text) for text in legend.all_inner_texts()] == [
        told[count] for count in ("1", "2", "3+", "0")
    ]
    expect_painted(watched, 1_000)
    # The map's own control changes the page's, and the other way round, without another map.
    maps = len(watched.asked("/v1/coverage/map"))
    segment(watched, "layer", "minutes").click()
    expect(frame.locator(".map-legend summary span:visible")).to_contain_text("到最近站点的时间")
    frame.locator(".leaflet-control-layers").hover()
    frame.locator(".leaflet-control-layers-base label").nth(1).click()
    expect(segment(watched, "layer", "gap")).to_have_attribute("aria-pressed", "true")
    assert "layer=gap" in watched.page.url
    assert len(watched.asked("/v1/coverage/map")) == maps


def test_columns_sort_and_a_row_shows_its_district(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    frame = the_map(watched)
    heading = page.locator("[data-key=residents_total]")
    for order, descending in (("descending", True), ("ascending", False)):
        heading.click()
        expect(page.locator("th", has=heading)).to_have_attribute("aria-sort", order)
        rows = read_table(watched)
        rows.pop("合计")
        totals = [row["residents_total"] for row in rows.values()]
        assert totals == sorted(totals, reverse=descending)
        assert len(set(totals)) == 10

    scale = frame.locator(".leaflet-control-scale-line")
    whole = scale.inner_text()
    row = page.get_by_role("button", name="江北区")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    expect(scale).not_to_have_text(whole)
    row.click()
    expect(row).to_have_attribute("aria-pressed", "false")
    expect(scale).to_have_text(whole)


def test_the_map_stands_alone(visit: Visit) -> None:
    watched = visit("/v1/coverage/map?layer=gap")
    page = watched.page
    expect(page.locator(".folium-map[data-cells]")).to_be_visible()
    expect(page.locator("canvas.cells-tile").first).to_be_visible()
    expect_painted(watched, 1_000)
    expect(page.locator(".map-title")).to_contain_text("示例数据")
    bands = [number(text) for text in page.locator(".bands:visible .people").all_inner_texts()]
    assert sum(bands) == watched.get("/v1/coverage")["demand"]["residents"]["uncovered"]


def test_an_area_without_a_boundary_gives_words(visit: Visit) -> None:
    watched = visit("/planner#area=330212001", size="desktop")
    page = watched.page
    watched.expects("422 /v1/coverage")
    problem = page.locator("#problem")
    expect(problem).to_contain_text("边界")
    page.locator("#area").select_option("330212")
    expect(problem).to_be_empty()
    expect(figures(watched)).to_have_count(6)
    expect(page.locator("tfoot th")).to_have_text("鄞州区")
    the_map(watched)


def test_a_station_closed_at_the_hour_is_not_coverage(visit: Visit) -> None:
    watched = visit("/planner#minutes=15&at=2026-03-04T03:00", size="desktop")
    page = watched.page
    expect(figures(watched)).to_have_count(6)
    expect(page.locator("#method")).to_contain_text("那时不开门")
    expect(page.locator("#at")).to_have_value("2026-03-04T03:00")
    night = number(figures(watched).nth(1).inner_text())
    segment(watched, "time", "nominal").click()
    expect(page.locator("#method")).not_to_contain_text("那时不开门")
    assert number(figures(watched).nth(1).inner_text()) < night


def test_an_hour_stands_wherever_its_figures_do(visit: Visit, tmp_path: Path) -> None:
    """On the page, on the map, in the mailed file and in the names of files."""
    watched = visit("/planner#minutes=15&at=2026-03-04T03:00&kind=nursing_room", size="desktop")
    page = watched.page
    hour = "2026-03-04 03:00"
    expect(figures(watched)).to_have_count(6)
    expect(page.locator("#question-words")).to_contain_text(hour)
    expect(page.locator("#method")).to_contain_text(hour)
    expect(page.locator("#effective-note")).to_contain_text(hour)
    frame = the_map(watched)
    expect(frame.locator(".map-title")).to_contain_text(hour)
    expect(frame.locator(".map-legend")).to_contain_text("空心：暂停开放、那时不开门或不清楚")
    with page.expect_download() as started:
        page.locator("[data-export=html-areas]").click()
    assert "nursing_room-20260304T0300" in started.value.suggested_filename
    started.value.save_as(tmp_path / "coverage.html")
    told = (tmp_path / "coverage.html").read_text(encoding="utf-8")
    assert told.count(hour) >= 2
    for words in ("没有计入：", "若时间不清楚的站点都开着"):
        assert words in told


def test_a_question_that_fails_does_not_pass_the_last_figures_off_as_its_own(visit: Visit) -> None:
    watched = visit("/planner#area=330203", size="desktop")
    page = watched.page
    the_map(watched)
    expect(figures(watched)).to_have_count(6)
    watched.expects("failed /v1/coverage")
    page.route("**/v1/coverage?*", lambda route: route.abort())
    segment(watched, "minutes", "5").click()
    expect(page.locator("#problem")).to_contain_text("下面还是之前的数字")
    expect(page.locator("body.stale")).to_have_count(1)
    page.unroute("**/v1/coverage?*")
    page.locator("#problem").get_by_role("button", name="再试一次").click()
    expect(page.locator("#problem > *")).to_have_count(0)
    expect(page.locator("body.stale")).to_have_count(0)
    expect(the_map(watched).locator(".map-title")).to_contain_text("步行 5 分钟")


def test_an_area_that_is_none_leads_to_the_whole_city(visit: Visit) -> None:
    watched = visit("/planner#area=999999", size="phone")
    page = watched.page
    watched.expects("404 /v1/coverage")
    problem = page.locator("#problem")
    expect(problem.locator("span").first).to_have_text("没有编号为“999999”的区域。")
    expect(problem.get_by_role("button", name="再试一次")).to_have_count(0)
    problem.get_by_role("button", name="全市").click()
    expect(figures(watched)).to_have_count(6)
    expect(page.locator("#problem > *")).to_have_count(0)
    expect(page.locator("#area")).to_have_value("330200")
    the_map(watched)


def test_results_are_taken_along(visit: Visit, tmp_path: Path) -> None:
    watched = visit("/planner#area=330203&minutes=10&layer=backup", size="desktop")
    page = watched.page
    the_map(watched)
    expect_painted(watched, 1_000)
    for name in ("xlsx-areas", "csv-cells", "geojson-areas", "html-areas"):
        with page.expect_download() as started:
            page.locator(f"[data-export={name}]").click()
        suffix = name.partition("-")[0]
        assert started.value.suggested_filename.startswith("nuanyi-coverage-330203-10min")
        assert started.value.suggested_filename.endswith(suffix)
        started.value.save_as(tmp_path / f"coverage.{suffix}")
    with page.expect_download() as started:
        page.locator("#export-png").click()
    name = "nuanyi-coverage-330203-10min-walk-rest_station-backup.png"
    assert started.value.suggested_filename == name
    started.value.save_as(tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")

    # From disk, without a network: the same map, nothing asked for, nothing refused.
    watched.context.set_offline(True)
    alone = watched.context.new_page()
    problems: list[str] = []
    asked: list[str] = []
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.on("console", lambda message: problems.append(message.text))
    alone.on("request", lambda request: asked.append(request.url))
    alone.set_content((tmp_path / "coverage.html").read_text(encoding="utf-8"))
    expect(alone.locator(".folium-map[data-cells]")).to_be_visible()
    expect(alone.locator(".report-figures table").first.locator("tbody tr")).to_have_count(1)
    for picture in alone.locator(".report-curves svg").all():
        expect(picture).to_be_visible()
    assert problems == []
    assert asked == []


def test_on_paper_there_is_nothing_to_press(visit: Visit) -> None:
    watched = visit("/planner", size="desktop")
    page = watched.page
    the_map(watched)
    page.emulate_media(media="print")
    expect(page.locator("#method")).to_be_visible()
    expect(page.locator(".map-frame")).to_be_visible()
    expect(page.locator("#table-box tfoot")).to_be_visible()
    for hidden in ("#form", "#layer", "#tryout", "#hour", "#exports", "#downloads"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_map_fills_its_frame_on_paper(visit: Visit, size: str) -> None:
    watched = visit("/planner", size=size)
    page = watched.page
    the_map(watched)
    frame = next(one for one in page.frames if "/v1/coverage/map" in one.url)
    before = frame.evaluate(IN_SIGHT)
    frame.evaluate(f"() => addEventListener('beforeprint', () => {{ printed = ({IN_SIGHT})(); }})")
    page.pdf(format="A4")
    printed = frame.evaluate("printed")
    assert printed["width"] == pytest.approx(180 / 25.4 * 96, abs=3)
    assert printed["whole"]
    assert printed["filled"] > 0.7  # its zoom goes by quarters
    expect(page.locator("body.printing")).to_have_count(0)
    page.wait_for_timeout(300)
    assert frame.evaluate(IN_SIGHT) == before


def test_a_map_without_coverage_has_words(visit: Visit) -> None:
    question = "kind=craft_school&area=330225&at=2026-03-04T03:00"
    watched = visit(f"/planner#{question}", size="phone")
    told = watched.get(f"/v1/coverage?{question}")
    assert told["stations"]["counted"] == 0
    frame = the_map(watched)
    expect(watched.page.locator("#remarks")).to_contain_text("没有符合条件的站点")
    expect(frame.locator(".map-remarks")).to_contain_text("没有符合条件的站点")
