"""What filters keep and what they leave out as unknown, against looking at every station."""

import random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo.coordinates import LonLat
from stations import knn, search
from stations.calendar import shipped
from stations.directory import Directory
from stations.directory_columns import build
from stations.filters import Filters
from stations.station import Station as Value
from stations.tables import Station
from tests.factories import CITY, add_source, station_row

ACCESS = ["everyone", "outdoor_workers", "members", "unknown", "staff_only"]
ENTRY: list[list[str]] = [["walk_in"], ["ask_staff", "qr_code"], ["app"], []]
TIERS = ["basic", "benchmark", None]
KINDS = ["rest_station", "nursing_room"]


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(12351)


@pytest.fixture
def many(session: Session, chance: random.Random) -> list[Value]:
    add_source(session)
    rows: list[dict[str, Any]] = []
    for number in range(400):
        point = LonLat(
            CITY.lon + chance.uniform(-0.02, 0.02), CITY.lat + chance.uniform(-0.02, 0.02)
        )
        microwave, wifi = chance.choice("yn?"), chance.choice("yn?")
        answers = (("microwave", microwave), ("wifi", wifi))
        rows.append(
            station_row(
                f"NB-RS-{number:04}",
                point,
                kind=chance.choice(KINDS),
                access=chance.choice(ACCESS),
                entry=chance.choice(ENTRY),
                tier=chance.choice(TIERS),
                services_yes=[code for code, answer in answers if answer == "y"],
                services_no=[code for code, answer in answers if answer == "n"],
            )
        )
    session.execute(insert(Station), rows)
    public, matched, left_out = search.in_box(
        session, box=None, cell=None, filters=Filters(), after_code=None, limit=1_000
    )
    assert (matched, left_out) == (len(public), {})
    return public


def judged(station: Value, filters: Filters) -> str:
    """Return "yes", "no", or the first fact of which it is not known."""
    if filters.kinds and not {station.kind, *station.also_kinds} & set(filters.kinds):
        return "no"
    answers: dict[str, bool | None] = {}
    if filters.services:
        if station.services_no & set(filters.services):
            answers["service"] = False
        elif not set(filters.services) <= station.services_yes:
            answers["service"] = None
    if filters.access and station.access.value not in filters.access:
        answers["access"] = None if station.access.value == "unknown" else False
    if filters.entry and not set(station.entry) & set(filters.entry):
        answers["entry"] = None if not station.entry else False
    if filters.no_app and not set(station.entry) & {"walk_in", "ask_staff", "door_code", "card"}:
        answers["no_app"] = None if not station.entry else False
    if filters.tiers and station.tier not in filters.tiers:
        answers["tier"] = None if station.tier is None else False
    if False in answers.values():
        return "no"
    return next((f"{fact}_unknown" for fact in answers), "yes")


def some_filters(chance: random.Random, include_unknown: bool) -> Filters:
    def some(words: list[str], most: int) -> tuple[str, ...]:
        return tuple(chance.sample(words, chance.randint(0, most)))

    return Filters(
        kinds=some(KINDS, 2),
        services=some(["microwave", "wifi"], 2),
        include_unknown=include_unknown,
        access=some(["everyone", "outdoor_workers", "members", "unknown"], 2),
        entry=some(["walk_in", "ask_staff", "app"], 2),
        tiers=some(["basic", "benchmark"], 2),
        no_app=chance.random() < 0.2,
    )


@pytest.mark.parametrize("include_unknown", [False, True])
def test_filters_equal_looking_at_every_station(
    session: Session, many: list[Value], chance: random.Random, include_unknown: bool
) -> None:
    reasons_seen: set[str] = set()
    directory = Directory.of(1, shipped(), *build(many, lambda _station: b""))
    for _ in range(60):
        filters = some_filters(chance, include_unknown)
        verdicts = {station.code: judged(station, filters) for station in many}
        wanted = {"yes"} | (set(verdicts.values()) - {"no"} if include_unknown else set())
        expected = [code for code, verdict in verdicts.items() if verdict in wanted]
        unknown = [verdict for verdict in verdicts.values() if verdict not in {*wanted, "no"}]
        counts = {reason: unknown.count(reason) for reason in unknown}
        reasons_seen |= counts.keys()
        page, matched, left_out = search.in_box(
            session, box=None, cell=None, filters=filters, after_code=None, limit=1_000
        )
        assert [station.code for station in page] == expected
        assert (matched, left_out) == (len(expected), counts)
        assert knn.count_within(session, CITY, 20_000, filters) == (len(expected), counts)
        near = knn.knn(session, CITY, 20_000, filters, 1_000)
        assert {station.code for station, _metres in near.found} == set(expected)
        sifted, left_out = directory.sieve(filters).sifted(np.arange(len(directory)))
        assert [directory.code(row) for row in np.flatnonzero(sifted).tolist()] == expected
        assert left_out == counts
    every = {"service_unknown", "access_unknown", "entry_unknown", "no_app_unknown", "tier_unknown"}
    assert reasons_seen == (set() if include_unknown else every)
