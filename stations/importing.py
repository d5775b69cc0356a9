"""Takes the rows of a file into the register: matches, compares three ways, applies at once.

What the source last said of each field is kept beside the listing, in `imported` by source. A field
is applied where the file says something else than last time, so that a second run changes nothing
and what a manager corrected in between stays. A field that a file does not have is left alone, and
an empty cell erases nothing.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations import import_plan, import_writes
from stations.errors import InvalidInputError
from stations.import_locks import allow_time, busy_named, wait_for_other_imports
from stations.import_report import ImportReport, Line, Verdict, format_report, remark
from stations.import_writes import ImportedFile
from stations.row_plan import Plan
from stations.row_values import FileRow
from stations.settings import load_settings
from stations.tables import Source

__all__ = [
    "FileRow",
    "ImportReport",
    "ImportedFile",
    "apply_rows",
    "ensure_source",
    "format_report",
    "import_rows",
]

Progress = Callable[[str], None]

UNKNOWN_LICENCE = "unknown"
SOURCE_MAX_LENGTH = 64


def apply_rows(
    session: Session,
    rows: Iterable[FileRow],
    source_code: str,
    *,
    dry_run: bool,
    allow_outside: bool = False,
    progress: Progress | None = None,
    account_id: int | None = None,
    code_prefix: str | None = None,
    accept_duplicates: bool = False,
    file: ImportedFile | None = None,
) -> ImportReport:
    """Add and change stations as the rows of one source say; return the report.

    Works in the session's transaction, which the caller commits; the source exists (see
    `ensure_source`). A dry run plans the same and writes nothing, so its report is the real run's.
    `allow_outside` takes in positions that are not within 2 km of any area, without an area;
    `accept_duplicates` what would otherwise be refused as a place that is listed already.
    """
    say = progress or (lambda _line: None)
    given = list(rows)
    numbered = [row for row in given if row.number is not None]
    say(f"共 {len(numbered)} 行 / rows")
    with busy_named():
        if dry_run:
            allow_time(session)
        else:
            wait_for_other_imports(session)
        plans, lines = import_plan.make(
            session,
            given,
            source_code,
            locking=not dry_run,
            allow_outside=allow_outside,
            accept_duplicates=accept_duplicates,
        )
    accepted = [plan for plan in plans if plan.refused is None]
    lines += [line for row in given for line in row.lines]
    lines += [plan.refused for plan in plans if plan.refused is not None]
    report = _report(len(numbered), accepted, lines)
    if dry_run:
        return report
    say("正在写入 / Writing")
    import_id = _write(
        session,
        accepted,
        source_code,
        totals=report.totals(),
        file=file or ImportedFile(),
        account_id=account_id,
        code_prefix=code_prefix,
    )
    return replace(report, import_id=import_id)


def import_rows(
    session: Session,
    rows: Iterable[FileRow],
    *,
    source_name: str,
    licence: str | None = None,
    attribution: str | None = None,
    url: str | None = None,
    dry_run: bool,
    allow_outside: bool = False,
    accept_duplicates: bool = False,
    progress: Progress | None = None,
    account_id: int | None = None,
    file: ImportedFile | None = None,
) -> ImportReport:
    """Apply the rows of a file under the name of its source, which is added where it is new.

    A file of which no row is taken in leaves nothing behind, its source neither.
    """
    source_code = source_code_of(source_name)
    _check_address(url)
    with session.begin_nested() as attempt:
        if not dry_run:
            ensure_source(session, source_name, licence, attribution, url)
        report = apply_rows(
            session,
            rows,
            source_code,
            dry_run=dry_run,
            allow_outside=allow_outside,
            accept_duplicates=accept_duplicates,
            progress=progress,
            account_id=account_id,
            file=file,
        )
        if report.read == report.refused:
            attempt.rollback()
    return report


def ensure_source(
    session: Session,
    name: str,
    licence: str | None = None,
    attribution: str | None = None,
    url: str | None = None,
) -> str:
    """Return the code of the source of that name; add it where it is new.

    A licence that nobody named is said to be unknown. Raises InvalidInputError naming `source`.
    """
    code = source_code_of(name)
    _check_address(url)
    shown_name = " ".join(name.split())
    session.execute(
        insert(Source)
        .values(
            code=code,
            name=shown_name,
            licence=licence or UNKNOWN_LICENCE,
            attribution=attribution or shown_name,
            url=url,
        )
        .on_conflict_do_nothing()
    )
    return code


def _check_address(url: str | None) -> None:
    if url and not url.startswith(("https://", "http://")):
        raise InvalidInputError(
            field="url",
            problem_zh="应以 https:// 或 http:// 开头",
            problem_en="https:// or http:// is needed at its beginning",
        )


def source_code_of(name: str) -> str:
    """Return the code of a source's name: letters of any script, digits, `-`, `_` and `.`."""
    code = "-".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not code or len(code) > SOURCE_MAX_LENGTH or any(not _is_plain(mark) for mark in code):
        raise InvalidInputError(
            field="source",
            problem_zh=f"来源名称用文字、数字和 - _ .，最多 {SOURCE_MAX_LENGTH} 个字符",
            problem_en=f"a source's name has letters, digits and - _ . , at most "
            f"{SOURCE_MAX_LENGTH}",
        )
    return code


