"""`nuanyi import` and `nuanyi imports`: files of stations into the register, and back out."""

import sys
from pathlib import Path

import click
from sqlalchemy import text

from api.command_line import checked_settings, language, opened, progress, read_datum, say
from stations import import_log, import_request, import_undo, importing, remarks_workbook, schema
from stations.database import read_session, write_session
from stations.errors import InvalidInputError
from stations.import_request import Request
from stations.reading import Column
from stations.taxonomy import taxonomy

LISTED_AT_MOST = 1_000


@click.command("import", context_settings={"ignore_unknown_options": False})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", help="What the coordinates mean: wgs84, gcj02 or bd09.")
@click.option("--kind", help="The kind of all rows; wins over a column.")
@click.option("--source", required=True, help="Where the file comes from, e.g. yinzhou-2026.")
@click.option("--licence", default="unknown", show_default=True, help="On what terms.")
@click.option("--attribution", default="", help="The credit line that the source asks for.")
@click.option("--url", help="Where the source can be found.")
@click.option("--outside", is_flag=True, help="Accept positions outside the served area.")
@click.option("--accept-duplicates", is_flag=True, help="Add places that seem to be there already.")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column, by title or letter, holds; nothing after = leaves it out. Several times.",
)
@click.option("--sheet", help="The sheet of a workbook to read, where it is not the best one.")
@click.option("--encoding", help="utf-8, utf-16, gb18030 or big5, where the bytes leave it open.")
@click.option(
    "--remarks",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Write the file here once more, with a column of remarks.",
)
@click.option("--dry-run", is_flag=True, help="Print the report and write nothing.")
def import_command(
    file: Path,
    datum: str | None,
    kind: str | None,
    source: str,
    licence: str,
    attribution: str,
    url: str | None,
    outside: bool,
    accept_duplicates: bool,
    mappings: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    remarks: Path | None,
    dry_run: bool,
) -> None:
    """Import a file of stations (.xlsx, .xls, .csv, .geojson), all of it in one transaction.

    The report ends with the totals: read, added, changed, unchanged, unplaced, refused. Run it with
    --dry-run first. A file with coordinates needs --datum.
    """
    read_as = None if datum is None else read_datum(datum, "--datum")
    if kind is not None:
        taxonomy().require("kind", kind, "--kind")
    request = Request(
        path=file,
        file_name=file.name,
        source=source,
        datum=read_as,
        kind=kind,
        mapping=dict(read_mapping(each) for each in mappings),
        encoding=encoding,
        sheet=sheet,
        licence=licence,
        attribution=attribution,
        url=url,
        allow_outside=outside,
        accept_duplicates=accept_duplicates,
    )
    table = import_request.read(request)
    _show_columns(table.columns)
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        report = import_request.run(session, request, table, dry_run=dry_run, progress=progress)
        if remarks is not None:
            remarks_workbook.write(
                file, remarks, table, report.lines, lang=language(), encoding=encoding
            )
        if dry_run:
            session.rollback()
    click.echo(importing.format_report(report, language()), nl=False)
    if report.import_id is not None:
        say(
            f"导入编号 {report.import_id}；要整个撤回：nuanyi imports undo {report.import_id}",
            f"This is import {report.import_id}; nuanyi imports undo {report.import_id} takes it "
            "back as a whole.",
        )
    if report.read and report.refused == report.read:
        sys.exit(2)


@click.group("imports", invoke_without_command=True)
@click.pass_context
def imports_command(context: click.Context) -> None:
    """List the imports so far, or take one back as a whole."""
    if context.invoked_subcommand is None:
        context.invoke(list_imports)


@imports_command.command("list")
def list_imports() -> None:
    """List the imports, the latest first; then how many stations wait for a position."""
    with opened(checked_settings()) as engine, read_session(engine) as session:
        schema.check_current(engine)
        for each in import_log.past(session, limit=LISTED_AT_MOST):
            totals = " ".join(f"{name}={count}" for name, count in each.totals.items())
            undone = "\tundone" if each.undone_at is not None else ""
            click.echo(f"{each.id}\t{each.source}\t{each.file_name}\t{totals}{undone}")
        click.echo(f"waiting for a position: {import_log.waiting_for_position(session)}")


@imports_command.command("undo")
@click.argument("import_id", metavar="ID", type=click.IntRange(1, 2**62))
def undo_import(import_id: int) -> None:
    """Take back what import ID did, except what somebody changed since, which is listed.

    The report ends with the totals: withdrawn, restored, kept.
    """
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        report = import_undo.undo(session, import_id)
    click.echo(import_undo.format_undo(report, language()), nl=False)


def read_mapping(text_given: str) -> tuple[str, str | None]:
    """Read COLUMN=FIELD; nothing after the sign leaves the column out."""
    column, sign, name = text_given.rpartition("=")
    if not sign or not column.strip():
        raise InvalidInputError(
            field="--mapping",
            problem_zh=f"“{text_given}”应写成 列=字段，如 场所=name",
            problem_en=f"“{text_given}” should be COLUMN=FIELD, such as 场所=name",
        )
    return column.strip(), name.strip() or None


def _show_columns(columns: tuple[Column, ...]) -> None:
    """Say what each column was taken to hold, so that it can be corrected with --mapping."""
    for column in columns:
        if column.title or column.field:
            doubt = " ?" if column.is_guess else ""
            letter = f"{column.letter} " if column.letter != column.title else ""
            progress(f"{letter}{column.title} → {column.field or '-'}{doubt}")
