"""The layers of the planners' map: folium elements whose drawing is in web/planner/*.ts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from markupsafe import Markup, escape

from stations.taxonomy import Kind, taxonomy
from web.kind_shapes import shape_of
from web.pages import json_for_script
from web.planner_cells import Bands, CellLayerName, pack
from web.planner_view import CoverageMapView

CELL_WORDS: Final = (
    "cell_minutes",
    "cell_beyond",
    "cell_off_streets",
    "cell_residents",
    "cell_gap",
    "cell_backup",
)
MAP_WORDS: Final = (
    "zoom_in",
    "zoom_out",
    "layers",
    "close",
    "draw_hint",
    "swipe_handle",
    "swipe_before",
    "swipe_after",
    "try_cell_minutes",
    "try_cell_people",
    "try_cell_stations",
    "try_close",
    "try_closed",
    "try_keep",
    "try_move",
    "try_move_hint",
    "try_moved",
    "try_new",
    "try_none",
    "try_place_hint",
)


class Verbatim(Element):
    """Text that goes onto the page as it is.

    branca compiles what a macro has rendered as a template once more. A name such as `{{ … }}`
    would then be run on the server, so nothing that holds data may go that way.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: Any) -> str:
        """Return the text."""
        return self.text


class VerbatimElement(MacroElement):
    """An element of the map that writes HTML and script of its own, as they are."""

    def html(self) -> str:
        """Return what goes into the body."""
        return ""

    def script(self) -> str:
        """Return what is run."""
        return ""

    @property
    def parent_name(self) -> str:
        """The script's name of the map that this element was added to."""
        if self._parent is None:
            raise ValueError(f"{self.get_name()} is on no map")
        return str(self._parent.get_name())

    def render(self, **_kwargs: Any) -> str:
        """Put HTML and script onto the page; nothing is left to return."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError(f"{self.get_name()} is on no page")
        figure.html.add_child(Verbatim(self.html()), name=self.get_name())
        figure.script.add_child(Verbatim(self.script()), name=self.get_name())
        return ""


class DataLayer(VerbatimElement, Layer):
    """A layer that `L.nuanyi.<maker>` makes from JSON that lies beside folium's script."""

    maker: str
    data: Markup

    def __init__(self, label: Markup, *, show: bool = True) -> None:
        # folium's layer control is a template that branca compiles twice
        Layer.__init__(self, name=str(label).replace("{", "&#123;"), overlay=True, show=show)

    def html(self) -> str:
        """Return the layer's data."""
        name = self.get_name()
        return f'<script type="application/json" id="{name}_data">{self.data}</script>'

    def script(self) -> str:
        """Return the call that draws the data, and adds it where it is shown at first."""
        name = self.get_name()
        made = f'var {name} = L.nuanyi.{self.maker}("{name}_data");'
        return f"{made} {name}.addTo({self.parent_name});" if self.show else made


class CellsData(VerbatimElement):
    """The cells, once for all of their layers."""

    element_id = "cells-data"

    def __init__(
        self, view: CoverageMapView, legends: Sequence[Bands], words: Callable[..., str]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "CellsData"
        self.data = json_for_script(
            {
                "res": view.res,
                "limit_minutes": view.limit_minutes,
                "packed": pack(view.cells),
                "layers": {legend.layer: _paints(legend) for legend in legends},
                "opacity": 0.7 if view.tiles else 1,
                "words": {name: words(f"planner.map_{name}") for name in CELL_WORDS},
            }
        )

    def html(self) -> str:
        """Return the data."""
        return f'<script type="application/json" id="{self.element_id}">{self.data}</script>'


class CellsLayer(VerbatimElement, Layer):
    """One view of the cells by band, drawn by web/planner/cells_layer.ts on a canvas grid.

    The layers exclude one another.
    """

    def __init__(self, layer: CellLayerName, *, show: bool, words: Callable[..., str]) -> None:
        label = str(escape(words(f"planner.layer_{layer}"))).replace("{", "&#123;")
        Layer.__init__(self, name=label, overlay=False, show=show)
        self._name = "Cells"
        self.layer = layer

    def script(self) -> str:
        """Return the call that makes the layer, and adds it if it is shown at first."""
        name = self.get_name()
        made = f'var {name} = L.nuanyi.cells("{CellsData.element_id}", "{self.layer}");'
        return f"{made} {name}.addTo({self.parent_name});" if self.show else made


def _paints(legend: Bands) -> dict[str, Any]:
    return {
        "upto": [band.upto for band in legend.inside],
        "colours": [band.colour for band in legend.inside],
        "beyond": legend.beyond.colour if legend.beyond else None,
        "off_streets": legend.off_streets.colour if legend.off_streets else None,
    }


class DistrictsLayer(DataLayer):
    """Outlines and names of districts; their facts are in a cell's pop-up."""

    maker = "districts"

    def __init__(self, districts: Mapping[str, Any], lang: str, words: Callable[..., str]) -> None:
        super().__init__(escape(words("planner.map_districts")))
        self._name = "Districts"
        self.data = json_for_script(
            {
                "features": [_named(district, lang) for district in districts["features"]],
                "words": {
                    name: words(f"planner.map_district_{name}")
                    for name in ("stations", "residents", "served", "uncovered", "backed_up")
                },
            }
        )


class StationsLayer(DataLayer):
    """Stations of one kind in its shape; hollow where they do not count, or may not."""

    maker = "stations"

    def __init__(
        self, view: CoverageMapView, kind: Kind, lang: str, words: Callable[..., str]
    ) -> None:
        places = [
            {
                "at": feature["geometry"]["coordinates"],
                "name": feature["properties"]["name"],
                "code": feature["properties"]["code"],
                "status": feature["properties"].get("status", "active"),
                "open": feature["properties"].get("open", True),
            }
            for feature in view.stations["features"]
            if feature["properties"]["kind"] == kind.code
        ]
        kind_name = kind.zh if lang == "zh" else kind.en
        label = Markup('<span class="kind-dot kind-{}"></span> {} <small>{}</small>').format(
            kind.code, kind_name, f"{len(places):,}"
        )
        super().__init__(label, show=kind.code in view.kinds)
        self._name = "Stations"
        statuses = taxonomy().status
        self.data = json_for_script(
            {
                "kind": kind_name,
                "colour": kind.colour,
                "shape": shape_of(kind.code),
                "places": places,
                "statuses": {
                    code: term.zh if lang == "zh" else term.en for code, term in statuses.items()
                },
                "shut": words("planner.map_shut_then"),
                "unknown": words("planner.map_unknown_then"),
            }
        )


class MapWords(VerbatimElement):
    """The last step on the page: words of Leaflet's buttons, scale, and the frame's messages."""

    def __init__(self, words: Callable[..., str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "MapWords"
        self.words = json_for_script({name: words(f"planner.map_{name}") for name in MAP_WORDS})

    def script(self) -> str:
        """Return the call that finishes the map."""
        return f"L.nuanyi.finish({self.parent_name}, {self.words});"


def _named(district: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return the district with its name in the reader's language, where it has one."""
    given = district["properties"]
    name = (given.get("name_en") if lang == "en" else None) or given["name"]
    return {**district, "properties": {**given, "name": name}}
