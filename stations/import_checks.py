"""Doubts about rows of a file: areas that are not known, and coordinates in another datum.

A position is compared with the boundary of the district that its row claims (by district, town or
address), the given pair being read as WGS-84, GCJ-02 and BD-09. It fits where it lies within 100 m
of the boundary or inside, so that simplified boundaries raise no doubt.

* A row that fits only under another datum than the file's is a remark on that row.
* The file as a whole is warned of a datum under which at least 5 rows fit better, and at least
  three times as many as fit worse. Most rows lie deep inside their district and fit under each
  datum: they say nothing and are not counted.
* A row that fits under none is a remark that it lies elsewhere.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.coordinates import Datum, convert_arrays
from stations import placing
from stations.area_names import AreaNames
from stations.import_report import Line, remark, shown
from stations.row_plan import Plan
from stations.taxonomy import taxonomy

FITS_WITHIN_M = 100.0
BETTER_AT_LEAST = 5
BETTER_TO_WORSE = 3

METRES_PER_DEGREE = 111_320.0

UNKNOWN_AT_LEAST = 5
"""More names than this that are not known here, in most rows that name any, are told once."""

DATUM_NAMES = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}

Flags = NDArray[np.bool_]


def opened_rooms(plans: Sequence[Plan]) -> list[Line]:
    """Remark on rows that let others into a room that was for its staff only."""
    words = taxonomy().access
    lines = []
    for plan in plans:
        if not plan.opened or plan.existing is None or plan.refused is not None or plan.same_as:
            continue
        now = words[plan.values["access"]]
        lines.append(
            remark(
                plan.number,
                "access",
                f"{plan.existing.code} 原来仅供本单位员工，导入后是“{now.zh}”，会公开；请核对",
                f"{plan.existing.code} was for its staff only and becomes “{now.en}”, so it will "
                "be public; please check",
                code="staff_only_opened",
            )
        )
    return lines


def unknown_areas(plans: Sequence[Plan]) -> list[Line]:
    """Remark on names of districts and towns that no area has; on many of them at once."""
    lines = []
    for field, zh in (("district", "区（县、市）"), ("town", "镇街")):
        naming = [plan for plan in plans if getattr(plan.row, field)]
        unknown = [
            (plan, name)
            for plan in naming
            for of_field, name in plan.claim.unknown
            if of_field == field
        ]
        if len(unknown) > UNKNOWN_AT_LEAST and len(unknown) * 2 > len(naming):
            counts = Counter(shown(name) for _plan, name in unknown)
            examples = sorted(counts, key=lambda name: (-counts[name], name))[:5]
            lines.append(
                remark(
                    None,
                    field,
                    f"{len(unknown)} 行写的{zh}不是这里的（共 {len(counts)} 种，如 "
                    f"{'、'.join(examples)}），没有归到任何区域",
                    f"{len(unknown)} rows name a {field} that is not one of here ({len(counts)} "
                    f"names, such as {', '.join(examples)}); they are put into no area by it",
                    code=f"unknown_{field}",
                )
            )
            continue
        lines += [
            remark(
                plan.number,
                field,
                f"没有叫“{shown(name)}”的{zh}，或者有几个同名",
                f"there is no {field} “{shown(name)}”, or several have that name",
                code=f"unknown_{field}",
            )
            for plan, name in unknown
        ]
    return lines


def datums(session: Session, plans: Sequence[Plan], names: AreaNames) -> list[Line]:
    """Compare each position with the district that its row claims, under three datums."""
    claiming = [
        plan for plan in plans if plan.row.position is not None and plan.claim.area_code is not None
    ]
    by_area: dict[str, list[Plan]] = defaultdict(list)
    for plan in claiming:
        if plan.claim.area_code is not None:
            by_area[plan.claim.area_code].append(plan)
    boundaries = placing.boundaries(session, set(by_area))
    lines: list[Line] = []
    better: dict[tuple[Datum, Datum], int] = defaultdict(int)
    worse: dict[tuple[Datum, Datum], int] = defaultdict(int)
    for area_code, boundary in boundaries.items():
        group = by_area[area_code]
        fits = _fits(group, boundary)
        for index, plan in enumerate(group):
            given = plan.row.position
            if given is None:
                continue
            here = bool(fits[given.datum][index])
            others = [datum for datum in Datum if datum is not given.datum and fits[datum][index]]
            for datum in Datum:
                if datum is not given.datum and fits[datum][index] != here:
                    (worse if here else better)[given.datum, datum] += 1
            if not here:
                lines += _doubt(plan, given.datum, others, names)
    return [*_file_warnings(better, worse), *lines]


def _fits(group: Sequence[Plan], boundary: shapely.Geometry) -> Mapping[Datum, Flags]:
    """Return under which datum each position lies in the boundary, or within 100 m of it."""
    points = [plan.row.position.point for plan in group if plan.row.position is not None]
    lon, lat = np.array([point.lon for point in points]), np.array([p.lat for p in points])
    _west, south, _east, north = shapely.bounds(boundary).tolist()
    middle = (south + north) / 2
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(middle)), METRES_PER_DEGREE])
    in_metres = shapely.transform(boundary, lambda xy: xy * scale)
    shapely.prepare(in_metres)
    fits = {}
    for datum in Datum:
        x, y = convert_arrays(lon, lat, datum, Datum.WGS84)
        x, y = x * scale[0], y * scale[1]
        inside = shapely.contains_xy(in_metres, x, y)
        outside = np.flatnonzero(~inside)
        distance_m = shapely.distance(in_metres, shapely.points(x[outside], y[outside]))
        inside[outside] = distance_m <= FITS_WITHIN_M
        fits[datum] = inside
    return fits


def _doubt(plan: Plan, given: Datum, others: Sequence[Datum], names: AreaNames) -> list[Line]:
    area = shown(names.names.get(plan.claim.area_code or "", plan.claim.area_code or ""))
    if others:
        fitting = " / ".join(DATUM_NAMES[datum] for datum in others)
        return [
            remark(
                plan.number,
                "position",
                f"按 {DATUM_NAMES[given]} 位置不在{area}，按 {fitting} 才在；请检查坐标系",
                f"read as {DATUM_NAMES[given]} the position is not in {area}, read as {fitting} it "
                "is: check the datum",
                code="datum_suspect",
            )
        ]
    if plan.claim.origin == "town_code" or plan.claim.town_code is not None:
        return []  # said of the town already
    found = plan.values.get("area_code") or (plan.existing.area_code if plan.existing else None)
    where = names.names.get(found or "", found or "")
    return [
        remark(
            plan.number,
            "position" if plan.claim.origin == "address" else "district",
            f"写的是{area}，位置却{f'在{shown(where)}' if where else '不在任何区域'}",
            f"it says {area}, but the position is in {shown(where) if where else 'no area'}",
            code="district_mismatch",
        )
    ]


def _file_warnings(
    better: Mapping[tuple[Datum, Datum], int], worse: Mapping[tuple[Datum, Datum], int]
) -> list[Line]:
    lines = []
    for given in Datum:
        ranked = sorted(
            (datum for datum in Datum if (given, datum) in better),
            key=lambda datum: worse.get((given, datum), 0) - better[given, datum],
        )
        if not ranked:
            continue
        datum = ranked[0]
        more, fewer = better[given, datum], worse.get((given, datum), 0)
        if more >= BETTER_AT_LEAST and more >= BETTER_TO_WORSE * fewer:
            lines.append(
                remark(
                    None,
                    "datum",
                    f"坐标看起来是 {DATUM_NAMES[datum]}，不是 {DATUM_NAMES[given]}：按 "
                    f"{DATUM_NAMES[datum]} 有 {more} 行更合所写的区（县、市），{fewer} 行更不合",
                    f"the coordinates look like {DATUM_NAMES[datum]}, not {DATUM_NAMES[given]}: "
                    f"read so, {more} rows fit the district that they name better, {fewer} worse",
                    code=f"looks_like_{datum.value}",
                )
            )
    return lines
