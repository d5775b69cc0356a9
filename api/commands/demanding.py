"""`nuanyi demand`: residents and outdoor workers by cell or by area, from a CSV."""

import sys
from pathlib import Path

import click
from sqlalchemy import text

from api.command_line import checked_settings, language, opened, say
from stations import demand_file, demand_import, demand_undo, importing, schema
from stations.database import write_session


@click.group("demand")
def demand_command() -> None:
    """Load residents and outdoor workers, which coverage counts."""


@demand_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, help="Where the figures come from.")
@click.option("--licence", default="unknown", show_default=True, help="On what terms.")
@click.option("--attribution", default="", help="The credit line that the source asks for.")
@click.option("--url", help="Where the source can be found.")
@click.option("--encoding", help="utf-8, utf-16, gb18030 or big5, where the bytes leave it open.")
@click.option("--dry-run", is_flag=True, help="Print the report and write nothing.")
@click.option(
    "--allow-loss", is_flag=True, help="Also where an area loses more than half of its residents."
)
def import_command(
    file: Path,
    source: str,
    licence: str,
    attribution: str,
    url: str | None,
    encoding: str | None,
    dry_run: bool,
    allow_loss: bool,
) -> None:
    """Import a CSV of residents and workers by H3 cell or by area, all of it or nothing.

    The areas that it speaks of are replaced whole, and so is what the same source said before. The
    report ends with the totals: read, accepted, refused, residents, workers. What was there before
    is kept until the next import: nuanyi demand undo.
    """
    read = demand_file.read_demand_file(file, encoding)
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        source_code = importing.ensure_source(session, source, licence, attribution, url)
        report = demand_import.import_demand(session, read, source_code, allow_loss=allow_loss)
        if dry_run or not report.is_changed:
            session.rollback()
    click.echo(demand_import.format_report(report, language()), nl=False)
    if report.refused:
        say(
            "有未收的行，什么都没有写入；请改好再导入。",
            "Rows were refused, so nothing was written: mend them and import again.",
        )
        sys.exit(2)
    if report.is_held_back:
        say(
            "有的区居民会减少一半以上，什么都没有写入；如果确实如此，请加 --allow-loss。",
            "An area would lose more than half of its residents, so nothing was written; if that "
            "is meant, add --allow-loss.",
        )
        sys.exit(2)
    if report.is_changed and not dry_run:
        say("要撤回这次导入：nuanyi demand undo", "nuanyi demand undo takes it back.")


@demand_command.command("undo")
def undo_command() -> None:
    """Bring back the residents and workers of before the last import.

    To undo twice changes nothing.
    """
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        areas = demand_undo.undo(session)
    for line in demand_import.format_areas(areas, language()):
        click.echo(line)
