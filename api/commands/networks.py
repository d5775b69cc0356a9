"""`nuanyi network`: the streets on which minutes are counted, from an OpenStreetMap extract."""

from pathlib import Path

import click

from api.command_line import checked_settings, language, opened, progress, writing
from stations import schema, street_networks
from stations.database import read_session


@click.group("network")
def network_command() -> None:
    """Build the street network."""


@network_command.command("build")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--area", help="Only the streets in this area, by code; needs the database.")
def build_command(file: Path, area: str | None) -> None:
    """Build the street network from FILE: .osm.pbf, .osm or .osm.bz2.

    The whole file, without a database, unless an area is named. A file that cannot be used leaves
    the network as it was. A running service takes the new one within a second or two.
    """
    settings = checked_settings()
    boundary = None
    if area is not None:
        with opened(settings) as engine:
            schema.check_current(engine)
            with read_session(engine) as session:
                boundary = street_networks.boundary_of(session, area)
    with writing("NUANYI_DATA_DIR"):
        report = street_networks.build_network(
            file, street_networks.network_path(settings), boundary=boundary, progress=progress
        )
    click.echo(street_networks.format_report(report, language()), nl=False)
