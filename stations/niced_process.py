"""A process beside this one for work that holds Python's lock, so that no answer waits for it.

It is niced, is replaced when it dies, and ends with its parent, however that ends.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from stations.errors import BusyError
from stations.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class NicedProcess:
    """A handle, safe to share between threads; close it at the end.

    Starts with the first work, or with `start`. `begin` is called in the process with what follows
    it before any work; work is done one after the other, in up to `most` processes.
    """

    def __init__(
        self, settings: Settings, begin: Callable[..., None], *given: Any, most: int = 1
    ) -> None:
        self._prepare = (settings.background_niceness, settings.planners_wait, begin, given)
        self._most = most
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._lifeline: tuple[Connection, Connection] | None = None  # the children's end, and ours
        self._closed = False

    def start(self) -> None:
        """Start now, so that the first work does not wait for imports; a closed one stays so."""
        with self._lock:
            if not self._closed:
                self._ready_pool()

    def submit(self, work: Callable[P, R], *asked: P.args, **more: P.kwargs) -> "Future[R]":
        """Hand work over, to a new process where the last has died; BusyError if closed."""
        with self._lock:
            if self._closed:
                raise BusyError
            try:
                return self._ready_pool().submit(work, *asked, **more)
            except BrokenProcessPool:
                self._end_pool()
                return self._ready_pool().submit(work, *asked, **more)

    def close(self) -> None:
        """End the process, also in the middle of its work."""
        with self._lock:
            self._closed = True
            self._end_pool()

    def _ready_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = get_context("spawn")
            self._lifeline = spawn.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(
                max_workers=self._most,
                mp_context=spawn,
                initializer=_begin,
                initargs=(self._lifeline[0], *self._prepare),
            )
            with _interrupts_ignored():
                self._pool.submit(os.getpid)  # the first task starts the process
        return self._pool

    def _end_pool(self) -> None:
        pool, self._pool = self._pool, None
        lifeline, self._lifeline = self._lifeline, None
        for end in lifeline or ():
            end.close()
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


def or_in_another(work: Callable[[], R]) -> R:
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


def awaited(future: "Future[R]", timeout_s: float) -> R:
    """Return the result of work; BusyError after so long, and what has not begun is left undone."""
    try:
        return future.result(timeout_s)
    except TimeoutError as error:
        future.cancel()
        raise BusyError from error


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


def _begin(
    lifeline: Connection,
    niceness: int,
    is_idle: bool,
    begin: Callable[..., None],
    given: tuple[Any, ...],
) -> None:
    """Prepare the process: polite, deaf to Ctrl-C, and bound to its parent's life."""
    os.nice(niceness)
    if is_idle:
        _take_what_is_left()
        _leave_a_core()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    begin(*given)


def _take_what_is_left() -> None:
    """Give a processor up at once to whoever else wants it, where the system has such a way.

    From a process that is only nice the scheduler takes it after milliseconds.
    """
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # some containers forbid it: then it is only nice
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _leave_a_core() -> None:
    """Keep off one of the processors that are ours, if there are several and the system can."""
    if hasattr(os, "sched_setaffinity"):
        ours = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, ours[1:] or ours)


def _end_with(lifeline: Connection) -> None:
    """Exit when the parent closes its end of the pipe, or the kernel does as the parent dies.

    A pool's process would outlive a killed parent: it holds both ends of its own queue.
    """
    lifeline.poll(None)
    os._exit(1)
