"""People: roles, scope, passwords, sessions, and the brake on guessing."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations.errors import InvalidInputError, TooManyLoginsError, WrongLoginError
from stations.tables import Account as AccountRow
from stations.tables import AccountScope, Area, LoginFailure, LoginSession
from stations.tables import Station as StationTable

ROLES = ("administrator", "planner", "manager")

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 200
TOKEN_BYTES = 32

THROTTLE_WINDOW_S = 15 * 60
MAX_TRIES_PER_LOGIN_AND_ADDRESS = 5
MAX_TRIES_PER_ADDRESS = 30
MAX_TRIES_PER_LOGIN = 50  # so high that a stranger can hardly lock somebody out


@dataclass(frozen=True)
class Scope:
    """Something that a manager may edit: an area, or one station."""

    area_code: str | None
    station_code: str | None
    name: str


@dataclass(frozen=True)
class Account:
    """A person who is logged in."""

    id: int
    login: str
    name: str
    role: str
    scope: tuple[Scope, ...]


@dataclass(frozen=True)
class NewSession:
    """What a browser keeps. Only hashes of both secrets are in the database."""

    token: str
    csrf_token: str
    account: Account


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash to verify against where there is no account: both take the same time."""
    return _hasher().hash(secrets.token_urlsafe(TOKEN_BYTES))


def add(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    password: str,
    areas: tuple[str, ...] = (),
    stations: tuple[str, ...] = (),
    is_demo: bool = False,
) -> int:
    """Add an account, or give an existing one this name, role, password and scope; return its id.

    Sessions of an existing account end.
    """
    login = login.strip().lower()
    if role not in ROLES:
        raise InvalidInputError(
            field="role",
            problem_zh=f"没有“{role}”这个角色（{'、'.join(ROLES)}）",
            problem_en=f"there is no role “{role}” ({', '.join(ROLES)})",
        )
    if not 1 <= len(login) <= 100 or not login.isprintable():
        raise InvalidInputError(
            field="login", problem_zh="账号须为 1 到 100 个字符", problem_en="1 to 100 characters"
        )
    _check_password(password)
    _check_scope(session, areas, stations)
    values = {
        "name": name,
        "role": role,
        "password_hash": _hasher().hash(password),
        "is_demo": is_demo,
        "disabled_at": None,
    }
    account_id = session.scalars(
        insert(AccountRow)
        .values(login=login, **values)
        .on_conflict_do_update(index_elements=[AccountRow.login], set_=values)
        .returning(AccountRow.id)
    ).one()
    session.execute(delete(AccountScope).where(AccountScope.account_id == account_id))
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    rows = [{"account_id": account_id, "area_code": code, "station_code": None} for code in areas]
    rows += [
        {"account_id": account_id, "area_code": None, "station_code": code} for code in stations
    ]
    if rows:
        session.execute(insert(AccountScope), rows)
    return account_id


def disable(session: Session, login: str) -> bool:
    """Shut an account and end its sessions; False where there is none."""
    account_id = session.scalars(
        update(AccountRow)
        .where(AccountRow.login == login.strip().lower())
        .values(disabled_at=func.now())
        .returning(AccountRow.id)
    ).one_or_none()
    if account_id is None:
        return False
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))
    return True


def count_try(session: Session, login: str, address: str) -> list[int]:
    """Write down one try to log in, and forget old ones; commit before `check_tries`.

    Tries are counted before the password is looked at, so that many at once gain nothing.
    """
    expired = datetime.now(UTC) - timedelta(seconds=THROTTLE_WINDOW_S)
    session.execute(delete(LoginFailure).where(LoginFailure.failed_at < expired))
    rows = [{"key": key} for key, _ in _throttle_keys(login, address)]
    return list(session.scalars(insert(LoginFailure).returning(LoginFailure.id), rows))


def check_tries(session: Session, login: str, address: str, tries: list[int]) -> None:
    """Raise TooManyLoginsError where this login or this client tried too often of late.

    A try that is turned away does not count, so that the wait ends when it was said to end.
    """
    for key, most in _throttle_keys(login, address):
        made = session.execute(
            select(func.count(), func.min(LoginFailure.failed_at)).where(LoginFailure.key == key)
        ).one()
        if made[0] > most:
            session.execute(delete(LoginFailure).where(LoginFailure.id.in_(tries)))
            session.commit()
            wait = made[1] + timedelta(seconds=THROTTLE_WINDOW_S) - datetime.now(UTC)
            raise TooManyLoginsError(retry_after_s=max(1, round(wait.total_seconds())))


def verify(session: Session, login: str, password: str, *, demo_allowed: bool) -> int:
    """Return the account's id where login and password are right; WrongLoginError otherwise.

    A login that does not exist costs the same time as a wrong password.
    """
    row = session.execute(
        select(AccountRow.id, AccountRow.password_hash).where(
            AccountRow.login == login.strip().lower(),
            AccountRow.disabled_at.is_(None),
            true() if demo_allowed else AccountRow.is_demo.is_(False),
        )
    ).one_or_none()
    stored = _nobodys_hash() if row is None else row.password_hash
    try:
        _hasher().verify(stored, password[: PASSWORD_MAX_LENGTH + 1])
    except VerificationError:
        raise WrongLoginError(field="password") from None
    if row is None:
        raise WrongLoginError(field="password")
    return int(row.id)


