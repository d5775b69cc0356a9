"""Imports and their undoing run one at a time: two that add the same places would both add them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from stations.errors import WriteBusyError

IMPORT_LOCK = 0x6E75616E69  # "nuani"
LOCK_TIMEOUT_S = 60
STATEMENT_TIMEOUT_S = 300
LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def busy_named() -> Iterator[None]:
    """Say in a sentence that another write holds what this one needs."""
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise WriteBusyError from error
        raise


def allow_time(session: Session) -> None:
    """Give this transaction time enough for a large file."""
    for name, seconds in (
        ("lock_timeout", LOCK_TIMEOUT_S),
        ("statement_timeout", STATEMENT_TIMEOUT_S),
    ):
        session.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": f"{seconds}s"}
        )


def wait_for_other_imports(session: Session) -> None:
    """Wait until no other import runs; this transaction then has time enough for a large file."""
    allow_time(session)
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})
