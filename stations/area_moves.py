"""Finds anew the areas of what has a position, where boundaries were replaced.

Events are locked before stations and both before the register, as every writer of them does.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, func, select, update
from sqlalchemy.orm import Session

from geo.coordinates import Datum, LonLat
from stations import event_writes, history, placing, search_index
from stations.station import GivenPosition
from stations.tables import Area, Event, Station

Rows = type[Event] | type[Station]


@dataclass(frozen=True)
class Moved:
    """New areas and towns by code, of rows that are locked until the transaction ends."""

    events: dict[str, dict[str, Any]]
    stations: dict[str, dict[str, Any]]


def find(session: Session) -> Moved:
    """Return what lies in another area than it says, under the boundaries that are stored now."""
    query = select(Area.code, Area.parent_code)
    parents = {row.code: row.parent_code for row in session.execute(query)}
    return Moved(_moved(session, Event, parents), _moved(session, Station, parents))


def write(session: Session, moved: Moved, version: int) -> None:
    """Write the new areas as of a register version, each with its history."""
    for table, changes in ((Event, moved.events), (Station, moved.stations)):
        alike: dict[tuple[tuple[str, Any], ...], list[str]] = defaultdict(list)
        for code, columns in changes.items():
            alike[tuple(sorted(columns.items()))].append(code)
        for new, codes in alike.items():
            session.execute(
                update(table)
                .where(_among(table, codes))
                .values(
                    **dict(new),
                    version=table.version + 1,
                    register_version=version,
                    updated_at=func.now(),
                )
            )
    event_writes.record(session, list(moved.events), "updated", version, None)
    stations = list(moved.stations)
    history.record(session, stations, action="updated", register_version=version, account_id=None)
    search_index.refresh(session, stations)


def _moved(
    session: Session, table: Rows, parents: dict[str, str | None]
) -> dict[str, dict[str, Any]]:
    """Lock the rows that move, in the order of codes, and return their new columns."""
    wrong = _wrong(session, table)
    if not wrong:
        return {}
    session.execute(
        select(table.code).where(_among(table, wrong)).order_by(table.code).with_for_update()
    )
    changes = _wrong(session, table, wrong)  # somebody may have moved one before it was locked
    towns = select(table.code, table.town_code).where(_among(table, changes))
    for row in session.execute(towns):
        area = changes[row.code]["area_code"]
        if row.town_code is not None and not _holds(parents, row.town_code, area):
            changes[row.code]["town_code"] = None
    return changes


def _wrong(
    session: Session, table: Rows, codes: Iterable[str] | None = None
) -> dict[str, dict[str, Any]]:
    query = select(
        table.code, table.given_lon, table.given_lat, table.given_datum, table.area_code
    ).where(table.given_datum.is_not(None))
    if codes is not None:
        query = query.where(_among(table, codes))
    rows = session.execute(query.order_by(table.code)).all()
    positions = [
        GivenPosition(LonLat(row.given_lon, row.given_lat), Datum(row.given_datum)) for row in rows
    ]
    return {
        row.code: {"area_code": found.area_code}
        for row, found in zip(rows, placing.place(session, positions), strict=True)
        if found.area_code != row.area_code
    }


def _among(table: Rows, codes: Iterable[str]) -> ColumnElement[bool]:
    """Whether a row has one of the codes: an array is one parameter, however many there are."""
    return table.code == any_(cast(list(codes), ARRAY(Text)))


def _holds(parents: dict[str, str | None], town: str, area: str | None) -> bool:
    """Whether a town may be one of a position in this area: itself, or one of its district."""
    while area is not None:
        if area in (town, parents.get(town)):
            return True
        area = parents.get(area)
    return False
