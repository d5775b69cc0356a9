"""The register itself: its version, its sources and words, the numbers it has given."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, text
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table


class Register(Table):
    """One row: the register's version, raised in every write transaction.

    It is the data version, the change cursor and the lists' ETag. Its row lock makes the order of
    versions the order of commits, so that a reader of changes misses none.
    """

    __tablename__ = "register"
    __table_args__ = (CheckConstraint("one_row", name="one_row"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Source(Table):
    """Where facts come from, and on what terms."""

    __tablename__ = "sources"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    licence: Mapped[str]
    attribution: Mapped[str]
    url: Mapped[str | None]
    retrieved_on: Mapped[date | None] = mapped_column(Date)


class Term(Table):
    """The words of the taxonomy, copied from its file; a trigger checks stations by them."""

    __tablename__ = "terms"

    facet: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    withheld_when_unknown: Mapped[bool] = mapped_column(server_default=text("false"))


class CodeCounter(Table):
    """The last number given out under a code's prefix. Numbers are never given twice."""

    __tablename__ = "code_counters"
    __table_args__ = (CheckConstraint("last_number >= 0", name="not_negative"),)

    prefix: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)
