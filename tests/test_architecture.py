"""The house's rules, read off the code: what may be imported where, what must be documented."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.errors import STATUS, status_of
from stations import errors
from stations.errors import NuanyiError
from stations.settings import REPOSITORY, Settings

PACKAGES = ("api", "geo", "seeds", "stations", "web")
POSTGIS = re.compile(r"\bST_[A-Z][A-Za-z]+")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
MODULE_MAX_LINES = 400


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            if "node_modules" not in file.parts:
                yield file


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def named(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("h3", {"geo/cells.py"}),
        ("folium", {"web/"}),
        ("branca", {"web/"}),
        ("fastapi", {"api/"}),
        ("starlette", {"api/"}),
        ("uvicorn", {"api/"}),
        ("geoalchemy2", {"stations/"}),
        ("psycopg", {"stations/"}),
        ("alembic", {"stations/"}),
        ("argon2", {"stations/accounts.py"}),
        ("highspy", {"geo/site_exact.py"}),
    ],
)
def test_a_library_lives_in_one_room(library: str, allowed: set[str]) -> None:
    users = {named(file) for file in modules(*PACKAGES) if library in imports(file)}
    assert users, f"nobody uses {library}: it can go"
    strangers = {user for user in users if not user.startswith(tuple(allowed))}
    assert strangers == set()


def test_geo_is_pure() -> None:
    forbidden = {
        "sqlalchemy", "geoalchemy2", "psycopg", "pydantic", "os", "time", "datetime", "logging",
        "stations", "seeds", "web", "api",
    }  # fmt: skip
    assert {named(file): imports(file) & forbidden for file in modules("geo")} == {
        named(file): set() for file in modules("geo")
    }


def test_postgis_is_spoken_only_in_stations() -> None:
    speakers = {
        named(file)
        for file in modules("api", "geo", "seeds", "web")
        if POSTGIS.search(file.read_text(encoding="utf-8"))
    }
    assert speakers == set()


def test_sql_is_never_put_together_from_strings() -> None:
    """A formatted string handed to `text()` must name no value: only constants of the module."""
    culprits = []
    for file in modules(*PACKAGES):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text"):
                continue
            for part in ast.walk(node):
                if isinstance(part, ast.FormattedValue):
                    name = getattr(part.value, "id", "?")
                    if not name.isupper():
                        culprits.append(f"{named(file)}:{node.lineno}")
    assert culprits == []


def all_errors(of: type[NuanyiError] = NuanyiError) -> Iterator[type[NuanyiError]]:
    for each in of.__subclasses__():
        yield each
        yield from all_errors(each)


@pytest.mark.parametrize("error", list(all_errors()))
def test_every_error_speaks_both_languages_and_has_a_status(error: type[NuanyiError]) -> None:
    assert error.__doc__
    assert re.search(r"[\u4e00-\u9fff]|\{problem", error.zh)
    assert not re.search(r"[\u4e00-\u9fff]", error.en)
    assert set(PLACEHOLDER.findall(error.zh.replace("_zh", "_en"))) == set(
        PLACEHOLDER.findall(error.en)
    )
    over_http = not issubclass(error, tuple(COMMAND_LINE_ONLY))
    assert (status_of(error.__new__(error)) != 500) == over_http


COMMAND_LINE_ONLY: list[type[NuanyiError]] = [
    each
    for each in all_errors()
    if each.__name__ in {"LocalPostgresError", "BackupError", "RestoreError"}
]
"""The private cluster and backups are reached from the command line alone."""


def test_the_table_of_statuses_holds_real_errors() -> None:
    assert set(STATUS) <= set(all_errors())
    assert errors.NuanyiError not in STATUS


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_documented(setting: str) -> None:
    documented = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"`NUANYI_{setting.upper()}`" in documented


def test_no_documented_setting_is_gone() -> None:
    documented = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    known = {f"NUANYI_{name.upper()}" for name in Settings.model_fields}
    others = {"NUANYI_COMMIT", "NUANYI_TEST_DATABASE_URL", "NUANYI_DB_PASSWORD"}
    assert set(re.findall(r"`(NUANYI_[A-Z_]+)`", documented)) <= known | others


def test_messages_have_the_same_keys_in_both_languages() -> None:
    zh, en = (
        json.loads((REPOSITORY / "web" / "messages" / f"{lang}.json").read_text(encoding="utf-8"))
        for lang in ("zh", "en")
    )
    assert zh.keys() == en.keys()
    assert {key: set(PLACEHOLDER.findall(zh[key])) for key in zh} == {
        key: set(PLACEHOLDER.findall(en[key])) for key in en
    }


def test_imports_point_down() -> None:
    lint = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


def test_no_module_has_grown_past_its_room() -> None:
    long = {
        named(file): lines
        for file in modules(*PACKAGES)
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > MODULE_MAX_LINES
        and "migrations" not in file.parts
    }
    assert long == {}


def test_the_project_names_no_registry_and_no_machine() -> None:
    """Locks carry hashes and no addresses; nothing points at the machine that it was made on."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    registries = "|".join(
        ("pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian")
    )
    found = []
    for name in filter(None, tracked):
        file = REPOSITORY / name
        if not file.is_file():
            continue
        text = file.read_bytes().decode("utf-8", errors="ignore")
        if re.search(registries, text) or str(REPOSITORY) + "/" in text:
            found.append(name)
    assert found == []
