"""Example answers about imports; a test holds their names to the real answers'."""

from typing import Any

from api.examples import answer

__all__ = ["DONE", "LIST", "PREVIEW", "UNDONE", "answer"]

_TOTALS = {
    "read": 120,
    "added": 100,
    "changed": 8,
    "unchanged": 10,
    "unplaced": 3,
    "refused": 2,
}

PREVIEW: dict[str, Any] = {
    "columns": [
        {
            "letter": "B",
            "title": "站点名称",
            "field": "name",
            "guessed": False,
            "sample": "鼓楼暖心驿站",
        }
    ],
    "report": {
        "totals": _TOTALS,
        "numberMatched": 1,
        "numberReturned": 1,
        "lines": [
            {
                "row": 17,
                "column": "",
                "field": "position",
                "code": "outside_served_area",
                "verdict": "refused",
                "zh": "位置在服务区域之外，离最近的区域超过 2 公里。请检查经纬度的顺序和坐标系",
                "en": "the position is outside the served area, more than 2 km from the nearest "
                "area. Check the axis order and the datum",
            }
        ],
    },
}

DONE: dict[str, Any] = {"id": 3, "totals": _TOTALS}

LIST: dict[str, Any] = {
    "imports": [
        {
            "id": 3,
            "source": "鄞州区总工会",
            "file_name": "鄞州区站点.xlsx",
            "file_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "options": {
                "datum": "gcj02",
                "kind": "rest_station",
                "mapping": {},
                "encoding": None,
                "sheet": None,
                "allow_outside": False,
                "accept_duplicates": False,
            },
            "totals": _TOTALS,
            "register_version": 18,
            "by": "市总工会",
            "at": "2026-11-23T17:51:08+08:00",
            "undone_by": None,
            "undone_at": None,
        }
    ],
    "waiting_for_position": 3,
    "next": None,
}

UNDONE: dict[str, Any] = {
    "id": 3,
    "totals": {"withdrawn": 100, "restored": 7, "kept": 1},
    "kept": [{"code": "NB-RS-0012", "field": "phone", "reason": "changed"}],
}
