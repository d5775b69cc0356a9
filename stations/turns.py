"""One at a time; and of those who wait, first who had a turn longest ago.

So whoever asks without end waits for all others, and nobody waits for more than one turn of his.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

MOST_REMEMBERED = 1_000


class _Ticket(NamedTuple):
    """Somebody who waits."""

    number: int
    asker: str


class Turns:
    """A lock that is fair to askers. Whoever takes a turn gives it back, in whatever thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._waiting: list[_Ticket] = []
        self._last: OrderedDict[str, int] = OrderedDict()  # askers by their last turn
        self._count = 0

    def take(self, asker: str, within_s: float) -> bool:
        """Wait for a turn; return whether it came in time."""
        with self._changed:
            self._count += 1
            ticket = _Ticket(self._count, asker)
            self._waiting.append(ticket)
            try:
                came = self._changed.wait_for(lambda: self._is_next(ticket), within_s)
            finally:
                self._waiting.remove(ticket)
            if not came:
                self._changed.notify_all()  # perhaps it was this one's turn just now
                return False
            self._is_taken = True
            self._count += 1
            self._last[asker] = self._count
            self._last.move_to_end(asker)
            if len(self._last) > MOST_REMEMBERED:
                self._last.popitem(last=False)
            return True

    def give_back(self) -> None:
        """End the turn."""
        with self._changed:
            self._is_taken = False
            self._changed.notify_all()

    def _is_next(self, ticket: _Ticket) -> bool:
        if self._is_taken:
            return False
        return ticket == min(self._waiting, key=lambda one: (self._last.get(one.asker, 0), one))
