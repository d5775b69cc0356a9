"""`nuanyi geocode`: ask a map provider where the stations are that have only an address."""

import sys

import click

from api.command_line import checked_settings, language, opened, progress
from stations import schema, unplaced
from stations.errors import InvalidInputError
from stations.geocoding import PROVIDERS, Geocoder


@click.command("geocode")
@click.option(
    "--provider", required=True, type=click.Choice(sorted(PROVIDERS)), help="Whom to ask."
)
@click.option("--limit", type=click.IntRange(1), help="Ask about so many at most.")
def geocode_command(provider: str, limit: int | None) -> None:
    """Place the stations that have an address and no position, as a map provider answers.

    Needs NUANYI_AMAP_KEY or NUANYI_TIANDITU_KEY; the addresses are sent to that provider. Answers
    are marked unverified until somebody sets the position. The report ends with the totals.
    """
    settings = checked_settings()
    key = {"amap": settings.amap_key, "tianditu": settings.tianditu_key}[provider]
    if key is None or not key.get_secret_value().strip():
        raise InvalidInputError(
            field=f"NUANYI_{provider.upper()}_KEY",
            problem_zh="没有设置密钥，没有询问任何人",
            problem_en="there is no key, so nobody was asked",
        )
    geocoder = Geocoder(PROVIDERS[provider], key)
    with opened(settings) as engine:
        schema.check_current(engine)
        report = unplaced.geocode(
            engine, geocoder, root_area=settings.root_area, limit=limit, progress=progress
        )
    click.echo(unplaced.format_report(report, language()), nl=False)
    if report.stopped is not None:
        click.echo(report.stopped.sentence(language()), err=True)
        sys.exit(2)
