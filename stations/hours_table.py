"""The open state of many stations in one pass: each distinct text is asked once, not each door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from stations.calendar import Calendar
from stations.hours_rules import Schedule
from stations.hours_state import MINUTE_US, Shut, microseconds, shut_times, state_at
from stations.station import Closure, OpenState, OpenStateName

STATE_NAMES = tuple(OpenStateName)
CODE_OF = {name: code for code, name in enumerate(STATE_NAMES)}
CLOSED = CODE_OF[OpenStateName.CLOSED]
OPEN, CLOSES_SOON = CODE_OF[OpenStateName.OPEN], CODE_OF[OpenStateName.CLOSES_SOON]
NOT_CLOSING = -1


@dataclass(frozen=True, eq=False)
class OpenStates:
    """The states of many stations, in their order."""

    state: NDArray[np.int8]  # place in STATE_NAMES
    closes_in_minutes: NDArray[np.int32]  # -1: not open, never closes, or unknown

    def is_open(self) -> NDArray[np.bool_]:
        """Whether each is known to be open."""
        return np.isin(self.state, (OPEN, CLOSES_SOON))

    def is_unknown(self) -> NDArray[np.bool_]:
        """Whether it is not known of each."""
        return np.isin(self.state, CODE_OF[OpenStateName.UNKNOWN])


@dataclass(frozen=True, eq=False)
class HoursTable:
    """Compiled hours of many stations, to be asked at many instants.

    `code` says which of the schedules is a station's. Closures are flat: the station's place, from
    and until, and its own list.
    """

    code: NDArray[np.int32]
    schedules: tuple[Schedule | None, ...]
    calendar: Calendar
    shut_place: NDArray[np.int64]
    shut_from: NDArray[np.int64]
    shut_until: NDArray[np.int64]
    shut: Mapping[int, tuple[Shut, ...]]

    @classmethod
    def of(
        cls,
        code: NDArray[np.integer],
        schedules: Sequence[Schedule | None],
        calendar: Calendar,
        closures: Mapping[int, Sequence[Closure]],
    ) -> "HoursTable":
        """Lay out the hours of stations; `closures` by the station's place."""
        shut = {place: shut_times(tuple(each)) for place, each in closures.items() if each}
        flat = [
            (place, start, end) for place, times in sorted(shut.items())
            for start, end, _reason in times
        ]  # fmt: skip
        columns = np.array(flat, dtype=np.int64).reshape(-1, 3).T
        place, start, end = columns
        return cls(code.astype(np.int32), tuple(schedules), calendar, place, start, end, shut)

    def states(self, at: datetime, *, soon_minutes: int = 30) -> OpenStates:
        """Return the state of every station at an instant, as `open_state` does one by one."""
        at_us = microseconds(at)
        by_text = [
            state_at(schedule, self.calendar, (), at_us, soon_minutes)
            for schedule in self.schedules
        ]
        state = np.array([CODE_OF[each.state] for each in by_text], dtype=np.int8)[self.code]
        closes_in = np.array([_closes_in(each) for each in by_text], dtype=np.int32)[self.code]
        self._shut(state, closes_in, at_us, soon_minutes)
        return OpenStates(state, closes_in)

    def _shut(
        self, state: NDArray[np.int8], closes_in: NDArray[np.int32], at_us: int, soon_minutes: int
    ) -> None:
        """Let closures go before the hours.

        Only those whose beginning or end is near need the whole reckoning; in all others the door
        is closed, or closes when the closure begins at the latest.
        """
        if not len(self.shut_place):
            return
        soon_us = at_us + soon_minutes * MINUTE_US
        begins_in = self.shut_from - at_us
        active = (begins_in <= 0) & (at_us < self.shut_until)
        state[self.shut_place[active]] = CLOSED
        closes_in[self.shut_place[active]] = NOT_CLOSING
        ahead = begins_in > 0
        place, minutes = self.shut_place[ahead], begins_in[ahead] // MINUTE_US
        is_open = state[place] == OPEN
        place, minutes = place[is_open], minutes[is_open]
        known = closes_in[place].astype(np.int64)
        sooner = np.minimum(minutes, np.where(known == NOT_CLOSING, minutes, known))
        # of several closures ahead of one door the first counts
        least = np.full(len(state) if len(place) else 0, np.iinfo(np.int64).max)
        np.minimum.at(least, place, sooner)
        closes_in[place] = least[place]
        near = ((self.shut_from > at_us) & (self.shut_from <= soon_us)) | (
            (self.shut_until > at_us) & (self.shut_until <= soon_us)
        )
        for each in np.unique(self.shut_place[near]).tolist():
            found = state_at(
                self.schedules[self.code[each]], self.calendar, self.shut[each], at_us, soon_minutes
            )
            state[each], closes_in[each] = CODE_OF[found.state], _closes_in(found)


def _closes_in(state: OpenState) -> int:
    return NOT_CLOSING if state.closes_in_minutes is None else state.closes_in_minutes
