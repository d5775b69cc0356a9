import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import folium
import pytest
from folium.plugins import MarkerCluster

from geo.coordinates import Datum
from stations.settings import Tiles
from stations.taxonomy import taxonomy
from tests.web.planner_views import ASSETS, SMALL_VIEW, station, with_stations
from web.kind_shapes import clip_path, shape_of
from web.planner_cells import CellFacts
from web.planner_map import (
    CoverageMapView,
    UnmappedAssetError,
    render_coverage_map,
    use_own_files,
)

NONCE = "n0nce-for-the-test"
HOSTILE = "</script><img src=x onerror=alert(1)>'\"`${alert(1)}<!--\u2028&lt;"


class Page(HTMLParser):
    """What a browser would read: tags with their attributes, and the JSON of data scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, Any] = {}
        self._data_id: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        found = dict(attrs)
        is_data = tag == "script" and found.get("type") == "application/json"
        self._data_id = found.get("id") if is_data else None

    def handle_data(self, data: str) -> None:
        if self._data_id is not None:
            self.data[self._data_id.split("_")[0]] = json.loads(data)
            self._data_id = None

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def rendered(view: CoverageMapView = SMALL_VIEW, lang: str = "zh") -> str:
    return render_coverage_map(view, lang=lang, nonce=NONCE, assets=ASSETS)


def test_every_script_style_and_link_has_the_nonce() -> None:
    tags = Page(rendered()).all("script", "style", "link")
    assert len(tags) > 5
    assert {tag.get("nonce") for tag in tags} == {NONCE}


def test_nothing_needs_an_unsafe_policy() -> None:
    for tag, attributes in Page(rendered(with_stations(station("站点")))).tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag


def test_files_come_from_this_host_only() -> None:
    html = rendered()
    page = Page(html)
    assert ASSETS.script in [tag.get("src") for tag in page.all("script")]
    assert ASSETS.style in [tag.get("href") for tag in page.all("link")]
    for attributes in page.all("script", "link", "img", "iframe"):
        for name in ("src", "href"):
            assert (attributes.get(name) or "/").startswith("/"), attributes
    addresses = set(re.findall(r"https?://[^\"'<> ]+", html))
    assert addresses == {"https://example.org/districts"}


def test_the_page_has_language_title_and_zoom() -> None:
    page = Page(rendered(lang="en"))
    assert page.all("html") == [{"lang": "en"}]
    viewports = [tag for tag in page.all("meta") if tag.get("name") == "viewport"]
    assert len(viewports) == 1
    assert "user-scalable" not in str(viewports)
    assert "<title>宁波市: within 15 minutes on foot</title>" in rendered(lang="en")
    assert '"maxZoom": 18' in rendered()


def test_a_file_without_one_of_ours_is_refused() -> None:
    coverage_map = folium.Map(tiles=None)
    MarkerCluster().add_to(coverage_map)  # type: ignore[no-untyped-call]
    with pytest.raises(UnmappedAssetError, match="MarkerCluster wants"):
        use_own_files(coverage_map, ASSETS)


def test_a_file_that_an_element_asks_for_while_it_renders_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("web.planner_map.use_own_files", lambda *_: None)
    with pytest.raises(UnmappedAssetError, match="cdn"):
        rendered()


def test_folium_itself_keeps_its_own_lists() -> None:
    rendered()
    assert all(url.startswith("https://") for _, url in folium.Map.default_js)


TEMPLATES = [
    "{{ 7 * 7 }}",
    "{{ oops",
    "{% for %}",
    "{% raw %}",
    "{# gone #}",
    "{{{ 7 * 7 }}}",
    "{{ cycler.__init__.__globals__.os.getpid() }}",
]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_name_is_never_run_as_a_template(name: str) -> None:
    """Folium's elements are templates, and branca compiles what they render once more."""
    view = with_stations(station(name))
    [district] = view.districts["features"]
    named = {**district, "properties": {"code": "330203", "name": name}}
    view = replace(
        view,
        area_name=name,
        districts={"type": "FeatureCollection", "features": [named]},
        map_approval_number=name,
        credits=[replace(view.credits[0], text=name, url="https://example.org/")],
    )
    document = rendered(view)
    page = Page(document)
    assert page.data["stations"]["places"][0]["name"] == name
    assert page.data["districts"]["features"][0]["properties"]["name"] == name
    # the title, a heading for each layer, both data, credit, and approval
    assert unescape(document).count(name) == 8


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_stay_text(lang: str) -> None:
    view = with_stations(station(HOSTILE))
    [district] = view.districts["features"]
    hostile_district = {**district, "properties": {"code": "330203", "name": HOSTILE}}
    view = replace(
        view,
        area_name=HOSTILE,
        districts={"type": "FeatureCollection", "features": [hostile_district]},
        map_approval_number=HOSTILE,
        credits=[replace(view.credits[0], text=HOSTILE, url="javascript:alert(1)")],
        as_of=HOSTILE,
    )
    harmless = replace(view, area_name="x", map_approval_number="x", as_of="x")

    page = Page(rendered(view, lang))

    assert page.data["stations"]["places"][0]["name"] == HOSTILE
    assert page.data["districts"]["features"][0]["properties"]["name"] == HOSTILE
    assert page.all("img", "a") == []
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(rendered(harmless, lang)).tags]


