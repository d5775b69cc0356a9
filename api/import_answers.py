"""Imports as their routes tell of them: columns, reports and what was imported before."""

from dataclasses import asdict
from typing import Any

from api import features
from stations.import_log import PastImport
from stations.import_report import ImportReport, Line
from stations.reading import Column

LINES_AT_MOST = 5_000


def column_answer(column: Column) -> dict[str, Any]:
    """Return a column as it was understood."""
    return {
        "letter": column.letter,
        "title": column.title,
        "field": column.field,
        "guessed": column.is_guess,
        "sample": column.sample,
    }


def report_answer(report: ImportReport) -> dict[str, Any]:
    """Return a report with its first lines."""
    lines = [line_answer(line) for line in report.lines[:LINES_AT_MOST]]
    return {
        "totals": report.totals(),
        "numberMatched": len(report.lines),
        "numberReturned": len(lines),
        "lines": lines,
    }


def line_answer(line: Line) -> dict[str, Any]:
    """Return one line of a report."""
    return {
        "row": line.row,
        "column": line.column,
        "field": line.field,
        "code": line.code,
        "verdict": line.verdict.value,
        "zh": line.zh,
        "en": line.en,
    }


def past_answer(past: PastImport) -> dict[str, Any]:
    """Return an import of the past."""
    return asdict(past) | {
        "at": features.in_shanghai(past.at),
        "undone_at": None if past.undone_at is None else features.in_shanghai(past.undone_at),
    }
