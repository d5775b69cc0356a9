"""`nuanyi import`: a file of stations into the register."""

import sys
from pathlib import Path

import click
from sqlalchemy import text

from api.command_line import checked_settings, language, opened, progress
from geo.coordinates import Datum
from stations import importing, reading, schema
from stations.database import write_session
from stations.errors import InvalidInputError
from stations.taxonomy import taxonomy


@click.command("import", context_settings={"ignore_unknown_options": False})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", required=True, help="What the coordinates mean: wgs84, gcj02 or bd09.")
@click.option("--kind", help="The kind of all rows; wins over a column.")
@click.option("--source", required=True, help="Where the file comes from, e.g. yinzhou-2026.")
@click.option("--licence", default="unknown", show_default=True, help="On what terms.")
@click.option("--attribution", default="", help="The credit line that the source asks for.")
@click.option("--url", help="Where the source can be found.")
@click.option("--outside", is_flag=True, help="Accept positions outside the served area.")
@click.option("--dry-run", is_flag=True, help="Print the report and write nothing.")
def import_command(
    file: Path,
    datum: str,
    kind: str | None,
    source: str,
    licence: str,
    attribution: str,
    url: str | None,
    outside: bool,
    dry_run: bool,
) -> None:
    """Import a CSV or GeoJSON file of stations, all of it in one transaction.

    The report ends with the totals: read, added, changed, unchanged, unplaced, refused.
    """
    if datum not in set(Datum):
        raise InvalidInputError(
            field="--datum",
            problem_zh=f"没有“{datum}”这种坐标系（{'、'.join(Datum)}）",
            problem_en=f"there is no datum “{datum}” ({', '.join(Datum)})",
        )
    if kind is not None:
        taxonomy().require("kind", kind, "--kind")
    rows = reading.read_file(file, datum=Datum(datum), kind=kind)
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        report = importing.import_rows(
            session,
            rows,
            source_name=source,
            licence=licence,
            attribution=attribution,
            url=url,
            dry_run=dry_run,
            allow_outside=outside,
            progress=progress,
        )
        if dry_run:
            session.rollback()
    click.echo(importing.format_report(report, language()), nl=False)
    if report.read and report.refused == report.read:
        sys.exit(2)
