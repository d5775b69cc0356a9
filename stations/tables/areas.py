"""Areas, their residents, and the cells that their demand is spread over."""

from datetime import date

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table, one_of


class Area(Table):
    """A city, district, town or zone. Towns have names but no shapes here."""

    __tablename__ = "areas"
    __table_args__ = (
        CheckConstraint(one_of("level", ("city", "district", "town", "zone")), name="level"),
        CheckConstraint("parent_code <> code", name="not_its_own_parent"),
        CheckConstraint("ST_IsValid(boundary)", name="boundary_valid"),
        Index("ix_areas_boundary", "boundary", postgresql_using="gist"),
        Index("ix_areas_parent_code", "parent_code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    counts_as_town: Mapped[bool] = mapped_column(server_default=text("false"))
    boundary: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)
    )
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class Population(Table):
    """Residents of an area on a day, as published."""

    __tablename__ = "populations"
    __table_args__ = (CheckConstraint("residents >= 0", name="residents"),)

    area_code: Mapped[str] = mapped_column(ForeignKey("areas.code"), primary_key=True)
    on_date: Mapped[date] = mapped_column(Date, primary_key=True)
    residents: Mapped[int]
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class CellArea(Table):
    """The share of an H3 res-9 cell that lies in a leaf area; stored when areas are loaded."""

    __tablename__ = "cell_area"
    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        Index("ix_cell_area_area_code", "area_code"),
    )

    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(ForeignKey("areas.code"), primary_key=True)
    share: Mapped[float] = mapped_column(Double)


class Demand(Table):
    """Whole residents and outdoor workers of a cell's part in a leaf area."""

    __tablename__ = "demand"
    __table_args__ = (
        ForeignKeyConstraint(["cell", "area_code"], ["cell_area.cell", "cell_area.area_code"]),
        CheckConstraint("residents >= 0 AND workers >= 0", name="not_negative"),
    )

    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    residents: Mapped[int]
    workers: Mapped[int]
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))


class DemandBefore(Table):
    """The rows of `Demand` before the last import of demand: areas may have changed since."""

    __tablename__ = "demand_before"

    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    residents: Mapped[int]
    workers: Mapped[int]
    source_code: Mapped[str]
