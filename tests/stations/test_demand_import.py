"""Demand in: sums kept to the person, areas replaced whole, all of a file or nothing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.cells import cell_to_text, cells_of, centres
from stations import coverage, coverage_surface, demand_undo, importing
from stations.coverage_question import CoverageQuestion, What
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.demand import cell_shares
from stations.demand_file import MOST_ROWS_TOLD, TITLES, read_demand_file
from stations.demand_import import DemandReport, format_report, import_demand
from stations.errors import FileRefusedError, InvalidInputError
from stations.register import current_version
from stations.settings import REPOSITORY
from tests.stations.coverage_town import EAST, ROOT, WEST, load_town

Row = tuple[object, ...]


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    return session


def load(
    town: Session, folder: Path, content: str, source: str = "census", *, allow_loss: bool = True
) -> DemandReport:
    file = folder / "demand.csv"
    file.write_text(content, encoding="utf-8")
    code = importing.ensure_source(town, source, "CC0", "示例", None)
    report = import_demand(town, read_demand_file(file), code, allow_loss=allow_loss)
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


def cells_of_west(town: Session) -> dict[str, int]:
    """People of the cells of one district, those on its edge among them."""
    return {
        cell_to_text(int(str(row[1]))): int(str(row[2])) for row in stored(town) if row[0] == WEST
    }


def test_the_cells_of_a_district_leave_its_neighbours_alone(town: Session, tmp_path: Path) -> None:
    """Those on its edge are its neighbour's as well, but the file is about the district."""
    before, cells = stored(town), cells_of_west(town)
    assert shared_cell(town)[0] in cells
    rows = "\n".join(f"{cell},{people + 1},3" for cell, people in cells.items())
    report = load(town, tmp_path, f"cell,residents,workers\n{rows}\n", allow_loss=False)
    assert [line.code for line in report.lines] == ["edge_cells"]
    assert [each.area_code for each in report.areas] == [WEST]
    after = stored(town)
    assert [row for row in after if row[0] == EAST] == [row for row in before if row[0] == EAST]
    assert sums(town)[WEST] == (sum(cells.values()) + len(cells), 3 * len(cells), "census")
    named = "\n".join(f"{cell},{EAST},1,0" for cell in list(cells)[:1])
    both = load(town, tmp_path, f"cell,area,residents,workers\n{named}\n")  # named, it is meant
    assert both.refused or {each.area_code for each in both.areas} == {WEST, EAST}


def test_a_great_loss_must_be_meant_and_can_be_taken_back(town: Session, tmp_path: Path) -> None:
    before, version = stored(town), current_version(town)
    cell, _shares = shared_cell(town)
    shares = cell_shares(town)
    alone = cell_to_text(
        shares.cells[(shares.area_codes == WEST) & (shares.shares == 1)].tolist()[0]
    )
    for one, areas in ((cell, {WEST, EAST}), (alone, {WEST})):
        content = f"cell,residents,workers\n{one},101,7\n"
        held = load(town, tmp_path, content, allow_loss=False)
        assert (held.is_held_back, held.is_changed, held.refused) == (True, False, 0)
        assert {line.code for line in held.lines} == {"great_loss"}
        assert {each.area_code for each in held.areas} == areas
        assert all(each.area_code in format_report(held, "zh") for each in held.areas)
        assert (stored(town), current_version(town)) == (before, version)
    assert load(town, tmp_path, content, allow_loss=True).is_changed
    after, version = stored(town), current_version(town)
    assert after != before
    taken_back = demand_undo.undo(town)
    town.commit()
    assert stored(town) == before
    assert current_version(town) > version
    assert [each.area_code for each in taken_back] == [WEST]
    assert taken_back[0].residents == (101, sum(cells_of_west(town).values()))
    demand_undo.undo(town)
    town.commit()
    assert stored(town) == after


