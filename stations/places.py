"""Named places: what a file names is placed, merged and kept, in the place of what it named before.

They are for people without a position, who start their search from a name that they know.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import cast, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from geo import cells
from geo.coordinates import Datum
from stations import placing, search_index
from stations.area_tree import read_tree
from stations.areas import SourceRow, get_area, upsert_sources
from stations.bulk import copy_columns
from stations.errors import FileRefusedError
from stations.place_files import NamedPlace, Progress, read_places
from stations.place_kinds import PLACE_KINDS
from stations.register import next_version
from stations.station import GivenPosition
from stations.tables import Place

OSM = SourceRow(
    code="osm",
    name="OpenStreetMap",
    licence="ODbL-1.0",
    attribution="© OpenStreetMap contributors",
    url="https://www.openstreetmap.org/copyright",
)

PLACED_AT_ONCE = 20_000
SAME_RES = 8
"""Places of one name and kind in one H3 cell of this resolution (about 1 km across) are one."""

STREET_RES = 5
"""Outside all areas, streets of one name in one cell of this resolution are one."""


@dataclass(frozen=True)
class PlacesReport:
    """What became of a file's places. `read` is the sum of kept, merged and left out."""

    source: str
    read: int
    kept: int
    merged: int
    outside: int  # left out for lying outside the area
    by_kind: dict[str, int]
    added: int
    changed: int
    unchanged: int
    gone: int  # of the same source, and not in this file


def import_places(
    session: Session,
    path: Path,
    *,
    source: str = OSM.code,
    area: str | None = None,
    allow_outside: bool = False,
    progress: Progress = lambda _line: None,
) -> PlacesReport:
    """Take in the places that a file names; all that the source named before goes.

    Only places in a served area (or within 2 km of one) are kept, only those in `area` where it is
    given, and all with `allow_outside`. A source other than OpenStreetMap is there already. The
    caller commits. Raises FileRefusedError, and AreaNotFoundError for an `area` that is none.
    """
    if area is not None:
        get_area(session, area)
    read = read_places(path, progress)
    progress(f"正在定位 {len(read)} 个地点 / Placing {len(read)} places")
    placed = _placed(session, read)
    if area is not None:
        tree = read_tree(session)
        inside = [each for each in placed if tree.within(each[1], area)]
    else:
        inside = [each for each in placed if allow_outside or each[1] is not None]
    if not inside:
        raise FileRefusedError(
            field="FILE",
            problem_zh="所有地点都在服务区域之外；确实要载入请加 --outside",
            problem_en="all its places are outside the served area; --outside takes them in",
        )
    rows = _merged(inside, source)
    progress(f"正在写入 {len(rows)} 个地点 / Writing {len(rows)} places")
    if source == OSM.code:
        upsert_sources(session, [OSM])
    added, changed, gone = _write(session, rows, source)
    by_kind: dict[str, int] = defaultdict(int)
    for row in rows:
        by_kind[row.kind] += 1
    return PlacesReport(
        source=source,
        read=len(read),
        kept=len(rows),
        merged=len(inside) - len(rows),
        outside=len(read) - len(inside),
        by_kind=dict(sorted(by_kind.items())),
        added=added,
        changed=changed,
        unchanged=len(rows) - added - changed,
        gone=gone,
    )


def format_report(report: PlacesReport, lang: str) -> str:
    """Return the report as people read it."""
    words = {
        "read": ("读到有名字的地点", "named places read"),
        "merged": ("与同名同类的并作一处", "merged with one of the same name and kind"),
        "outside": ("在区域之外，未载入", "outside the area, left out"),
        "kept": ("载入", "kept"),
        "added": ("  新增", "  added"),
        "changed": ("  改动", "  changed"),
        "unchanged": ("  不变", "  unchanged"),
        "gone": ("原有而文件里没有，已移除", "known before and not in the file, removed"),
    }
    place = 1 if lang == "en" else 0
    colon = ": " if place else "："
    lines = [f"{names[place]}{colon}{getattr(report, key)}" for key, names in words.items()]
    lines.append("By kind:" if place else "按类别：")
    lines += [f"  {PLACE_KINDS[kind][place]}{colon}{n}" for kind, n in report.by_kind.items()]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Row:
    """A place as the table has it."""

    code: str
    name: str
    name_en: str | None
    aliases: tuple[str, ...]
    kind: str
    address: str | None
    area_code: str | None
    lon: float
    lat: float


