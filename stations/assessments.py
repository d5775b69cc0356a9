"""What inspectors found at a station that no column of the register holds; only ever added to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from stations.accounts import Account, may_edit
from stations.errors import InvalidInputError, StationNotFoundError, UnknownTermError
from stations.hours import SHANGHAI
from stations.judging import latest_answers
from stations.plain_text import is_plain, tidied
from stations.register import next_version
from stations.rule_sets import Rules
from stations.station import Known
from stations.tables import Assessment, Station

EARLIEST = date(2000, 1, 1)
NUMBER_MAX = 1e9
NOTE_MAX_LENGTH = 500


@dataclass(frozen=True)
class Answer:
    """An inspector's answer about one fact; None takes an earlier one back: it is not known."""

    fact: str
    answer: Known | float | None
    checked_on: date | None = None  # None: today
    note: str | None = None


@dataclass(frozen=True)
class HeldAnswer:
    """The answer that holds: a yes or no, or a number."""

    fact: str
    yes: bool | None
    number: float | None
    checked_on: date
    note: str | None

    @property
    def value(self) -> str | float | None:
        """The answer as it is shown; None: taken back."""
        if self.yes is not None:
            return Known.YES.value if self.yes else Known.NO.value
        return self.number


def record(
    session: Session,
    code: str,
    answers: Sequence[Answer],
    account: Account,
    at: datetime,
    rules: Rules,
) -> bool:
    """Add answers about a station that this person may edit; return whether any was new.

    Raises StationNotFoundError for a stranger's station too, UnknownTermError for a fact that no
    rule file defines, and InvalidInputError naming the entry. What is known already is not written
    again, and does not raise the register's version.
    """
    today = at.astimezone(SHANGHAI).date()
    checked = [
        _checked(f"assessments.{index}", answer, today, rules)
        for index, answer in enumerate(answers)
    ]
    _lock(session, code, account)
    known = set(held(session, code))
    new = [answer for answer in dict.fromkeys(checked) if answer not in known]
    if not new:
        return False
    version = next_version(session)
    rows = [
        {
            "station_code": code,
            "fact": answer.fact,
            "yes": answer.yes,
            "number": answer.number,
            "checked_on": answer.checked_on,
            "note": answer.note,
            "assessed_by": account.id,
            "register_version": version,
        }
        for answer in new
    ]
    session.execute(insert(Assessment), rows)
    return True


def add_first(
    session: Session, source: str, inspections: Iterable[tuple[str, Sequence[Answer]]], today: date
) -> int:
    """Add inspections by the station's key at a source, where a station was never inspected yet.

    Returns how many stations have got one; where none has, nothing is written.
    """
    untouched = select(Station.source_key, Station.code).where(
        Station.source_code == source,
        Station.source_key.is_not(None),
        ~exists().where(Assessment.station_code == Station.code),
    )
    codes = {row.source_key: row.code for row in session.execute(untouched)}
    new = [(codes[key], answers) for key, answers in inspections if key in codes and answers]
    if not new:
        return 0
    session.execute(  # stations before the register, as everybody does
        select(Station.code)
        .where(Station.code.in_([code for code, _answers in new]))
        .order_by(Station.code)
        .with_for_update(of=Station, read=True)
    )
    version = next_version(session)
    rows = [
        {
            "station_code": code,
            "fact": answer.fact,
            "yes": answer.answer is Known.YES if isinstance(answer.answer, Known) else None,
            "number": None if isinstance(answer.answer, Known) else answer.answer,
            "checked_on": answer.checked_on or today,
            "register_version": version,
        }
        for code, answers in new
        for answer in answers
    ]
    session.execute(insert(Assessment), rows)
    return len(new)


def held(session: Session, code: str, on: date = date.max) -> list[HeldAnswer]:
    """Return the answer to each fact about a station that holds on a day, by fact."""
    latest = latest_answers(on, None, code)
    columns = (latest.c.fact, latest.c.yes, latest.c.number, latest.c.checked_on, latest.c.note)
    return [HeldAnswer(*row) for row in session.execute(select(*columns).order_by(latest.c.fact))]


def _lock(session: Session, code: str, account: Account) -> None:
    """Lock the station before the register, so that it stays this person's until the end."""
    row = session.scalars(
        select(Station.code)
        .where(Station.code == code, may_edit(account))
        .with_for_update(of=Station, read=True)
    ).one_or_none()
    if row is None:
        raise StationNotFoundError(code=code)


def _checked(field: str, given: Answer, today: date, rules: Rules) -> HeldAnswer:
    definition = rules.facts.get(given.fact)
    if definition is None:
        raise UnknownTermError(
            field=f"{field}.fact", value=given.fact, known=", ".join(sorted(rules.facts))
        )
    checked_on = given.checked_on or today
    if not EARLIEST <= checked_on <= today:
        raise InvalidInputError(
            field=f"{field}.checked_on",
            problem_zh=f"应在 {EARLIEST} 和今天（{today}）之间",
            problem_en=f"a day from {EARLIEST} to today, {today}, is needed",
        )
    yes, number = _yes_or_number(f"{field}.answer", given.answer, definition.answer)
    return HeldAnswer(given.fact, yes, number, checked_on, _note(f"{field}.note", given.note))


def _yes_or_number(
    field: str, answer: Known | float | None, wanted: str
) -> tuple[bool | None, float | None]:
    if answer is None or answer is Known.UNKNOWN:
        return None, None
    if isinstance(answer, Known):
        if wanted == "yes_no":
            return answer is Known.YES, None
        problem = ("应为数字", "a number is needed")
    elif wanted == "number":
        if 0 <= answer <= NUMBER_MAX:
            return None, float(answer)
        problem = (f"应为 0 到 {NUMBER_MAX:.0f} 的数字", f"a number from 0 to {NUMBER_MAX:.0f}")
    else:
        problem = ("应为 yes、no 或 unknown", "yes, no or unknown is needed")
    raise InvalidInputError(field=field, problem_zh=problem[0], problem_en=problem[1])


def _note(field: str, note: str | None) -> str | None:
    text = tidied(note or "", one_line=False) or None
    if text is not None and (len(text) > NOTE_MAX_LENGTH or not is_plain(text)):
        raise InvalidInputError(
            field=field,
            problem_zh=f"最多 {NOTE_MAX_LENGTH} 个字符，不能有控制字符",
            problem_en=f"at most {NOTE_MAX_LENGTH} characters, and no control characters",
        )
    return text
