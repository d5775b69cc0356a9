"""The list of texts as unions and districts write them: how many are read as a reader would."""

import sys
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from stations.hours import SHANGHAI, open_state, parse_hours

LISTED = tomllib.loads(Path(__file__).with_name("hours_texts.toml").read_text(encoding="utf-8"))
MEANINGS: dict[str, str] = LISTED["meanings"]
RIGHT_AT_LEAST = 0.95


def test_nineteen_of_twenty_texts_are_read_as_a_reader_would(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = {text: parse_hours(text) or "unknown" for text in MEANINGS}
    wrong = {text: got for text, got in read.items() if got != MEANINGS[text]}
    rate = 1 - len(wrong) / len(MEANINGS)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(MEANINGS) - len(wrong)} of {len(MEANINGS)} hours texts: {rate:.1%}\n"
        )
    assert len(MEANINGS) >= 150
    assert rate >= RIGHT_AT_LEAST
    # what is not read is unknown: nobody is sent to a locked door
    assert set(wrong.values()) <= {"unknown"}


def test_many_texts_say_something() -> None:
    assert sum(meaning != "unknown" for meaning in MEANINGS.values()) >= 130
    assert len(set(MEANINGS.values())) >= 60


@pytest.mark.parametrize("meaning", sorted(set(MEANINGS.values()) - {"unknown"}))
def test_each_meaning_reads_as_itself_and_can_be_evaluated(meaning: str) -> None:
    assert parse_hours(meaning) == meaning
    states = {
        open_state(meaning, datetime(2026, 11, day, hour, tzinfo=SHANGHAI)).state
        for day in range(16, 23)
        for hour in range(24)
    }
    assert states & {"open", "closes_soon", "closed"}


@pytest.mark.parametrize("case", LISTED["instants"], ids=lambda case: f"{case['at']}")
def test_the_door_does_what_the_text_says(case: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"]).replace(tzinfo=SHANGHAI)
    assert open_state(parse_hours(case["text"]), at).state == case["state"]
