"""Exports: which stations, in which datum, read in one snapshot, a few at a time.

`export_columns.py` says what is said of each, `export_files.py` writes the files.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat, convert_arrays
from stations import areas, search
from stations.areas import ListedArea, SourceRow
from stations.register import current_version
from stations.station import Station
from stations.tables import Area
from stations.tables import Station as Row

DECIMALS = 7
"""Within a centimetre, which an import takes for the same place (`matching.is_unmoved`)."""


@dataclass(frozen=True)
class Wanted:
    """Which stations, in which datum and language. `visible` is what the reader may see."""

    visible: ColumnElement[bool] = search.IS_PUBLIC
    kinds: tuple[str, ...] = ()
    area: str | None = None
    crs: Datum = Datum.WGS84
    lang: str = "zh"

    @property
    def is_public(self) -> bool:
        """Whether only what everybody may see is wanted."""
        return self.visible is search.IS_PUBLIC


@dataclass(frozen=True)
class Exported:
    """One station with its position in the datum wanted, rounded; None while it is unplaced."""

    station: Station
    point: LonLat | None
    source: SourceRow
    district: str | None
    town: str | None


@dataclass(frozen=True)
class Contents:
    """What an export holds: the register's version, the sources it names, and the stations.

    `stations` reads them from the database while it is walked, ordered by code, once.
    """

    wanted: Wanted
    data_version: int
    sources: tuple[SourceRow, ...]
    count: int
    stations: Iterator[Exported]


def contents(session: Session, wanted: Wanted) -> Contents:
    """Return what is wanted. The session must see one snapshot (`database.read_session`).

    Raises AreaNotFoundError naming `area`.
    """
    if wanted.area is not None:
        areas.get_area(session, wanted.area)
    conditions = [wanted.visible, Row.withdrawn.is_(False), *_conditions(wanted)]
    counts = {
        row.source_code: row.count
        for row in session.execute(
            select(Row.source_code, func.count().label("count"))
            .where(*conditions)
            .group_by(Row.source_code)
        ).mappings()
    }
    sources = [source for source in areas.every_source(session) if source.code in counts]
    return Contents(
        wanted=wanted,
        data_version=current_version(session),
        sources=tuple(sources),
        count=sum(counts.values()),
        stations=_stations(session, conditions, wanted.crs, sources),
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.kinds:
        yield or_(Row.kind.in_(wanted.kinds), Row.also_kinds.overlap(list(wanted.kinds)))
    if wanted.area is not None:
        within = select(Area.code).where(Area.code == wanted.area).cte("within", recursive=True)
        within = within.union(select(Area.code).join(within, Area.parent_code == within.c.code))
        codes = select(within.c.code)
        yield or_(Row.area_code.in_(codes), Row.town_code.in_(codes))


def _stations(
    session: Session,
    conditions: list[ColumnElement[bool]],
    crs: Datum,
    sources: list[SourceRow],
) -> Iterator[Exported]:
    by_code = {source.code: source for source in sources}
    known = {area.code: area for area in areas.list_areas(session)}
    for some in search.walk(session, conditions):
        points = [each.point or LonLat(math.nan, math.nan) for each in some]
        lons, lats = convert_arrays(
            [point.lon for point in points], [point.lat for point in points], Datum.WGS84, crs
        )
        for station, lon, lat in zip(some, lons.tolist(), lats.tolist(), strict=True):
            point = LonLat(round(lon, DECIMALS), round(lat, DECIMALS))
            yield Exported(
                station=station,
                point=None if station.point is None else point,
                source=by_code[station.source],
                district=_name_at("district", station, known),
                town=_name_at("town", station, known),
            )


def _name_at(level: str, station: Station, known: dict[str, ListedArea]) -> str | None:
    """Return the name of the district or town that a station lies in, as far as is known."""
    code = station.town_code or (station.area.code if station.area else None)
    while code is not None and known[code].level != level:
        code = known[code].parent_code
    return None if code is None else known[code].name
