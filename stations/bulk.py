"""Writing many rows at once: insert or mend by key, and COPY."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations.tables import Table


def upsert(
    session: Session, table: type[Table], keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; where one has the `keys` of a stored row, overwrite its other columns."""
    if not rows:
        return
    statement = insert(table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def copy_columns(session: Session, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Append columns of one length to a table by COPY, ten times as fast as INSERT.

    The names are ours, never a user's: they go into the statement as they are.
    """
    driver = session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the session has no connection")
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


def values_of(row: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, without copying what they hold."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
