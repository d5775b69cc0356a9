"""The planners' coverage map: one folium page with our own files, words and legend."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.map import Layer, LayerControl
from folium.template import Template
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from geo.coordinates import BoundingBox, Datum
from stations.settings import Tiles
from stations.taxonomy import Kind, taxonomy
from web.pages import HTML_LANG, WEB, AssetsNotBuiltError, messages
from web.planner_cells import Bands, CellLayerName, bands, pack

MANIFEST_FILE: Final = WEB / "dist" / ".vite" / "planner_map.json"
BUNDLE: Final = "planner/map_bundle.ts"
STYLE: Final = "style.css"

# Who asks for a file in folium, and what it gets from us: a part of the bundle, or nothing because
# the element that needs it is not on this map. A name that is missing here is refused.
LEAFLET: Final = "leaflet"
NOT_LOADED: Final = ""
OWN_SCRIPTS: Final[dict[str, str]] = {
    "leaflet": LEAFLET,
    "jquery": NOT_LOADED,  # only for folium's own pop-ups and keep-in-front, which are not used
    "bootstrap": NOT_LOADED,  # only for awesome markers
    "awesome_markers": NOT_LOADED,
}
OWN_STYLES: Final[dict[str, str]] = {
    "leaflet_css": LEAFLET,
    "bootstrap_css": NOT_LOADED,
    "glyphicons_css": NOT_LOADED,
    "awesome_markers_font_css": NOT_LOADED,
    "awesome_markers_css": NOT_LOADED,
    "awesome_rotate_css": NOT_LOADED,
}

MAX_ZOOM: Final = 18
FORBIDS_ZOOM: Final = re.compile(r'<meta name="viewport"[^>]*?/>', re.DOTALL)
NEEDS_NONCE: Final = re.compile(r"<(script|style|link)(?=[\s>])")


class UnmappedAssetError(LookupError):
    """A folium element wants a file of another host for which there is none of ours."""


@dataclass(frozen=True)
class Credit:
    """Whose data the map shows; `url` may be empty."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class MapAssets:
    """Addresses of the map's script and style on this host."""

    script: str
    style: str


@dataclass(frozen=True)
class CoverageMapView:
    """All that the map shows; coordinates are WGS-84, GeoJSON in lon, lat.

    `cells` are distinct H3 ids of resolution `res` with their `values` (minutes, or uncovered
    residents; None where there is none) and `residents`. `districts` is a FeatureCollection whose
    properties have code and name and may have stations, residents, served and uncovered;
    `stations` one of public stations with code, name, kind and status. `kinds` are those that were
    counted: they are shown at first. `bounds` is what the map shows at first.
    """

    layer: CellLayerName
    area_name: str
    res: int
    cells: Sequence[str]
    values: Sequence[float | None]
    residents: Sequence[int]
    limit_minutes: int
    districts: Mapping[str, Any]
    stations: Mapping[str, Any]
    kinds: Sequence[str]
    bounds: BoundingBox
    method: Literal["straight_line", "streets"]
    profile: str
    speed_kmh: float
    as_of: str
    data_version: int
    demo: bool
    credits: Sequence[Credit] = field(default=())
    tiles: Tiles | None = None
    map_approval_number: str = ""


def render_coverage_map(
    view: CoverageMapView, *, lang: str, nonce: str, assets: MapAssets | None = None
) -> str:
    """Return the map as one HTML document in `lang`; `nonce` is the reply's CSP nonce.

    `assets` are the built files unless given. Raises UnmappedAssetError where folium would ask
    another host for a file, AssetsNotBuiltError where Vite has not built the map's files.
    """
    words = _words(lang)
    assets = assets or map_assets()
    legend = bands(
        view.layer, view.values, view.residents, limit_minutes=view.limit_minutes, words=words
    )
    coverage_map = _empty_map(view)
    page = MapPage(view, lang, legend, words)
    page.add_child(coverage_map)
    coverage_map.add_child(CellsLayer(view, legend, words))
    coverage_map.add_child(DistrictsLayer(view.districts, words))
    for kind in _kinds_on_map(view):
        coverage_map.add_child(StationsLayer(view, kind, lang, words))
    coverage_map.add_child(LayerControl(position="topright", collapsed=True))
    coverage_map.add_child(MapWords(words))
    use_own_files(coverage_map, assets)
    return mended(page, nonce)


