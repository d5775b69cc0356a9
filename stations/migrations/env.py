"""Runs migrations with time limits, on the connection that `stations/schema.py` hands over."""

from alembic import context
from sqlalchemy import Connection, text

from stations.database import database_url, make_engine
from stations.schema import COMPARISON
from stations.settings import load_settings
from stations.tables import Table

# A migration that cannot have a table's lock gives up, rather than queue ahead of every reader.
LOCK_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 600
MIGRATION_LOCK = 0x6E75616E  # "nuan": two processes that start at once migrate one after the other


def run(connection: Connection) -> None:
    """Migrate in one transaction: all of it, or nothing."""
    context.configure(connection=connection, target_metadata=Table.metadata, **COMPARISON)
    with context.begin_transaction():
        connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_S}s'"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{STATEMENT_TIMEOUT_S}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:  # the command line's `alembic check`
    settings = load_settings()
    with make_engine(database_url(settings), settings).begin() as own:
        run(own)
