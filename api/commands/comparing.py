"""`nuanyi compare`: the register against a map provider's list."""

from pathlib import Path

import click

from api.command_line import checked_settings, language, opened, progress, read_datum, writing
from api.commands.importing import read_mapping
from stations import compare_report, comparing, reading, schema
from stations.database import read_session
from stations.taxonomy import taxonomy


@click.command("compare")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", required=True, help="What the coordinates mean: wgs84, gcj02 or bd09.")
@click.option("--kind", help="The kind of all rows, and of the stations to compare with.")
@click.option("--area", help="Miss only stations of this area, by code: the file is about it.")
@click.option(
    "--mapping",
    "mappings",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column, by title or letter, holds, as for import. Several times.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="A match list: .csv, .xlsx."
)
def compare_command(
    file: Path,
    datum: str,
    kind: str | None,
    area: str | None,
    mappings: tuple[str, ...],
    out: Path | None,
) -> None:
    """Set the register against FILE: what is missing, moved, double or closed. Writes nothing.

    Places are matched one to one by code, distance and name. The same code: always. Up to 25 m: if
    the kinds agree. Up to 50 m: names 60 of 100 alike. Up to 2 km: what is particular in the names
    85 of 100 alike. Farther: equal names that each list has once. More than 50 m is moved. The
    report ends with the totals; here is the register, there is the file.
    """
    read_as = read_datum(datum, "--datum")
    if kind is not None:
        taxonomy().require("kind", kind, "--kind")
    if out is not None:
        compare_report.check_match_list(out)
    mapping = dict(read_mapping(each) for each in mappings)
    rows = reading.read_file(file, datum=read_as, kind=kind, mapping=mapping)
    with opened(checked_settings()) as engine:
        schema.check_current(engine)
        with read_session(engine) as session:
            register = comparing.registered(session, rows, kind=kind, area=area)
    progress("正在对照 / Comparing")
    found = comparing.compare(register, rows)
    if out is not None:
        with writing("--out"):
            compare_report.write_match_list(out, found, language())
    click.echo(compare_report.format_comparison(found, language()), nl=False)
