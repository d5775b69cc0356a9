"""One-off closures as a cell of a spreadsheet has them: a line each, from/until and the reason.

`2026-12-01/2026-12-03 装修`: three whole days; `2026-12-01T08:00/2026-12-01T12:00 停电`: a morning.
Everything is in Asia/Shanghai.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from stations.errors import InvalidInputError
from stations.hours import SHANGHAI
from stations.import_report import shown
from stations.listing import kept_closures
from stations.station import Closure

MOMENT = r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?"
LINE = re.compile(rf"{MOMENT}\s*/\s*{MOMENT}\s+(\S.*)", re.ASCII)


def closure_lines(closures: Iterable[Closure]) -> str | None:
    """Return closures as the text of a cell; None where there are none."""
    return "\n".join(map(_line, closures)) or None


def read_closures(text: str, title: str) -> tuple[Closure, ...]:
    """Read the lines of a cell; InvalidInputError naming `title` where one is not understood."""
    found = tuple(_read(line.strip(), title) for line in text.split("\n") if line.strip())
    try:
        kept_closures(found)
    except InvalidInputError as error:
        raise InvalidInputError(
            field=title,
            problem_zh=error.sentence("zh").partition("：")[2],
            problem_en=error.sentence("en").partition(": ")[2],
        ) from error
    return found


def _line(closure: Closure) -> str:
    starts, ends = closure.starts_at.astimezone(SHANGHAI), closure.ends_at.astimezone(SHANGHAI)
    return f"{_moment(starts)}/{_moment(ends)} {closure.reason}"


def _moment(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds" if moment.second else "minutes")


def _read(line: str, title: str) -> Closure:
    match = LINE.fullmatch(line)
    try:
        closure = None if match is None else _closure(*match.groups())
    except (ValueError, OverflowError):  # a 30th of February
        closure = None
    if closure is None:
        raise InvalidInputError(
            field=title,
            problem_zh=f"“{shown(line)}”看不懂，请写成 2026-12-01/2026-12-03 装修",
            problem_en=f"“{shown(line)}” is not understood: write 2026-12-01/2026-12-03 reason",
        )
    return closure


def _closure(
    first_day: str, first_hour: str | None, last_day: str, last_hour: str | None, reason: str
) -> Closure:
    starts = datetime.fromisoformat(f"{first_day}T{first_hour or '00:00'}")
    ends = datetime.fromisoformat(f"{last_day}T{last_hour or '00:00'}")
    if last_hour is None:  # a last day is closed as a whole
        ends += timedelta(days=1)
    return Closure(starts.replace(tzinfo=SHANGHAI), ends.replace(tzinfo=SHANGHAI), reason)
