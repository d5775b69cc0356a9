"""The second list of texts, class by class: read as a reader would, or not read at all."""

import sys
import tomllib
from pathlib import Path

import pytest

from stations.hours import parse_hours

LISTED: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("hours_texts_more.toml").read_text(encoding="utf-8")
)
CLASSES = ("days_behind_times", "days_off_behind", "signs", "meridiem")
RIGHT_AT_LEAST = 0.95


def not_read_right(meanings: dict[str, str]) -> dict[str, str]:
    read = {text: parse_hours(text) or "unknown" for text in meanings}
    return {text: got for text, got in read.items() if got != meanings[text]}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_of_texts_is_read_as_a_reader_would(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    meanings = LISTED[name]["meanings"]
    wrong = not_read_right(meanings)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {len(meanings) - len(wrong)} of {len(meanings)}\n")
    # what is not read is unknown: never open where a reader says closed, or the other way
    assert set(wrong.values()) <= {"unknown"}
    assert len(wrong) <= (1 - RIGHT_AT_LEAST) * len(meanings)


@pytest.mark.parametrize("name", CLASSES)
def test_what_was_read_as_a_reader_would_stays(name: str) -> None:
    assert len(LISTED[name]["stays"]) >= 10
    assert not_read_right(LISTED[name]["stays"]) == {}


def test_the_list_is_long_enough() -> None:
    assert sum(len(each["meanings"]) for each in LISTED.values()) >= 80


@pytest.mark.parametrize(
    "meaning",
    sorted({m for each in LISTED.values() for m in each["meanings"].values()} - {"unknown"}),
)
def test_each_meaning_reads_as_itself(meaning: str) -> None:
    assert parse_hours(meaning) == meaning


RUNS = ("周一至周五", "周二至周日", "周一到周六", "工作日", "周一、三、五", "星期一至星期四")
TIMES = ("8:30-17:30", "8:30-12:00、14:00-17:30", "24小时", "20:00-次日6:00")
OFF = ("节假日休息", "法定节假日除外", "国庆节休息", "元旦、春节除外")


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("off", OFF)
def test_days_behind_the_times_mean_what_they_mean_in_front(run: str, times: str, off: str) -> None:
    in_front = parse_hours(f"{run}{times}（{off}）")
    assert in_front is not None
    behind = (f"{times}，{run}，{off}", f"{times}（{run}，{off}）", f"{times} {run} {off}",
              f"{times}（{run}），{off}", f"{times}，{run}（{off}）")  # fmt: skip
    assert {text: parse_hours(text) for text in behind} == dict.fromkeys(behind, in_front)
