"""What the directory reads of the register: everything once, and then what changed."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from stations.search import IS_PUBLIC
from stations.station import Station
from stations.station_rows import station_of, stations_query
from stations.tables import Area
from stations.tables import Station as Row

ROWS_AT_A_TIME = 2_000


def area_names(session: Session) -> dict[str, str]:
    """Return the names of all areas, which stations are shown with."""
    return {row.code: row.name for row in session.execute(select(Area.code, Area.name))}


def count_public(session: Session) -> int:
    """Count the public stations."""
    return session.scalars(select(func.count()).select_from(Row).where(IS_PUBLIC)).one()


def cuts(session: Session, parts: int, count: int) -> list[str]:
    """Return the codes at which so many public stations fall into parts of about equal size."""
    codes = select(Row.code).where(IS_PUBLIC).order_by(Row.code).limit(1)
    found = (session.scalar(codes.offset(count * part // parts)) for part in range(1, parts))
    return [code for code in found if code is not None]


def everything(
    session: Session, from_code: str | None = None, before_code: str | None = None
) -> Iterator[Station]:
    """Yield all public stations in the order of codes, or those of a part, as they come."""
    query = stations_query().where(IS_PUBLIC).order_by(Row.code)
    if from_code is not None:
        query = query.where(Row.code >= from_code)
    if before_code is not None:
        query = query.where(Row.code < before_code)
    # by the connection: the session's own rows take longer, and are the same
    for row in session.connection().execute(query.execution_options(yield_per=ROWS_AT_A_TIME)):
        yield station_of(row)


def changed_since(
    session: Session, version: int, most: int
) -> tuple[list[Station], list[str]] | None:
    """Return the stations that changed after a version: the public ones, and others' codes.

    None where more than `most` did.
    """
    changed = Row.register_version > version
    codes = session.execute(
        select(Row.code, Row.is_public).where(changed).order_by(Row.code).limit(most + 1)
    ).all()
    if len(codes) > most:
        return None
    query = stations_query().where(changed, IS_PUBLIC).order_by(Row.code)
    public = [station_of(row) for row in session.execute(query)]
    return public, [row.code for row in codes if not row.is_public]
