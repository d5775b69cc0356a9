"""The coverage process: shared, bounded, replaced when it dies, and gone with its parent."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from stations import coverage, errors
from stations.coverage import CoverageQuestion
from stations.coverage_results import KeptResult
from stations.coverage_study import Desk
from stations.coverage_worker import MAX_JOBS_OF_ONE, MAX_WAITING_OF_ONE, CoverageWorker
from stations.errors import (
    AreaNotFoundError,
    BusyError,
    DatabaseUnavailableError,
    NoDemandError,
    NuanyiError,
)
from stations.register import current_version
from stations.settings import Settings
from tests.processes import PATIENCE_S, is_running, parent_of_one, until
from tests.stations.coverage_town import ROOT, add_station, load_town, residents

CITY = CoverageQuestion(ROOT, minutes=10)


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    add_station(session, 1, 121.508, 29.812)
    return session


def _children() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid is not None}


def test_it_answers_in_a_process_of_its_own_that_takes_what_is_left(
    town: Session, database: URL
) -> None:
    polite = Settings(background_niceness=10, planners_wait=True)
    worker = CoverageWorker(
        database.render_as_string(hide_password=False), polite, timeout_s=PATIENCE_S
    )
    before = _children()
    worker.start()
    (pid,) = _children() - before
    assert coverage.report(town, CITY, worker.compute)["demand"]["residents"]["total"] == residents(
        town
    )
    assert os.getpriority(os.PRIO_PROCESS, pid) >= polite.background_niceness
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    ours = os.sched_getaffinity(0)
    assert os.sched_getaffinity(pid) < ours or len(ours) == 1
    worker.close()
    assert _children() <= before


def test_errors_of_the_process_arrive_as_they_are(session: Session, worker: CoverageWorker) -> None:
    load_town(session, with_demand=False)
    with pytest.raises(NoDemandError):
        coverage.report(session, CITY, worker.compute)


def test_a_database_that_is_away_is_named() -> None:
    worker = CoverageWorker("postgresql+psycopg://nobody@/none?host=/nowhere", Settings())
    try:
        with pytest.raises(DatabaseUnavailableError):
            worker.compute(CITY, 1)
    finally:
        worker.close()


def test_a_process_that_died_is_replaced(town: Session, worker: CoverageWorker) -> None:
    before = _children()
    worker.start()
    coverage.report(town, CITY, worker.compute)
    (pid,) = _children() - before
    os.kill(pid, signal.SIGKILL)
    until(lambda: pid not in _children())
    add_station(town, 2, 121.512, 29.815)
    assert coverage.report(town, CITY, worker.compute)["stations"]["counted"] == 2


def _id_of_process(desk: Desk, asked: int) -> int:
    """Return the process that it is done in; asked for one, that dies of it."""
    del desk
    if asked == os.getpid():
        os._exit(1)
    return os.getpid()


def test_a_planners_job_is_done_by_another_process_when_one_died(worker: CoverageWorker) -> None:
    """However it died, and whether or not anybody asked for coverage since."""
    before = _children()
    first = worker.run(_id_of_process, 0, account=1)
    os.kill(first, signal.SIGKILL)
    until(lambda: first not in _children())
    second = worker.run(_id_of_process, 0, account=1)
    assert second not in before | {first}
    third = worker.run(_id_of_process, second, account=1)  # dies in the middle of the job
    assert third not in before | {first, second}


def _die(desk: Desk, asked: int) -> None:
    del desk, asked
    os._exit(1)


def test_a_job_that_every_process_dies_of_is_refused_and_does_no_harm(
    worker: CoverageWorker,
) -> None:
    for _ in range(2):
        with pytest.raises(BusyError):
            worker.run(_die, 0, account=1)
    assert worker.run(_id_of_process, 0, account=1) in _children()
    until(lambda: not worker._jobs)


def _slow(desk: Desk, asked: float) -> float:
    del desk
    time.sleep(asked)
    return asked


def test_one_account_has_room_for_a_page_that_asks_again_and_not_for_more(
    worker: CoverageWorker,
) -> None:
    worker.run(_id_of_process, 0, account=1)
    told: list[float] = []

    def plan(account: int) -> None:
        told.append(worker.run(_slow, 0.3, account=account))

    jobs = [threading.Thread(target=plan, args=(1,)) for _ in range(MAX_JOBS_OF_ONE)]
    for number, thread in enumerate(jobs, start=1):
        thread.start()
        until(lambda: worker._jobs.of(1) == number)  # noqa: B023 - it waits here
    with pytest.raises(BusyError):
        worker.run(_id_of_process, 0, account=1)
    assert worker.run(_id_of_process, 0, account=2)
    for thread in jobs:
        thread.join(PATIENCE_S)
    assert len(told) == MAX_JOBS_OF_ONE
    until(lambda: not worker._jobs)


def test_who_waits_too_long_is_told_and_finds_the_result_later(
    town: Session, database: URL
) -> None:
    url = database.render_as_string(hide_password=False)
    worker = CoverageWorker(url, Settings(), timeout_s=0)
    try:
        with pytest.raises(BusyError):
            coverage.report(town, CITY, worker.compute)

        def is_kept() -> bool:
            town.rollback()
            return bool(town.scalar(text("SELECT count(*) FROM coverage_results")))

        until(is_kept)
        assert coverage.report(town, CITY, worker.compute)["stations"]["counted"] == 1
    finally:
        worker.close()


def test_more_than_it_takes_on_is_refused(
    town: Session, engine: Engine, worker: CoverageWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker._waiting, "most", 3)
    results: list[KeptResult] = []

    def ask(minutes: int) -> None:
        results.append(worker.compute(CoverageQuestion(ROOT, minutes=minutes), 1))

    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE coverage_results IN ACCESS EXCLUSIVE MODE"))
        asking = [threading.Thread(target=ask, args=(minutes,)) for minutes in (10, 10, 11)]
        for thread in asking:
            thread.start()
        until(lambda: len(worker._waiting) == 3 and len(worker._computing) == 1)
        with pytest.raises(BusyError):  # a fourth asker
            worker.compute(CoverageQuestion(ROOT, minutes=12), 1)
        holder.rollback()
    for thread in asking:
        thread.join(PATIENCE_S)
    assert len(results) == 3
    until(lambda: not worker._computing)


def test_a_planners_job_waits_for_one_computation_at_most(
    town: Session, engine: Engine, worker: CoverageWorker
) -> None:
    """However many questions of all the world stand before it."""
    version = current_version(town)
    done: list[int] = []
    town.rollback()
    worker.compute(CITY, version)

    def ask(minutes: int) -> None:
        worker.compute(CoverageQuestion(ROOT, minutes=minutes), version, asker=str(minutes))
        done.append(minutes)

    def plan() -> None:
        worker.run(_id_of_process, 0, account=1)
        done.append(0)

    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE coverage_results IN ACCESS EXCLUSIVE MODE"))
        asking = [threading.Thread(target=ask, args=(minutes,)) for minutes in range(20, 25)]
        for number, thread in enumerate(asking, start=1):
            thread.start()
            until(lambda: len(worker._waiting) == number)  # noqa: B023 - it waits here
        planner = threading.Thread(target=plan)
        planner.start()
        until(lambda: len(worker._waiting) == 6)
        holder.rollback()
    for thread in (*asking, planner):
        thread.join(PATIENCE_S)
    assert len(done) == 6
    assert done.index(0) <= 1


def test_a_closed_worker_starts_nothing(worker: CoverageWorker) -> None:
    worker.close()
    with pytest.raises(BusyError):
        worker.compute(CITY, 1)


def test_it_ends_with_a_parent_that_is_killed(database: URL, tmp_path: Path) -> None:
    program = (
        "import multiprocessing, sys, time\n"
        "from stations.coverage_worker import CoverageWorker\n"
        "from stations.settings import Settings\n"
        "if __name__ == '__main__':\n"
        "    CoverageWorker(sys.argv[1], Settings()).start()\n"
        "    print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    url = database.render_as_string(hide_password=False)
    with parent_of_one(program, tmp_path, url) as (child, parent):
        parent.kill()
    until(lambda: not is_running(child))


@pytest.mark.parametrize(
    "error",
    [
        BusyError(),
        AreaNotFoundError(field="area", value="330299"),
        errors.InvalidInputError(field="minutes", problem_zh="应为整数", problem_en="whole"),
    ],
)
def test_errors_survive_the_way_between_processes(error: NuanyiError) -> None:
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(arrived) is type(error)
    assert (arrived.field, arrived.values) == (error.field, error.values)
    assert arrived.sentence("zh") == error.sentence("zh")
    assert str(arrived) == str(error)


def test_one_who_asks_without_end_leaves_room_for_others(
    town: Session, worker: CoverageWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = current_version(town)
    go_on = threading.Event()
    held: list[CoverageQuestion] = []

    def slow(asked: tuple[CoverageQuestion, int], _asker: str) -> KeptResult:
        held.append(asked[0])
        assert go_on.wait(PATIENCE_S)
        raise BusyError

    monkeypatch.setattr(worker, "_result", slow)

    def ask(minutes: int, asker: str) -> None:
        with pytest.raises(BusyError):
            worker.compute(CoverageQuestion(ROOT, minutes=minutes), version, asker=asker)

    greedy = [
        threading.Thread(target=ask, args=(minutes, "greedy"))
        for minutes in range(1, MAX_WAITING_OF_ONE + 1)
    ]
    for thread in greedy:
        thread.start()
    until(lambda: len(held) == MAX_WAITING_OF_ONE)
    with pytest.raises(BusyError):
        worker.compute(CITY, version, asker="greedy")
    assert len(held) == MAX_WAITING_OF_ONE
    other = threading.Thread(target=ask, args=(CITY.minutes, "other"))
    other.start()
    until(lambda: CITY in held)
    go_on.set()
    for thread in (*greedy, other):
        thread.join(PATIENCE_S)
    monkeypatch.undo()
    assert worker.compute(CITY, version, asker="greedy").report
