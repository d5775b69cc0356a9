"""Asks the database for what can be done without, and gives up in time.

A database that is away says so at once. One that is frozen says nothing, for as long as it likes:
whoever waits for it in the threads that serve all routes takes them away one by one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stations.errors import DatabaseUnavailableError

WAIT_S = 3.0
THREADS = 4

T = TypeVar("T")


class DatabaseAsker:
    """A few threads of their own for questions to the database."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="asking")

    async def ask(self, work: Callable[[], T]) -> T:
        """Return what the work returns; raise DatabaseUnavailableError after `WAIT_S`."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._pool, work), WAIT_S)
        except TimeoutError as error:
            raise DatabaseUnavailableError from error

    def close(self) -> None:
        """Take no more questions, and wait for those that are being asked.

        Python waits for these threads at its own end in any case; here their connections go back
        before the engine closes all that it has.
        """
        self._pool.shutdown(wait=True, cancel_futures=True)
