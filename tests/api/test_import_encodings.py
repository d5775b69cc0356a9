"""The real list dry-runs with the same report, byte for byte, in every encoding."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.command_line import Nuanyi

ARGUMENTS = ("--kind", "nursing_room", "--source", "hpa", "--dry-run")


@pytest.fixture
def nuanyi(database: URL, tmp_path: Path) -> Nuanyi:
    return Nuanyi(database, tmp_path)


def fits(row: list[str], encoding: str) -> bool:
    try:
        "".join(row).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_one_report_in_all_encodings(nuanyi: Nuanyi, shared_data: Path) -> None:
    (file,) = (shared_data / "lists").glob("*.csv")
    content = file.read_text(encoding="utf-8-sig")
    first = nuanyi.run("import", file, *ARGUMENTS)
    assert first.returncode == 0, first.stderr.decode()
    lines = first.stdout.decode().splitlines()
    totals = {name: int(value) for name, _, value in (line.partition(": ") for line in lines[-6:])}
    assert totals["read"] == 1_375
    accounted = sum(totals[name] for name in ("added", "changed", "unchanged", "refused"))
    assert accounted == totals["read"]
    for encoding in ("utf-8-sig", "gb18030", "utf-16", "utf-16-le"):
        again = nuanyi.run("import", nuanyi.file("a.csv", content.encode(encoding)), *ARGUMENTS)
        assert again.stdout == first.stdout, encoding


def test_what_big5_can_hold_has_the_same_report_in_it(nuanyi: Nuanyi, shared_data: Path) -> None:
    (file,) = (shared_data / "lists").glob("*.csv")
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    text = io.StringIO()
    csv.writer(text).writerows(row for row in rows if fits(row, "cp950"))
    reports = [
        nuanyi.run("import", nuanyi.file("a.csv", text.getvalue().encode(encoding)), *ARGUMENTS)
        for encoding in ("utf-8", "cp950")
    ]
    assert reports[0].returncode == 0
    assert reports[0].stdout == reports[1].stdout
