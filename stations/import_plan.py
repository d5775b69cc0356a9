"""Plans an import without writing: what becomes of each row, and what a person is told about it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from stations import area_names, import_checks, import_duplicates, matching, placing
from stations.area_names import AreaNames
from stations.import_report import Line, refusal, remark, shown
from stations.matching import Existing, Held
from stations.placing import NEAR_ENOUGH_M
from stations.row_plan import Plan
from stations.row_values import FileRow
from stations.station import Access, StationRow
from stations.taxonomy import taxonomy

COMPARED_AT_A_TIME = 2_000


def make(
    session: Session,
    given: list[FileRow],
    source_code: str,
    *,
    locking: bool,
    allow_outside: bool,
    accept_duplicates: bool = False,
) -> tuple[list[Plan], list[Line]]:
    """Return the plan of every row that could be read, and remarks about them.

    `locking` keeps the listings that the rows speak of as they are until the transaction ends.
    """
    names = area_names.load(session)
    plans = _match(session, given, names, source_code, locking=locking)
    remarks = _place(session, plans, allow_outside=allow_outside)
    remarks += _check_towns(session, plans)
    remarks += import_checks.unknown_areas(plans)
    remarks += import_checks.datums(session, plans, names)
    remarks += import_duplicates.find(
        session, plans, source_code=source_code, accepting=accept_duplicates
    )
    _settle_repeats(plans)
    remarks += import_checks.opened_rooms(plans)
    return plans, remarks


def source_key(row: StationRow) -> str:
    """Return what a row without a code is known by: its own id, else a hash of what it says.

    The hash is of kind, name and the coordinates as given, or, without these, the address and the
    way in: several rooms of one house have one name. So a place that moves or is renamed in a file
    without ids is a new place.
    """
    if row.source_id is not None:
        return row.source_id
    where: list[Any] | None = None
    if row.position is not None:
        where = list(row.position.point)
    elif row.address is not None or row.way_in is not None:
        where = [row.address, row.way_in]
    said = json.dumps([row.kind, row.name, where], ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()


def _match(
    session: Session,
    given: list[FileRow],
    names: AreaNames,
    source_code: str,
    *,
    locking: bool,
) -> list[Plan]:
    """Match every row with the register and with the rows before it; say what it would change."""
    keyed = [
        (row.number, row.station, source_key(row.station))
        for row in given
        if row.number is not None and row.station is not None
    ]
    found = matching.find(
        session,
        codes=[row.code for _number, row, _key in keyed if row.code is not None],
        source_code=source_code,
        keys=[key for _number, _row, key in keyed],
        locking=locking,
    )
    by_code = {existing.code: existing for existing in found}
    by_key = {existing.source_key: existing for existing in found if existing.is_of_source}
    plans: list[Plan] = []
    earlier: dict[str, Plan] = {}
    for number, row, key in keyed:
        found_one = by_code.get(row.code) if row.code is not None else by_key.get(key)
        known_by_code_only = row.code is not None and row.source_id is None
        is_of_another = known_by_code_only and (key in by_key or f"key {key}" in earlier)
        plan = _plan_of(number, row, None if is_of_another else key, found_one, names)
        plan.refused = _identity_problem(plan, found_one, by_key)
        _note_repeat(plan, earlier)
        plans.append(plan)
    for start in range(0, len(plans), COMPARED_AT_A_TIME):
        _compare_some(session, plans[start : start + COMPARED_AT_A_TIME], source_code)
    return plans


def _compare_some(session: Session, plans: list[Plan], source_code: str) -> None:
    """Compare some rows with what their listings hold, which is too much to have of all rows."""
    codes = [plan.existing.code for plan in plans if plan.existing is not None]
    held = matching.held(session, codes) if codes else {}
    for plan in plans:
        if plan.existing is None:
            _compare(plan, source_code, None)
        elif plan.existing.code in held:
            _compare(plan, source_code, held[plan.existing.code])
            plan.said = {}


def _plan_of(
    number: int, row: StationRow, key: str | None, found: Existing | None, names: AreaNames
) -> Plan:
    claim = names.claim(row)
    if claim.town_code is not None and row.town_code is None:
        row = replace(row, town_code=claim.town_code)
    said = matching.said(row)
    if row.position is None and claim.area_code is not None and claim.origin != "address":
        said["district"] = claim.area_code
    is_back = found is not None and found.withdrawn
    return Plan(
        number=number,
        row=row,
        key=key,
        existing=None if is_back else found,
        revived=found if is_back else None,
        claim=claim,
        said=said,
    )


def _identity_problem(
    plan: Plan, existing: Existing | None, by_key: Mapping[str | None, Existing]
) -> Line | None:
    """Return why a row cannot be the station that its code or id says, or None."""
    row = plan.row
    letters = taxonomy().kind[row.kind].letters
    if row.code is not None and row.code.split("-")[1] != letters:
        return refusal(
            plan.number,
            "code",
            f"编码 {row.code} 不是这一类站点的（应为 {letters}）",
            f"the code {row.code} is not one of this kind (its letters are {letters})",
            code="wrong_letters",
        )
    if existing is not None and existing.kind != row.kind:
        return refusal(
            plan.number,
            "kind",
            f"{existing.code} 的类型是 {existing.kind}，导入不能改类型",
            f"{existing.code} is a {existing.kind}; an import cannot change the kind",
            code="kind_differs",
        )
    owner = None if row.source_id is None else by_key.get(row.source_id)
    if row.code is not None and owner is not None and owner.code != row.code:
        return refusal(
            plan.number,
            "code",
            f"这一行按来源自己的编号已经是 {owner.code}，不能再编为 {row.code}",
            f"by the source's own id this row is {owner.code} already, it cannot be {row.code}",
            code="code_of_another",
        )
    return None


def _compare(plan: Plan, source_code: str, held: Held | None) -> None:
    """Put down which columns change: what the file says anew and the listing does not hold yet."""
    existing = plan.existing
    last = {} if held is None else held.said_by(source_code)
    anew = matching.anew(plan.said, last)
    if held is not None:
        anew = matching.erasing_nothing(anew, held, source_code)
    plan.values = matching.column_values(plan.row, anew, None if held is None else held.columns)
    was_closed = held is not None and held.columns["access"] == Access.STAFF_ONLY
    plan.opened = was_closed and "access" in plan.values
    plan.memory = None if held is None else matching.memory(held, source_code, plan.said)
    is_unplaced = existing is None or not existing.is_placed
    held_area = None if existing is None else existing.area_code
    if is_unplaced and anew.get("district", held_area) != held_area:
        # waits for a position among the stations of those who look after that area
        plan.values["area_code"] = anew["district"]
    is_verified = held is None or held.columns["position_verified"]
    plan.moves = "position" in anew and not (
        existing is not None
        and is_verified
        and matching.is_unmoved(existing.given, plan.row.position)
    )


def _note_repeat(plan: Plan, earlier: dict[str, Plan]) -> None:
    """Refuse a row that speaks of the same station as an earlier one, unless it says the same."""
    if plan.refused is not None:
        return
    known = plan.existing or plan.revived
    code = plan.row.code if known is None else known.code
    marks = set() if code is None else {f"code {code}"}
    if plan.existing is None and plan.key is not None:
        marks.add(f"key {plan.key}")
    first = next((earlier[mark] for mark in sorted(marks) if mark in earlier), None)
    for mark in marks:
        earlier.setdefault(mark, plan)
    if first is None:
        return
    if first.row == plan.row:
        plan.same_as = first
        return
    plan.refused = refusal(
        plan.number,
        "code" if plan.row.code is not None else "source_id",
        f"与第 {first.number} 行是同一个站点，但内容不同；如果是两个地方，请加上 id 列",
        f"this is the same station as in row {first.number} and says something else; "
        "if they are two places, give each an id",
        code="repeat_differs",
    )


def _place(session: Session, plans: list[Plan], *, allow_outside: bool) -> list[Line]:
    """Find cell and area of every new position, all at once; return remarks."""
    moving = [
        plan for plan in plans if plan.moves and plan.refused is None and plan.same_as is None
    ]
    positions = [plan.row.position for plan in moving if plan.row.position is not None]
    lines = []
    for plan, placed in zip(moving, placing.place(session, positions), strict=True):
        plan.values |= placed.columns | {"position_verified": True}
        if placed.area_code is None and not allow_outside:
            plan.refused = refusal(
                plan.number,
                "position",
                "位置在服务区域之外，离最近的区域超过 2 公里。请检查经纬度的顺序和坐标系",
                "the position is outside the served area, more than 2 km from the nearest area. "
                "Check the axis order and the datum",
                code="outside_served_area",
            )
        elif placed.area_code is None or not placed.is_covered:
            lines.append(_outside_remark(plan.number, placed.area_code))
    return lines


def _outside_remark(number: int, area_code: str | None) -> Line:
    if area_code is None:
        return remark(
            number,
            "position",
            "位置在服务区域之外，不属于任何区域",
            "the position is outside the served area, so the station has no area",
            code="outside_served_area",
        )
    return remark(
        number,
        "position",
        f"位置不在任何区域之内，归入 {NEAR_ENOUGH_M // 1000} 公里内最近的 {area_code}",
        f"no area covers the position; it goes to {area_code}, the nearest within "
        f"{NEAR_ENOUGH_M // 1000} km",
        code="outside_all_areas",
    )


def _check_towns(session: Session, plans: list[Plan]) -> list[Line]:
    """Refuse rows of a town that does not exist; remark on one in another district."""
    naming = [
        plan for plan in plans if plan.values.get("town_code") is not None and plan.refused is None
    ]
    districts = placing.towns(session, {plan.values["town_code"] for plan in naming})
    lines = []
    for plan in naming:
        town = plan.values["town_code"]
        area = plan.values.get("area_code") or (plan.existing.area_code if plan.existing else None)
        if town not in districts:
            plan.refused = refusal(
                plan.number,
                "town_code",
                f"没有编号为“{shown(town)}”的镇街",
                f"there is no town “{shown(town)}”",
                code="unknown_town_code",
            )
        elif area is not None and districts[town] != area:
            lines.append(
                remark(
                    plan.number,
                    "town_code",
                    f"镇街 {town} 属于 {districts[town]}，位置却在 {area}；请检查坐标系",
                    f"the town {town} is in {districts[town]}, but the position is in {area}; "
                    "check the datum",
                    code="town_elsewhere",
                )
            )
    return lines


def _settle_repeats(plans: list[Plan]) -> None:
    """Let a row that repeats an earlier one share its fate: one place is listed once."""
    for plan in plans:
        if plan.same_as is None:
            continue
        if plan.same_as.refused is not None:
            plan.refused = replace(plan.same_as.refused, row=plan.number)
        plan.values = {}