def map_assets() -> MapAssets:
    """Return the built script and styles of the map, by Vite's manifest."""
    if not MANIFEST_FILE.exists():
        raise AssetsNotBuiltError(
            f"{MANIFEST_FILE} is missing: run npm ci and npm run build in {WEB}"
        )
    manifest = json.loads(MANIFEST_FILE.read_text(encoding="utf-8"))
    script, style = (f"/static/{manifest[name]['file']}" for name in (BUNDLE, STYLE))
    return MapAssets(script, style)


def use_own_files(element: Element, assets: MapAssets) -> None:
    """Point every script and style that folium would fetch to ours, in `element` and below.

    Raises UnmappedAssetError for one that `OWN_SCRIPTS` or `OWN_STYLES` does not know.
    """
    if hasattr(element, "default_js"):
        element.default_js = _own(element, element.default_js, OWN_SCRIPTS, assets.script)
        element.default_css = _own(element, element.default_css, OWN_STYLES, assets.style)
    for child in element._children.values():  # noqa: SLF001  # branca has no public way down
        use_own_files(child, assets)


def _own(
    element: Element, wanted: Sequence[tuple[str, str]], own: dict[str, str], bundle_url: str
) -> list[tuple[str, str]]:
    found = []
    for name, url in wanted:
        if name not in own:
            raise UnmappedAssetError(
                f"{type(element).__name__} wants {name} from {url}: give it a file of ours"
            )
        if own[name] == LEAFLET:
            found.append((name, bundle_url))
    return found


def mended(page: Figure, nonce: str) -> str:
    """Return the page fit for our content security policy and for every reader.

    Removes folium's viewport, which forbids zooming, and puts `nonce` on each script, style and
    link. Raises UnmappedAssetError where an element has asked for a file while it rendered.
    """
    html: str = page.render()
    for name, link in page.header._children.items():  # noqa: SLF001
        if isinstance(link, JavascriptLink | CssLink) and urlsplit(link.url).netloc:
            raise UnmappedAssetError(f"{name} is fetched from {link.url}: give it a file of ours")
    html = FORBIDS_ZOOM.sub("", html, count=1)
    return NEEDS_NONCE.sub(rf'<\1 nonce="{escape(nonce)}"', html)


class MapPage(Figure):  # type: ignore[misc]  # branca has no types
    """The document: language, title, viewport, legend and credits around folium's map."""

    def __init__(
        self, view: CoverageMapView, lang: str, legend: Bands, words: Callable[..., str]
    ) -> None:
        super().__init__(
            title=words(
                f"planner.map_title_{view.layer}",
                area=view.area_name,
                going=words(f"planner.going_{view.profile}"),
                minutes=view.limit_minutes,
            )
        )
        self._template = _environment().get_template("planner_map.html")
        self.view = view
        self.html_lang = HTML_LANG[lang]
        self.legend = legend
        self.kind_colours = {kind.code: kind.colour for kind in _kinds_on_map(view)}
        self.words = words
        self.method_text = words(
            f"planner.method_{view.method}",
            profile=words(f"planner.profile_{view.profile}"),
            speed=f"{view.speed_kmh:g}",
        )

    def head(self) -> Markup:
        """What folium's elements put into the head."""
        return Markup(self.header.render())  # noqa: S704  # made by templates that escape data

    def body(self) -> Markup:
        """What folium's elements put into the body."""
        return Markup(self.html.render())  # noqa: S704

    def code(self) -> Markup:
        """What folium's elements run."""
        return Markup(self.script.render())  # noqa: S704


class CellsLayer(Layer):  # type: ignore[misc]
    """Cells by band, drawn by web/planner/cells_layer.ts on one canvas grid."""

    _template = Template("""
        {% macro html(this, kwargs) %}
        <script type="application/json" id="{{ this.get_name() }}_data">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.nuanyi.cells("{{ this.get_name() }}_data");
        {% endmacro %}
    """)

    def __init__(
        self, view: CoverageMapView, legend: Bands, words: Callable[..., str]
    ) -> None:
        super().__init__(name=str(escape(words(f"planner.layer_{view.layer}"))), overlay=True)
        self._name = "Cells"
        self.data = script_json(
            {
                "layer": view.layer,
                "res": view.res,
                "limit_minutes": view.limit_minutes,
                "packed": pack(view.cells, view.values, view.residents, view.layer),
                "upto": [band.upto for band in legend.inside],
                "colours": [band.colour for band in legend.inside],
                "beyond": legend.beyond.colour if legend.beyond else None,
                "opacity": 0.7 if view.tiles else 1,
                "words": {
                    name: words(f"planner.map_{name}")
                    for name in ("cell_minutes", "cell_beyond", "cell_gap", "cell_residents")
                },
            }
        )


