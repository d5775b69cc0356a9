"""Logins to try the demo with: random passwords made at first start, kept in a 0600 file."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from stations import accounts
from stations.errors import WrongLoginError
from stations.tables import Account

FILE_NAME = "demo-logins.json"
PASSWORD_BYTES = 9

DEMO_MANAGER_AREA = "330212"


@dataclass(frozen=True)
class DemoLogin:
    """One login, and what it may do."""

    login: str
    password: str
    role: str


_WHO = (
    ("admin", "示例管理员", "administrator", ()),
    ("planner", "示例规划员", "planner", ()),
    ("manager", "示例站点管理员（鄞州区）", "manager", (DEMO_MANAGER_AREA,)),
)


def ensure(session: Session, data_dir: Path) -> list[DemoLogin]:
    """Make the demo accounts that are missing, and return all of them with their passwords.

    An account whose password is not the file's, as after a restore, gets the file's. An account of
    the same name that is nobody's demo is left alone.
    """
    file = data_dir / FILE_NAME
    passwords = _read(file)
    known = session.execute(select(Account.login, Account.is_demo)).all()
    is_demo = {row.login: row.is_demo for row in known}
    logins = []
    for login, name, role, areas in _WHO:
        if is_demo.get(login) is False:
            continue
        if login not in passwords or not _opens(session, login, passwords[login]):
            passwords.setdefault(login, secrets.token_urlsafe(PASSWORD_BYTES))
            accounts.add(
                session,
                login=login,
                name=name,
                role=role,
                password=passwords[login],
                areas=areas,
                is_demo=True,
            )
        logins.append(DemoLogin(login, passwords[login], role))
    _write(file, passwords)
    return logins


def _opens(session: Session, login: str, password: str) -> bool:
    try:
        accounts.verify(session, login, password, demo_allowed=True)
    except WrongLoginError:
        return False
    return True


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(login): str(password) for login, password in dict(found).items()}


def _write(file: Path, passwords: dict[str, str]) -> None:
    """Replace the file in one step; nobody but this user can ever read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(passwords, out, indent=1)
    partial.replace(file)
