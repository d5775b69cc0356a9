"""What an import says of a file: a line for each refusal and remark, then the totals."""

from dataclasses import dataclass, field
from enum import StrEnum

from stations.errors import NuanyiError

LONGEST_SHOWN = 60


class Verdict(StrEnum):
    """What a line says of its row."""

    REFUSED = "refused"
    REMARK = "remark"


@dataclass(frozen=True)
class Line:
    """A refusal or a remark. `row` is the row's number in the file; None: the file as a whole.

    `code` names what is wrong for programs, in snake case; `column` is the letter or the title of
    the column where a person finds it, "" where there is none.
    """

    row: int | None
    verdict: Verdict
    field: str
    zh: str
    en: str
    code: str = ""
    column: str = ""


@dataclass(frozen=True)
class ImportReport:
    """Lines in the order of rows, and totals.

    read = added + changed + unchanged + refused; `unplaced` counts those among the accepted whose
    station has no position. `import_id` is None of a dry run, and where nothing was written.
    """

    lines: tuple[Line, ...] = field(default_factory=tuple)
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    unplaced: int = 0
    refused: int = 0
    import_id: int | None = field(default=None, compare=False)

    def totals(self) -> dict[str, int]:
        """Return the totals by name, in their order."""
        return {name: getattr(self, name) for name in TOTALS}


CODES = {"UnknownTermError": "unknown_term", "CoordinateError": "bad_coordinate"}
"""Codes of errors; of any other it names the field that is wrong."""

TOTALS = ("read", "added", "changed", "unchanged", "unplaced", "refused")


def refusal(row: int | None, name: str, zh: str, en: str, *, code: str, column: str = "") -> Line:
    """Return the line of a row that is not taken in."""
    return Line(row, Verdict.REFUSED, name, zh, en, code, column)


def remark(row: int | None, name: str, zh: str, en: str, *, code: str, column: str = "") -> Line:
    """Return a line about a row that is taken in all the same, or about the file."""
    return Line(row, Verdict.REMARK, name, zh, en, code, column)


def refusal_of(row: int | None, error: NuanyiError) -> Line:
    """Return an error's sentences as the line of a row that is not taken in."""
    name = error.field or ""
    zh, en = error.sentence("zh"), error.sentence("en")
    code = CODES.get(type(error).__name__) or f"bad_{name.split(' ', 1)[0].replace(':', '_')}"
    return refusal(row, name, zh.removeprefix(f"{name}："), en.removeprefix(f"{name}: "), code=code)


def shown(value: object) -> str:
    """Return a value from a file as one short line that holds no control characters."""
    text = value if isinstance(value, str) else str(value)
    safe = "".join(
        mark if mark.isprintable() else repr(mark)[1:-1] for mark in text[:LONGEST_SHOWN]
    )
    return safe + "…" if len(text) > LONGEST_SHOWN else safe


def format_report(report: ImportReport, lang: str) -> str:
    """Return the report as text; the last six lines are the totals, the same in each language."""
    lines = [format_line(line, lang) for line in report.lines]
    lines += [f"{name}: {value}" for name, value in report.totals().items()]
    return "".join(f"{line}\n" for line in lines)


def format_line(line: Line, lang: str) -> str:
    """Return one line as text."""
    if lang == "en":
        place = "file" if line.row is None else f"row {line.row}"
        column = f", column {line.column}" if line.column else ""
        return f"{place}: {line.verdict}: {line.field}: {line.en} [{line.code}{column}]"
    place = "文件" if line.row is None else f"第 {line.row} 行"
    verdict = {Verdict.REFUSED: "未收", Verdict.REMARK: "提示"}[line.verdict]
    column = f"，{line.column} 列" if line.column else ""
    return f"{place}：{verdict}：{line.field}：{line.zh} [{line.code}{column}]"
