"""Migrations make exactly the tables that the program reads, up, down and up again."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, OperationalError

from stations import schema
from stations.database import make_engine
from stations.errors import SchemaAheadError
from stations.settings import Settings
from stations.tables import Table
from stations.taxonomy import FACETS, taxonomy
from tests.conftest import create_database, drop_database


def test_migrations_make_the_tables_of_the_program(engine: Engine) -> None:
    assert schema.differences(engine) == []


CATALOGUE = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
UNION ALL
SELECT 'default', attrelid::regclass::text, attname, pg_get_expr(adbin, adrelid)
FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
UNION ALL
SELECT 'index', tablename::text, indexname::text, indexdef
FROM pg_indexes WHERE schemaname = 'public'
"""


def _catalogue(engine: Engine) -> set[tuple[str, ...]]:
    with engine.connect() as connection:
        rows = {tuple(row) for row in connection.execute(text(CATALOGUE))}
    return {row for row in rows if row[1] not in {"alembic_version", "spatial_ref_sys"}}


def test_constraints_defaults_and_indexes_are_the_same_too(engine: Engine, server: URL) -> None:
    """Alembic compares tables and columns; PostgreSQL's own catalogue tells the rest."""
    url = create_database(server)
    made = make_engine(url, Settings())
    try:
        with made.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
            Table.metadata.create_all(connection)
        assert _catalogue(engine) == _catalogue(made)
    finally:
        made.dispose()
        drop_database(server, url)


def test_the_triggers_are_there(engine: Engine) -> None:
    query = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
    with engine.connect() as connection:
        assert {tuple(row) for row in connection.execute(text(query))} == {
            ("stations", "check_terms"),
            ("station_history", "keep_history"),
            ("events", "check_terms"),
            ("event_history", "keep_history"),
            ("assessments", "keep_assessments"),
        }


def test_a_database_of_a_newer_program_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaAheadError):
        schema.upgrade(engine)
    assert not schema.is_current(engine)


def test_up_down_and_up_again(engine: Engine) -> None:
    schema.downgrade(engine, "base")
    with engine.connect() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind = 'r' AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
            )
        ).all()
    assert left == []
    assert not schema.is_current(engine)
    schema.upgrade(engine)
    assert schema.is_current(engine)
    assert schema.differences(engine) == []


def test_upgrading_twice_is_upgrading_once(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        words = connection.execute(text("SELECT count(*) FROM terms")).scalar_one()
    assert words == sum(len(taxonomy().facet(facet)) for facet in FACETS)


STATION = {
    "code": "'NB-RS-0001'",
    "kind": "'rest_station'",
    "name": "'某驿站'",
    "source_code": "'somewhere'",
    "register_version": "1",
}
PLACED = {
    "position": "ST_GeogFromText('POINT(121.5 29.9)')",
    "h3_9": "617700169958293503",
    "given_lon": "121.5",
    "given_lat": "29.9",
    "given_datum": "'wgs84'",
}


def _insert(engine: Engine, **changes: str) -> None:
    values = STATION | changes
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO sources VALUES ('somewhere', 'x', 'x', 'x') ON CONFLICT DO NOTHING")
        )
        connection.execute(
            text(
                f"INSERT INTO stations ({', '.join(values)}) VALUES ({', '.join(values.values())})"
            )
        )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"code": "'RS-1'"}, "ck_stations_code"),
        ({"name": "'  '"}, "ck_stations_name"),
        ({"status": "'gone'"}, "ck_stations_status"),
        ({"access": "'nobody'"}, "ck_stations_access"),
        ({"kind": "'castle'"}, "stations_check_terms"),
        ({"also_kinds": "'{castle}'"}, "stations_check_terms"),
        ({"also_kinds": "'{rest_station}'"}, "ck_stations_main_kind_once"),
        ({"services_yes": "'{teleport}'"}, "stations_check_terms"),
        ({"services_yes": "'{wifi}'", "services_no": "'{wifi}'"}, "ck_stations_yes_or_no"),
        ({"tier": "'golden'"}, "stations_check_terms"),
        ({"entry": "'{window}'"}, "stations_check_terms"),
        ({"built_as": "'somehow'"}, "stations_check_terms"),
        ({"built_by": "'somebody'"}, "stations_check_terms"),
        ({"source_code": "'nowhere'"}, "fk_stations_source_code"),
        ({"area_code": "'999999'"}, "fk_stations_area_code"),
        ({"capacity_per_day": "-1"}, "ck_stations_capacity"),
        ({"hours": "'24/7'"}, "ck_stations_hours_have_text"),
        ({"position": PLACED["position"]}, "ck_stations_"),
        (PLACED | {"given_datum": "'mars'"}, "ck_stations_datum"),
        (PLACED | {"position": "ST_GeogFromText('POINT EMPTY')"}, "ck_stations_position_in_range"),
    ],
)
def test_the_database_itself_refuses(
    engine: Engine, changes: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        _insert(engine, **changes)
    assert constraint in str(refused.value.orig.diag.constraint_name)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({}, False),
        (PLACED, True),
        (PLACED | {"status": "'temporarily_closed'"}, True),
        (PLACED | {"status": "'closed'"}, False),
        (PLACED | {"status": "'planned'"}, False),
        (PLACED | {"access": "'staff_only'"}, False),
        (PLACED | {"access": "'unknown'"}, True),
        (PLACED | {"access": "'unknown'", "kind": "'nursing_room'"}, False),
        (PLACED | {"access": "'members'", "kind": "'nursing_room'"}, True),
        (PLACED | {"access": "'staff_only'", "kind": "'nursing_room'"}, False),
    ],
)
def test_what_is_public(engine: Engine, changes: dict[str, str], public: bool) -> None:
    _insert(engine, **changes)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT is_public FROM stations")).scalar_one() is public


def test_history_is_only_added_to(engine: Engine) -> None:
    _insert(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO station_history (station_code, version, register_version, action, "
                "was_public, \"values\") VALUES ('NB-RS-0001', 1, 1, 'created', true, '{}')"
            )
        )
    for statement in (
        "UPDATE station_history SET version = 2",
        "DELETE FROM station_history",
        "TRUNCATE station_history",
    ):
        with (
            pytest.raises(IntegrityError, match="history is only added to"),
            engine.begin() as link,
        ):
            link.execute(text(statement))


def test_a_migration_gives_up_on_a_lock_and_changes_nothing(engine: Engine, database: URL) -> None:
    """A migration must not queue ahead of every reader while it waits for a table."""
    holder = create_engine(database)
    with holder.connect() as reader:
        reader.execute(text("SELECT count(*) FROM stations"))
        with pytest.raises(OperationalError, match="lock timeout"):
            schema.downgrade(engine, "base")
    holder.dispose()
    assert schema.is_current(engine)
    assert schema.differences(engine) == []


def _upgrade_in_a_process(url: str) -> None:
    schema.upgrade(make_engine(url, Settings()))


def test_two_processes_that_start_at_once_migrate_one_after_the_other(engine: Engine) -> None:
    schema.downgrade(engine, "base")
    url = engine.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        both = [pool.submit(_upgrade_in_a_process, url) for _ in range(2)]
        for done in both:
            done.result(timeout=60)
    assert schema.differences(engine) == []
