"""An example answer of the change feed; a test holds its names to the real answers'."""

from typing import Any

from api.examples import answer

__all__ = ["CHANGES", "answer"]

CHANGES: dict[str, Any] = {
    "since": 17,
    "data_version": 21,
    "numberReturned": 2,
    "next": None,
    "sources": [
        {
            "code": "demo",
            "name": "示例数据",
            "licence": "Apache-2.0",
            "attribution": "示例数据，并非真实站点 / Demo data, not real places",
            "url": None,
        }
    ],
    "changes": [
        {
            "op": "upsert",
            "code": "NB-RS-0001",
            "version": 3,
            "register_version": 19,
            "changed_at": "2026-11-23T17:51:08+08:00",
            "feature": {
                "type": "Feature",
                "id": "NB-RS-0001",
                "geometry": {"type": "Point", "coordinates": [121.5503, 29.8746]},
                "properties": {
                    "code": "NB-RS-0001",
                    "name": "鼓楼暖心驿站",
                    "kind": "rest_station",
                    "also_kinds": [],
                    "status": "active",
                    "access": "everyone",
                    "area": {"code": "330203", "name": "海曙区"},
                    "address": "公园路 1 号",
                    "hours_text": "周一至周五 8:30-17:30",
                    "hours": "Mo-Fr 08:30-17:30",
                    "services": {"drinking_water": "yes", "microwave": "unknown"},
                    "source": "demo",
                    "version": 3,
                    "updated_at": "2026-11-23T17:51:08+08:00",
                },
            },
        },
        {"op": "delete", "code": "NB-NR-0012", "version": 2},
    ],
}