def page_kinds(html: str) -> list[str]:
    return re.findall(r"\.kind-(\w+) \{ background", html)


def test_only_counted_kinds_are_shown_at_first() -> None:
    html = rendered(with_stations(station("甲"), station("乙", kind="nursing_room")))
    assert page_kinds(html) == ["rest_station", "nursing_room"]
    shown = re.findall(r"(stations_\w+)\.addTo\(", html)
    made = re.findall(r"var (stations_\w+) =", html)
    assert shown == made[:1]


def test_each_kind_has_a_shape_of_its_own() -> None:
    kinds = list(taxonomy().kind)
    assert len({shape_of(kind) for kind in kinds}) == len(kinds)
    html = rendered(with_stations(*(station(kind, kind=kind) for kind in kinds)))
    clipped = dict(re.findall(r"\.kind-(\w+) \{[^}]*clip-path: ([^;]+);", html))
    assert len(set(clipped.values())) == len(kinds)
    layers = map(json.loads, re.findall(r'id="stations_\w+_data">(.*?)</script>', html))
    drawn = {layer["kind"]: layer["shape"] for layer in layers}
    for each in taxonomy().kind.values():
        assert clipped[each.code] == clip_path(tuple((x, y) for x, y in drawn[each.zh]))


def test_no_cells_are_said_in_words() -> None:
    empty = replace(SMALL_VIEW, cells=CellFacts())
    assert "没有可以计算的格子" in rendered(empty)
    assert "no cells to compute" in rendered(empty, "en")
    assert "没有可以计算的格子" not in rendered()


def test_remarks_stand_over_the_legend() -> None:
    said = replace(SMALL_VIEW, remarks=("这里没有<站点>", "第二句"))
    assert "这里没有&lt;站点&gt; 第二句" in rendered(said)


def shown_text(html: str) -> str:
    """What is read at first: parts of other layers are hidden."""
    html = re.sub(r"<(span|ul)[^>]* data-layer=\"\w+\" hidden>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", html)


def test_the_legend_reads_without_colour() -> None:
    text = shown_text(rendered(lang="en"))
    assert re.search(r"0–3 min\s+100\b", text)
    assert re.search(r"12–15 min\s+2,500\b", text)
    assert re.search(r"Over 15 min\s+40\b", text)
    assert "Walking at 5 km/h, straight line × 1.25" in text
    assert "Computed 2026-11-23 09:12, data version 17" in text
    assert "Demo data" in text


def test_each_layer_has_its_own_title_and_legend() -> None:
    gap = replace(SMALL_VIEW, layer="gap")
    backup = replace(SMALL_VIEW, layer="backup")
    assert re.search(r"10–49 人\s+40\b", shown_text(rendered(gap)))
    text = shown_text(rendered(backup, "en"))
    assert "<title>宁波市: stations within 15 minutes on foot</title>" in rendered(backup, "en")
    assert re.search(r"Only 1 station\s+100\b", text)
    assert re.search(r"3 or more\s+2,500\b", text)
    assert re.search(r"None within 15 min\s+40\b", text)
    assert "0–3 min" not in text


def test_one_layer_of_cells_is_shown_and_all_share_their_data() -> None:
    html = rendered(replace(SMALL_VIEW, layer="backup"))
    made = re.findall(r'var (cells_\w+) = L\.nuanyi\.cells\("cells-data", "(\w+)"\)', html)
    assert [layer for _, layer in made] == ["minutes", "gap", "backup"]
    assert re.findall(r"(cells_\w+)\.addTo\(", html) == [made[2][0]]
    layers = Page(html).data["cells-data"]["layers"]
    assert layers["gap"]["beyond"] is None
    assert layers["backup"]["upto"] == [1, 2, None]


def test_districts_have_the_readers_language() -> None:
    for lang, name in (("zh", "海曙区"), ("en", "Haishu")):
        data = Page(rendered(lang=lang)).data
        assert data["districts"]["features"][0]["properties"]["name"] == name


def test_the_operators_tiles_bring_their_datum_and_credit() -> None:
    tiles = Tiles(
        url="https://tiles.example/{z}/{x}/{y}.png",
        datum=Datum.GCJ02,
        attribution="图 <b>",
        max_zoom=16,
    )
    html = rendered(replace(SMALL_VIEW, tiles=tiles))
    assert "crs: L.CRS.GCJ02" in html
    assert '"maxZoom": 16' in html
    assert "图 &lt;b&gt;" in html
    assert "tileLayer" not in rendered()


@pytest.mark.parametrize(("lang", "kind"), [("zh", "户外劳动者服务站点"), ("en", "Rest station")])
def test_an_instant_and_the_kinds_stand_on_the_map(lang: str, kind: str) -> None:
    page = rendered(replace(SMALL_VIEW, at="2026-11-27T23:00:00+08:00"), lang)
    (title,) = re.findall("<title>(.*?)</title>", page)
    assert "2026-11-27 23:00" in title
    assert page.count("2026-11-27 23:00") > 1
    assert kind in re.findall('<p class="map-method">(.*?)</p>', page)[1]
    assert "23:00" not in rendered(SMALL_VIEW, lang)
