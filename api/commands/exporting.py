"""`nuanyi export`: the register, or a part of it, into a file."""

import tempfile
from pathlib import Path

import click

from api.command_line import checked_settings, language, opened, read_datum, say, writing
from stations import export_files, exporting, schema
from stations.database import read_session
from stations.exporting import Wanted
from stations.search import EVERY_ONE, IS_PUBLIC
from stations.taxonomy import taxonomy


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", "kinds", multiple=True, help="Only this kind; several times.")
@click.option("--area", help="Only this area with all in it, by code.")
@click.option("--crs", default="wgs84", show_default=True, help="wgs84, gcj02 or bd09.")
@click.option(
    "--all",
    "all_of_them",
    is_flag=True,
    help="With those that are not public. Keep it to yourself.",
)
def export_command(
    file: Path, kinds: tuple[str, ...], area: str | None, crs: str, all_of_them: bool
) -> None:
    """Export the public stations into FILE (.csv, .xlsx, .geojson or .gpkg).

    A CSV or Excel file can be imported again: what was not edited changes nothing. Prints how many
    stations are in the file, and of which version of the register. An existing file is replaced,
    once the new one is whole.
    """
    in_datum = read_datum(crs, "--crs")
    wanted = Wanted(
        visible=EVERY_ONE if all_of_them else IS_PUBLIC,
        kinds=tuple(dict.fromkeys(taxonomy().require("kind", kind, "--kind") for kind in kinds)),
        area=area,
        crs=in_datum,
        lang=language(),
    )
    file_format = file.suffix.lower().removeprefix(".")
    export_files.check(file_format, wanted)
    with opened(checked_settings()) as engine:
        schema.check_current(engine)
        with read_session(engine) as session:
            found = exporting.contents(session, wanted)
            _write_whole(file, file_format, found)
    if all_of_them:
        say(
            "文件里有不公开的站点，请不要外传。",
            "The file holds stations that are not public: keep it to yourself.",
        )
    click.echo(f"stations: {found.count}")
    click.echo(f"data_version: {found.data_version}")


def _write_whole(file: Path, file_format: str, found: exporting.Contents) -> None:
    """Write beside the file, and put the whole of it in its place."""
    with (
        writing("FILE"),
        tempfile.TemporaryDirectory(dir=file.parent, prefix=".nuanyi-export-") as directory,
    ):
        path = Path(directory) / f"stations.{file_format}"
        export_files.write(path, file_format, found)
        path.replace(file)
