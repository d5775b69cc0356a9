"""`nuanyi account`: who may log in."""

import sys
from typing import Any

import click

from api.command_line import checked_settings, language, opened, say
from stations import accounts
from stations.database import write_session
from stations.errors import InvalidInputError


@click.group("account")
def account_command() -> None:
    """Add and shut accounts."""


@account_command.command("add")
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


@account_command.command("disable")
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


def _read_password() -> str:
    if sys.stdin.isatty():
        prompt = "Password" if language() == "en" else "密码"
        typed: Any = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        return str(typed)
    return sys.stdin.readline().rstrip("\n")