def test_there_is_nothing_to_take_back(town: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no import of demand"):
        demand_undo.undo(town)
    load(town, tmp_path, f"area,residents,workers\n{WEST},5000,301\n")
    one = town.scalar(text("SELECT min(cell) FROM demand"))
    for table in ("demand", "cell_area"):  # as where the boundaries are others now
        town.execute(text(f"DELETE FROM {table} WHERE cell = :cell"), {"cell": one})
    town.commit()
    kept = stored(town)
    with pytest.raises(InvalidInputError, match="boundaries have changed"):
        demand_undo.undo(town)
    assert stored(town) == kept


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sums_are_those_of_the_file_and_a_second_import_changes_nothing(
    town: Session, tmp_path: Path, data: st.DataObject
) -> None:
    people = st.tuples(st.integers(0, 99_999), st.integers(0, 9_999))
    if data.draw(st.booleans(), label="by area"):
        chosen = data.draw(st.sampled_from([(ROOT,), (WEST,), (WEST, EAST), ("东区", WEST)]))
        title, rows = "area", [(each, *data.draw(people)) for each in chosen]
    else:
        cells = np.unique(cell_shares(town).cells).tolist()
        some = data.draw(st.lists(st.sampled_from(cells), min_size=1, max_size=20, unique=True))
        title, rows = "cell", [(cell_to_text(cell), *data.draw(people)) for cell in some]
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    content = f"{title},residents,workers\n{lines}\n"
    report = load(town, tmp_path, content)
    residents, workers = sum(row[1] for row in rows), sum(row[2] for row in rows)
    assert (report.refused, report.residents, report.workers) == (0, residents, workers)
    found, version = stored(town), current_version(town)
    assert {str(row[4]) for row in found} <= {"census", "demo"}
    mine = [row for row in found if row[4] == "census"]
    assert sum(int(str(row[2])) for row in mine) == residents
    assert sum(int(str(row[3])) for row in mine) == workers
    for each in report.areas:
        assert each.residents[1] == sum(int(str(r[2])) for r in found if r[0] == each.area_code)
    again = load(town, tmp_path, content)
    assert (again.is_changed, stored(town), current_version(town)) == (False, found, version)
    assert all(len({*each.residents}) == len({*each.workers}) == 1 for each in again.areas)


@pytest.mark.parametrize("text", [WEST, "西区", "西　區"])
def test_an_area_goes_by_its_code_or_its_name(town: Session, tmp_path: Path, text: str) -> None:
    for title in ("area", "区县") if text != WEST else ("area",):
        report = load(town, tmp_path, f"{title},residents,workers\n{text},5000,301\n")
        assert [each.area_code for each in report.areas] == [WEST]
    both = f"area_code,name,residents,workers\n{WEST},{text},5000,301\n"
    assert load(town, tmp_path, both).refused == 0


def test_the_people_of_a_city_are_spread_over_its_districts(town: Session, tmp_path: Path) -> None:
    before = sums(town)
    total = sum(people for people, _workers, _source in before.values())
    report = load(town, tmp_path, f"area,residents,workers\n{ROOT},{2 * total},0\n")
    assert {each.area_code: each.residents for each in report.areas} == {
        code: (people, 2 * people) for code, (people, _workers, _source) in before.items()
    }
    assert all(workers == 0 for _people, workers, _source in sums(town).values())


def finer(cell: str, res: int, count: int) -> list[str]:
    """Some cells of a resolution inside another, near its centre."""
    lon, lat = centres(np.array([int(cell, 16)]))
    offsets = np.linspace(-0.0006, 0.0006, 15)
    found = np.unique(cells_of(lon[0] + offsets, np.full(15, lat[0]), res))
    return [cell_to_text(int(each)) for each in found[:count]]


def test_finer_cells_count_for_the_one_that_holds_them(town: Session, tmp_path: Path) -> None:
    cell, _shares = shared_cell(town)
    one, other = finer(cell, 11, 2)
    report = load(town, tmp_path, f"cell,residents,workers\n{one},30,1\n{other},50,1\n")
    assert report.refused == 0
    assert {cell_to_text(int(str(row[1]))) for row in stored(town)} == {cell}
    assert sum(int(str(row[2])) for row in stored(town)) == 80
    (coarse,) = finer(cell, 9, 1)
    for pair in ((one, coarse), (coarse, one), (one, one)):
        rows = "\n".join(f"{each},5,0" for each in pair)
        report = load(town, tmp_path, f"cell,residents,workers\n{rows}\n")
        assert [(line.row, line.code) for line in report.lines] == [(3, "twice")]


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
    ("{cell},,-5,0", "bad_residents"),
    ("{cell},,2.5,0", "bad_residents"),
    ("{cell},,,0", "bad_residents"),
    ("{cell},,5,x", "bad_workers"),
    ("{cell},,1,234,5", "row_too_long"),
    ("castle,,5,0", "bad_cell"),
    ("8030fffffffffff,,5,0", "bad_cell"),
    ("8928308280fffff,,5,0", "outside"),
    ("{first},EAST,5,0", "outside"),
    (",,5,0", "no_place"),
    (",远方,5,0", "unknown_area"),
    (",999999,5,0", "unknown_area"),
    (",西街道,5,0", "no_boundary"),
    (",开发区,5,0", "no_boundary"),
    ("{cell},,5,0\n{cell},,6,0", "twice"),
    ("{cell},,5,0\n{cell},WEST,6,0", "twice"),
    ("{cell},EAST,5,0\n,ROOT,6,0", "twice"),
    (",EAST,5,0\n{cell},,6,0", "twice"),
    (",EAST,5,0\n,东区,6,0", "twice"),
]


