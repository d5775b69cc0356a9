"""Demo logins: random, kept private, true to the database, and nobody else's."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from stations import accounts, demo_logins
from stations.errors import WrongLoginError
from tests.factories import add_areas


@pytest.fixture
def town(engine: Engine) -> Engine:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    return engine


def ensure(engine: Engine, folder: Path) -> dict[str, str]:
    with Session(engine) as session:
        logins = demo_logins.ensure(session, folder)
        session.commit()
    return {each.login: each.password for each in logins}


def opens(engine: Engine, login: str, password: str, *, demo_allowed: bool = True) -> bool:
    with Session(engine) as session:
        try:
            accounts.verify(session, login, password, demo_allowed=demo_allowed)
        except WrongLoginError:
            return False
    return True


def test_they_are_random_private_and_stay(town: Engine, tmp_path: Path) -> None:
    first = ensure(town, tmp_path / "data")
    file = tmp_path / "data" / demo_logins.FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == first
    assert set(first) == {"admin", "planner", "manager"}
    assert len(set(first.values())) == 3
    assert all(opens(town, login, password) for login, password in first.items())
    assert ensure(town, tmp_path / "data") == first
    assert ensure(town, tmp_path / "elsewhere") != first


def test_they_do_not_work_where_they_are_off(town: Engine, tmp_path: Path) -> None:
    logins = ensure(town, tmp_path)
    assert not opens(town, "admin", logins["admin"], demo_allowed=False)


def test_what_is_printed_works_after_a_restore(town: Engine, tmp_path: Path) -> None:
    """The database may hold other hashes than the file beside it."""
    ensure(town, tmp_path / "one")
    other = ensure(town, tmp_path / "other")
    assert opens(town, "planner", other["planner"])
    back = ensure(town, tmp_path / "one")
    assert opens(town, "planner", back["planner"])


def test_a_damaged_file_is_made_anew(town: Engine, tmp_path: Path) -> None:
    ensure(town, tmp_path)
    (tmp_path / demo_logins.FILE_NAME).write_text("{ not json")
    logins = ensure(town, tmp_path)
    assert all(opens(town, login, password) for login, password in logins.items())


def test_an_account_of_somebodys_own_is_left_alone(town: Engine, tmp_path: Path) -> None:
    with Session(town) as session:
        accounts.add(
            session, login="planner", name="李伟", role="administrator", password="my own password"
        )
        session.commit()
    assert set(ensure(town, tmp_path)) == {"admin", "manager"}
    assert opens(town, "planner", "my own password", demo_allowed=False)
