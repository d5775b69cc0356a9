from collections import Counter
from datetime import date

import pytest

from seeds.demo_assessments import demo_assessments
from stations.assessments import Answer
from stations.rule_files import read_rules
from stations.station import Known, StationRow


@pytest.fixture(scope="module")
def made(demo: list[StationRow]) -> dict[str, list[Answer]]:
    return dict(demo_assessments(demo))


def test_every_answer_is_to_a_fact_of_the_shipped_rules(made: dict[str, list[Answer]]) -> None:
    facts = read_rules().facts
    kinds = {"yes_no": Known, "number": float}
    for answers in made.values():
        for each in answers:
            assert isinstance(each.answer, kinds[facts[each.fact].answer])
            assert each.checked_on is not None
            assert date(2025, 11, 1) <= each.checked_on < date(2026, 11, 1)


def test_some_are_inspected_and_some_are_not(
    demo: list[StationRow], made: dict[str, list[Answer]]
) -> None:
    assert dict(demo_assessments(demo)) == made
    for kind, least, most in (("rest_station", 400, 520), ("nursing_room", 500, 660)):
        inspected = [row for row in demo if row.kind == kind and row.source_id in made]
        assert least < len(inspected) < most
    said = Counter(each.answer for answers in made.values() for each in answers)
    assert min(said[Known.YES], said[Known.NO]) > 200
