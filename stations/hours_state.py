"""What a door does at an instant, when that changes next, and what one-off closures do to it.

Time is counted in whole microseconds of Asia/Shanghai's clock since the first day of `date`: the
offset has been the same since 1991.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from stations.calendar import Calendar
from stations.hours_rules import Door, Schedule
from stations.station import Closure, OpenState, OpenStateName

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US
HORIZON_DAYS = 400  # a year and a festival that moves; what does not change until then never does
HOLIDAY_UNKNOWN = "holiday_unknown"
PROVISIONAL = "provisional"

Shut = tuple[int, int, str]
"""From, until and why, in microseconds."""

MOST_CALENDARS = 4

_BEGIN = datetime(1, 1, 1)  # noqa: DTZ001 - a wall clock without a zone
_ONE_US = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return an aware instant on Shanghai's clock.

    In the first and last year that dates have its own clock stands in.
    """
    near_the_ends = not date.min.year < moment.year < date.max.year
    wall = (moment if near_the_ends else moment.astimezone(SHANGHAI)).replace(tzinfo=None)
    return (wall - _BEGIN) // _ONE_US + DAY_US  # the first day has the ordinal 1


@lru_cache(maxsize=4096)
def instant(at_us: int) -> datetime:
    """Return the instant of a microsecond."""
    return (_BEGIN + timedelta(microseconds=at_us - DAY_US)).replace(tzinfo=SHANGHAI)


@lru_cache(maxsize=8192)
def shut_times(closures: tuple[Closure, ...]) -> tuple[Shut, ...]:
    """Return closures in their order, without the parts of one that lie in one before it."""
    times = sorted(
        (microseconds(each.starts_at), microseconds(each.ends_at), each.reason) for each in closures
    )
    parted: list[Shut] = []
    for start, end, reason in times:
        begins = max(start, parted[-1][1]) if parted else start
        if begins < end:
            parted.append((begins, end, reason))
    return tuple(parted)


def door_at(schedule: Schedule, calendar: Calendar, at_us: int) -> tuple[Door, int | None]:
    """Return what a door does by its hours, and when it next does something else."""
    ordinal, within = divmod(at_us, DAY_US)
    minute = within // MINUTE_US
    changes = schedule.changes_on(ordinal, calendar)
    place = bisect_right(changes, minute, key=_minute_of) - 1
    door = changes[place][1]
    if place + 1 < len(changes):
        return door, ordinal * DAY_US + changes[place + 1][0] * MINUTE_US
    if schedule.never_changes():
        return door, None
    for later in range(ordinal + 1, min(ordinal + HORIZON_DAYS, date.max.toordinal())):
        changes = schedule.changes_on(later, calendar)
        if changes[0][1] is not door:
            return door, later * DAY_US
        if len(changes) > 1:
            return door, later * DAY_US + changes[1][0] * MINUTE_US
    return door, None


def state_at(
    schedule: Schedule | None,
    calendar: Calendar,
    shut: Sequence[Shut],
    at_us: int,
    soon_minutes: int,
) -> OpenState:
    """Return the state at an instant; None for a schedule is unknown hours."""
    door, reason, change, then = _door_and_change(schedule, calendar, shut, at_us)
    if door is Door.DOUBTFUL:
        note = HOLIDAY_UNKNOWN if schedule and _is_changed(calendar, at_us // DAY_US) else None
        return OpenState(OpenStateName.UNKNOWN, None, None, None, None, note)
    soon = change is not None and change - at_us <= soon_minutes * MINUTE_US
    note = None
    if reason is None and schedule is not None:
        facts = calendar.facts(at_us // DAY_US)
        if facts.is_provisional and schedule.may_differ(facts):
            note = PROVISIONAL
    next_change = None if change is None else instant(change)
    if door is Door.OPEN:
        name = OpenStateName.CLOSES_SOON if soon else OpenStateName.OPEN
        closes_in = None if change is None else (change - at_us) // MINUTE_US
        return OpenState(name, True, closes_in, next_change, None, note)
    opens_soon = soon and then is Door.OPEN
    name = OpenStateName.OPENS_SOON if opens_soon else OpenStateName.CLOSED
    return OpenState(name, False, None, next_change, reason, note)


def open_at(
    schedule: Schedule | None, calendar: Calendar, shut: Sequence[Shut], at_us: int
) -> tuple[bool | None, int | None]:
    """Return of the state at an instant only whether it is open, and minutes until it closes."""
    door, _reason, change, _then = _door_and_change(schedule, calendar, shut, at_us)
    if door is Door.OPEN:
        return True, None if change is None else (change - at_us) // MINUTE_US
    return (None if door is Door.DOUBTFUL else False), None


def _door_and_change(
    schedule: Schedule | None, calendar: Calendar, shut: Sequence[Shut], at_us: int
) -> tuple[Door, str | None, int | None, Door | None]:
    """Return the door, why it is shut, when it next changes, and to what."""
    if not shut:
        return _by_hours(schedule, calendar, at_us)
    door, reason, change, then = _with_closures(schedule, calendar, shut, at_us)
    seen = at_us
    # out of a closure into closed hours, or the other way, is no change
    while change is not None and then is door:
        seen = change
        _door, _reason, change, then = _with_closures(schedule, calendar, shut, seen)
    return door, reason, change, then


def _with_closures(
    schedule: Schedule | None, calendar: Calendar, shut: Sequence[Shut], at_us: int
) -> tuple[Door, str | None, int | None, Door | None]:
    for start, end, reason in shut:
        if start <= at_us < end:
            return Door.CLOSED, reason, end, _door_then(schedule, calendar, shut, end)
        if at_us < start:
            door, _none, change, then = _by_hours(schedule, calendar, at_us)
            if change is None or start <= change:
                return door, None, start, Door.CLOSED
            return door, None, change, then
    return _by_hours(schedule, calendar, at_us)


def _by_hours(
    schedule: Schedule | None, calendar: Calendar, at_us: int
) -> tuple[Door, None, int | None, Door | None]:
    if schedule is None:
        return Door.DOUBTFUL, None, None, None
    known = schedule.stretches.get(calendar)
    if known is not None and known[0] <= at_us < known[1]:
        return known[2]
    door, change = door_at(schedule, calendar, at_us)
    then = None if change is None else door_at(schedule, calendar, change)[0]
    found = (door, None, change, then)
    if change is not None:
        # most questions are about the next minutes: until it changes, a door does what it does
        if len(schedule.stretches) >= MOST_CALENDARS:
            schedule.stretches.clear()
        schedule.stretches[calendar] = (at_us, change, found)
    return found


def _door_then(
    schedule: Schedule | None, calendar: Calendar, shut: Sequence[Shut], at_us: int
) -> Door:
    if any(start <= at_us < end for start, end, _reason in shut):
        return Door.CLOSED
    return Door.DOUBTFUL if schedule is None else door_at(schedule, calendar, at_us)[0]


def _is_changed(calendar: Calendar, ordinal: int) -> bool:
    return any(calendar.facts(each).kind for each in (ordinal, ordinal - 1))


def _minute_of(change: tuple[int, Door]) -> int:
    return change[0]
