"""Compares a listing before a change, after it and now: what goes back, and what stays."""

from collections.abc import Mapping
from typing import Any

from stations.matching import NEW_STATION

Values = Mapping[str, Any]

GIVEN = ("given_lon", "given_lat", "given_datum")
ONE_BY_ONE = ("services_yes", "services_no", "checked", "hours")
DERIVED = ("position", "h3_9", "position_verified", *GIVEN)
WHOLE = tuple(name for name in NEW_STATION if name not in (*DERIVED, *ONE_BY_ONE))


def three_way(before: Values, after: Values, now: Values) -> tuple[dict[str, Any], list[str]]:
    """Return the columns that go back to `before`, and the fields changed since `after`.

    Services and dates of checking are compared one by one; the position is one whole.
    """
    change: dict[str, Any] = {}
    stays: list[str] = []
    for name in WHOLE:
        was, became = held(before, name), held(after, name)
        if was == became or (name == "area_code" and moved(before, after)):
            continue
        if now[name] == became:
            change[name] = was
            if name == "hours_text":
                change["hours"] = before.get("hours")
        elif now[name] != was:
            stays.append(name)
    if moved(before, after):
        if not moved(after, now):
            change |= {name: before.get(name) for name in (*GIVEN, "h3_9", "area_code")}
            change["position_verified"] = before.get("position_verified", True)
        elif moved(before, now):
            stays.append("position")
    for part, stays_part in (_services(before, after, now), _checked(before, after, now)):
        change |= part
        stays += stays_part
    return _consistent(change, now), stays


def held(values: Values, name: str) -> Any:
    """Return a column of a version; older versions do not have all that there is now."""
    return values.get(name, NEW_STATION[name])


def moved(one: Values, other: Values) -> bool:
    """Whether two versions have other positions."""
    return any(one.get(name) != other.get(name) for name in GIVEN)


def _services(before: Values, after: Values, now: Values) -> tuple[dict[str, Any], list[str]]:
    answers = [
        {
            **dict.fromkeys(each.get("services_yes") or (), "yes"),
            **dict.fromkeys(each.get("services_no") or (), "no"),
        }
        for each in (before, after, now)
    ]
    merged, stays = one_by_one(*answers)
    if merged == answers[2]:
        return {}, [f"services.{code}" for code in stays]
    return {
        "services_yes": sorted(code for code, answer in merged.items() if answer == "yes"),
        "services_no": sorted(code for code, answer in merged.items() if answer == "no"),
    }, [f"services.{code}" for code in stays]


def _checked(before: Values, after: Values, now: Values) -> tuple[dict[str, Any], list[str]]:
    days = [each.get("checked") or {} for each in (before, after, now)]
    merged, stays = one_by_one(*days)
    change = {} if merged == days[2] else {"checked": merged}
    return change, [f"checked.{fact}" for fact in stays]


def one_by_one(before: Values, after: Values, now: Values) -> tuple[dict[str, Any], list[str]]:
    """Return a mapping whose entries go back one by one, and the keys that stay."""
    merged, stays = dict(now), []
    for key in sorted({*before, *after}):
        if before.get(key) == after.get(key):
            continue
        if now.get(key) == after.get(key):
            merged.pop(key, None)
            if key in before:
                merged[key] = before[key]
        elif now.get(key) != before.get(key):
            stays.append(key)
    return merged, stays


def _consistent(change: dict[str, Any], now: Values) -> dict[str, Any]:
    """Drop an alias that is the name again."""
    after = {**now, **change}
    name, aliases = after["name"], after["aliases"]
    if name in aliases:
        change["aliases"] = [alias for alias in aliases if alias != name]
    return change
