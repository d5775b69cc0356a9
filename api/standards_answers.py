"""Standards and the scoreboard as answers: JSON for pages and programs, CSV for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from stations.assessments import HeldAnswer
from stations.csv_text import guarded
from stations.evidence import Evidence, State
from stations.rule_sets import Plan, Requirement, Rules, RuleSet
from stations.scoreboard import Figure, Scoreboard
from stations.scoreboard_towns import TownWithout
from stations.standards import Finding, Judgement

UNITS = {
    "count": ("stations", "个站点", "stations"),
    "share": ("share", "占比", "share"),
    "per_town": ("per_town", "个/镇街", "per town"),
    "towns_without": ("towns", "个镇街", "towns"),
}
COUNTED_ZH = "在用的公开站点（状态为正常开放，位置已知，不含仅供员工的）"
COUNTED_EN = "public stations in service (active, with a position, not staff-only)"
CSV_HEAD = {
    "zh": ("区域", "日期", "数据版本", "规划版本", "指标", "数值", "单位", "目标", "达标",
           "分子", "分母", "情况不明", "目标已核对", "说明"),
    "en": ("area", "as_of", "data_version", "plan_version", "indicator", "value", "unit", "target",
           "met", "numerator", "denominator", "unknown", "target_verified", "note"),
}  # fmt: skip
YES_NO = {
    "zh": {True: "是", False: "否", None: "不明"},
    "en": {True: "yes", False: "no", None: "unknown"},
}


def in_force(rules: Rules, on: date) -> dict[str, Any]:
    """Return the rule sets in force on a day, and all facts that can be answered."""
    return {
        "as_of": on.isoformat(),
        "rule_sets": [
            _version(each)
            | {
                "requirements": [_requirement(asked) for asked in rules.requirements(code, on)],
            }
            for code, each in rules.in_force(on).items()
        ],
        "facts": [
            {"code": fact.code, "zh": fact.zh, "en": fact.en, "answer": fact.answer,
             "unit": fact.unit}
            for fact in rules.facts.values()
        ],
    }  # fmt: skip


def judgements(
    code: str, on: date, data_version: int, found: Sequence[Judgement]
) -> dict[str, Any]:
    """Return what is found of one station."""
    return {
        "code": code,
        "as_of": on.isoformat(),
        "data_version": data_version,
        "rule_sets": [
            _version(each.rule_set)
            | {
                "met": each.count(State.MET),
                "missing": each.count(State.MISSING),
                "unknown": each.count(State.UNKNOWN),
                "passes": each.passes,
                "requirements": [_finding(finding) for finding in each.findings],
            }
            for each in found
        ],
    }


def facts(
    found: Sequence[Judgement], rules: Rules, held: Sequence[HeldAnswer]
) -> list[dict[str, Any]]:
    """Return the facts that a station is judged by, with the answers that hold."""
    asked = dict.fromkeys(
        evidence.fact
        for each in found
        for finding in each.findings
        for evidence in finding.evidence
        if evidence.origin == "assessment"
    )
    answers = {answer.fact: answer for answer in held}
    listed = []
    for code in asked:
        fact, answer = rules.facts[code], answers.get(code)
        listed.append(
            {
                "code": code,
                "zh": fact.zh,
                "en": fact.en,
                "answer": fact.answer,
                "unit": fact.unit,
                "value": answer.value if answer else None,
                "checked_on": answer.checked_on.isoformat() if answer else None,
                "note": answer.note if answer else None,
            }
        )
    return listed


def scoreboard(board: Scoreboard, data_version: int, asked: dict[str, str]) -> dict[str, Any]:
    """Return an area's figures. `asked` are the parameters that its lists need too."""
    query = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in asked.items())
    return {
        "area": board.area.code,
        "area_name": board.area.name,
        "area_name_en": board.area.name_en,
        "as_of": board.on.isoformat(),
        "data_version": data_version,
        "rule_set": _version(board.plan),
        "counted": {"stations": board.counted, "zh": COUNTED_ZH, "en": COUNTED_EN},
        "towns": board.towns,
        "left_out": board.left_out,
        "indicators": [
            {
                "code": each.indicator.code,
                "name": each.indicator.zh,
                "name_en": each.indicator.en,
                "value": each.value,
                "unit": UNITS[each.indicator.measure][0],
                "target": each.target,
                "at_most": each.indicator.at_most is not None,
                "met": each.met,
                "numerator": each.numerator,
                "denominator": each.denominator,
                "unknown": each.unknown,
                "verified": each.indicator.verified,
                "note": each.indicator.note_zh,
                "note_en": each.indicator.note_en,
                "list": f"/v1/scoreboard/{each.indicator.code}?{query}",
            }
            for each in board.figures
        ],
    }


