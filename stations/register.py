"""The register's version: raised once in every transaction that changes what the register says."""

from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from stations.tables import Register

CHANNEL = "nuanyi_register"


def current_version(session: Session) -> int:
    """Return the version that this transaction sees."""
    return session.scalars(select(Register.version)).one()


def hold(session: Session) -> None:
    """Lock the register without raising its version, for a write that may find nothing to do.

    Before the rows that it may write, where other writers of them raise the version first.
    """
    session.execute(select(Register.version).with_for_update())


def next_version(session: Session) -> int:
    """Raise the version, tell listeners on commit, and return the new number.

    The row stays locked until the transaction ends, so versions are committed in their order.
    Whoever also locks stations locks them first: everybody in one order, so nobody deadlocks.
    """
    raised = update(Register).values(version=Register.version + 1).returning(Register.version)
    version = session.scalars(raised).one()
    session.execute(select(func.pg_notify(CHANNEL, str(version))))
    return version


@dataclass(frozen=True)
class RegisterState:
    """What tells one state of the register from another, a restored backup's too.

    `database` is PostgreSQL's own number of it, `written_by` that of the transaction which wrote
    the version. `file` is the number of the file that the version is kept in: a backup that is put
    into the same database makes a new one.
    """

    database: int
    file: int
    version: int
    written_by: int


def state(session: Session) -> RegisterState:
    """Return the state that this transaction sees."""
    row = session.execute(
        text(
            "SELECT (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),"
            " pg_relation_filenode('register')::bigint, version, xmin::text::bigint FROM register"
        )
    ).one()
    return RegisterState(*row)
