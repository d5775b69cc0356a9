"""The coverage process: one beside each API process, so that computing never delays an answer.

scipy and the allocation hold the interpreter's lock for up to seconds. The process keeps the demand
in memory.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from stations.coverage_question import CoverageQuestion, What
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.coverage_surface import compute
from stations.database import make_engine
from stations.errors import BusyError
from stations.niced_process import NicedProcess, awaited, or_in_another
from stations.settings import Settings
from stations.street_networks import StreetsInUse
from stations.turns import Turns
from stations.waiting import Waiting

log = logging.getLogger("nuanyi")

TIMEOUT_S = 20.0
MAX_WAITING = 16  # askers; each holds one of the 40 threads that serve all routes but nearest
MAX_WAITING_WITH_INSTANT = 8  # instants are without number: the rest is for questions without one
MAX_JOBS_OF_ONE = 3  # of one account: a page that asked again before the first answer came
MAX_WAITING_OF_ONE = 3  # so that one who asks without end leaves room for all others

T = TypeVar("T")
R = TypeVar("R")

Asked = tuple[CoverageQuestion, int, What]


class CoverageWorker:
    """A handle on the coverage process. Safe to share between threads; close it at the end.

    The process starts with the first question, or with `start`. A computation that takes longer
    than its asker waits goes on, and its result is kept: who asks again later finds it. Only one
    computation is in the process at a time, in turns that are fair to askers; so a planner's job,
    which nobody can know in advance, waits for one at most.
    """

    def __init__(self, url: str, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        own = settings.model_copy(update={"pool_size": 1})
        self._process = NicedProcess(own, _begin, url, own)
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._computing: dict[Asked, Future[KeptResult]] = {}
        self._waiting = Waiting(MAX_WAITING, MAX_WAITING_OF_ONE)
        self._turns = Turns()
        self._jobs = Waiting(MAX_WAITING, MAX_JOBS_OF_ONE)  # by account: in hand or waiting

    def start(self) -> None:
        """Start the process now, so that the first question does not wait for its imports."""
        self._process.start()

    def compute(
        self,
        question: CoverageQuestion,
        data_version: int,
        what: What = "surface",
        *,
        asker: str = "",
    ) -> KeptResult:
        """Compute a checked question about a root area, at `data_version` or later, and keep it.

        Those who ask the same at the same time share one computation. Raises BusyError when too
        much is waiting, of one `asker` (an address) or of all, after 20 s, or when the process dies
        twice; NoDemandError; NetworkReplacedError; DatabaseUnavailableError.
        """
        with self._waiting.place(asker, MAX_WAITING_WITH_INSTANT if question.at else None):
            return or_in_another(lambda: self._result((question, data_version, what), asker))

    def run(self, job: Callable[[Desk, T], R], asked: T, *, account: int) -> R:
        """Do a planner's job in the process: what is asked for once, and not kept.

        One job after the other. Raises BusyError when too many are waiting, of this account or of
        all, after 20 s, or when the process dies twice; and what the job raises.
        """
        return or_in_another(lambda: self._planned(job, asked, account))

    def close(self) -> None:
        """End the process, also in the middle of a computation."""
        self._process.close()

    def _planned(self, job: Callable[[Desk, T], R], asked: T, account: int) -> R:
        with self._waiting.place(account):
            self._jobs.take(account)  # until it ends, whoever still waits for it
            try:
                future = self._process.submit(_run_here, job, asked)
            except BaseException:
                self._jobs.leave(account)
                raise
            future.add_done_callback(lambda _done: self._jobs.leave(account))
            return awaited(future, self._timeout_s)

    def _result(self, asked: Asked, asker: str) -> KeptResult:
        until_s = time.monotonic() + self._timeout_s
        with self._lock:
            future = self._computing.get(asked)
        if future is None or future.done():
            if not self._turns.take(asker, self._timeout_s):
                raise BusyError
            future = self._begun(asked)
        try:
            return future.result(max(0.0, until_s - time.monotonic()))
        except TimeoutError as error:
            raise BusyError from error

    def _begun(self, asked: Asked) -> Future[KeptResult]:
        """Begin a computation in one's turn, which ends with it, whoever still waits for it."""
        try:
            with self._lock:
                future = self._process.submit(_compute_here, asked[0], asked[2])
                self._computing[asked] = future
        except BaseException:
            self._turns.give_back()
            raise
        future.add_done_callback(lambda done: self._forget(asked, done))
        return future

    def _forget(self, asked: Asked, done: Future[KeptResult]) -> None:
        # Runs in the pool's own thread, perhaps while another holds the lock: no lock here.
        if self._computing.get(asked) is done:
            self._computing.pop(asked, None)
        self._turns.give_back()


_desk: list[Desk] = []
"""What the coverage process holds between questions."""


def _begin(url: str, settings: Settings) -> None:
    _desk[:] = [Desk(make_engine(url, settings), StreetsInUse(settings, log.warning).look)]


def _compute_here(question: CoverageQuestion, what: What) -> KeptResult:
    return compute(_desk[0], question, what)


def _run_here(job: Callable[[Desk, T], R], asked: T) -> R:
    return job(_desk[0], asked)
