"""What inspectors found at stations that no other column holds."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table


class Assessment(Table):
    """One answer about one station on one day; only ever added to.

    Of a fact's answers the one of the latest day holds, of one day the one written last. Neither
    `yes` nor `number`: it is not known any more, which takes a mistaken answer back.
    """

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint("num_nonnulls(yes, number) <= 1", name="one_answer"),
        CheckConstraint("fact ~ '^[a-z][a-z0-9_]*$'", name="fact"),
        CheckConstraint(
            "number BETWEEN '-1e15'::double precision AND '1e15'::double precision", name="finite"
        ),
        # the answer that holds, of one station and of all, read from the index alone
        Index(
            "ix_assessments_latest",
            "station_code",
            "fact",
            text("checked_on DESC"),
            text("id DESC"),
            postgresql_include=["yes", "number"],
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    station_code: Mapped[str] = mapped_column(ForeignKey("stations.code"))
    fact: Mapped[str]
    yes: Mapped[bool | None]
    number: Mapped[float | None] = mapped_column(Double)
    checked_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str | None]
    assessed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    assessed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    register_version: Mapped[int] = mapped_column(BigInteger)
