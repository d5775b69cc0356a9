"""Turns: one at a time, fair to askers, and nobody who gave up blocks the others."""

import threading
import time

from stations.turns import Turns

PATIENCE_S = 20.0


class Crowd:
    """Askers in threads of their own, who note in which order they had a turn."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self.threads: list[threading.Thread] = []

    def ask(self, asker: str) -> None:
        """Let one more wait, and return when it does."""
        waiting = len(self.turns._waiting)
        thread = threading.Thread(target=self._ask, args=(asker,))
        self.threads.append(thread)
        thread.start()
        end = time.monotonic() + PATIENCE_S
        while len(self.turns._waiting) == waiting:
            assert time.monotonic() < end
            time.sleep(0.001)

    def _ask(self, asker: str) -> None:
        assert self.turns.take(asker, PATIENCE_S)
        self.order.append(asker)
        self.turns.give_back()

    def join(self) -> None:
        """Wait for all."""
        for thread in self.threads:
            thread.join(PATIENCE_S)


def test_who_asks_without_end_waits_for_all_others() -> None:
    turns = Turns()
    assert turns.take("greedy", 0)
    crowd = Crowd(turns)
    for asker in ("greedy", "greedy", "greedy", "one", "two", "one"):
        crowd.ask(asker)
    turns.give_back()
    crowd.join()
    assert crowd.order == ["one", "two", "greedy", "one", "greedy", "greedy"]


def test_one_at_a_time() -> None:
    turns = Turns()
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(50):
            assert turns.take(str(number % 3), PATIENCE_S)
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            turns.give_back()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(most) == 400
    assert max(most) == 1


def test_who_gave_up_blocks_nobody() -> None:
    turns = Turns()
    assert turns.take("first", 0)
    assert not turns.take("second", 0)
    assert not turns.take("second", 0.01)
    turns.give_back()
    assert turns.take("third", 0)


def test_only_the_last_askers_are_remembered() -> None:
    turns = Turns()
    for number in range(3_000):
        assert turns.take(str(number), 0)
        turns.give_back()
    assert len(turns._last) == 1_000
