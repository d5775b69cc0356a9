"""Towns without a station of some sort: those known to have none, and those that surely do."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, any_, func, or_, select

from stations.areas import ListedArea
from stations.rule_sets import Indicator
from stations.scoreboard_ground import Ground, texts
from stations.station import AreaName
from stations.tables import Station as Row


@dataclass(frozen=True)
class TownWithout:
    """A town that is known to have none; `possible` stations may turn out to be one there."""

    town: AreaName
    district: AreaName | None
    possible: int


def towns_without(ground: Ground, indicator: Indicator) -> tuple[list[TownWithout], int]:
    """Return the towns that are known to have no such station, and how many surely have none.

    A station whose town is not known may stand in any one town of its district, or where that is
    not known either, in any one at all.
    """
    towns = {town.code: town for town in ground.towns}
    districts = {town.parent_code for town in towns.values()}
    found: set[str] = set()
    possible: dict[str | None, int] = {}  # by town, by district, by None
    for row in ground.session.execute(_by_town(ground, indicator)):
        place = row.town_code
        if place is None:
            place = row.area_code if row.area_code in districts else None
            possible[place] = possible.get(place, 0) + row.met + row.unknown
            continue
        if row.met:
            found.add(place)
        possible[place] = possible.get(place, 0) + row.unknown
    anywhere = possible.get(None, 0)
    without = [
        TownWithout(
            AreaName(town.code, town.name),
            _name(ground.areas, town.parent_code),
            possible.get(code, 0) + possible.get(town.parent_code, 0) + anywhere,
        )
        for code, town in towns.items()
        if code not in found
    ]
    certain = 0
    for district in districts:
        empty = [
            each
            for each in without
            if towns[each.town.code].parent_code == district and not possible.get(each.town.code)
        ]
        certain += max(0, len(empty) - possible.get(district, 0))
    return without, max(0, certain - anywhere)


def _by_town(ground: Ground, indicator: Indicator) -> Any:
    """Count by town, and by district where the town is not known, what is such and may be."""
    around = texts([*ground.codes, *ground.above])
    unknown_town = and_(
        Row.town_code.is_(None), or_(Row.area_code.is_(None), Row.area_code == any_(around))
    )
    found = ground.condition(indicator.where)
    return (
        select(
            Row.town_code,
            Row.area_code,
            func.count().filter(found.is_(True)).label("met"),
            func.count().filter(found.is_(None)).label("unknown"),
        )
        .select_from(ground.desk.rows)
        .where(ground.in_service, or_(Row.town_code == any_(texts(ground.codes)), unknown_town))
        .group_by(Row.town_code, Row.area_code)
    )


def _name(areas: dict[str, ListedArea], code: str | None) -> AreaName | None:
    return None if code is None else AreaName(code, areas[code].name)
