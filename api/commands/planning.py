"""`nuanyi coverage` and `nuanyi suggest`: planners' figures without a server."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api import dependencies as given
from api.command_line import checked_settings, language, opened, say, writing
from api.coverage_view import file_contents, report_page
from geo.profiles import Profile
from geo.siting import Objective
from stations import coverage, coverage_files, coverage_planning, coverage_surface, schema
from stations.coverage_planning import SitesWanted
from stations.coverage_question import CoverageQuestion, What
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.database import read_session
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError, UnknownTermError
from stations.settings import Settings
from stations.street_networks import StreetsInUse

FORMATS = (*coverage_files.WRITERS, "html")

TOLD_OF_SITES = (
    "gain",
    "bound",
    "gap",
    "lacking",
    "candidates",
    "candidates_possible",
    "grid_res",
    "method",
    "siting_method",
    "data_version",
)

T = TypeVar("T")
R = TypeVar("R")
Choice = TypeVar("Choice", bound=StrEnum)
Command = Callable[..., None]


def asking(command: Command) -> Command:
    """Add the options of a question about coverage."""
    for option in (
        click.option("--at", help="At an instant, RFC 3339; without it all active stations count."),
        click.option("--profile", default="walk", show_default=True, help="walk, ebike or truck."),
        click.option("--kind", "kinds", multiple=True, help="Which kind; several times."),
        click.option("--minutes", default=15, show_default=True, help="Within 1 to 60 minutes."),
        click.option("--area", help="The area, by code; omitted: the city."),
    ):
        command = option(command)
    return command


@click.command("coverage")
@asking
@click.option("--cells", "by_cell", is_flag=True, help="A row for each H3 cell, not each area.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file to write.")
def coverage_command(
    area: str | None,
    minutes: int,
    kinds: tuple[str, ...],
    profile: str,
    at: str | None,
    by_cell: bool,
    out: Path | None,
) -> None:
    """Say who has a station within the minutes: into --out (.csv, .xlsx, .geojson, .html), or here.

    The HTML file is the map, and opens from a disk without a network. By street where a network is
    built, else in a straight line times a detour.
    """
    file_format = "csv" if out is None else out.suffix.lower().removeprefix(".")
    if file_format not in FORMATS:
        raise InvalidInputError(
            field="--out",
            problem_zh=f"没有“{file_format}”这种格式（{'、'.join(FORMATS)}）",
            problem_en=f"there is no format “{file_format}” ({', '.join(FORMATS)})",
        )
    settings = checked_settings()
    with (
        opened(settings) as engine,
        read_session(engine) as session,
        _desk(engine, settings) as desk,
    ):
        schema.check_current(engine)
        question = _question(settings, desk, area, minutes, kinds, profile, at)

        def compute(
            question: CoverageQuestion, data_version: int, what: What = "surface"
        ) -> KeptResult:
            del data_version  # the desk reads its own
            return coverage_surface.compute(desk, question, what)

        report = coverage.report(session, question, compute)
        with (
            writing("--out"),
            tempfile.TemporaryDirectory(dir=None if out is None else out.parent) as name,
        ):
            whole = Path(name) / f"coverage.{file_format}"
            if file_format == "html":
                page = report_page(session, settings, question, report, compute, language())
                whole.write_text(page, encoding="utf-8")
            else:
                of: coverage_files.What = "cells" if by_cell else "areas"
                contents = file_contents(
                    session, question, report, compute,
                    file_format=file_format, of=of, res=RESOLUTION, lang=language(),
                )  # fmt: skip
                coverage_files.write(whole, file_format, of, contents)
            for remark in report["remarks"]:
                say(remark["zh"], remark["en"])
            if out is None:
                sys.stdout.buffer.write(whole.read_bytes())
                return
            whole.replace(out)
    click.echo(str(out))


@click.command("suggest")
@asking
@click.option("--k", default=5, show_default=True, help="How many sites at most, 1 to 50.")
@click.option("--objective", default="demand", show_default=True, help="demand, backup, worst_off.")
@click.option("--spacing", "spacing_m", default=0, show_default=True, help="Metres between sites.")
@click.option("--exact", "is_exact", is_flag=True, help="Until nothing better is possible, or 8 s.")
@click.option("--json", "as_json", is_flag=True, help="All that is known of it, as JSON.")
def suggest_command(
    area: str | None,
    minutes: int,
    kinds: tuple[str, ...],
    profile: str,
    at: str | None,
    k: int,
    objective: str,
    spacing_m: int,
    is_exact: bool,
    as_json: bool,
) -> None:
    """Say where to build next: up to k sites of a grid, each with the people who gain by it.

    Only people of the area decide. No k of the candidates gain more than the bound; where there are
    more cells than can be looked at, the most promising are, and a remark says so.
    """
    settings = checked_settings()
    wanted = SitesWanted(
        k=k,
        objective=_one_of("--objective", objective, Objective),
        spacing_m=_within("--spacing", spacing_m, 0, 5_000),
        is_exact=is_exact,
    )
    with (
        opened(settings) as engine,
        read_session(engine) as session,
        _desk(engine, settings) as desk,
    ):
        schema.check_current(engine)
        question = _question(settings, desk, area, minutes, kinds, profile, at)
        found = _suggested(session, question, wanted, desk)
    for remark in found.get("remarks", []):
        say(remark["zh"], remark["en"])
    if as_json:
        # the same bytes for the same input: of when it was asked nothing is said
        found.pop("as_of")
        (found["what_if"] or {}).pop("as_of", None)
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo("site\tlon\tlat\tgain\tcumulative_share\twho_gains")
    for site in found["sites"]:
        who = "; ".join(f"{each['name']} {each['residents']}" for each in site["areas"])
        click.echo(
            f"{site['label']}\t{site['lon']:.6f}\t{site['lat']:.6f}\t{site['gain']}\t"
            f"{site['cumulative_share']:.4f}\t{who}"
        )
    for name in TOLD_OF_SITES:
        click.echo(f"{name}: {found[name]}")


def _suggested(
    session: Session, question: CoverageQuestion, wanted: SitesWanted, desk: Desk
) -> dict[str, Any]:
    def run(job: Callable[[Desk, T], R], asked: T) -> R:
        return job(desk, asked)

    return coverage_planning.suggest(session, question, wanted, run)


def _question(
    settings: Settings,
    desk: Desk,
    area: str | None,
    minutes: int,
    kinds: tuple[str, ...],
    profile: str,
    at: str | None,
) -> CoverageQuestion:
    return CoverageQuestion(
        area=area or settings.root_area,
        minutes=minutes,
        kinds=given.read_terms("kind", kinds, "--kind") or CoverageQuestion.kinds,
        profile=_one_of("--profile", profile, Profile).value,
        at=None if at is None else given.read_instant(at, "--at"),
        network=None if desk.network is None else desk.network.id,
    )


@contextmanager
def _desk(engine: Engine, settings: Settings) -> Iterator[Desk]:
    """Open a desk in this process, with a bar for the columns that it counts."""
    streets = StreetsInUse(settings, lambda line: click.echo(line, err=True))
    with click.progressbar(
        length=1, label="站点 / stations", file=sys.stderr, show_pos=True
    ) as bar:

        def counted(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(done - bar.pos)

        yield Desk(engine, streets.look, counted)


def _one_of(option: str, text: str, known: type[Choice]) -> Choice:
    if text not in set(known):
        raise UnknownTermError(field=option, value=text, known=", ".join(known))
    return known(text)


def _within(option: str, number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise InvalidInputError(
            field=option,
            problem_zh=f"应为 {least} 到 {most} 的整数",
            problem_en=f"a whole number from {least} to {most} is needed",
        )
    return number