class DistrictsLayer(Layer):  # type: ignore[misc]
    """Outlines and names of districts; their facts are in a cell's pop-up."""

    _template = Template("""
        {% macro html(this, kwargs) %}
        <script type="application/json" id="{{ this.get_name() }}_data">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.nuanyi.districts("{{ this.get_name() }}_data");
        {% endmacro %}
    """)

    def __init__(self, districts: Mapping[str, Any], words: Callable[..., str]) -> None:
        super().__init__(name=str(escape(words("planner.map_districts"))), overlay=True)
        self._name = "Districts"
        self.data = script_json(
            {
                "features": districts,
                "words": {
                    name: words(f"planner.map_district_{name}")
                    for name in ("stations", "residents", "served", "uncovered")
                },
            }
        )


class StationsLayer(Layer):  # type: ignore[misc]
    """Stations of one kind as canvas circles; hollow while closed for a time."""

    _template = Template("""
        {% macro html(this, kwargs) %}
        <script type="application/json" id="{{ this.get_name() }}_data">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.nuanyi.stations("{{ this.get_name() }}_data");
        {% endmacro %}
    """)

    def __init__(
        self, view: CoverageMapView, kind: Kind, lang: str, words: Callable[..., str]
    ) -> None:
        places = [
            {
                "at": feature["geometry"]["coordinates"],
                "name": feature["properties"]["name"],
                "code": feature["properties"]["code"],
                "status": feature["properties"].get("status", "active"),
            }
            for feature in view.stations["features"]
            if feature["properties"]["kind"] == kind.code
        ]
        kind_name = kind.zh if lang == "zh" else kind.en
        label = Markup('<span class="kind-dot kind-{}"></span> {} <small>{}</small>').format(
            kind.code, kind_name, f"{len(places):,}"
        )
        super().__init__(name=str(label), overlay=True, show=kind.code in view.kinds)
        self._name = "Stations"
        statuses = taxonomy().status
        self.data = script_json(
            {
                "kind": kind_name,
                "colour": kind.colour,
                "places": places,
                "statuses": {
                    code: term.zh if lang == "zh" else term.en for code, term in statuses.items()
                },
            }
        )


class MapWords(MacroElement):  # type: ignore[misc]
    """The last step on the page: words of Leaflet's buttons, scale, and the frame's messages."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            L.nuanyi.finish({{ this._parent.get_name() }}, {{ this.words }});
        {% endmacro %}
    """)

    def __init__(self, words: Callable[..., str]) -> None:
        super().__init__()
        self._name = "MapWords"
        self.words = script_json(
            {
                name: words(f"planner.map_{name}")
                for name in ("zoom_in", "zoom_out", "layers", "close")
            }
        )


def script_json(value: object) -> str:
    """JSON that cannot end the script element that holds it, nor be read as markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _empty_map(view: CoverageMapView) -> folium.Map:
    """Folium's map without layers: our scale and credits, the operator's tiles if there are any."""
    box = view.bounds
    made = folium.Map(
        location=((box.south + box.north) / 2, (box.west + box.east) / 2),
        tiles=None,
        crs="GCJ02" if view.tiles and view.tiles.datum is Datum.GCJ02 else "EPSG3857",
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=1 if view.tiles else 0.25,
        max_zoom=view.tiles.max_zoom if view.tiles else MAX_ZOOM,
    )
    if view.tiles:
        key = view.tiles.key.get_secret_value() if view.tiles.key else ""
        folium.TileLayer(
            tiles=view.tiles.url.replace("{key}", key),
            attr=str(escape(view.tiles.attribution)) or " ",
            subdomains=view.tiles.subdomains or "abc",
            max_zoom=view.tiles.max_zoom,
            control=False,
        ).add_to(made)
    made.fit_bounds([(box.south, box.west), (box.north, box.east)], padding=(8, 8))
    return made


def _kinds_on_map(view: CoverageMapView) -> list[Kind]:
    """Kinds of which the map has stations, in the taxonomy's order."""
    present = {feature["properties"]["kind"] for feature in view.stations["features"]}
    return [kind for code, kind in taxonomy().kind.items() if code in present]


def _words(lang: str) -> Callable[..., str]:
    """A function from message key and numbers to text in `lang`."""
    texts = messages(lang)
    return lambda key, **numbers: texts[key].format(**numbers) if numbers else texts[key]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(WEB) / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
