"""`nuanyi demo`, `serve` and `seed`: the service, and the data it begins with."""

import sys

import click
from sqlalchemy import Engine, text

from api import serving
from api.command_line import checked_settings, engine_of, opened, progress, say
from seeds.load import seed as load_seeds
from stations import demo_logins, schema
from stations.database import is_up, write_session
from stations.demo_logins import DemoLogin
from stations.settings import Settings


@click.command("demo")
def demo_command() -> None:
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


@click.command("serve")
def serve_command() -> None:
    """Serve what is in the database."""
    settings = checked_settings()
    serving.check_port(settings)
    with engine_of(settings) as engine:
        # a database of the operator's may be away for now: the service heals when it is back
        if settings.database_url is None or is_up(engine):
            schema.check_current(engine)
    _serve(settings, [])


@click.command("seed")
def seed_command() -> None:
    """Load the shipped areas, residents and demo stations; a second run changes nothing."""
    with opened(checked_settings()) as engine:
        _seed(engine)


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