def start_session(session: Session, account_id: int, hours: int, tries: list[int]) -> NewSession:
    """Log an account in; forget its try, and all sessions that have ended."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.execute(delete(LoginSession).where(LoginSession.expires_at < func.now()))
    session.execute(delete(LoginFailure).where(LoginFailure.id.in_(tries)))
    session.execute(
        insert(LoginSession).values(
            token_hash=_digest(token),
            account_id=account_id,
            expires_at=datetime.now(UTC) + timedelta(hours=hours),
        )
    )
    return NewSession(
        token=token, csrf_token=csrf_token(token), account=_account(session, account_id)
    )


def who(session: Session, token: str, *, demo_allowed: bool) -> Account | None:
    """Return whose session a token is; None where it has ended or never was."""
    account_id = session.scalars(
        select(LoginSession.account_id)
        .join(AccountRow)
        .where(
            LoginSession.token_hash == _digest(token),
            LoginSession.expires_at > func.now(),
            AccountRow.disabled_at.is_(None),
            true() if demo_allowed else AccountRow.is_demo.is_(False),
        )
    ).one_or_none()
    return None if account_id is None else _account(session, account_id)


def csrf_token(token: str) -> str:
    """Derive what must come with every write from the session's secret, which no script reads."""
    return hashlib.sha256(b"csrf:" + token.encode()).hexdigest()


def is_csrf_token(token: str, given: str | None) -> bool:
    """Whether a write carries the token of its session."""
    return given is not None and secrets.compare_digest(csrf_token(token).encode(), given.encode())


def end_session(session: Session, token: str) -> None:
    """Log out."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == _digest(token)))


def may_edit(account: Account | None) -> ColumnElement[bool]:
    """Return the condition on stations that keeps those which this person may edit.

    An administrator edits all; a manager those of the areas in the scope, and of all areas below
    them, and single ones; everybody else none. What an undone import had added is nobody's.
    """
    if account is None or account.role not in {"administrator", "manager"}:
        return false()
    is_there = StationTable.withdrawn.is_(False)
    if account.role == "administrator":
        return is_there
    areas = areas_in_scope(account)
    single = select(AccountScope.station_code).where(AccountScope.account_id == account.id)
    return is_there & or_(
        StationTable.area_code.in_(areas),
        StationTable.town_code.in_(areas),
        StationTable.code.in_(single.where(AccountScope.station_code.is_not(None))),
    )


def areas_in_scope(account: Account) -> Select[tuple[str | None]]:
    """Select the areas that a manager looks after, and all areas below them."""
    areas = (
        select(AccountScope.area_code.label("code"))
        .where(AccountScope.account_id == account.id, AccountScope.area_code.is_not(None))
        .cte(recursive=True)
    )
    areas = areas.union(select(Area.code).join(areas, Area.parent_code == areas.c.code))
    return select(areas.c.code)


def _account(session: Session, account_id: int) -> Account:
    row = session.execute(select(AccountRow).where(AccountRow.id == account_id)).scalar_one()
    scopes = session.execute(
        select(
            AccountScope.area_code,
            AccountScope.station_code,
            func.coalesce(Area.name, StationTable.name, literal("")),
        )
        .outerjoin(Area, Area.code == AccountScope.area_code)
        .outerjoin(StationTable, StationTable.code == AccountScope.station_code)
        .where(AccountScope.account_id == account_id)
        .order_by(AccountScope.area_code, AccountScope.station_code)
    )
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        role=row.role,
        scope=tuple(Scope(*scope) for scope in scopes),
    )


def _check_password(password: str) -> None:
    if not PASSWORD_MIN_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
        raise InvalidInputError(
            field="password",
            problem_zh=f"密码须为 {PASSWORD_MIN_LENGTH} 到 {PASSWORD_MAX_LENGTH} 个字符",
            problem_en=f"{PASSWORD_MIN_LENGTH} to {PASSWORD_MAX_LENGTH} characters",
        )


def _check_scope(session: Session, areas: tuple[str, ...], stations: tuple[str, ...]) -> None:
    for field, codes, column in (
        ("area", areas, Area.code),
        ("station", stations, StationTable.code),
    ):
        missing = set(codes) - set(session.scalars(select(column).where(column.in_(codes))))
        if missing:
            raise InvalidInputError(
                field=field,
                problem_zh=f"没有编号 {'、'.join(sorted(missing))}",
                problem_en=f"there is no {', '.join(sorted(missing))}",
            )


def _throttle_keys(login: str, address: str) -> list[tuple[bytes, int]]:
    """Return the hashes under which failures are counted, and how many each may have."""
    login = login.strip().lower()
    return [
        (_digest(f"both:{login}:{address}"), MAX_TRIES_PER_LOGIN_AND_ADDRESS),
        (_digest(f"login:{login}"), MAX_TRIES_PER_LOGIN),
        (_digest(f"address:{address}"), MAX_TRIES_PER_ADDRESS),
    ]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