def scoreboard_csv(board: Scoreboard, data_version: int, lang: str) -> bytes:
    """Return an area's figures as a table, in UTF-8 with the mark that spreadsheets look for."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(CSV_HEAD[lang])
    for figure in board.figures:
        rows.writerow(_cell(each) for each in _csv_row(board, figure, data_version, lang))
    return text.getvalue().encode("utf-8-sig")


def town_feature(each: TownWithout) -> dict[str, Any]:
    """Return a town as a feature without a shape: towns have names but no shapes here."""
    district = each.district
    return {
        "type": "Feature",
        "id": each.town.code,
        "geometry": None,
        "properties": {
            "code": each.town.code,
            "name": each.town.name,
            "name_en": None,
            "level": "town",
            "area": None if district is None else {"code": district.code, "name": district.name},
            "possible": each.possible,
        },
    }


def _csv_row(board: Scoreboard, figure: Figure, data_version: int, lang: str) -> list[Any]:
    indicator = figure.indicator
    zh = lang == "zh"
    return [
        board.area.name if zh else board.area.name_en or board.area.name,
        board.on.isoformat(),
        data_version,
        board.plan.version,
        indicator.zh if zh else indicator.en,
        figure.value,
        UNITS[indicator.measure][1 if zh else 2],
        _bound(figure, lang),
        "" if figure.target is None else YES_NO[lang][figure.met],
        figure.numerator,
        figure.denominator,
        figure.unknown,
        "" if figure.target is None else YES_NO[lang][indicator.verified],
        indicator.note_zh if zh else indicator.note_en,
    ]


def _bound(figure: Figure, lang: str) -> str:
    if figure.target is None:
        return ""
    at_most = figure.indicator.at_most is not None
    words = {"zh": ("至少 ", "至多 "), "en": ("at least ", "at most ")}[lang]
    return f"{words[at_most]}{figure.target:g}"


def _cell(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value


def _version(each: RuleSet | Plan) -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.zh,
        "name_en": each.en,
        "version": each.version,
        "in_force_from": each.in_force_from.isoformat(),
        "kinds": list(each.kinds),
        "verified": each.verified,
        "source": each.source_zh,
        "source_en": each.source_en,
        "note": each.note_zh,
        "note_en": each.note_en,
    }


def _requirement(each: Requirement) -> dict[str, Any]:
    return {
        "code": each.code,
        "name": each.zh,
        "name_en": each.en,
        "verified": each.verified,
        "note": each.note_zh,
        "note_en": each.note_en,
    }


def _finding(each: Finding) -> dict[str, Any]:
    evidence = [_evidence(one) for one in each.evidence]
    return _requirement(each.requirement) | {"state": each.state.value, "evidence": evidence}


def _evidence(each: Evidence) -> dict[str, Any]:
    return {
        "fact": each.fact,
        "zh": each.zh,
        "en": each.en,
        "value": each.value,
        "unit": each.unit,
        "on": None if each.on is None else each.on.isoformat(),
        "from": each.origin,
        "state": each.state.value,
    }
