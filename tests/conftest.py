"""Real PostGIS for every test that needs it: a migrated template, copied per test.

Tests that commit stay apart from each other. The server is the project's own private cluster in
`.data/test`, or any server named by NUANYI_TEST_DATABASE_URL whose user may create databases.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from seeds.load import seed
from stations import local_postgres, schema
from stations.coverage_worker import CoverageWorker
from stations.database import make_engine, write_session
from stations.import_report import ImportReport
from stations.settings import REPOSITORY, Settings

# A gate must say the same of the same commit; who looks for new failures runs without CI set.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "explore")


def pytest_configure() -> None:
    """Let no process be polite: the other tests take all cores, and whoever waits fails."""
    os.environ["NUANYI_BACKGROUND_NICENESS"] = "0"
    os.environ["NUANYI_PLANNERS_WAIT"] = "false"


SHARED_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def server() -> URL:
    """A PostgreSQL server with PostGIS where databases may be made."""
    given = os.environ.get("NUANYI_TEST_DATABASE_URL")
    if given is not None:
        return make_url(given)
    # What is thrown away within seconds need not wait for the disk. What shall outlive a crash is
    # tested on clusters of its own.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(local_postgres.FIXED_SETTINGS, "fsync", "off")
        patch.setitem(local_postgres.FIXED_SETTINGS, "synchronous_commit", "off")
        return make_url(
            local_postgres.ensure_running(
                REPOSITORY / ".data" / "test", progress=lambda _line: None
            )
        )


@pytest.fixture(scope="session")
def template(server: URL) -> Iterator[URL]:
    """A migrated, empty database to copy from."""
    url = create_database(server)
    migrate(url)
    yield url
    drop_database(server, url)


@pytest.fixture(scope="session")
def demo_template(server: URL, template: URL) -> Iterator[URL]:
    """A database with all of the demo data, to copy from."""
    url = create_database(server, template.database)
    report = load_demo(url)
    assert (report.read, report.added, report.refused, report.unplaced) == (1950, 1950, 0, 0)
    yield url
    drop_database(server, url)


@pytest.fixture(scope="session")
def used(server: URL) -> Iterator[list[URL]]:
    """Databases that no test needs any more; the last one is dropped at the end."""
    databases: list[URL] = []
    yield databases
    for url in databases:
        drop_database(server, url)


@pytest.fixture
def database(server: URL, template: URL, used: list[URL]) -> Iterator[URL]:
    """A fresh copy of the template."""
    url = create_database(server, template.database)
    yield url
    # One test later its connections are gone: dropping it at once would wait 0.1 s for them.
    while used:
        drop_database(server, used.pop())
    used.append(url)


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """An engine on a fresh database."""
    engine = make_engine(database, Settings())
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on a fresh database; what it does not commit is rolled back."""
    with Session(engine, autoflush=False) as session:
        yield session


@pytest.fixture
def worker(database: URL) -> Iterator[CoverageWorker]:
    """A coverage process on a fresh database, which starts when it is asked."""
    worker = CoverageWorker(database.render_as_string(hide_password=False), Settings())
    yield worker
    worker.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data that lies beside the project on the founders' machines."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not on this machine")
    return SHARED_DATA


def create_database(server: URL, template: str | None = None) -> URL:
    """Make a database, empty or a copy."""
    url = server.set(database=f"nuanyi_test_{uuid.uuid4().hex[:12]}")
    copied = f'TEMPLATE "{template}"' if template else ""
    _administer(server, f'CREATE DATABASE "{url.database}" {copied}')
    return url


def migrate(url: URL) -> None:
    """Make the tables of this version."""
    engine = make_engine(url, Settings())
    schema.upgrade(engine)
    engine.dispose()


def load_demo(url: URL) -> ImportReport:
    """Load the demo into a migrated database; it takes longer than any request may."""
    engine = make_engine(url, Settings())
    with write_session(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        report = seed(session)
    engine.dispose()
    return report


def drop_database(server: URL, url: URL) -> None:
    """Remove a database, whoever is connected."""
    _administer(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


def _administer(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
