"""Bring a database to this version of the program, and say whether it is there."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    any_,
    cast,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from stations import history, search_index
from stations.errors import SchemaAheadError, SchemaBehindError
from stations.register import next_version
from stations.tables import Station, Table, Term
from stations.taxonomy import FACETS, Kind, Taxonomy, taxonomy

MIGRATIONS = Path(__file__).with_name("migrations")


def _is_ours(
    thing: Any,
    name: str | None,
    type_: str,
    reflected: bool,
    compare_to: Any,
) -> bool:
    """Leave PostGIS's own tables alone."""
    return bool(alembic_helpers.include_object(thing, name, type_, reflected, compare_to))  # type: ignore[no-untyped-call]


COMPARISON: dict[str, Any] = {
    "include_object": _is_ours,
    "compare_type": True,
    "compare_server_default": True,
    "render_item": alembic_helpers.render_item,
    "process_revision_directives": alembic_helpers.writer,
}
"""What Alembic compares when it asks whether the tables differ from what migrations made."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to `revision`, in one transaction, and copy the taxonomy into its table.

    Raises SchemaAheadError where a newer program has made the database.
    """
    with suppress(SchemaBehindError):
        check_current(engine)
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)
        if revision == "head":
            copy_taxonomy(connection, taxonomy())
            with Session(connection) as session:  # its end leaves the transaction open
                search_index.ensure(session)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate down to `revision`, in one transaction."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest migration."""
    return _revision(engine) == _scripts().get_current_head()


def check_current(engine: Engine) -> None:
    """Raise SchemaBehindError or SchemaAheadError where the database is not this program's."""
    found = _revision(engine)
    if found is not None and found not in {each.revision for each in _scripts().walk_revisions()}:
        raise SchemaAheadError
    if found != _scripts().get_current_head():
        raise SchemaBehindError


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def differences(engine: Engine) -> list[object]:
    """Return what `alembic check` would: how the tables differ from what migrations made."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=dict(COMPARISON))
        return list(compare_metadata(context, Table.metadata))


def copy_taxonomy(connection: Connection, words: Taxonomy) -> None:
    """Make the table `terms` hold exactly the taxonomy's words.

    A word that the file no longer has goes, unless a station still uses it: the stations' trigger
    only checks what is written, so old facts stay readable.
    """
    rows = [
        {
            "facet": facet,
            "code": term.code,
            "withheld_when_unknown": isinstance(term, Kind) and term.withheld_when_unknown,
        }
        for facet in FACETS
        for term in words.facet(facet).values()
    ]
    connection.execute(text("LOCK TABLE terms IN SHARE ROW EXCLUSIVE MODE"))
    upsert = insert(Term)
    connection.execute(
        upsert.on_conflict_do_update(
            index_elements=[Term.facet, Term.code],
            set_={"withheld_when_unknown": upsert.excluded.withheld_when_unknown},
        ),
        rows,
    )
    known = [f"{row['facet']}:{row['code']}" for row in rows]
    connection.execute(delete(Term).where((Term.facet + ":" + Term.code).not_in(known)))
    _withhold(connection)


def _withhold(connection: Connection) -> None:
    """Let stations follow what their kind says of places whose access is unknown.

    One that thereby becomes public, or is public no longer, is a change of the register like any
    other: it has a version, a history row, and its place in the change feed.
    """
    differing = (
        (Station.kind == Term.code)
        & (Term.facet == "kind")
        & (Station.withheld_when_unknown != Term.withheld_when_unknown)
    )
    before = connection.execute(
        select(Station.code, Station.is_public)
        .where(differing)
        .order_by(Station.code)
        .with_for_update(of=Station)
    ).all()
    connection.execute(
        update(Station).where(differing).values(withheld_when_unknown=Term.withheld_when_unknown)
    )
    public = set(
        connection.scalars(
            select(Station.code).where(_among([row.code for row in before]), Station.is_public)
        )
    )
    changed = [row.code for row in before if row.is_public != (row.code in public)]
    if not changed:
        return
    with Session(connection) as session:  # its end leaves the connection's transaction open
        version = next_version(session)
        session.execute(
            update(Station)
            .where(_among(changed))
            .values(version=Station.version + 1, register_version=version, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )
        history.record(
            session, changed, action="updated", register_version=version, account_id=None
        )


def _among(codes: Sequence[str]) -> ColumnElement[bool]:
    return Station.code == any_(cast(list(codes), ARRAY(Text)))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