def _is_plain(mark: str) -> bool:
    return mark.isalnum() or mark in "-_."


def _write(
    session: Session,
    accepted: list[Plan],
    source_code: str,
    *,
    totals: dict[str, int],
    file: ImportedFile,
    account_id: int | None,
    code_prefix: str | None,
) -> int | None:
    plans = [plan for plan in accepted if plan.same_as is None]
    new = [plan for plan in plans if plan.is_new and plan.revived is None]
    prefix = code_prefix or load_settings().code_prefix
    codes = import_writes.new_codes(
        session, prefix, [(plan.row.kind, plan.row.code) for plan in new]
    )
    for plan, code in zip(new, codes, strict=True):
        plan.values |= {"code": code, **_known_by(plan, source_code)}
    return import_writes.write(
        session,
        source_code=source_code,
        added=[plan.values for plan in new],
        changed=[
            *(
                {"code": plan.existing.code, **plan.values}
                for plan in plans
                if plan.existing is not None and plan.values
            ),
            *(
                {
                    "code": plan.revived.code,
                    **_known_by(plan, source_code),
                    **plan.values,
                    "withdrawn": False,
                }
                for plan in plans
                if plan.revived is not None
            ),
        ],
        memories={
            plan.existing.code: plan.memory
            for plan in plans
            if plan.existing is not None and plan.memory is not None
        },
        file=file,
        totals=totals,
        account_id=account_id,
    )


def _known_by(plan: Plan, source_code: str) -> dict[str, Any]:
    return {
        "source_code": source_code,
        "source_key": plan.key,
        "imported": {source_code: plan.said},
    }


def _report(read: int, accepted: list[Plan], lines: list[Line]) -> ImportReport:
    repeats = [plan for plan in accepted if plan.same_as is not None]
    lines += [
        remark(
            plan.number,
            "row",
            f"与第 {plan.same_as.number} 行完全一样，只算一个站点",
            f"the same as row {plan.same_as.number} in every field; it is one station",
            code="same_row",
        )
        for plan in repeats
        if plan.same_as is not None
    ]
    counted = [plan for plan in accepted if plan.same_as is None]
    added = sum(plan.is_new for plan in counted)
    changed = sum(not plan.is_new and bool(plan.values) for plan in counted)
    return ImportReport(
        lines=tuple(sorted(lines, key=_line_order)),
        read=read,
        added=added,
        changed=changed,
        unchanged=len(accepted) - added - changed,
        unplaced=sum(not plan.has_position for plan in accepted),
        refused=read - len(accepted),
    )


def _line_order(line: Line) -> tuple[int, bool]:
    return (0 if line.row is None else line.row, line.verdict is Verdict.REMARK)
