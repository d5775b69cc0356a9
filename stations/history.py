"""The history of listings: each version as it was after the change, only ever added to."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, any_, cast, func, insert, literal, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Text

from stations.tables import Station, StationHistory

# What is derived from other columns, or says itself in the history row; no event has `is_public`.
LEFT_OUT = ("position", "geom", "is_public", "version", "register_version", "updated_at")


def values_now(table: Literal["stations", "events"], geom: Any) -> ColumnElement[Any]:
    """Return the columns of a row of this table as JSON, its position as `lon` and `lat`."""
    values = (
        func.to_jsonb(literal_column(table, JSONB))
        .op("-")(cast(literal(list(LEFT_OUT), ARRAY(Text)), ARRAY(Text)))
        .op("||")(func.jsonb_build_object("lon", func.ST_X(geom), "lat", func.ST_Y(geom)))
    )
    return cast(values, JSONB)


def record(
    session: Session,
    codes: Sequence[str],
    *,
    action: Literal["created", "updated", "imported", "undone"],
    register_version: int,
    account_id: int | None,
    import_id: int | None = None,
) -> None:
    """Add the present state of these stations to the history, in one statement."""
    present = select(
        Station.code,
        Station.version,
        literal(register_version, BigInteger),
        literal(action),
        cast(literal(account_id), BigInteger),
        cast(literal(import_id), BigInteger),
        Station.is_public,
        values_now("stations", Station.geom),
    ).where(Station.code == any_(cast(literal(list(codes), ARRAY(Text)), ARRAY(Text))))
    columns = [
        "station_code",
        "version",
        "register_version",
        "action",
        "changed_by",
        "import_id",
        "was_public",
        "values",
    ]
    session.execute(insert(StationHistory).from_select(columns, present))
