"""The change feed: what became of public stations since a version of the register.

The feed is the register itself, read in the order of (register version, code) of each station's
latest change, so no log can disagree with it. Versions are committed in their order (see
`register.next_version`): whoever has read up to a place in that order has missed nothing before it,
and whatever changes later moves to its end. A station that the reader may hold and that is public
no longer is a tombstone; one that the reader was never shown is nothing at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from stations import search
from stations.errors import InvalidInputError
from stations.register import current_version
from stations.station import Station
from stations.tables import Station as Row
from stations.tables import StationHistory


@dataclass(frozen=True)
class Place:
    """How far a reader has come: everything up to (register_version, code) has been read.

    `began_at` is the register's version when its first page was made: what went out of public sight
    after that may be among what the reader has from earlier pages.
    """

    began_at: int
    register_version: int
    code: str


@dataclass(frozen=True)
class Change:
    """A public station as it is now, or the tombstone of one that is public no longer.

    `version` is the station's own; that of a tombstone is the one in which it went, so that nothing
    can be read from it of what was done to the station out of public sight.
    """

    op: Literal["upsert", "delete"]
    code: str
    version: int
    register_version: int
    changed_at: datetime
    station: Station | None


@dataclass(frozen=True)
class Page:
    """Changes in their order. `after` is where the next page begins; None: there is none yet."""

    data_version: int
    changes: tuple[Change, ...]
    after: Place | None


def changes(session: Session, since: int, after: Place | None, limit: int) -> Page:
    """Return up to `limit` changes of public stations after the version `since`.

    The session must see one snapshot (`database.read_session`). Raises InvalidInputError naming
    `since` or `cursor` where the register has not come as far: it was restored from a backup.
    """
    version = current_version(session)
    place = after or Place(began_at=version, register_version=since, code="")
    furthest = max(place.began_at, place.register_version)
    for field, claimed in (("since", since), ("cursor", furthest)):
        if claimed > version:
            raise _ahead_error(field, claimed, version)
    found = _after(session, since, place, limit + 1)
    page = found[:limit]
    stations = {
        station.code: station
        for station in search.some(
            session, [row.code for row in page if row.is_public], search.IS_PUBLIC
        )
    }
    went = _versions_of_going(session, [row.code for row in page if not row.is_public])
    last = page[-1] if len(found) > limit else None
    return Page(
        data_version=version,
        changes=tuple(
            Change(
                op="upsert" if row.is_public else "delete",
                code=row.code,
                version=row.version if row.is_public else went.get(row.code, row.version),
                register_version=row.register_version,
                changed_at=row.updated_at,
                station=stations.get(row.code),
            )
            for row in page
        ),
        after=None if last is None else Place(place.began_at, last.register_version, last.code),
    )


def _after(session: Session, since: int, place: Place, limit: int) -> list[Any]:
    """Read on in the order of (register_version, code).

    First the rest of the version in which the place lies, which after a big import is all of it:
    one walk of an index, where the order of both together would sort it for every page.
    """
    same = Row.register_version == place.register_version
    within = select(*_KEYS).where(same, Row.code > place.code).order_by(Row.code)
    later = (
        select(*_KEYS)
        .where(Row.register_version > place.register_version)
        .order_by(Row.register_version, Row.code)
    )
    told = _is_told(since, place.began_at)
    found: list[Any] = []
    if place.code:  # without one, the whole version has been read
        found += session.execute(within.where(told).limit(limit)).all()
    if len(found) < limit:
        found += session.execute(later.where(told).limit(limit - len(found))).all()
    return found


_KEYS = (Row.code, Row.version, Row.register_version, Row.is_public, Row.updated_at)


def _is_told(since: int, began_at: int) -> ColumnElement[bool]:
    """Keep public stations, and those which the reader may hold from before or earlier pages."""
    seen_meanwhile = (
        select(StationHistory.version)
        .where(
            StationHistory.station_code == Row.code,
            StationHistory.register_version > began_at,
            StationHistory.was_public.is_(true()),
        )
        .exists()
    )
    held = or_(_was_public_at(since), _was_public_at(began_at), seen_meanwhile)
    return or_(Row.is_public.is_(true()), and_(Row.is_public.is_(false()), held))


def _was_public_at(register_version: int) -> ColumnElement[bool]:
    """Whether the station was public when the register had this version; nothing was in 0."""
    if register_version == 0:
        return false()
    return (
        select(StationHistory.was_public)
        .where(
            StationHistory.station_code == Row.code,
            StationHistory.register_version <= register_version,
        )
        .order_by(StationHistory.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def _versions_of_going(session: Session, codes: Sequence[str]) -> dict[str, int]:
    """Return the station version in which each of these was public no longer."""
    public = aliased(StationHistory)
    last_public = (
        select(public.version)
        .where(public.station_code == StationHistory.station_code, public.was_public.is_(true()))
        .order_by(public.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(StationHistory.station_code, func.min(StationHistory.version))
        .where(StationHistory.station_code.in_(codes), StationHistory.version > last_public)
        .group_by(StationHistory.station_code)
    )
    return {code: int(version) for code, version in rows}


def _ahead_error(field: str, claimed: int, version: int) -> InvalidInputError:
    return InvalidInputError(
        field=field,
        problem_zh=f"登记册现在是第 {version} 版，还没有第 {claimed} 版；"
        "也许刚从备份恢复，请从 since=0 重新开始",
        problem_en=f"the register is at version {version} and has not come to {claimed}; "
        "it may have been restored from a backup: start anew from since=0",
    )
