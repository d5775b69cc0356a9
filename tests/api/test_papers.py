"""Large answers are written in a process of their own, and are what would be written here."""

import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from api import papers
from api.papers import Papers, Room
from stations import coverage
from stations.coverage_question import CoverageQuestion, What
from stations.coverage_results import KeptResult
from stations.coverage_worker import CoverageWorker
from stations.errors import BusyError
from stations.settings import Settings
from tests.stations.coverage_town import ROOT, add_station, load_town

QUESTION = CoverageQuestion(ROOT, minutes=10)


@pytest.fixture
def town(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        load_town(session)
        add_station(session, 1, 121.508, 29.812)
        yield session


@pytest.fixture
def writing(database: URL) -> Iterator[Papers]:
    writing = Papers(database.render_as_string(hide_password=False), Settings())
    yield writing
    writing.close()


def test_cells_are_those_of_this_process_zipped_or_not(
    town: Session, worker: CoverageWorker, writing: Papers
) -> None:
    expected = coverage.cells(town, QUESTION, 9, worker.compute)
    plain = writing.write(town, QUESTION, worker.compute, papers.cells_json, (9, False))
    zipped = writing.write(town, QUESTION, worker.compute, papers.cells_json, (9, True))
    assert orjson.loads(plain) == expected
    assert gzip.decompress(zipped) == plain


def test_a_result_that_nobody_keeps_is_refused(
    town: Session, engine: Engine, worker: CoverageWorker, writing: Papers
) -> None:
    def in_vain(
        question: CoverageQuestion, data_version: int, what: What = "surface"
    ) -> KeptResult:
        kept = worker.compute(question, data_version, what)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM coverage_results"))
        return kept

    with pytest.raises(BusyError):
        writing.write(town, QUESTION, in_vain, papers.cells_json, (9, False))
    again = writing.write(town, QUESTION, worker.compute, papers.cells_json, (9, False))
    assert orjson.loads(again)["cells"]


def _die(_room: Room, _session: Session, _question: CoverageQuestion, _asked: int) -> bytes:
    os._exit(1)


def _process(_room: Room, _session: Session, _question: CoverageQuestion, _asked: int) -> int:
    return os.getpid()


def test_a_process_that_dies_is_replaced(
    town: Session, worker: CoverageWorker, writing: Papers
) -> None:
    first = writing.write(town, QUESTION, worker.compute, _process, 0)
    with pytest.raises(BusyError):
        writing.write(town, QUESTION, worker.compute, _die, 0)
    second = writing.write(town, QUESTION, worker.compute, _process, 0)
    assert len({first, second, os.getpid()}) == 3


def test_what_is_wrong_with_a_question_is_told_as_it_is(
    town: Session, worker: CoverageWorker, writing: Papers
) -> None:
    for question, res in ((replace(QUESTION, area="999999"), 9), (QUESTION, 12)):
        with pytest.raises(Exception) as here:  # noqa: PT011 - whichever it is
            coverage.cells(town, question, res, worker.compute)
        with pytest.raises(type(here.value)) as there:
            writing.write(town, question, worker.compute, papers.cells_json, (res, False))
        assert vars(there.value) == vars(here.value)


def test_too_many_who_wait_are_refused(
    town: Session, worker: CoverageWorker, writing: Papers
) -> None:
    def asked_by(asker: str) -> int:
        return writing.write(town, QUESTION, worker.compute, _process, 0, asker=asker)

    with ExitStack() as waiting:
        for _ in range(papers.MOST_WAITING_OF_ONE):
            waiting.enter_context(writing._waiting.place("one"))
        with pytest.raises(BusyError):
            asked_by("one")
        assert asked_by("another")
        for number in range(papers.MOST_WAITING - papers.MOST_WAITING_OF_ONE):
            waiting.enter_context(writing._waiting.place(f"number {number}"))
        with pytest.raises(BusyError):
            asked_by("another")
    assert asked_by("one")
    assert not writing._waiting


def test_a_closed_one_writes_nothing(
    town: Session, worker: CoverageWorker, writing: Papers
) -> None:
    writing.close()
    with pytest.raises(BusyError):
        writing.write(town, QUESTION, worker.compute, _process, 0)
