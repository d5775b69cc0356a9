"""`nuanyi compare`: the register against a map provider's list."""

from pathlib import Path

import click

from api.command_line import checked_settings, language, opened, progress
from api.commands.importing import read_mapping
from geo.coordinates import Datum
from stations import compare_report, comparing, reading, schema
from stations.database import read_session
from stations.errors import InvalidInputError
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
    if datum not in set(Datum):
        raise InvalidInputError(
            field="--datum",
            problem_zh=f"没有“{datum}”这种坐标系（{'、'.join(Datum)}）",
            problem_en=f"there is no datum “{datum}” ({', '.join(Datum)})",
        )
    if kind is not None:
        taxonomy().require("kind", kind, "--kind")
    if out is not None:
        compare_report.check_match_list(out)
    mapping = dict(read_mapping(each) for each in mappings)
    rows = reading.read_file(file, datum=Datum(datum), kind=kind, mapping=mapping)
    with opened(checked_settings()) as engine:
        schema.check_current(engine)
        with read_session(engine) as session:
            register = comparing.registered(session, rows, kind=kind, area=area)
    progress("正在对照 / Comparing")
    found = comparing.compare(register, rows)
    if out is not None:
        try:
            compare_report.write_match_list(out, found, language())
        except OSError as error:
            raise InvalidInputError(
                field="--out",
                problem_zh=f"写不了这个文件（{error.strerror}）",
                problem_en=f"the file cannot be written ({error.strerror})",
            ) from error
    click.echo(compare_report.format_comparison(found, language()), nl=False)
