"""Coverage maps to draw in tests: a few cells in the middle of Ningbo."""

from dataclasses import replace
from typing import Any

from geo.coordinates import BoundingBox
from web.planner_cells import CellFacts
from web.planner_map import MapAssets
from web.planner_view import CoverageMapView, Credit

ASSETS = MapAssets("/static/assets/planner_map-test.js", "/static/assets/style-test.css")
SQUARE = [[[121.5, 29.8], [121.6, 29.8], [121.6, 29.9], [121.5, 29.9], [121.5, 29.8]]]

SMALL_VIEW = CoverageMapView(
    layer="minutes",
    area_name="宁波市",
    res=9,
    cells=CellFacts(
        ids=("894b3435003ffff", "894b343500bffff", "894b3435013ffff", "894b3435017ffff"),
        minutes=(3.0, 14.96, None, None),
        residents=(100, 2500, 40, 0),
        reached_by=(1, 3, 0, 0),
        not_routable=(0, 0, 0, 0),
    ),
    limit_minutes=15,
    districts={
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": SQUARE},
                "properties": {
                    "code": "330203",
                    "name": "海曙区",
                    "name_en": "Haishu",
                    "stations": 1,
                    "residents": 2640,
                    "served": 2600,
                    "uncovered": 40,
                    "backed_up": 2500,
                },
            }
        ],
    },
    stations={"type": "FeatureCollection", "features": []},
    kinds=("rest_station",),
    bounds=BoundingBox(121.5, 29.8, 121.6, 29.9),
    method="straight_line",
    profile="walk",
    speed_kmh=5.0,
    as_of="2026-11-23T09:12:30+08:00",
    data_version=17,
    demo=True,
    credits=(Credit("区划示意", "https://example.org/districts"),),
)


def station(name: str, kind: str = "rest_station", status: str = "active") -> dict[str, Any]:
    """A station in the middle of the map."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [121.55, 29.85]},
        "properties": {"code": "NB-RS-0001", "name": name, "kind": kind, "status": status},
    }


def with_stations(*stations: dict[str, Any]) -> CoverageMapView:
    """The small map with these stations."""
    collection = {"type": "FeatureCollection", "features": list(stations)}
    return replace(SMALL_VIEW, stations=collection)
