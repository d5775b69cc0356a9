"""`nuanyi db`: the database's server, its structure and its backups."""

from pathlib import Path

import click

from api.command_line import checked_settings, opened, progress, say
from stations import backup, local_postgres, schema
from stations.database import database_url
from stations.errors import InvalidInputError


@click.group("db")
def db_command() -> None:
    """Start, stop, migrate, back up and restore the database."""


@db_command.command("start")
def db_start() -> None:
    """Start the private cluster, and print its address."""
    settings = checked_settings()
    click.echo(database_url(settings, progress).render_as_string(hide_password=True))


@db_command.command("stop")
def db_stop() -> None:
    """Stop the private cluster; what is running on it is rolled back."""
    settings = checked_settings()
    if settings.database_url is not None:
        raise InvalidInputError(
            field="NUANYI_DATABASE_URL",
            problem_zh="这是您自己的数据库，暖驿不会停止它",
            problem_en="this database is yours; Nuanyi does not stop it",
        )
    if not local_postgres.stop(settings.data_dir, progress=progress):
        say("数据库本来就没有运行。", "The database was not running.")


@db_command.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version of the program."""
    with opened(checked_settings()) as engine:
        schema.upgrade(engine)
    say("数据库已是当前版本。", "The database is at this version.")


@db_command.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def db_backup(file: Path) -> None:
    """Write the whole database into FILE."""
    settings = checked_settings()
    backup.backup(database_url(settings, progress), file, progress=progress)
    click.echo(str(file))


@db_command.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def db_restore(file: Path) -> None:
    """Put a backup in the place of the database; a broken one changes nothing."""
    settings = checked_settings()
    backup.restore(file, database_url(settings, progress), progress=progress)
    with opened(settings) as engine:
        schema.upgrade(engine)
    say("已恢复。", "Restored.")
