"""`nuanyi compare`: a report on standard output, a match list, exit code 2 for bad input."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from api import cli
from geo.coordinates import LonLat
from stations.errors import NuanyiError
from stations.settings import load_settings
from tests.factories import add_station


@pytest.fixture(autouse=True)
def _register(database: URL, app: FastAPI, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(engine) as session:
        add_station(session, "NB-RS-0001", LonLat(121.5, 29.8), name="鼓楼驿站")
        add_station(session, "NB-RS-0002", LonLat(121.6, 29.8), name="月湖驿站")
        session.commit()
    monkeypatch.setenv("NUANYI_DATABASE_URL", database.render_as_string(hide_password=False))
    monkeypatch.setenv("NUANYI_LANG", "en")
    load_settings.cache_clear()


def run(*arguments: str) -> tuple[str, int]:
    try:
        ran = CliRunner().invoke(cli.cli, ["compare", *arguments], catch_exceptions=False)
    except NuanyiError as error:
        return error.sentence("en"), 2
    finally:
        load_settings.cache_clear()
    return ran.stdout, ran.exit_code


def test_the_command_reports_and_writes_a_match_list(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "amap.csv"
    file.write_text("name,lon,lat\n鼓楼暖心驿站,121.505,29.8\n白云驿站,121.3,29.7\n", "utf-8")
    arguments = (str(file), "--datum", "wgs84", "--kind", "rest_station")
    report, code = run(*arguments, "--out", str(tmp_path / "list.csv"))
    assert code == 0
    assert report.startswith(
        "moved: NB-RS-0001 鼓楼驿站: row 2 “鼓楼暖心驿站” is 483 m away\n"
        "missing_here: row 3 “白云驿站”\n"
        "missing_there: NB-RS-0002 月湖驿站\n"
        "here: 2\nthere: 2\nmatched: 1\n"
    )
    assert run(*arguments)[0] == report
    assert (tmp_path / "list.csv").read_text("utf-8-sig").count("\n") == 4
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM register")).scalar_one() == 0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--datum", "mars", "--kind", "rest_station"), "--datum"),
        (("--datum", "wgs84", "--kind", "pub"), "--kind"),
        (("--datum", "wgs84", "--kind", "rest_station", "--area", "1"), "area"),
        (("--datum", "wgs84", "--kind", "rest_station", "--out", "list.pdf"), "--out"),
        (("--datum", "wgs84"), "kind"),
        (("--datum", "wgs84", "--kind", "rest_station", "--mapping", "nowhere=name"), "mapping"),
        (("--datum", "wgs84", "--kind", "rest_station", "--out", "no/where.csv"), "--out"),
    ],
)
def test_what_cannot_be_compared_is_named(
    tmp_path: Path, arguments: tuple[str, ...], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("name,lon,lat\n鼓楼,121.5,29.8\n", "utf-8")
    sentence, code = run("a.csv", *arguments)
    assert code == 2
    assert sentence.startswith(f"{field}: "), sentence


def test_columns_under_other_names_are_mapped(tmp_path: Path) -> None:
    file = tmp_path / "poi.csv"
    file.write_text("poi,x,y\n鼓楼驿站,121.5,29.8\n月湖驿站,121.6,29.8\n", "utf-8")
    mapping = ("--mapping", "poi=name", "--mapping", "B=lon", "--mapping", "y=lat")
    report, code = run(str(file), "--datum", "wgs84", "--kind", "rest_station", *mapping)
    assert code == 0
    assert "matched: 2\n" in report
    assert "same: 2\n" in report


def test_a_file_that_is_not_there_is_named() -> None:
    sentence, code = run("nothing.csv", "--datum", "wgs84", "--kind", "rest_station")
    assert code == 2
    assert sentence.startswith("file: ")