@pytest.mark.parametrize(("row", "code"), BAD_ROWS)
def test_a_refused_row_keeps_the_whole_file_out(
    town: Session, tmp_path: Path, row: str, code: str
) -> None:
    before, version = stored(town), current_version(town)
    cell, _shares = shared_cell(town)
    shares = cell_shares(town)
    alone = shares.cells[(shares.area_codes == WEST) & (shares.shares == 1)]
    first, other = (cell_to_text(each) for each in alone[:2].tolist())
    row = row.format(cell=cell, first=first)
    for name, area in (("WEST", WEST), ("EAST", EAST), ("ROOT", ROOT)):
        row = row.replace(name, area)
    content = f"cell,area,residents,workers\n{other},,1,1\n{row}\n"
    report = load(town, tmp_path, content)
    assert [line.code for line in report.lines] == [code]
    assert report.read == report.accepted + report.refused
    assert report.areas == ()
    assert report.refused == 1
    assert (stored(town), current_version(town)) == (before, version)
    for lang in ("zh", "en"):
        assert f"[{code}" in format_report(report, lang)


def test_a_code_and_a_name_of_different_areas_are_refused(town: Session, tmp_path: Path) -> None:
    report = load(town, tmp_path, f"区划代码,名称,人口,户外劳动者\n{WEST},东区,5,0\n")
    assert [(line.row, line.code) for line in report.lines] == [(2, "other_name")]


def test_what_no_demand_can_be_is_refused(town: Session, tmp_path: Path) -> None:
    before = stored(town)
    with pytest.raises(InvalidInputError, match="the demo data"):
        load(town, tmp_path, f"area,residents,workers\n{WEST},5,0\n", source="Demo")
    cell, _shares = shared_cell(town)
    rows = "\n".join(f"{each},999999999,0" for each in finer(cell, 12, 3))
    with pytest.raises(InvalidInputError, match="at most 2000000000"):
        load(town, tmp_path, f"cell,residents,workers\n{rows}\n")
    town.rollback()
    assert stored(town) == before


def test_coverage_is_computed_anew(town: Session, engine: Engine, tmp_path: Path) -> None:
    def total() -> int:
        desk = Desk(engine)

        def compute(
            question: CoverageQuestion, data_version: int, what: What = "surface"
        ) -> KeptResult:
            assert data_version == current_version(town)
            return coverage_surface.compute(desk, question, what)

        report = coverage.report(town, CoverageQuestion(ROOT), compute)
        return int(report["demand"]["residents"]["total"])

    assert total() == sum(int(str(row[2])) for row in stored(town))
    load(town, tmp_path, f"area,residents,workers\n{ROOT},123456,0\n")
    assert total() == 123456


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_as_people_write_it(tmp_path: Path, encoding: str, delimiter: str) -> None:
    titles = ["序号", "行政区划代码", "区县名称", "常住人口（人）", "户外劳动者人数"]
    rows = [["2024年人口表", "", "", "", ""], titles, ["1", WEST, "西区", '"1,234"', "５.0"]]
    file = tmp_path / "x.csv"
    file.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    read = read_demand_file(file)
    (found,) = read.rows
    assert (found.row, found.cell, found.area, found.name) == (3, None, WEST, "西区")
    assert (found.residents, found.workers) == (1234, 5)
    assert [line.code for line in read.remarks] == ["header_below", "column_not_read"]


def test_more_workers_than_residents_are_remarked_on_and_taken_in(
    town: Session, tmp_path: Path
) -> None:
    rows = f"area,residents,workers\n{WEST},300,5000\n{EAST},400,400\n"
    report = load(town, tmp_path, rows)
    (line,) = [each for each in report.lines if each.code == "more_workers_than_residents"]
    assert (line.row, line.field, line.column) == (2, "workers", "C")
    assert "5000" in line.zh
    assert "(5000) than residents (300)" in line.en
    assert report.refused == 0
    assert sums(town)[WEST] == (300, 5000, "census")


def test_of_swapped_columns_it_is_not_said_in_every_row(tmp_path: Path) -> None:
    file = tmp_path / "demand.csv"
    rows = "".join(f"{330000 + k},1,9\n" for k in range(MOST_ROWS_TOLD + 7))
    file.write_text(f"area,residents,workers\n{rows}", encoding="utf-8")
    *told, more = read_demand_file(file).remarks
    assert [line.row for line in told] == list(range(2, MOST_ROWS_TOLD + 2))
    assert more.row is None
    assert "7 further rows" in more.en


def test_the_docs_name_the_columns_that_are_read() -> None:
    docs = (REPOSITORY / "docs" / "demand.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in docs.splitlines() if line.startswith("| `")]
    named = {field.strip(" `"): others.split("、") for field, others in rows}
    assert named.keys() == TITLES.keys()
    for field, others in named.items():
        assert {other.strip(" `") for other in others} <= set(TITLES[field])
