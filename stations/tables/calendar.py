"""What an administrator says of the calendar, over what the package of holidays knows."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table


class CalendarDay(Table):
    """A date that is worked, or given off."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        CheckConstraint("date >= '2000-01-01' AND date <= '2099-12-31'", name="date"),
        CheckConstraint("btrim(name) <> ''", name="name"),
    )

    date: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str]
    name_en: Mapped[str | None]
    register_version: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CalendarYear(Table):
    """Whether the State Council has published the arrangement of a year."""

    __tablename__ = "calendar_years"
    __table_args__ = (CheckConstraint("year >= 2000 AND year <= 2099", name="year"),)

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    published: Mapped[bool]
    register_version: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
