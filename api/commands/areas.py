"""`nuanyi areas`: boundaries of districts and towns from a GeoJSON file into the register."""

from pathlib import Path

import click
from sqlalchemy import text

from api.command_line import checked_settings, language, opened, progress, read_datum
from seeds.areas import read_areas
from seeds.sources import read_sources
from stations import area_file, areas, importing, schema
from stations.database import write_session


@click.command("areas")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", default="wgs84", show_default=True, help="wgs84, gcj02 or bd09.")
@click.option("--source", required=True, help="Where the boundaries come from.")
@click.option("--licence", default="unknown", show_default=True, help="On what terms.")
@click.option("--attribution", default="", help="The credit line that the source asks for.")
@click.option("--url", help="Where the source can be found.")
@click.option("--dry-run", is_flag=True, help="Print the report and write nothing.")
def areas_command(
    file: Path,
    datum: str,
    source: str,
    licence: str,
    attribution: str,
    url: str | None,
    dry_run: bool,
) -> None:
    """Load boundaries by code from a GeoJSON file of polygons, all of them in one transaction.

    They are compared with the boundaries that are known, or with the shipped ones on a first load:
    a file whose coordinates are of another datum than --datum is refused.
    """
    read_as = read_datum(datum, "--datum")
    given = area_file.read_area_file(file)
    shipped = read_areas()
    with opened(checked_settings()) as engine, write_session(engine) as session:
        schema.check_current(engine)
        session.execute(text("SET LOCAL statement_timeout = 0"))
        stored: list[areas.AreaRow] = areas.stored_areas(session)
        known = {area.code: area for area in (*shipped, *stored) if area.boundary is not None}
        count, fits = area_file.check_datum(given, known.values(), read_as)
        missing = area_file.with_missing_parents(given, stored, shipped)
        areas.upsert_sources(session, _sources_of(missing))
        source_code = importing.ensure_source(session, source, licence, attribution, url)
        rows = area_file.area_rows(given, [*stored, *missing], read_as, source_code)
        found = area_file.compared(rows, stored)
        have = {row.code for row in rows}
        rows += [area for area in missing if area.code not in have]
        areas.replace_areas(session, rows, progress)
        if dry_run:
            session.rollback()
    _report(found, count, fits.get(read_as))


def _sources_of(rows: list[areas.AreaRow]) -> list[areas.SourceRow]:
    codes = {row.source_code for row in rows}
    return [source for source in read_sources() if source.code in codes]


def _report(found: dict[str, list[str]], count: int, misfit: float | None) -> None:
    zh = language() != "en"
    if misfit is None:
        click.echo(
            "提示：没有已知的边界可以比较，坐标系没有核对"
            if zh
            else "remark: no known boundary to compare with; the datum was not checked"
        )
    else:
        click.echo(
            f"与 {count} 个已知边界相比，{misfit:.1%} 的面积对不上"
            if zh
            else f"compared with {count} known boundaries, {misfit:.1%} of the area does not match"
        )
    for verdict in ("added", "changed"):
        for code in found[verdict]:
            click.echo(f"{verdict} {code}")
    for verdict in ("added", "changed", "unchanged"):
        click.echo(f"{verdict}: {len(found[verdict])}")
