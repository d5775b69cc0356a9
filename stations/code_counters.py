"""The numbers of codes, of stations and events: given once, and never again."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from stations.tables import CodeCounter


def take(session: Session, given: Mapping[str, int], needed: Mapping[str, int]) -> dict[str, int]:
    """Raise each counter past the given numbers and by the needed ones; return where to start."""
    begin_after = {}
    for beginning in sorted({*given, *needed}):
        at_least = given.get(beginning, 0)
        more = needed.get(beginning, 0)
        statement = insert(CodeCounter).values(prefix=beginning, last_number=at_least + more)
        raised = statement.on_conflict_do_update(
            index_elements=[CodeCounter.prefix],
            set_={"last_number": func.greatest(CodeCounter.last_number, at_least) + more},
        ).returning(CodeCounter.last_number)
        begin_after[beginning] = session.scalars(raised).one() - more
    return begin_after
