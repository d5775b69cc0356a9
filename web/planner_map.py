"""The planners' coverage map: one folium page with our own files, words and legend."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.elements import JSCSSMixin
from folium.map import FitBounds, LayerControl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from geo.coordinates import Datum
from stations.taxonomy import taxonomy
from web.kind_shapes import clip_path, shape_of
from web.pages import HTML_LANG, WEB, AssetsNotBuiltError, messages
from web.planner_cells import LAYERS, Bands, CellLayerName, bands
from web.planner_layers import (
    CellsData,
    CellsLayer,
    DistrictsLayer,
    MapWords,
    StationsLayer,
)
from web.planner_view import CoverageMapView, Credit, to_minute

__all__ = [
    "CoverageMapView",
    "Credit",
    "MapAssets",
    "UnmappedAssetError",
    "map_assets",
    "render_coverage_map",
]

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
DRAWN_BY_LOT: Final = re.compile(r"(?<=[a-z])_([0-9a-f]{32})(?![0-9a-f])")
FORBIDS_ZOOM: Final = re.compile(r'<meta name="viewport"[^>]*?/>', re.DOTALL)
NEEDS_NONCE: Final = re.compile(r"<(script|style|link)(?=[\s>])")


class UnmappedAssetError(LookupError):
    """A folium element wants a file of another host for which there is none of ours."""


@dataclass(frozen=True)
class MapAssets:
    """Addresses of the map's script and style on this host."""

    script: str
    style: str


def render_coverage_map(
    view: CoverageMapView, *, lang: str, nonce: str, assets: MapAssets | None = None
) -> str:
    """Return the map as one HTML document in `lang`; `nonce` is the reply's CSP nonce.

    `assets` are the built files unless given. Raises UnmappedAssetError where folium would ask
    another host for a file, AssetsNotBuiltError where Vite has not built the map's files.
    """
    words = _words(lang)
    assets = assets or map_assets()
    legends = [
        bands(layer, view.cells, limit_minutes=view.limit_minutes, words=words) for layer in LAYERS
    ]
    coverage_map = _empty_map(view)
    page = MapPage(view, lang, legends, words)
    page.add_child(coverage_map)
    coverage_map.add_child(CellsData(view, legends, words))
    for layer in LAYERS:
        coverage_map.add_child(CellsLayer(layer, show=layer == view.layer, words=words))
    coverage_map.add_child(DistrictsLayer(view.districts, lang, words))
    for kind in view.kinds_present:
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
    if isinstance(element, JSCSSMixin):
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

    Removes folium's viewport, which forbids zooming, numbers its elements, and puts `nonce` on each
    script, style and link. Raises UnmappedAssetError where an element has asked for a file while it
    rendered.
    """
    html: str = page.render()
    for name, link in page.header._children.items():  # noqa: SLF001
        if isinstance(link, JavascriptLink | CssLink) and urlsplit(link.url).netloc:
            raise UnmappedAssetError(f"{name} is fetched from {link.url}: give it a file of ours")
    html = _numbered(FORBIDS_ZOOM.sub("", html, count=1))
    return NEEDS_NONCE.sub(rf'<\1 nonce="{escape(nonce)}"', html)


def _numbered(html: str) -> str:
    """Give folium's elements numbers, not names drawn by lot: the same map is the same bytes."""
    numbers: dict[str, int] = {}
    return DRAWN_BY_LOT.sub(lambda one: f"_{numbers.setdefault(one[1], len(numbers))}", html)


class MapPage(Figure):
    """The document: language, title, viewport, legend and credits around folium's map."""

    def __init__(
        self,
        view: CoverageMapView,
        lang: str,
        legends: Sequence[Bands],
        words: Callable[..., str],
    ) -> None:
        then = "" if view.at is None else words("planner.map_title_at", when=to_minute(view.at))
        self.titles: dict[CellLayerName, str] = {
            layer: words(
                f"planner.map_title_{layer}",
                area=view.area_name,
                going=words(f"planner.going_{view.profile}"),
                minutes=view.limit_minutes,
            )
            + then
            for layer in LAYERS
        }
        super().__init__(title=self.titles[view.layer])
        self._template = _environment().get_template("planner_map.html")
        self.view = view
        self.as_of = to_minute(view.as_of)
        names = {code: getattr(taxonomy().kind[code], lang) for code in view.kinds}
        self.counted_text = words(
            "planner.map_counted", kinds=words("common.list_separator").join(names.values())
        )
        present = [kind.code for kind in view.kinds_present]
        self.counted_kinds = [(code, names[code]) for code in present if code in names]
        self.html_lang = HTML_LANG[lang]
        self.legends = legends
        self.kind_styles = {
            kind.code: (kind.colour, clip_path(shape_of(kind.code))) for kind in view.kinds_present
        }
        self.words = words
        self.method_text = words(
            f"planner.method_{view.method}",
            profile=words(f"planner.profile_{view.profile}"),
            speed=f"{view.speed_kmh:g}",
        )

    def head(self) -> Markup:
        """Return what folium's elements put into the head."""
        return Markup(self.header.render())  # noqa: S704  # made by templates that escape data

    def body(self) -> Markup:
        """Return what folium's elements put into the body."""
        return Markup(self.html.render())  # noqa: S704

    def code(self) -> Markup:
        """Return what folium's elements run."""
        return Markup(self.script.render())  # noqa: S704


def _empty_map(view: CoverageMapView) -> folium.Map:
    """Return folium's map with the operator's tiles, if there are any, and nothing else."""
    box = view.bounds
    made = folium.Map(
        location=((box.south + box.north) / 2, (box.west + box.east) / 2),
        tiles=None,
        crs="GCJ02" if view.tiles and view.tiles.datum is Datum.GCJ02 else "EPSG3857",
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=1 if view.tiles else 0.25,
    )
    # Folium keeps its argument max_zoom for its own tile layer.
    made.options["max_zoom"] = view.tiles.max_zoom if view.tiles else MAX_ZOOM
    if view.tiles:
        key = view.tiles.key.get_secret_value() if view.tiles.key else ""
        folium.TileLayer(
            tiles=view.tiles.url.replace("{key}", key),
            attr=str(escape(view.tiles.attribution)) or " ",
            subdomains=view.tiles.subdomains or "abc",
            max_zoom=view.tiles.max_zoom,
            control=False,
        ).add_to(made)
    view_all = FitBounds([(box.south, box.west), (box.north, box.east)], padding=(8, 8))
    # An animation would draw all cells twice and outlive the script that follows.
    view_all.options["animate"] = False
    made.add_child(view_all)
    return made


def _words(lang: str) -> Callable[..., str]:
    """Return a function from message key and numbers to text in `lang`."""
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
