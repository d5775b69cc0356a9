"""Planners' scenarios: what was tried out, kept under a name, shared and compared.

A scenario belongs to the account that made it. Others see it while it is shared; only its owner
changes it. Who may see or change what is a condition on the rows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from geo.profiles import Profile
from stations.coverage_question import CoverageQuestion
from stations.coverage_what_if import Edits, NewPlace
from stations.errors import InvalidInputError, ScenarioNotFoundError
from stations.tables import Account, Scenario

NAME_MAX_LENGTH = 100
MOST_OF_ONE = 200


@dataclass(frozen=True)
class Kept:
    """A scenario as somebody may see it."""

    id: int
    name: str
    owner: str
    is_mine: bool
    is_shared: bool
    question: CoverageQuestion
    edits: Edits
    created_at: datetime


def visible(session: Session, account_id: int) -> list[Kept]:
    """Return the scenarios of an account and those that others share, the newest first."""
    query = _query().where(_seen_by(account_id)).order_by(Scenario.id.desc())
    return [_kept(row, account_id) for row in session.execute(query)]


def get(session: Session, account_id: int, scenario_id: int) -> Kept:
    """Return one that the account may see; raise ScenarioNotFoundError."""
    query = _query().where(Scenario.id == scenario_id, _seen_by(account_id))
    row = session.execute(query).one_or_none()
    if row is None:
        raise ScenarioNotFoundError(value=str(scenario_id))
    return _kept(row, account_id)


def create(
    session: Session,
    account_id: int,
    *,
    name: str,
    is_shared: bool,
    question: CoverageQuestion,
    edits: Edits,
) -> Kept:
    """Keep a scenario; InvalidInputError for a name that is taken, or too many."""
    own = select(func.count()).where(Scenario.account_id == account_id)
    if (session.scalar(own) or 0) >= MOST_OF_ONE:
        raise InvalidInputError(
            field="name",
            problem_zh=f"一个账号最多保存 {MOST_OF_ONE} 个方案",
            problem_en=f"an account keeps {MOST_OF_ONE} scenarios at most",
        )
    row = Scenario(
        account_id=account_id,
        name=_checked_name(name),
        is_shared=is_shared,
        question=question_as_json(question),
        edits=edits_as_json(edits),
    )
    session.add(row)
    _flush(session, name)
    return get(session, account_id, row.id)


def change(session: Session, account_id: int, scenario_id: int, **values: Any) -> Kept:
    """Change some of `name`, `is_shared`, `question` and `edits` of an own scenario."""
    columns = dict(values)
    if "name" in columns:
        columns["name"] = _checked_name(columns["name"])
    if "question" in columns:
        columns["question"] = question_as_json(columns["question"])
    if "edits" in columns:
        columns["edits"] = edits_as_json(columns["edits"])
    own = (Scenario.id == scenario_id, Scenario.account_id == account_id)
    if not columns:
        return get(session, account_id, scenario_id)
    try:
        with session.begin_nested():
            found = session.execute(
                update(Scenario).where(*own).values(columns).returning(Scenario.id)
            ).one_or_none()
    except IntegrityError as error:
        raise _taken(columns.get("name", "")) from error
    if found is None:
        raise ScenarioNotFoundError(value=str(scenario_id))
    return get(session, account_id, scenario_id)


def remove(session: Session, account_id: int, scenario_id: int) -> None:
    """Let go of an own scenario."""
    own = (Scenario.id == scenario_id, Scenario.account_id == account_id)
    found = session.execute(delete(Scenario).where(*own).returning(Scenario.id)).one_or_none()
    if found is None:
        raise ScenarioNotFoundError(value=str(scenario_id))


def question_as_json(question: CoverageQuestion) -> dict[str, Any]:
    """Return what of a question is kept: not the network, nor the day, which are those of then."""
    return {
        "area": question.area,
        "minutes": question.minutes,
        "kinds": list(question.kinds),
        "profile": question.profile,
        "at": None if question.at is None else question.at.isoformat(),
    }


def edits_as_json(edits: Edits) -> dict[str, Any]:
    """Return edits with their points in WGS-84 degrees."""
    return {
        "add": [
            {
                "lon": each.point.lon,
                "lat": each.point.lat,
                "capacity_per_day": each.capacity_per_day,
            }
            for each in edits.add
        ],
        "move": [{"code": code, "lon": point.lon, "lat": point.lat} for code, point in edits.move],
        "close": list(edits.close),
    }


def _seen_by(account_id: int) -> ColumnElement[bool]:
    return or_(Scenario.account_id == account_id, Scenario.is_shared)


def _query() -> Select[Any]:
    row = Scenario
    return select(
        row.id, row.name, row.account_id, row.is_shared, row.question, row.edits, row.created_at,
        Account.name.label("owner"),
    ).join(Account, Account.id == row.account_id)  # fmt: skip


def _kept(row: Any, account_id: int) -> Kept:
    asked, edits = row.question, row.edits
    at = None if asked["at"] is None else datetime.fromisoformat(asked["at"])
    return Kept(
        id=row.id,
        name=row.name,
        owner=row.owner,
        is_mine=row.account_id == account_id,
        is_shared=row.is_shared,
        question=CoverageQuestion(
            asked["area"], asked["minutes"], tuple(asked["kinds"]), Profile(asked["profile"]), at
        ),
        edits=Edits(
            tuple(
                NewPlace(LonLat(each["lon"], each["lat"]), each["capacity_per_day"])
                for each in edits["add"]
            ),
            tuple((each["code"], LonLat(each["lon"], each["lat"])) for each in edits["move"]),
            tuple(edits["close"]),
        ),
        created_at=row.created_at,
    )


def _checked_name(name: str) -> str:
    found = " ".join(name.split())
    if not 1 <= len(found) <= NAME_MAX_LENGTH:
        raise InvalidInputError(
            field="name",
            problem_zh=f"应为 1 到 {NAME_MAX_LENGTH} 个字",
            problem_en=f"1 to {NAME_MAX_LENGTH} characters are needed",
        )
    return found


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken(name) from error


def _taken(name: str) -> InvalidInputError:
    return InvalidInputError(
        field="name",
        problem_zh=f"您已有名为“{name}”的方案",
        problem_en=f"you have a scenario called “{name}” already",
    )
