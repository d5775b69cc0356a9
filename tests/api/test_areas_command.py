"""`nuanyi areas`: a file in the wrong datum is refused, in the right one it is loaded."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from seeds import sources
from seeds.areas import read_areas
from stations.areas import replace_areas, upsert_sources
from tests.command_line import Nuanyi

DATAV = "boundaries/datav_330200_full_gcj02.json"


@pytest.fixture
def nuanyi(database: URL, tmp_path: Path) -> Nuanyi:
    return Nuanyi(database, tmp_path)


def stored(engine: Engine) -> list[tuple[object, ...]]:
    query = """
        SELECT code, name, level, parent_code, source_code,
            round((ST_Area(boundary::geography) / 1e6)::numeric, 1)
        FROM areas ORDER BY code
    """
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_districts_in_gcj_02_are_refused_and_nothing_is_written(
    nuanyi: Nuanyi, engine: Engine, shared_data: Path
) -> None:
    before = stored(engine)
    done = nuanyi.run("areas", shared_data / DATAV, "--source", "datav")
    assert done.returncode == 2
    assert done.stdout == b""
    assert "look like GCJ-02" in done.stderr.decode()
    done = nuanyi.run("areas", shared_data / DATAV, "--source", "datav", NUANYI_LANG="zh")
    assert "这些边界看起来是 GCJ-02" in done.stderr.decode()
    assert stored(engine) == before == []


def test_named_rightly_they_are_converted_and_loaded(
    nuanyi: Nuanyi, engine: Engine, shared_data: Path
) -> None:
    arguments = ("areas", shared_data / DATAV, "--source", "datav", "--datum", "gcj02")
    dry = nuanyi.run(*arguments, "--dry-run")
    assert dry.returncode == 0, dry.stderr.decode()
    assert stored(engine) == []
    done = nuanyi.run(*arguments)
    assert done.stdout == dry.stdout
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("compared with 10 known boundaries, 0.2%")
    assert lines[-3:] == ["added: 11", "changed: 0", "unchanged: 0"]
    found = stored(engine)
    assert [row[0] for row in found][:2] == ["330200", "330203"]
    assert found[1][1:5] == ("海曙区", "district", "330200", "datav")
    # the city is the union of the ten
    assert float(str(found[0][5])) == pytest.approx(sum(float(str(r[5])) for r in found[1:]), 1e-3)
    again = nuanyi.run(*arguments).stdout.decode().splitlines()
    assert again[-3:] == ["added: 0", "changed: 0", "unchanged: 10"]


def test_a_district_that_does_not_meet_its_neighbours_is_refused(
    nuanyi: Nuanyi, engine: Engine
) -> None:
    with Session(engine) as session:
        upsert_sources(session, sources.read_sources())
        replace_areas(session, read_areas()[:11])
        session.commit()
    before = stored(engine)
    square = [[121.40, 29.80], [121.50, 29.80], [121.50, 29.90], [121.40, 29.80]]
    shapes = nuanyi.file(
        "a.geojson",
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"code": "330203", "name": "海曙区"},
                        "geometry": {"type": "Polygon", "coordinates": [square]},
                    }
                ],
            }
        ),
    )
    done = nuanyi.run("areas", shapes, "--source", "x")
    assert done.returncode == 2
    assert "borders do not match" in done.stderr.decode()
    assert stored(engine) == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("none.geojson", "--source", "x"), "no such file"),
        (("none.csv", "--source", "x"), "GeoJSON only"),
        (("none.geojson", "--source", "x", "--datum", "cgcs"), "no datum"),
    ],
)
def test_bad_input_is_a_sentence(nuanyi: Nuanyi, arguments: tuple[str, ...], reason: str) -> None:
    done = nuanyi.run("areas", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr.decode()
