"""The coverage process: one beside each API process, so that computing never delays an answer.

scipy and the allocation hold the interpreter's lock for up to seconds. The process is niced, keeps
the demand in memory, and ends with its parent, however that ends.
"""

import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

from stations.coverage_question import CoverageQuestion, What
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.coverage_surface import compute
from stations.database import make_engine
from stations.errors import BusyError
from stations.settings import Settings
from stations.street_networks import StreetsInUse
from stations.turns import Turns

log = logging.getLogger("nuanyi")

TIMEOUT_S = 20.0
MAX_WAITING = 16  # askers; each holds one of the 40 threads that serve all routes but nearest
MAX_WAITING_WITH_INSTANT = 8  # instants are without number: the rest is for questions without one
MAX_JOBS_OF_ONE = 3  # of one account: a page that asked again before the first answer came
MAX_WAITING_OF_ONE = 3  # so that one who asks without end leaves room for all others

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

Asked = tuple[CoverageQuestion, int, What]


class CoverageWorker:
    """A handle on the coverage process. Safe to share between threads; close it at the end.

    The process starts with the first question, or with `start`. A computation that takes longer
    than its asker waits goes on, and its result is kept: who asks again later finds it. Only one
    computation is in the process at a time, in turns that are fair to askers; so a planner's job,
    which nobody can know in advance, waits for one at most.
    """

    def __init__(self, url: str, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._settings = settings.model_copy(update={"pool_size": 1})
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._computing: dict[Asked, Future[KeptResult]] = {}
        self._waiting = 0
        self._askers: Counter[str] = Counter()
        self._turns = Turns()
        self._jobs: Counter[int] = Counter()  # by account: running or waiting
        self._jobs_lock = threading.Lock()  # never held while anything else is waited for
        self._pool: ProcessPoolExecutor | None = None
        self._lifeline: Connection | None = None
        self._closed = False

    def start(self) -> None:
        """Start the process now, so that the first question does not wait for its imports."""
        with self._lock:
            self._ready_pool()

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
        with self._lock:
            room = MAX_WAITING if question.at is None else MAX_WAITING_WITH_INSTANT
            if self._waiting >= room or self._askers[asker] >= MAX_WAITING_OF_ONE:
                raise BusyError
            self._waiting += 1
            self._askers[asker] += 1
        try:
            return _or_in_another(lambda: self._result((question, data_version, what), asker))
        finally:
            with self._lock:
                self._waiting -= 1
                self._askers[asker] -= 1
                if not self._askers[asker]:
                    del self._askers[asker]

    def run(self, job: Callable[[Desk, T], R], asked: T, *, account: int) -> R:
        """Do a planner's job in the process: what is asked for once, and not kept.

        One job after the other. Raises BusyError when too many are waiting, of this account or of
        all, after 20 s, or when the process dies twice; and what the job raises.
        """
        return _or_in_another(lambda: self._planned(job, asked, account))

    def close(self) -> None:
        """End the process, also in the middle of a computation."""
        with self._lock:
            self._closed = True
            self._end_pool()

    def _planned(self, job: Callable[[Desk, T], R], asked: T, account: int) -> R:
        with self._lock:
            if self._jobs[account] >= MAX_JOBS_OF_ONE or self._waiting >= MAX_WAITING:
                raise BusyError
            future = self._submitted(_run_here, job, asked)
            self._count_job(account, 1)
            self._waiting += 1
        future.add_done_callback(lambda _done: self._count_job(account, -1))
        try:
            return future.result(self._timeout_s)
        except TimeoutError as error:
            future.cancel()
            raise BusyError from error
        finally:
            with self._lock:
                self._waiting -= 1

    def _count_job(self, account: int, change: int) -> None:
        with self._jobs_lock:
            self._jobs[account] += change
            if not self._jobs[account]:
                del self._jobs[account]

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
                future = self._submitted(_compute_here, asked[0], asked[2])
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

    def _submitted(self, work: Callable[P, R], *asked: P.args, **more: P.kwargs) -> Future[R]:
        """Hand work to the process, to a new one where the last has died; BusyError if closed."""
        if self._closed:
            raise BusyError
        try:
            return self._ready_pool().submit(work, *asked, **more)
        except BrokenProcessPool:
            self._end_pool()
            return self._ready_pool().submit(work, *asked, **more)

    def _ready_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = get_context("spawn")
            childs_end, self._lifeline = spawn.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=spawn,
                initializer=_begin,
                initargs=(childs_end, self._url, self._settings),
            )
            with _interrupts_ignored():
                self._pool.submit(os.getpid)  # the first task starts the process
            childs_end.close()
        return self._pool

    def _end_pool(self) -> None:
        pool, self._pool = self._pool, None
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            lifeline.close()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def _or_in_another(work: Callable[[], R]) -> R:
    """Do it again where the process has died of whatever: nothing was written that stays.

    Raises BusyError where the next one dies too.
    """
    try:
        return work()
    except BrokenProcessPool:
        try:
            return work()
        except BrokenProcessPool as error:
            raise BusyError from error


_desk: list[Desk] = []
"""What the coverage process holds between questions."""


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let a process that starts now be deaf to Ctrl-C from its first instruction on.

    The server is told, and ends it. Only the main thread may set signals; it is the one that starts
    the process with the server.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin(lifeline: Connection, url: str, settings: Settings) -> None:
    """Prepare the coverage process: polite, deaf to Ctrl-C, and bound to its parent's life."""
    os.nice(settings.background_niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    _desk[:] = [Desk(make_engine(url, settings), StreetsInUse(settings, log.warning).look)]


def _end_with(lifeline: Connection) -> None:
    """Exit when the parent closes its end of the pipe, or the kernel does as the parent dies.

    A pool's process would outlive a killed parent: it holds both ends of its own queue.
    """
    lifeline.poll(None)
    os._exit(1)


def _compute_here(question: CoverageQuestion, what: What) -> KeptResult:
    return compute(_desk[0], question, what)


def _run_here(job: Callable[[Desk, T], R], asked: T) -> R:
    return job(_desk[0], asked)
