"""The engine, and sessions that say in their type whether they may write."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NewType

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from stations.errors import DatabaseUnavailableError, WriteBusyError
from stations.local_postgres import ensure_running
from stations.settings import Settings

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)

REACHED_OR_GONE: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
"""How a connection over a network learns that nobody is there: in ten seconds, not in two hours.

In libpq's own names and units: seconds, and milliseconds for what was sent and nobody confirmed.
"""

POOL_TIMEOUT_S = 5.0
RETRY_AFTER_S = 5

# PostgreSQL is away or going away, short of resources, or ended a statement that took too long.
UNAVAILABLE_STATES = ("08", "53", "57")

# A lock was not to be had in time, or this transaction had to give way to another.
BUSY_STATES = ("55P03", "40")


def database_url(settings: Settings, progress: Callable[[str], None] = lambda _line: None) -> URL:
    """Return the operator's database, or start the private cluster and return its address."""
    given = settings.database_url
    if given is not None:
        return make_url(given.get_secret_value()).set(drivername="postgresql+psycopg")
    return make_url(ensure_running(settings.data_dir, progress=progress))


def make_engine(url: URL | str, settings: Settings) -> Engine:
    """Return an engine whose every connection has time limits and plans for the actual values.

    Generic plans, which PostgreSQL takes up after five runs, are up to 1,300 times slower for rare
    filters. Parameters never reach a log or an exception: they hold people's positions.
    """
    options = " ".join(
        f"-c {name}={value}"
        for name, value in {
            "statement_timeout": settings.statement_timeout_ms,
            "lock_timeout": settings.lock_timeout_ms,
            "idle_in_transaction_session_timeout": 60_000,
            "plan_cache_mode": "force_custom_plan",
            "timezone": "UTC",
            "jit": "off",
        }.items()
    )
    return create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=2,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": options} | REACHED_OR_GONE,
    )


@contextmanager
def read_session(engine: Engine) -> Iterator[ReadSession]:
    """Open a transaction that PostgreSQL itself keeps from writing; one snapshot for all reads."""
    with _errors_named(), Session(engine, autoflush=False) as session:
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        yield ReadSession(session)


@contextmanager
def write_session(engine: Engine) -> Iterator[WriteSession]:
    """Open a transaction that commits at the end, or leaves nothing behind."""
    with _errors_named(), Session(engine, autoflush=False) as session, session.begin():
        yield WriteSession(session)


def is_up(engine: Engine) -> bool:
    """Whether the database answers."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def wait_until_up(engine: Engine, timeout_s: float) -> None:
    """Wait for a database that is still starting; raise DatabaseUnavailableError after a while."""
    deadline = time.monotonic() + timeout_s
    while not is_up(engine):
        if time.monotonic() > deadline:
            raise DatabaseUnavailableError
        time.sleep(0.5)


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailableError from error
    except DBAPIError as error:
        # without a statement it failed while connecting, whatever the reason
        away = error.connection_invalidated or error.statement is None
        if away or _is_unavailable(error.orig):
            raise DatabaseUnavailableError from error
        if str(getattr(error.orig, "sqlstate", "")).startswith(BUSY_STATES):
            raise WriteBusyError from error
        raise


def _is_unavailable(error: Any) -> bool:
    """Whether PostgreSQL is away; a driver error without an SQLSTATE is a lost connection."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return type(error).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout"}
    return str(state).startswith(UNAVAILABLE_STATES)
