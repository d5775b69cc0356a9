"""What a comparison says to people: lines and totals, and the match list as a table."""

import csv
from collections.abc import Sequence
from pathlib import Path

from stations.comparing import Comparison, Entry, Finding, Verdict
from stations.csv_text import guarded
from stations.errors import InvalidInputError
from stations.import_report import shown
from stations.xlsx_writing import Sheet, Value, write_workbook

WORDS: dict[Verdict, tuple[str, str]] = {
    Verdict.MOVED: ("移位", "{here}：第 {row} 行“{name}”在 {metres} 米外"),
    Verdict.RENAMED: ("名称不同", "{here}：同一位置的第 {row} 行叫“{name}”（相似 {likeness}）"),
    Verdict.CLOSED_THERE: ("对方说已关", "{here}：第 {row} 行“{name}”写明关闭，登记册是开放的"),
    Verdict.CLOSED_HERE: ("本册已关", "{here}：登记册是 {status}，第 {row} 行“{name}”仍在"),
    Verdict.UNPLACED_HERE: ("本册没有坐标", "{here}：第 {row} 行“{name}”有坐标"),
    Verdict.DUPLICATE_HERE: ("本册重复", "{here}：与 {also} 都像第 {row} 行“{name}”"),
    Verdict.DUPLICATE_THERE: ("对方重复", "第 {row} 行“{name}”与第 {also_row} 行都像 {here}"),
    Verdict.MISSING_HERE: ("本册没有", "第 {row} 行“{name}”"),
    Verdict.MISSING_THERE: ("对方没有", "{here}"),
    Verdict.SAME: ("一致", "{here}：第 {row} 行“{name}”"),
}
"""Verdict in Chinese, and its line."""

WORDS_EN: dict[Verdict, str] = {
    Verdict.MOVED: "{here}: row {row} “{name}” is {metres} m away",
    Verdict.RENAMED: "{here}: row {row} at the same place is called “{name}” ({likeness} alike)",
    Verdict.CLOSED_THERE: "{here}: row {row} “{name}” says closed, the register says open",
    Verdict.CLOSED_HERE: "{here}: the register says {status}, row {row} “{name}” is there",
    Verdict.UNPLACED_HERE: "{here}: row {row} “{name}” has a position",
    Verdict.DUPLICATE_HERE: "{here}: as {also}, it looks like row {row} “{name}”",
    Verdict.DUPLICATE_THERE: "row {row} “{name}”: as row {also_row}, it looks like {here}",
    Verdict.MISSING_HERE: "row {row} “{name}”",
    Verdict.MISSING_THERE: "{here}",
    Verdict.SAME: "{here}: row {row} “{name}”",
}

TITLES = {
    "verdict": "结论",
    "code": "编码",
    "name": "登记册名称",
    "status": "登记册状态",
    "row": "文件行号",
    "file_name": "文件名称",
    "file_status": "文件状态",
    "distance_m": "相距（米）",
    "likeness": "名称相似",
    "also": "与谁重复",
    "lon": "登记册经度 WGS-84",
    "lat": "登记册纬度 WGS-84",
    "file_lon": "文件经度 WGS-84",
    "file_lat": "文件纬度 WGS-84",
}


def format_comparison(found: Comparison, lang: str) -> str:
    """Return the report as text; its totals are the same in each language.

    here = the register's stations that took part, there = the rows that could be read.
    """
    lines = []
    if found.hint is not None:
        datum, fits, fits_as_read = found.hint
        zh = (
            f"提示：文件看起来是 {datum}：按它有 {fits} 个位置对得上，"
            f"按所写的只有 {fits_as_read} 个"
        )
        en = (
            f"hint: the file looks like {datum}: {fits} places fit in it, "
            f"{fits_as_read} as it was read"
        )
        lines.append(en if lang == "en" else zh)
    lines += [
        _line(finding, lang) for finding in found.findings if finding.verdict is not Verdict.SAME
    ]
    for line in found.unread:
        lines.append(
            f"not read: row {line.row}: {line.field}: {line.en}"
            if lang == "en"
            else f"没有读懂：第 {line.row} 行：{line.field}：{line.zh}"
        )
    lines += [f"here: {found.here}", f"there: {found.there}", f"matched: {found.matched}"]
    lines += [f"{verdict}: {found.count(verdict)}" for verdict in Verdict]
    lines.append(f"unread: {len({line.row for line in found.unread})}")
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, lang: str) -> str:
    title, template = WORDS[finding.verdict]
    if lang == "en":
        title, template = finding.verdict.value, WORDS_EN[finding.verdict]
    here, there = finding.here, finding.there
    text = template.format(
        here="" if here is None else _named(here),
        status="" if here is None else here.status,
        row="" if there is None else there.ref,
        name="" if there is None else shown(there.name),
        metres=finding.distance_m,
        likeness=finding.likeness,
        also="" if finding.also is None else _named(finding.also),
        also_row="" if finding.also is None else finding.also.ref,
    )
    return f"{title}: {text}" if lang == "en" else f"{title}：{text}"


def _named(entry: Entry) -> str:
    return f"{entry.ref} {shown(entry.name)}"


def write_match_list(path: Path, found: Comparison, lang: str) -> None:
    """Write all findings, pairs that agree too, as `.csv` or `.xlsx`.

    Raises InvalidInputError naming `--out` for another ending.
    """
    check_match_list(path)
    titles = list(TITLES if lang == "en" else TITLES.values())
    rows = [_row(finding, lang) for finding in found.findings]
    if path.suffix.lower() == ".xlsx":
        write_workbook(path, [Sheet("对照" if lang == "zh" else "comparison", titles, rows)])
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(titles)
        for row in rows:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])


def check_match_list(path: Path) -> None:
    """Raise InvalidInputError naming `--out` where the match list cannot have this ending."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise InvalidInputError(
            field="--out",
            problem_zh="对照表只写 .csv 或 .xlsx",
            problem_en="the match list is written as .csv or .xlsx",
        )


def _row(finding: Finding, lang: str) -> Sequence[Value]:
    here, there = finding.here, finding.there
    verdict = WORDS[finding.verdict][0] if lang == "zh" else finding.verdict.value
    return (
        verdict,
        None if here is None else here.ref,
        None if here is None else here.name,
        None if here is None else here.status,
        None if there is None else int(there.ref),
        None if there is None else there.name,
        None if there is None else there.status,
        finding.distance_m,
        finding.likeness,
        None if finding.also is None else finding.also.ref,
        *_degrees(here),
        *_degrees(there),
    )


def _degrees(entry: Entry | None) -> tuple[float | None, float | None]:
    if entry is None or entry.point is None:
        return None, None
    return round(entry.point.lon, 7), round(entry.point.lat, 7)
