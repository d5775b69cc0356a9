"""`nuanyi demand import`: the report is the same dry and real; a refused row writes nothing."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from tests.command_line import Nuanyi
from tests.stations.coverage_town import WEST, load_town


@pytest.fixture
def nuanyi(database: URL, tmp_path: Path) -> Nuanyi:
    return Nuanyi(database, tmp_path)


def people(engine: Engine) -> dict[str, int]:
    query = "SELECT source_code, sum(residents)::int FROM demand GROUP BY 1"
    with engine.connect() as connection:
        return {str(row[0]): int(row[1]) for row in connection.execute(text(query))}


def test_a_dry_run_says_what_the_real_one_does(
    nuanyi: Nuanyi, engine: Engine, tmp_path: Path
) -> None:
    with Session(engine) as session:
        load_town(session)
    before = people(engine)
    file = tmp_path / "demand.csv"
    file.write_text(f"area,residents,workers\n{WEST},50000,300\n", encoding="utf-8")
    arguments = ("demand", "import", file, "--source", "census")
    dry = nuanyi.run(*arguments, "--dry-run")
    assert dry.returncode == 0, dry.stderr.decode()
    assert people(engine) == before
    done = nuanyi.run(*arguments)
    assert done.stdout == dry.stdout
    assert people(engine)["census"] == 50000
    assert done.stdout.decode().splitlines()[-5:] == [
        "read: 1", "accepted: 1", "refused: 0", "residents: 50000", "workers: 300",
    ]  # fmt: skip
    file.write_text(f"area,residents,workers\n{WEST},many,300\n", encoding="utf-8")
    kept = people(engine)
    refused = nuanyi.run(*arguments)
    assert refused.returncode == 2
    assert b"row 2: refused: residents: a whole number from 0 is needed, not" in refused.stdout
    assert b"[bad_residents, column B]" in refused.stdout
    assert people(engine) == kept
    file.write_text(f"area,residents,workers\n{WEST},500,300\n", encoding="utf-8")
    held = nuanyi.run(*arguments)
    assert held.returncode == 2
    assert b"would go from 50000 residents to 500" in held.stdout
    assert b"--allow-loss" in held.stderr
    assert people(engine) == kept
    assert nuanyi.run(*arguments, "--allow-loss").returncode == 0
    assert people(engine)["census"] == 500
    undone = nuanyi.run("demand", "undo")
    assert undone.stdout.decode() == f"{WEST} 西区: residents 500 -> 50000, workers 300 -> 300\n"
    assert people(engine) == kept
