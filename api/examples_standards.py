"""Example answers of standards and the scoreboard; a test holds their names to real answers'."""

from typing import Any

from api.examples import answer

__all__ = [
    "ASSESSMENTS",
    "BEHIND",
    "SCOREBOARD",
    "STANDARDS",
    "STATION_STANDARDS",
    "answer",
]

ASSESSMENTS: dict[str, Any] = {
    "assessments": [
        {"fact": "name_sign", "answer": "yes", "checked_on": "2026-11-20", "note": "牌匾在东门"},
        {"fact": "own_room", "answer": "no"},
    ]
}

_SET = {
    "code": "basic",
    "name": "基本型（八有）",
    "name_en": "Basic type (the eight haves)",
    "version": "2024",
    "in_force_from": "2024-01-01",
    "kinds": ["rest_station"],
    "verified": False,
    "source": "浙江省户外劳动者服务站点三年行动计划（2024—2026年），据二手摘录",
    "source_en": "Zhejiang three-year plan 2024-2026, from a second-hand copy",
    "note": "八项名称来自二手摘录，待核对原文",
    "note_en": "The eight names are from a second-hand copy",
}
_REQUIREMENT = {
    "code": "name_sign",
    "name": "名称标识",
    "name_en": "Name and sign",
    "verified": False,
    "note": "",
    "note_en": "",
}
_FACT = {
    "code": "name_sign",
    "zh": "门口有统一的名称标识",
    "en": "The name and the sign are at the door",
    "answer": "yes_no",
    "unit": "",
}

STANDARDS: dict[str, Any] = {
    "as_of": "2026-11-23",
    "rule_sets": [_SET | {"requirements": [_REQUIREMENT]}],
    "facts": [_FACT],
}

STATION_STANDARDS: dict[str, Any] = {
    "code": "NB-RS-0001",
    "as_of": "2026-11-23",
    "data_version": 17,
    "rule_sets": [
        _SET
        | {
            "met": 5,
            "missing": 1,
            "unknown": 2,
            "passes": False,
            "requirements": [
                _REQUIREMENT
                | {
                    "state": "met",
                    "evidence": [
                        {
                            "fact": "name_sign",
                            "zh": "门口有统一的名称标识",
                            "en": "The name and the sign are at the door",
                            "value": "yes",
                            "unit": "",
                            "on": "2026-11-20",
                            "from": "assessment",
                            "state": "met",
                        }
                    ],
                }
            ],
        }
    ],
    "editable": True,
    "facts": [_FACT | {"value": "yes", "checked_on": "2026-11-20", "note": "牌匾在东门"}],
}

SCOREBOARD: dict[str, Any] = {
    "area": "330200",
    "area_name": "宁波市",
    "area_name_en": "Ningbo",
    "as_of": "2026-11-23",
    "data_version": 17,
    "rule_set": _SET
    | {
        "code": "zhejiang_plan",
        "name": "浙江省三年行动计划（2024—2026年）",
        "name_en": "Zhejiang three-year plan 2024-2026",
    },
    "counted": {
        "stations": 591,
        "zh": "在用的公开站点（状态为正常开放，位置已知，不含仅供员工的）",
        "en": "public stations in service (active, with a position, not staff-only)",
    },
    "towns": 156,
    "left_out": {"temporarily_closed": 9},
    "indicators": [
        {
            "code": "benchmark_share",
            "name": "标杆型占比",
            "name_en": "Share of benchmark stations",
            "value": 0.121827,
            "unit": "share",
            "target": 0.1,
            "at_most": False,
            "met": True,
            "numerator": 72,
            "denominator": 591,
            "unknown": 0,
            "verified": False,
            "note": "",
            "note_en": "",
            "list": "/v1/scoreboard/benchmark_share?area=330200",
        }
    ],
}

BEHIND: dict[str, Any] = {
    "type": "FeatureCollection",
    "numberMatched": 98,
    "numberReturned": 1,
    "next": "/v1/scoreboard/towns_without_benchmark?area=330200&limit=1&cursor=330203001",
    "left_out": {},
    "indicator": "towns_without_benchmark",
    "area": "330200",
    "as_of": "2026-11-23",
    "data_version": 17,
    "features": [
        {
            "type": "Feature",
            "id": "330203001",
            "geometry": None,
            "properties": {
                "code": "330203001",
                "name": "南门街道",
                "name_en": None,
                "level": "town",
                "area": {"code": "330203", "name": "海曙区"},
                "possible": 0,
            },
        }
    ],
}
