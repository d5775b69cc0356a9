"""Kept columns of reach: minutes by street to one position, counted once and shared.

A column hangs on the cells, the network, the profile, the limit and the position, and on nothing
else that an edit of a listing changes: a station that moves costs one column, other edits none.
"""

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.network import Column
from stations.tables import ReachColumn, ReachTerms

MAX_TERMS = 8
"""An e-bike's hour over a city is some 100 MB; a walker's quarter of one is 1 MB."""

SPARE = 100
"""So many columns that nobody stands on any more may stay, and as many as are used."""

Position = tuple[float, float]
"""Longitude and latitude, WGS-84 degrees, as PostGIS has them."""


def load(session: Session, key: str, positions: Collection[Position]) -> dict[Position, Column]:
    """Return those columns of some positions that are kept under these terms."""
    row = ReachColumn
    query = select(row.lon, row.lat, row.cells, row.minutes).where(row.terms_key == key)
    wanted = set(positions)
    return {
        (lon, lat): Column(
            np.frombuffer(cells, dtype="<i4").astype(np.int64),
            np.frombuffer(minutes, dtype="<f8"),
        )
        for lon, lat, cells, minutes in session.execute(query)
        if (lon, lat) in wanted
    }


def keep(session: Session, key: str, columns: Mapping[Position, Column]) -> None:
    """Keep columns, perhaps none, under terms that are in use; let go of those used least."""
    session.execute(text("LOCK TABLE reach_terms IN SHARE ROW EXCLUSIVE MODE"))
    used = insert(ReachTerms).values(key=key)
    session.execute(
        used.on_conflict_do_update(index_elements=["key"], set_={"used_at": func.now()})
    )
    rows = [
        {
            "terms_key": key,
            "lon": lon,
            "lat": lat,
            "cells": column.rows.astype("<i4").tobytes(),
            "minutes": column.minutes.astype("<f8").tobytes(),
        }
        for (lon, lat), column in columns.items()
    ]
    if rows:
        session.execute(insert(ReachColumn).on_conflict_do_nothing(), rows)
    least_used = (
        select(ReachTerms.key).order_by(ReachTerms.used_at.desc(), ReachTerms.key).offset(MAX_TERMS)
    )
    session.execute(delete(ReachTerms).where(ReachTerms.key.in_(least_used)))


def mark_used(session: Session, key: str) -> None:
    """Remember that somebody asks under these terms, who has their columns in memory."""
    row = ReachTerms
    session.execute(update(row).where(row.key == key).values(used_at=func.now()))


def forget_others(session: Session, key: str, positions: Collection[Position]) -> None:
    """Let go of columns to other positions, if there are more of them than are worth keeping."""
    row = ReachColumn
    count = session.scalar(select(func.count()).where(row.terms_key == key)) or 0
    if count > 2 * len(positions) + SPARE:
        session.execute(
            delete(row).where(row.terms_key == key, tuple_(row.lon, row.lat).not_in(positions))
        )
