"""The command line: reports on standard output, remarks on standard error.

Bad input is a sentence and exit code 2.
"""

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from api import serving
from api.command_line import checked_settings, engine_of, language, opened, progress, say
from api.commands import areas, comparing, exporting, geocoding, importing, networks, places
from seeds.load import seed as load_seeds
from stations import accounts, backup, demo_logins, local_postgres, schema
from stations.database import database_url, is_up, write_session
from stations.demo_logins import DemoLogin
from stations.errors import DatabaseRefusedError, InvalidInputError, NuanyiError
from stations.settings import Settings


def main() -> None:
    """Run the command line; the entry point `nuanyi`."""
    try:
        cli.main(standalone_mode=False)
    except NuanyiError as error:
        click.echo(error.sentence(language()), err=True)
        sys.exit(2)
    except DBAPIError as error:
        # the driver's first line holds no parameters, unlike the exception's whole text
        problem = (
            str(error.orig).strip().splitlines()[0] if str(error.orig) else type(error).__name__
        )
        click.echo(DatabaseRefusedError(problem=problem).sentence(language()), err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Nuanyi 暖驿: the map and register of the places that serve people who work outdoors."""


for command in (
    importing.import_command,
    importing.imports_command,
    geocoding.geocode_command,
    areas.areas_command,
    exporting.export_command,
    comparing.compare_command,
    places.places_command,
    networks.network_command,
):
    cli.add_command(command)


@cli.command()
def demo() -> None:
    """Set everything up with demo data, and serve it."""
    settings = checked_settings()
    serving.check_port(settings)
    with opened(settings) as engine:
        progress("正在更新数据库结构 / Migrating")
        schema.upgrade(engine)
        _seed(engine)
        logins: list[DemoLogin] = []
        if settings.demo_logins_allowed:
            with write_session(engine) as session:
                logins = demo_logins.ensure(session, settings.data_dir)
        else:
            say(
                f"{settings.host} 不是本机地址，示例账号已关闭；要用请设置 NUANYI_DEMO_LOGINS=on。",
                f"{settings.host} is not this machine alone, so demo logins are off; "
                "NUANYI_DEMO_LOGINS=on turns them on.",
            )
    _serve(settings, logins)


@cli.command()
def serve() -> None:
    """Serve what is in the database."""
    settings = checked_settings()
    serving.check_port(settings)
    with engine_of(settings) as engine:
        # a database of the operator's may be away for now: the service heals when it is back
        if settings.database_url is None or is_up(engine):
            schema.check_current(engine)
    _serve(settings, [])


@cli.command("seed")
def seed_command() -> None:
    """Load the shipped areas, residents and demo stations; a second run changes nothing."""
    with opened(checked_settings()) as engine:
        _seed(engine)


@cli.group()
def db() -> None:
    """Start, stop, migrate, back up and restore the database."""


@db.command("start")
def db_start() -> None:
    """Start the private cluster, and print its address."""
    settings = checked_settings()
    click.echo(database_url(settings, progress).render_as_string(hide_password=True))


@db.command("stop")
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


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version of the program."""
    with opened(checked_settings()) as engine:
        schema.upgrade(engine)
    say("数据库已是当前版本。", "The database is at this version.")


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def db_backup(file: Path) -> None:
    """Write the whole database into FILE."""
    settings = checked_settings()
    backup.backup(database_url(settings, progress), file, progress=progress)
    click.echo(str(file))


@db.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def db_restore(file: Path) -> None:
    """Put a backup in the place of the database; a broken one changes nothing."""
    settings = checked_settings()
    backup.restore(file, database_url(settings, progress), progress=progress)
    with opened(settings) as engine:
        schema.upgrade(engine)
    say("已恢复。", "Restored.")


@cli.group()
def account() -> None:
    """Add and shut accounts."""


@account.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, help="administrator, planner or manager.")
@click.option("--area", "areas", multiple=True, help="A manager's area, by code; several times.")
@click.option("--station", "stations", multiple=True, help="A manager's station, by code.")
def account_add(
    login: str, name: str, role: str, areas: tuple[str, ...], stations: tuple[str, ...]
) -> None:
    """Add an account, or change one. The password is asked for, or read from standard input."""
    password = _read_password()
    with opened(checked_settings()) as engine, write_session(engine) as session:
        accounts.add(
            session,
            login=login,
            name=name,
            role=role,
            password=password,
            areas=areas,
            stations=stations,
        )
    say(f"账号 {login} 已保存。", f"Account {login} is saved.")


@account.command("disable")
@click.argument("login")
def account_disable(login: str) -> None:
    """Shut an account; its sessions end at once."""
    with opened(checked_settings()) as engine, write_session(engine) as session:
        if not accounts.disable(session, login):
            raise InvalidInputError(
                field="LOGIN",
                problem_zh=f"没有账号“{login}”",
                problem_en=f"there is no account “{login}”",
            )
    say(f"账号 {login} 已停用。", f"Account {login} is shut.")


def _seed(engine: Engine) -> None:
    with write_session(engine) as session:
        # loading 126,000 cells takes longer than any request may
        session.execute(text("SET LOCAL statement_timeout = 0"))
        load_seeds(session, progress)


def _serve(settings: Settings, logins: list[DemoLogin]) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"

    def announce() -> None:
        lines = [
            ("找驿站 / Find a station", f"{address}/"),
            ("规划 / Planner", f"{address}/planner"),
            ("站点管理 / Console", f"{address}/console"),
            ("接口说明 / API", f"{address}/docs"),
        ]
        click.echo("")
        for name, page in lines:
            click.echo(f"  {page:<36} {name}")
        if logins:
            click.echo("\n  示例账号 / Demo logins")
            for login in logins:
                click.echo(f"  {login.login:<10} {login.password:<16} {login.role}")
        click.echo("")
        sys.stdout.flush()
        say("按 Ctrl-C 停止服务。", "Press Ctrl-C to stop serving.")

    serving.serve(settings, on_ready=announce, progress=progress)


def _read_password() -> str:
    if sys.stdin.isatty():
        prompt = "Password" if language() == "en" else "密码"
        typed: Any = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        return str(typed)
    return sys.stdin.readline().rstrip("\n")
