"""People who may log in, what they may edit, and their sessions."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table, one_of


class Account(Table):
    """A person who may log in."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("login = lower(login) AND login <> ''", name="login_lower"),
        CheckConstraint(one_of("role", ("administrator", "planner", "manager")), name="role"),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="argon2id"),
        UniqueConstraint("login"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(server_default=text("false"))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AccountScope(Table):
    """What a manager may edit: all stations of an area, or one station."""

    __tablename__ = "account_scopes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(area_code, station_code) = 1", name="area_or_station"),
        UniqueConstraint(
            "account_id", "area_code", "station_code", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    station_code: Mapped[str | None] = mapped_column(ForeignKey("stations.code"))


class LoginSession(Table):
    """A logged-in browser. Only hashes of its secrets are kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_expires_at", "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class LoginFailure(Table):
    """A failed log-in, by the hash of what is throttled: a login, or a client's address."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_key_failed_at", "key", "failed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
