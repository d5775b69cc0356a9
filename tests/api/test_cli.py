"""The command line as a person uses it: reports on standard output, exit code 2 for bad input."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from stations.settings import REPOSITORY
from tests.command_line import Nuanyi
from tests.factories import add_areas

HEADER = "id,name,lon,lat,address\n"
NANJING = '{"type": "Point", "coordinates": [118.8, 32.1]}'


@pytest.fixture
def nuanyi(database: URL, engine: Engine, tmp_path: Path) -> Nuanyi:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    return Nuanyi(database, tmp_path)


def stations(engine: Engine) -> list[tuple[object, ...]]:
    query = "SELECT code, name, version, given_datum, area_code, is_public FROM stations ORDER BY 1"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def importing(file: Path, *more: str) -> list[str | Path]:
    return ["import", file, "--datum", "gcj02", "--source", "test-list", *more]


def test_import_reports_and_a_second_run_changes_nothing(nuanyi: Nuanyi, engine: Engine) -> None:
    file = nuanyi.file(
        "list.csv",
        HEADER + "1,甲站,121.5,29.8,某路1号\n2,乙站,121.6,29.8,\n3,丙站,,,无坐标\n4,丁站,200,29,\n",
    )
    dry = nuanyi.run(*importing(file, "--kind", "rest_station", "--dry-run"))
    assert dry.returncode == 0, dry.stderr.decode()
    assert stations(engine) == []
    real = nuanyi.run(*importing(file, "--kind", "rest_station"))
    assert real.stdout == dry.stdout
    lines = real.stdout.decode().splitlines()
    assert lines[-6:] == [
        "read: 4", "added: 3", "changed: 0", "unchanged: 0", "unplaced: 1", "refused: 1",
    ]  # fmt: skip
    assert any("5" in line and "lon" in line for line in lines[:-6]), lines
    assert stations(engine) == [
        ("NB-RS-0001", "甲站", 1, "gcj02", "330203", True),
        ("NB-RS-0002", "乙站", 1, "gcj02", "330212", True),
        ("NB-RS-0003", "丙站", 1, None, None, False),
    ]
    again = nuanyi.run(*importing(file, "--kind", "rest_station"))
    assert again.stdout.decode().splitlines()[-6:-1] == [
        "read: 4", "added: 0", "changed: 0", "unchanged: 3", "unplaced: 1",
    ]  # fmt: skip
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM register")).scalar_one() == 1


@pytest.mark.parametrize(
    ("name", "content", "options", "named"),
    [
        ("a.csv", HEADER + "1,甲,121.5,29.8,\n", ["--kind", "castle"], "--kind"),
        ("a.csv", HEADER + "1,甲,121.5,29.8,\n", [], "kind"),
        ("a.csv", "id,lon,lat\n1,121.5,29.8\n", ["--kind", "rest_station"], "name"),
        (
            "a.csv",
            (HEADER + "1,甲站,121.5,29.8,某路\n").encode("utf-32"),
            ["--kind", "rest_station"],
            "UTF-32",
        ),
        ("a.csv", b"PK\x03\x04rest of a spreadsheet", ["--kind", "rest_station"], "file"),
        ("a.csv", '{"type": "FeatureCollection"}', ["--kind", "rest_station"], "file"),
        ("a.geojson", HEADER, ["--kind", "rest_station"], "file"),
        ("a.geojson", NANJING, ["--kind", "rest_station"], "file"),
        ("a.csv", "", ["--kind", "rest_station"], "file"),
        ("a.exe", "MZ", ["--kind", "rest_station"], "file"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence_and_exit_code_2(
    nuanyi: Nuanyi,
    engine: Engine,
    name: str,
    content: str | bytes,
    options: list[str],
    named: str,
) -> None:
    refused = nuanyi.run(*importing(nuanyi.file(name, content), *options))
    assert refused.returncode == 2
    assert refused.stdout == b""
    sentence = refused.stderr.decode().strip().splitlines()[-1]
    assert named in sentence
    assert "Traceback" not in refused.stderr.decode()
    assert stations(engine) == []


def test_an_unknown_datum_and_a_missing_file(nuanyi: Nuanyi) -> None:
    file = nuanyi.file("a.csv", HEADER)
    refused = nuanyi.run("import", file, "--datum", "mars", "--source", "x")
    assert refused.returncode == 2
    assert b"--datum" in refused.stderr
    assert (
        "坐标系"
        in nuanyi.run(
            "import", file, "--datum", "mars", "--source", "x", NUANYI_LANG="zh"
        ).stderr.decode()
    )
    missing = nuanyi.run(*importing(nuanyi.folder / "no such.csv", "--kind", "rest_station"))
    assert missing.returncode == 2
    assert b"Traceback" not in missing.stderr
    folder = nuanyi.run(*importing(nuanyi.folder, "--kind", "rest_station"))
    assert folder.returncode == 2
    assert b"Traceback" not in folder.stderr


def test_accounts(nuanyi: Nuanyi, engine: Engine) -> None:
    add = ["account", "add", "Li.Wei", "--name", "李伟", "--role", "manager"]
    assert nuanyi.run(*add, "--area", "330203", stdin="long enough pw\n").returncode == 0
    with engine.connect() as connection:
        row = connection.execute(text("SELECT login, password_hash FROM accounts")).one()
    assert row.login == "li.wei"
    assert row.password_hash.startswith("$argon2id$")
    for arguments, stdin, named in (
        ([*add, "--area", "999"], "long enough pw\n", "area"),
        ([*add, "--station", "NB-RS-0001"], "long enough pw\n", "station"),
        (add, "short\n", "password"),
        ([*add[:-1], "emperor"], "long enough pw\n", "role"),
        (["account", "disable", "nobody"], "", "LOGIN"),
    ):
        refused = nuanyi.run(*arguments, stdin=stdin)
        assert refused.returncode == 2
        assert named in refused.stderr.decode()
    assert nuanyi.run("account", "disable", "li.wei").returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("NUANYI_PORT", "0"), ("NUANYI_PORT", "x"), ("NUANYI_DATABASE_URL", "mysql://x/y"),
     ("NUANYI_TILES", "not json"), ("NUANYI_LANG", "klingon")],
)  # fmt: skip
def test_a_wrong_setting_is_a_sentence_that_names_it(nuanyi: Nuanyi, name: str, value: str) -> None:
    refused = nuanyi.run("seed", **{name: value})
    assert refused.returncode == 2
    assert name in refused.stderr.decode()
    assert "Traceback" not in refused.stderr.decode()


def test_backup_and_restore_answer_the_same(nuanyi: Nuanyi, engine: Engine, database: URL) -> None:
    places = [
        {
            "type": "Feature",
            "properties": {"name": f"站 {number}"},
            "geometry": {"type": "Point", "coordinates": [121.4 + number / 100, 29.8]},
        }
        for number in range(20)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": places})
    file = nuanyi.file("places.geojson", content)
    options = ["--kind", "rest_station", "--datum", "wgs84"]
    assert nuanyi.run(*importing(file), *options).returncode == 0
    before = stations(engine)
    assert len(before) == 20
    copy = nuanyi.folder / "备份 copy.dump"
    backed_up = nuanyi.run("db", "backup", copy)
    assert backed_up.returncode == 0, backed_up.stderr.decode()
    assert copy.stat().st_mode & 0o077 == 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE stations SET name = '改了'"))
    engine.dispose()
    restored = nuanyi.run("db", "restore", copy)
    assert restored.returncode == 0, restored.stderr.decode()
    assert stations(engine) == before
    broken = nuanyi.file("broken.dump", copy.read_bytes()[:2000])
    assert nuanyi.run("db", "restore", broken).returncode == 2
    assert stations(engine) == before


def test_the_same_bytes_whatever_the_terminal(nuanyi: Nuanyi) -> None:
    file = nuanyi.file("list.csv", HEADER + "1,甲站,121.5,29.8,\n4,丁站,200,29,\n")
    arguments = importing(file, "--kind", "rest_station", "--dry-run")
    utf8 = nuanyi.run_installed(*arguments, NUANYI_LANG="zh", LC_ALL="C.UTF-8")
    ascii_only = nuanyi.run_installed(*arguments, NUANYI_LANG="zh", LC_ALL="C", PYTHONUTF8="0")
    assert utf8.returncode == ascii_only.returncode == 0, ascii_only.stderr.decode()
    assert utf8.stdout == ascii_only.stdout


def test_help_needs_no_database(nuanyi: Nuanyi) -> None:
    shown = nuanyi.run_installed("--help", NUANYI_DATABASE_URL="postgresql://nowhere.invalid/x")
    assert shown.returncode == 0
    assert (REPOSITORY / "pyproject.toml").exists()