def _placed(session: Session, places: Sequence[NamedPlace]) -> list[tuple[NamedPlace, str | None]]:
    """Return each place with the code of its leaf area, or None outside all."""
    found: list[tuple[NamedPlace, str | None]] = []
    for start in range(0, len(places), PLACED_AT_ONCE):
        some = places[start : start + PLACED_AT_ONCE]
        positions = [GivenPosition(each.point, Datum.WGS84) for each in some]
        areas = [each.area_code for each in placing.place(session, positions)]
        found += zip(some, areas, strict=True)
    return found


def _merged(placed: Iterable[tuple[NamedPlace, str | None]], source: str) -> list[_Row]:
    """Make one place of a street's many pieces in a district, and of a stop's two platforms."""
    groups: dict[tuple[str, str, object], list[tuple[NamedPlace, str | None]]] = defaultdict(list)
    for place, area in placed:
        if place.kind == "road":
            where: object = area or cells.cell_of(place.point, STREET_RES)
        else:
            where = cells.cell_of(place.point, SAME_RES)
        groups[place.name, place.kind, where].append((place, area))
    rows = []
    for members in groups.values():
        chosen, area = _middle(members)
        aliases = {alias for each, _ in members for alias in each.aliases}
        rows.append(
            _Row(
                code=f"{source}:{min(each.key for each, _ in members)}",
                name=chosen.name,
                name_en=min((e.name_en for e, _ in members if e.name_en), default=None),
                aliases=tuple(sorted(aliases)),
                kind=chosen.kind,
                address=chosen.address,
                area_code=area,
                lon=round(chosen.point.lon, 7),
                lat=round(chosen.point.lat, 7),
            )
        )
    return sorted(rows, key=lambda row: row.code)


def _middle(
    members: Sequence[tuple[NamedPlace, str | None]],
) -> tuple[NamedPlace, str | None]:
    """Return the member nearest to the mean of all: a point that lies on the street itself."""
    lon = sum(each.point.lon for each, _ in members) / len(members)
    lat = sum(each.point.lat for each, _ in members) / len(members)
    return min(
        members,
        key=lambda member: (
            (member[0].point.lon - lon) ** 2 + (member[0].point.lat - lat) ** 2,
            member[0].key,
        ),
    )


def _write(session: Session, rows: Sequence[_Row], source: str) -> tuple[int, int, int]:
    """Make the table hold exactly these rows of the source; return added, changed, gone."""
    stored = {row.code: row for row in _stored(session, source)}
    now = {row.code: row for row in rows}
    gone = sorted(stored.keys() - now.keys())
    added = [row for row in rows if row.code not in stored]
    changed = [row for row in rows if row.code in stored and stored[row.code] != row]
    if not (gone or added or changed):
        return 0, 0, 0
    next_version(session)
    replaced = [*gone, *(row.code for row in changed)]
    session.execute(delete(Place).where(Place.code == func.any(cast(replaced, ARRAY(Text)))))
    written = [*added, *changed]
    copy_columns(
        session,
        Place.__tablename__,
        {
            "code": [row.code for row in written],
            "source_code": [source] * len(written),
            "name": [row.name for row in written],
            "name_en": [row.name_en for row in written],
            "aliases": [list(row.aliases) for row in written],
            "kind": [row.kind for row in written],
            "address": [row.address for row in written],
            "area_code": [row.area_code for row in written],
            "position": [f"SRID=4326;POINT({row.lon!r} {row.lat!r})" for row in written],
        },
    )
    search_index.refresh_places(session, [*gone, *(row.code for row in written)])
    return len(added), len(changed), len(gone)


def _stored(session: Session, source: str) -> Iterable[_Row]:
    point = func.geometry(Place.position)
    query = select(
        *(Place.code, Place.name, Place.name_en, Place.aliases, Place.kind, Place.address),
        *(Place.area_code, func.ST_X(point).label("lon"), func.ST_Y(point).label("lat")),
    ).where(Place.source_code == source)
    for row in session.execute(query).mappings():
        found = _Row(**{**row, "aliases": tuple(row["aliases"])})
        yield replace(found, lon=round(found.lon, 7), lat=round(found.lat, 7))
