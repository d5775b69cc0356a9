"""Back a database up into one file, and restore it whole or not at all."""

import contextlib
import os
import re
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

from stations.errors import BackupError, RestoreError
from stations.postgres_programs import find_client

Progress = Callable[[str], None]

MAINTENANCE_DATABASE = "postgres"
REQUIRED_TABLES = {"alembic_version", "stations", "areas", "register"}
RESTORE_LOCK = 8_412_351  # any number: two restores of one database would drop each other's work
NAME_KEPT = 40  # of a database's name in a passing one, whose length is limited
SWAP_ATTEMPTS = 20


@dataclass(frozen=True)
class Place:
    """A database as libpq reaches it."""

    parameters: dict[str, Any]
    major: int  # of the server

    def at(self, database: str) -> "Place":
        """Another database of the same server."""
        return Place({**self.parameters, "dbname": database}, self.major)

    def run(self, program: str, *arguments: str) -> str | None:
        """Run pg_dump or pg_restore on it; return what went wrong.

        The password goes by the environment, for an argument list can be read by everybody.
        """
        visible = {name: value for name, value in self.parameters.items() if name != "password"}
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        if self.parameters.get("password"):
            environment["PGPASSWORD"] = str(self.parameters["password"])
        command = [find_client(program, self.major), "--no-owner", "--no-privileges"]
        command += ["--no-password", f"--dbname={make_conninfo(**visible)}", *arguments]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        return None if done.returncode == 0 else _first_error(done.stderr)


def backup(url: URL | str, target: Path, *, progress: Progress) -> None:
    """Write the database into `target`, as one moment saw it, while others go on writing.

    The file is PostgreSQL's custom format, readable only by this user, for it holds accounts. It
    takes its name when it is complete. Raises BackupError.
    """
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        place = _place(url)
        progress("正在备份 / Backing the database up")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(mode=0o600, exist_ok=False)
        arguments = ["--format=custom", "--lock-wait-timeout=60s", f"--file={partial}"]
        problem = place.run("pg_dump", *arguments)
        if problem is not None:
            raise BackupError(problem=problem)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    except OSError as error:
        raise BackupError(problem=f"{target}: {error.strerror}") from error
    except psycopg.Error as error:
        raise BackupError(problem=str(error).strip()) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def restore(source: Path, url: URL | str, *, progress: Progress) -> None:
    """Put the database of a backup in the place of the present one, which a failure leaves alone.

    A superuser restores into a fresh database and exchanges the names in one transaction; whoever
    is connected is disconnected. On a server where that is not permitted the objects are replaced
    in one transaction, and those that the backup does not know remain. The program may be newer
    than the backup: migrate afterwards. Raises RestoreError.
    """
    try:
        place = _place(url)
        contents = _contents(source, place)
        try:
            administration = psycopg.connect(
                **place.at(MAINTENANCE_DATABASE).parameters, autocommit=True
            )
        except psycopg.Error:
            _restore_in_place(source, place, contents, progress)
            return
        with administration:
            if _is_superuser(administration):
                _restore_and_swap(administration, source, place, progress)
            else:
                _restore_in_place(source, place, contents, progress)
    except psycopg.Error as error:
        raise RestoreError(problem=str(error).strip()) from error


def _restore_and_swap(
    administration: psycopg.Connection, source: Path, place: Place, progress: Progress
) -> None:
    current = str(place.parameters["dbname"])
    with _only_restore_of(administration, current):
        for leftover in _leftovers(administration, current):
            _drop(administration, leftover)
        fresh = _passing_name(current)
        _create_like(administration, current, fresh)
        try:
            progress("正在恢复到新的数据库 / Restoring into a fresh database")
            _restore_into(source, place.at(fresh))
            progress("正在替换原来的数据库 / Putting it in the place of the present one")
            replaced = _swap(administration, current, fresh)
        except BaseException:
            _drop(administration, fresh)
            raise
        with contextlib.suppress(psycopg.Error):  # restored all the same; the next one drops it
            _drop(administration, replaced)


def _restore_into(source: Path, place: Place) -> None:
    problem = place.run("pg_restore", "--exit-on-error", "--single-transaction", str(source))
    if problem is not None:
        raise RestoreError(problem=problem)
    with psycopg.connect(**place.parameters) as restored:
        rows = restored.execute("SELECT table_name FROM information_schema.tables").fetchall()
    missing = REQUIRED_TABLES - {row[0] for row in rows}
    if missing:
        raise RestoreError(problem=f"{source.name}: no tables {', '.join(sorted(missing))}")


