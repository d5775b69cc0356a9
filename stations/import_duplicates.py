"""Rows that would add a place which the register, or an earlier row of the file, has already.

Two places of a kind that lie within 25 m of each other are a sure duplicate, those within 50 m with
similar names a possible one. Each is a remark: two shops of a mall are near each other as well, and
no place may be lost. One case is refused, since the register must not list a place twice: a row
that would add a station within 25 m of one that is there already, of the same name, or with the
same in it that is particular (85 of 100 alike, the same numbers). It is taken in all the same

* where the row has a code, or the same source tells the two apart by its own ids,
* where another row of the file speaks of the station that is there,
* where the station that is there was closed for good, or
* with `--accept-duplicates`.

Rows without a position are compared by name, address and way in: the same in all is a possible
duplicate, for one hospital has rooms on several floors.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, any_, cast, func, literal, select
from sqlalchemy.orm import Session

from geo import cells
from geo.coordinates import Datum, convert_arrays, earth_centred
from stations.area_names import spelt
from stations.import_report import Line, refusal, remark, shown
from stations.place_matching import (
    ALIKE,
    NEAR_M,
    SURE_M,
    Names,
    Place,
    is_particularly_alike,
    likeness,
    names_of,
)
from stations.placing import CELL_RES
from stations.row_plan import Plan
from stations.station import Status
from stations.tables import Station

NEIGHBOURS = 32
"""A row is compared with so many of its nearest: a file of one point must not take hours."""

# Any cell within 50 m of a point holds one of eight points 75 m round it: its corners are blunt.
ROUND_M = 75.0
METRES_PER_DEGREE = 111_000.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Near:
    """A place that a row may be, in the register (`code`) or earlier in the file (`number`)."""

    code: str | None
    number: int | None
    name: str
    metres: float
    likeness: float
    is_same_name: bool
    refuses: bool

    @property
    def is_sure(self) -> bool:
        """Whether it is too near to be another place of that kind."""
        return self.metres <= SURE_M


@dataclass(frozen=True)
class Known:
    """A listing near a row. `tells_apart`: the source of this file gave it an id of its own."""

    code: str
    names: Names
    name: str
    kinds: frozenset[str]
    is_closed: bool
    tells_apart: bool


def find(
    session: Session, plans: Sequence[Plan], *, source_code: str, accepting: bool
) -> list[Line]:
    """Remark on rows that may add a place twice; refuse those that surely do, unless accepting."""
    new = [plan for plan in plans if plan.is_new and plan.refused is None and plan.same_as is None]
    spoken_of = {plan.existing.code for plan in plans if plan.existing is not None}
    lines: list[Line] = []
    placed = [plan for plan in new if plan.row.position is not None]
    for plan, near in _nearest(session, placed, source_code, spoken_of):
        if near.refuses and not accepting:
            plan.refused = _refusal(plan, near)
        else:
            lines.append(_remark(plan, near))
    unplaced = [plan for plan in new if plan.row.position is None and plan.row.address]
    return [*lines, *_same_addresses(session, unplaced)]


def _nearest(
    session: Session, plans: Sequence[Plan], source_code: str, spoken_of: set[str]
) -> Iterator[tuple[Plan, Near]]:
    """Yield each row that is near a place, with the one that it most likely is."""
    if not plans:
        return
    lon, lat = _wgs84(plans)
    codes, there_lon, there_lat = _around(session, lon, lat)
    points = earth_centred(np.concatenate([there_lon, lon]), np.concatenate([there_lat, lat]))
    tree = cKDTree(points)
    count = min(NEIGHBOURS + 1, len(points))
    neighbours = tree.query(
        points[len(codes) :], k=[*range(1, count + 1)], distance_upper_bound=NEAR_M + 1
    )
    metres, found = np.asarray(neighbours[0]), np.asarray(neighbours[1])
    is_near = (metres <= NEAR_M) & (found != np.arange(len(codes), len(points))[:, None])
    touched = sorted({codes[j] for j in np.unique(found[is_near]).tolist() if j < len(codes)})
    known = {each.code: each for each in _known(session, touched, source_code)}
    names = {}
    for i in np.flatnonzero(is_near.any(axis=1)).tolist():
        plan = plans[i]
        best: Near | None = None
        for place in np.flatnonzero(is_near[i]).tolist():
            j = int(found[i, place])
            if j - len(codes) >= i:
                continue  # a later row tells of this one
            for each in (i, j - len(codes)):
                if each >= 0 and each not in names:
                    names[each] = _names_of_row(plans[each])
            if j < len(codes):
                near = _near_listing(
                    plan, names[i], known[codes[j]], float(metres[i, place]), spoken_of
                )
            else:
                near = _near_row(
                    plan, names[i], plans[j - len(codes)], names[j - len(codes)],
                    float(metres[i, place]),
                )  # fmt: skip
            if near is not None and (best is None or _rank(near) > _rank(best)):
                best = near
        if best is not None:
            yield plan, best


def _rank(near: Near) -> tuple[bool, bool, float, float]:
    return (near.refuses, near.is_sure, near.likeness, -near.metres)


def _wgs84(plans: Sequence[Plan]) -> tuple[Floats, Floats]:
    lon, lat = np.empty(len(plans)), np.empty(len(plans))
    given = [plan.row.position for plan in plans]
    for datum in Datum:
        at = [i for i, each in enumerate(given) if each is not None and each.datum is datum]
        points = [each.point for i in at if (each := given[i]) is not None]
        if at:
            lon[at], lat[at] = convert_arrays(
                [point.lon for point in points], [point.lat for point in points], datum, Datum.WGS84
            )
    return lon, lat


def _around(session: Session, lon: Floats, lat: Floats) -> tuple[list[str], Floats, Floats]:
    """Return code and position of the listings in the cells that lie within 50 m of any point."""
    angles = np.radians(np.arange(0, 360, 45))
    across = ROUND_M / METRES_PER_DEGREE / np.maximum(np.cos(np.radians(lat)), 0.01)
    lons = [lon, *(lon + across * np.cos(angle) for angle in angles)]
    lats = [lat, *(lat + ROUND_M / METRES_PER_DEGREE * np.sin(angle) for angle in angles)]
    near = np.unique(
        cells.cells_of(np.concatenate(lons), np.clip(np.concatenate(lats), -90, 90), CELL_RES)
    )
    query = (
        select(Station.code, func.ST_X(Station.geom), func.ST_Y(Station.geom))
        .where(
            Station.h3_9
            == any_(cast(literal(near.tolist(), ARRAY(BigInteger)), ARRAY(BigInteger))),
            Station.withdrawn.is_(False),
        )
        .order_by(Station.code)
    )
    rows = session.execute(query).all()
    codes = [row[0] for row in rows]
    return codes, np.array([row[1] for row in rows]), np.array([row[2] for row in rows])


def _known(session: Session, codes: Sequence[str], source_code: str) -> Iterator[Known]:
    query = select(
        Station.code,
        Station.name,
        Station.aliases,
        Station.kind,
        Station.also_kinds,
        Station.status,
        Station.source_code,
        Station.source_key,
    ).where(_among(codes))
    for row in session.execute(query):
        has_id = row.source_key is not None and not row.source_key.startswith("sha256:")
        yield Known(
            code=row.code,
            names=names_of(Place(row.code, row.name, tuple(row.aliases))),
            name=row.name,
            kinds=frozenset({row.kind, *row.also_kinds}),
            is_closed=row.status == Status.CLOSED,
            tells_apart=row.source_code == source_code and has_id,
        )


def _names_of_row(plan: Plan) -> Names:
    return names_of(Place("", plan.row.name, plan.row.aliases or ()))


def _kinds(plan: Plan) -> frozenset[str]:
    return frozenset({plan.row.kind, *(plan.row.also_kinds or ())})


def _near_listing(
    plan: Plan, names: Names, known: Known, metres: float, spoken_of: set[str]
) -> Near | None:
    alike = likeness(names, known.names)
    if not _kinds(plan) & known.kinds or (metres > SURE_M and alike < ALIKE):
        return None
    same = _is_same_name(names, known.names)
    distinct = (
        plan.row.code is not None
        or (known.tells_apart and plan.row.source_id is not None)
        or known.is_closed
        or known.code in spoken_of
    )
    refuses = metres <= SURE_M and same and not distinct
    return Near(known.code, None, known.name, metres, alike, same, refuses)


def _near_row(
    plan: Plan, names: Names, other: Plan, other_names: Names, metres: float
) -> Near | None:
    alike = likeness(names, other_names)
    if not _kinds(plan) & _kinds(other) or (metres > SURE_M and alike < ALIKE):
        return None
    same = _is_same_name(names, other_names)
    return Near(None, other.number, other.row.name, metres, alike, same, refuses=False)


def _is_same_name(one: Names, other: Names) -> bool:
    """Whether names are equal, or what is particular in them is, but for a slip of the pen."""
    if set(one.whole) & set(other.whole):
        return True
    return is_particularly_alike(one, other)


def _place_words(near: Near) -> tuple[str, str]:
    name = shown(near.name)
    if near.code is not None:
        return f"{near.code}“{name}”", f"{near.code} “{name}”"
    return f"第 {near.number} 行“{name}”", f"row {near.number} “{name}”"


def _refusal(plan: Plan, near: Near) -> Line:
    zh, en = _place_words(near)
    return refusal(
        plan.number,
        "position",
        f"离 {zh} {near.metres:.0f} 米，名称也一样，多半是同一个地点，没有重复添加。"
        "是它就填上它的编码；是两个地方，请选择照收（--accept-duplicates）",
        f"{near.metres:.0f} m from {en} and of the same name: most likely one place, so it was not "
        "added again. Give the row that code, or take it in as another place "
        "(--accept-duplicates)",
        code="duplicate_sure",
    )


def _remark(plan: Plan, near: Near) -> Line:
    zh, en = _place_words(near)
    if near.is_sure:
        return remark(
            plan.number,
            "position",
            f"离 {zh} 只有 {near.metres:.0f} 米，同类：看是不是同一个地点",
            f"only {near.metres:.0f} m from {en}, of the same kind: check whether it is one place",
            code="duplicate_sure",
        )
    return remark(
        plan.number,
        "position",
        f"离 {zh} {near.metres:.0f} 米，名称相近：可能是同一个地点",
        f"{near.metres:.0f} m from {en}, of a similar name: it may be one place",
        code="duplicate_possible",
    )


def _same_addresses(session: Session, plans: Sequence[Plan]) -> list[Line]:
    """Remark on rows without a position whose name, address and way in are known already."""
    seen: dict[tuple[str, ...], Near] = {}
    for code, kind, *said in _named(session, [plan.row.name for plan in plans]):
        near = Near(code, None, said[0] or "", 0, 100, is_same_name=True, refuses=False)
        seen.setdefault((kind, *(spelt(each or "") for each in said)), near)
    lines = []
    for plan in plans:
        row = plan.row
        key = row.kind, *(spelt(each or "") for each in (row.name, row.address, row.way_in))
        near = seen.setdefault(
            key, Near(None, plan.number, row.name, 0, 100, is_same_name=True, refuses=False)
        )
        if near.number == plan.number:
            continue
        zh, en = _place_words(near)
        lines.append(
            remark(
                plan.number,
                "address",
                f"名称和地址与 {zh} 一样：可能是同一个地点",
                f"name and address are those of {en}: it may be one place",
                code="duplicate_possible",
            )
        )
    return lines


def _named(
    session: Session, names: Iterable[str]
) -> Iterator[tuple[str, str, str | None, str | None, str | None]]:
    """Yield code, kind, name, address and way in of listings of these names with an address."""
    wanted = sorted(set(names))
    if not wanted:
        return
    query = (
        select(Station.code, Station.kind, Station.name, Station.address, Station.way_in)
        .where(
            Station.name == any_(cast(literal(wanted, ARRAY(Text)), ARRAY(Text))),
            Station.address.is_not(None),
            Station.withdrawn.is_(False),
        )
        .order_by(Station.code)
    )
    for row in session.execute(query):
        yield row.code, row.kind, row.name, row.address, row.way_in


def _among(codes: Sequence[str]) -> ColumnElement[bool]:
    return Station.code == any_(cast(literal(list(codes), ARRAY(Text)), ARRAY(Text)))
