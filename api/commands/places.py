"""`nuanyi places`: what an extract of OpenStreetMap or another file names, for text search."""

from pathlib import Path

import click
from sqlalchemy import text

from api.command_line import checked_settings, language, opened, progress
from stations import importing, places, schema
from stations.database import write_session
from stations.places import OSM


@click.group("places")
def places_command() -> None:
    """Take in places that people search by name."""


@places_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--area", help="Keep only the places in this area, by code.")
@click.option("--outside", is_flag=True, help="Keep places outside the served areas too.")
@click.option("--source", default=OSM.code, show_default=True, help="Where the file comes from.")
@click.option("--licence", default="unknown", help="On what terms; OpenStreetMap's are known.")
@click.option("--attribution", default="", help="The credit line that the source asks for.")
@click.option("--url", help="Where the source can be found.")
def import_command(
    file: Path,
    area: str | None,
    outside: bool,
    source: str,
    licence: str,
    attribution: str,
    url: str | None,
) -> None:
    """Take in what FILE names: .osm.pbf, .osm, .osm.bz2, or GeoJSON points in WGS-84.

    All in one transaction, in the place of all that the same source named before.
    """
    code = importing.source_code_of(source)
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        if code != OSM.code:
            importing.ensure_source(session, source, licence, attribution, url)
        report = places.import_places(
            session,
            file,
            source=code,
            area=area,
            allow_outside=outside,
            progress=progress,
        )
    click.echo(places.format_report(report, language()), nl=False)