def _restore_in_place(source: Path, place: Place, contents: list[str], progress: Progress) -> None:
    """Replace every object in one transaction.

    Extensions and the table that PostGIS keeps in the dump stay: they belong to a superuser.
    """
    progress("正在原数据库中恢复 / Restoring inside the present database")
    ours = [
        line for line in contents if " EXTENSION " not in line and " spatial_ref_sys " not in line
    ]
    missing = {
        table for table in REQUIRED_TABLES if not any(f" TABLE public {table} " in x for x in ours)
    }
    if missing:
        raise RestoreError(problem=f"{source.name}: no tables {', '.join(sorted(missing))}")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".list") as wanted:
        wanted.write("\n".join(ours))
        wanted.flush()
        arguments = ["--clean", "--if-exists", "--single-transaction", "-L", wanted.name]
        problem = place.run("pg_restore", *arguments, str(source))
    if problem is not None:
        raise RestoreError(problem=problem)


def _contents(source: Path, place: Place) -> list[str]:
    """Return the archive's list of contents; a file that is none is refused here."""
    if not source.is_file():
        raise RestoreError(problem=f"{source}: there is no such file")
    command = [find_client("pg_restore", place.major), "--list", str(source)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise RestoreError(problem=_first_error(listed.stderr))
    return listed.stdout.splitlines()


def _swap(administration: psycopg.Connection, current: str, fresh: str) -> str:
    """Exchange the names in one transaction; return the new name of what was current.

    A database in use cannot be renamed, and a pool may connect again in between: hence the tries.
    """
    replaced = _passing_name(current)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    for _ in range(SWAP_ATTEMPTS):
        administration.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname IN (%s, %s) AND pid <> pg_backend_pid()",
            (current, fresh),
        )
        try:
            with administration.transaction():
                for old, new in ((current, replaced), (fresh, current)):
                    administration.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
        except psycopg.errors.ObjectInUse:
            time.sleep(0.05)
        else:
            return replaced
    raise RestoreError(problem=f"the database {current} is in use; stop the service first")


@contextlib.contextmanager
def _only_restore_of(administration: psycopg.Connection, database: str) -> Iterator[None]:
    lock = (RESTORE_LOCK, database[:NAME_KEPT])
    held = administration.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", lock).fetchone()
    if held != (True,):
        raise RestoreError(problem="another restore is running")
    try:
        yield
    finally:
        administration.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", lock)


def _create_like(administration: psycopg.Connection, model: str, name: str) -> None:
    """Make an empty database with the owner, encoding and sorting of another."""
    found = administration.execute(
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype"
        " FROM pg_database WHERE datname = %s",
        (model,),
    ).fetchone()
    if found is None:
        raise RestoreError(problem=f"there is no database {model}")
    owner, encoding, collation, character_type = found
    administration.execute(
        sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 OWNER {} ENCODING {} LC_COLLATE {} LC_CTYPE {}"
        ).format(
            sql.Identifier(name),
            sql.Identifier(owner),
            sql.Literal(encoding),
            sql.Literal(collation),
            sql.Literal(character_type),
        )
    )


def _passing_name(database: str) -> str:
    return f"{database[:NAME_KEPT]}_restore_{secrets.token_hex(4)}"


def _leftovers(administration: psycopg.Connection, database: str) -> list[str]:
    """Return what a restore killed half-way left behind; other databases are not ours to drop."""
    ours = re.compile(re.escape(f"{database[:NAME_KEPT]}_restore_") + "[0-9a-f]{8}")
    rows = administration.execute("SELECT datname FROM pg_database").fetchall()
    return [row[0] for row in rows if ours.fullmatch(row[0])]


def _drop(administration: psycopg.Connection, database: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    administration.execute(statement.format(sql.Identifier(database)))


def _is_superuser(administration: psycopg.Connection) -> bool:
    asked = administration.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return asked.fetchone() == (True,)


def _place(url: URL | str) -> Place:
    """Connect once: the server's version decides which client fits it."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    parameters = {
        "dbname": MAINTENANCE_DATABASE,
        "connect_timeout": 10,
        **parsed.get_dialect()().create_connect_args(parsed)[1],
    }
    with psycopg.connect(**parameters) as connection:
        return Place(parameters, connection.info.server_version // 10_000)


def _first_error(stderr: str) -> str:
    """Return the first error; the lines after it quote rows, and where people are is in them."""
    lines = [line for line in stderr.splitlines() if "error:" in line] or stderr.splitlines()
    return lines[0] if lines else "no reason given"
