"""Demand in: sums kept to the person, areas replaced whole, all of a file or nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.cells import cell_to_text, cells_of, centres
from stations import importing
from stations.demand import cell_shares
from stations.demand_file import read_demand_file
from stations.demand_import import DemandReport, format_report, import_demand
from stations.errors import FileRefusedError
from stations.register import current_version
from tests.stations.coverage_town import EAST, ROOT, TOWN, WEST, load_town

Row = tuple[object, ...]


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    return session


def load(town: Session, folder: Path, content: str, source: str = "census") -> DemandReport:
    file = folder / "demand.csv"
    file.write_text(content, encoding="utf-8")
    code = importing.ensure_source(town, source, "CC0", "示例", None)
    report = import_demand(town, read_demand_file(file), code)
    town.commit()
    return report


def stored(town: Session) -> list[Row]:
    query = "SELECT area_code, cell, residents, workers, source_code FROM demand ORDER BY 1, 2"
    return [tuple(row) for row in town.execute(text(query))]


def sums(town: Session) -> dict[str, tuple[int, int, str]]:
    query = """SELECT area_code, sum(residents)::int, sum(workers)::int, min(source_code)
        FROM demand GROUP BY 1 HAVING min(source_code) = max(source_code)"""
    return {code: (n, m, source) for code, n, m, source in town.execute(text(query))}


def shared_cell(town: Session) -> tuple[str, dict[str, float]]:
    """A cell that lies in both districts, with its shares."""
    found: dict[int, dict[str, float]] = {}
    for cell, code, share in zip(*(each.tolist() for each in cell_shares(town)), strict=True):
        found.setdefault(cell, {})[code] = share
    cell, shares = next((c, s) for c, s in found.items() if len(s) == 2 and min(s.values()) > 0.2)
    return cell_to_text(cell), shares


def test_an_areas_people_are_spread_as_they_were(town: Session, tmp_path: Path) -> None:
    before, version = stored(town), current_version(town)
    report = load(town, tmp_path, f"area,residents,workers\n{WEST},5000,301\n")
    assert sums(town)[WEST] == (5000, 301, "census")
    assert report.areas[0].residents[1] == 5000
    assert report.totals() == {
        "read": 1, "accepted": 1, "refused": 0, "residents": 5000, "workers": 301,
    }  # fmt: skip
    old = {row[1]: row[2] for row in before if row[0] == WEST}
    total = sum(int(str(people)) for people in old.values())
    for _code, cell, residents, _workers, _source in (r for r in stored(town) if r[0] == WEST):
        assert abs(int(str(residents)) - 5000 * int(str(old[cell])) / total) < 1
    assert [row for row in stored(town) if row[0] == EAST] == [r for r in before if r[0] == EAST]
    assert current_version(town) > version


def test_a_shared_cells_people_are_divided_by_its_shares(town: Session, tmp_path: Path) -> None:
    cell, shares = shared_cell(town)
    load(town, tmp_path, f"网格,人口,户外劳动者\n{cell},1000,10\n")
    found = {str(row[0]): int(str(row[2])) for row in stored(town)}
    assert sum(found.values()) == 1000
    whole = sum(shares.values())
    for code, share in shares.items():
        assert abs(found[code] - 1000 * share / whole) < 1
    only_west = load(town, tmp_path, f"cell,area,residents,workers\n{cell},{WEST},700,7\n")
    assert [(row[0], row[2], row[3]) for row in stored(town)] == [(WEST, 700, 7)]
    assert [line.code for line in only_west.lines] == ["area_left"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sums_are_those_of_the_file(town: Session, tmp_path: Path, data: st.DataObject) -> None:
    cells = np.unique(cell_shares(town).cells).tolist()
    chosen = data.draw(st.lists(st.sampled_from(cells), min_size=1, max_size=20, unique=True))
    people = st.tuples(st.integers(0, 99_999), st.integers(0, 9_999))
    rows = [(cell_to_text(cell), *data.draw(people)) for cell in chosen]
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    report = load(town, tmp_path, f"cell,residents,workers\n{lines}\n")
    assert report.refused == 0
    found = [row for row in stored(town) if row[4] == "census"]  # other areas keep their own
    assert sum(int(str(row[2])) for row in found) == sum(row[1] for row in rows)
    assert sum(int(str(row[3])) for row in found) == sum(row[2] for row in rows)


def test_finer_cells_count_for_the_one_that_holds_them(town: Session, tmp_path: Path) -> None:
    cell, _shares = shared_cell(town)
    lon, lat = centres(np.array([int(cell, 16)]))
    fine = cell_to_text(int(cells_of(lon, lat, 11)[0]))
    load(town, tmp_path, f"cell,residents,workers\n{fine},30,1\n")
    assert {cell_to_text(int(str(row[1]))) for row in stored(town)} == {cell}


def test_the_same_file_twice_changes_nothing(town: Session, tmp_path: Path) -> None:
    content = f'area,residents,workers\n{WEST},"1,234",5\n{EAST},60,0\n'
    first = load(town, tmp_path, content)
    version, kept = current_version(town), stored(town)
    second = load(town, tmp_path, content)
    assert (first.is_changed, second.is_changed) == (True, False)
    assert (current_version(town), stored(town)) == (version, kept)
    assert second.areas[0].residents == (1234, 1234)


def test_where_nobody_was_known_people_are_spread_by_size(town: Session, tmp_path: Path) -> None:
    town.execute(text("DELETE FROM demand"))
    town.commit()
    report = load(town, tmp_path, f"area,residents,workers\n{WEST},5000,0\n")
    assert [line.code for line in report.lines] == ["spread_by_size"]
    assert sums(town)[WEST][:2] == (5000, 0)
    assert "5000" in format_report(report, "zh")


BAD_ROWS = [
    ("{cell},-5,0", "bad_residents"),
    ("{cell},2.5,0", "bad_residents"),
    ("{cell},,0", "bad_residents"),
    ("{cell},5,x", "bad_workers"),
    ("castle,5,0", "bad_cell"),
    ("854b3423fffffff,5,0", "coarse_cell"),
    ("8928308280fffff,5,0", "outside"),
    (",5,0", "no_place"),
    ("{cell},5,0\n{cell},6,0", "twice"),
]


@pytest.mark.parametrize(("row", "code"), BAD_ROWS)
def test_a_refused_row_keeps_the_whole_file_out(
    town: Session, tmp_path: Path, row: str, code: str
) -> None:
    before, version = stored(town), current_version(town)
    cell, _shares = shared_cell(town)
    every = [cell_to_text(each) for each in cell_shares(town).cells.tolist()]
    other = next(each for each in every if each != cell)
    content = f"cell,residents,workers\n{other},1,1\n{row.format(cell=cell)}\n"
    report = load(town, tmp_path, content)
    assert [line.code for line in report.lines] == [code]
    assert report.read == report.accepted + report.refused
    assert report.refused == 1
    assert (stored(town), current_version(town)) == (before, version)
    for lang in ("zh", "en"):
        assert f"[{code}]" in format_report(report, lang)


@pytest.mark.parametrize("area", [ROOT, TOWN, "999999"])
def test_an_area_that_is_divided_or_has_no_shape_is_refused(
    town: Session, tmp_path: Path, area: str
) -> None:
    report = load(town, tmp_path, f"area,residents,workers\n{area},5,0\n")
    assert [line.code for line in report.lines] == ["unknown_area"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", "cell,residents\n", "workers"),
        ("x.csv", "residents,workers\n1,2\n", "cell"),
        ("x.csv", "cell,cell,residents,workers\n", "two columns"),
        ("x.csv", "cell,residents,workers\n", "nothing under"),
        ("x.csv", "\n\n,,\n", "no title row"),
        ("x.csv", "", "empty"),
        ("x.xlsx", "cell", "CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FileRefusedError, match=said):
        read_demand_file(file)


def test_a_file_may_be_in_gb18030(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("区域,居民,户外劳动者\n330203,5,1\n".encode("gb18030"))
    found: Any = read_demand_file(file).rows[0]
    assert (found.row, found.area, found.residents, found.workers) == (2, "330203", 5, 1)
