"""Example answers of the calendar's routes, held to real answers by a test."""

from typing import Any

DAY: dict[str, Any] = {
    "date": "2026-10-10",
    "working": True,
    "name": "调休上班",
    "name_en": "Working day (moved)",
    "origin": "published",
}

CALENDAR: dict[str, Any] = {
    "year": 2026,
    "provisional": False,
    "days": [
        {
            "date": "2026-10-01",
            "working": False,
            "name": "国庆节",
            "name_en": "National Day",
            "origin": "published",
        },
        DAY,
    ],
    "data_version": 17,
}
