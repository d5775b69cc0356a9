"""How many may wait for something, of all and of one asker, so that no one takes all the room."""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from stations.errors import BusyError


class Waiting:
    """Counts those who wait; safe to share between threads."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self.most = most
        self.most_of_one = most_of_one
        self._lock = threading.Lock()
        self._by_asker: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        """Return how many wait."""
        return self._by_asker.total()

    def of(self, asker: Hashable) -> int:
        """Return how many wait of one asker."""
        return self._by_asker[asker]

    def take(self, asker: Hashable, most: int | None = None) -> None:
        """Let one more wait; BusyError where there is no room, of `most` for all where given."""
        with self._lock:
            is_full = self._by_asker.total() >= (self.most if most is None else most)
            if is_full or self._by_asker[asker] >= self.most_of_one:
                raise BusyError
            self._by_asker[asker] += 1

    def leave(self, asker: Hashable) -> None:
        """Let one go."""
        with self._lock:
            self._by_asker[asker] -= 1
            if not self._by_asker[asker]:
                del self._by_asker[asker]

    @contextmanager
    def place(self, asker: Hashable, most: int | None = None) -> Iterator[None]:
        """Hold a place meanwhile, as `take` does."""
        self.take(asker, most)
        try:
            yield
        finally:
            self.leave(asker)
