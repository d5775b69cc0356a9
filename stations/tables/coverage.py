"""What coverage keeps: computed results, columns of reach, and planners' scenarios."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table


class CoverageResult(Table):
    """A computed coverage surface of the root area, shared by all processes."""

    __tablename__ = "coverage_results"

    key: Mapped[str] = mapped_column(primary_key=True)
    data_version: Mapped[int] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any]]
    surface: Mapped[bytes] = mapped_column(LargeBinary)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReachTerms(Table):
    """Under what terms columns of reach were counted: cells, network, profile, speed and limit."""

    __tablename__ = "reach_terms"

    key: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReachColumn(Table):
    """Minutes by street from the cells of a ground to one position, whoever stands there.

    `cells` are places in the ground's ascending cells (int32) and `minutes` float64, both
    little-endian. A station that moves needs another column; any other edit needs none.
    """

    __tablename__ = "reach_columns"

    terms_key: Mapped[str] = mapped_column(
        ForeignKey("reach_terms.key", ondelete="CASCADE"), primary_key=True
    )
    lon: Mapped[float] = mapped_column(Double, primary_key=True)
    lat: Mapped[float] = mapped_column(Double, primary_key=True)
    cells: Mapped[bytes] = mapped_column(LargeBinary)
    minutes: Mapped[bytes] = mapped_column(LargeBinary)


class Scenario(Table):
    """What a planner tried out: a question, and stations added, moved and closed."""

    __tablename__ = "scenarios"
    __table_args__ = (
        CheckConstraint("btrim(name) <> '' AND length(name) <= 100", name="name"),
        UniqueConstraint("account_id", "name"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(server_default=text("false"))
    question: Mapped[dict[str, Any]]
    edits: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
