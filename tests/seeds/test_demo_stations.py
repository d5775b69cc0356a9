import hashlib
from collections import Counter
from datetime import date

import shapely

from geo.coordinates import Datum, convert
from seeds.demo_rules import rules
from seeds.demo_stations import demo_stations
from stations.areas import AreaRow
from stations.demand import DemandRows
from stations.hours import parse_hours
from stations.station import StationRow
from stations.taxonomy import taxonomy

# Change it together with the rules: a change that nobody made means a machine draws differently.
CHECKSUM = "ad1a83bfd9549a44a2957814387cf3ddf91239818b1886929a6df7379378dc33"


def checksum(rows: list[StationRow]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        assert row.position is not None
        said: list[object] = [row.source_id, row.name, *row.position.point, row.position.datum]
        said += [row.status, row.access, row.hours_text, row.town_code, row.address]
        said += [row.checked_on, *sorted(row.services.items())]
        digest.update(" ".join(map(str, said)).encode())
    return digest.hexdigest()


def of_kind(demo: list[StationRow], kind: str) -> list[StationRow]:
    return [row for row in demo if row.kind == kind]


def test_as_many_of_each_kind_as_promised(demo: list[StationRow]) -> None:
    counts = Counter(row.kind for row in demo)
    assert counts.pop("rest_station") == 600
    assert counts.pop("nursing_room") == 1050
    others = {kind.code for kind in rules().kind} - {"rest_station", "nursing_room"}
    assert counts == dict.fromkeys(others, 30)
    assert len(others) == 10


def test_1600_are_in_public_lists(demo: list[StationRow]) -> None:
    public = [
        row
        for row in demo
        if row.status in {"active", "temporarily_closed"}
        and row.access != "staff_only"
        and not (
            row.access == "unknown"
            and {row.kind, *(row.also_kinds or ())} & set(taxonomy().withheld_when_unknown)
        )
    ]
    assert len(public) == 1600
    assert Counter(row.kind for row in demo if row.access == "staff_only") == {"nursing_room": 350}
    assert all(row.access != "unknown" for row in of_kind(demo, "nursing_room"))


def test_a_few_are_temporarily_closed_and_none_is_planned_or_closed(
    demo: list[StationRow],
) -> None:
    statuses = Counter(row.status for row in demo)
    assert set(statuses) == {"active", "temporarily_closed"}
    assert 5 <= statuses["temporarily_closed"] <= 30


def test_all_say_that_they_are_made_up(demo: list[StationRow]) -> None:
    assert all(row.name.startswith("示例") for row in demo)
    assert all((row.name_en or "").startswith("Demo ") for row in demo)
    assert all("示例路" in (row.address or "") for row in demo)
    assert all(row.phone is None for row in demo)


def test_names_and_source_ids_are_each_given_once(demo: list[StationRow]) -> None:
    assert len({row.name for row in demo}) == len(demo)
    assert len({row.source_id for row in demo}) == len(demo)
    assert of_kind(demo, "rest_station")[0].source_id == "demo-rest_station-0001"
    assert all(row.code is None for row in demo)


def test_all_words_are_in_the_taxonomy(demo: list[StationRow]) -> None:
    words = taxonomy()
    for row in demo:
        assert row.kind in words.kind
        assert set(row.also_kinds or ()) <= set(words.kind) - {row.kind}
        assert set(row.services) <= set(words.service)
        assert set(row.entry or ()) <= set(words.entry)
        assert row.access in words.access
        assert row.status in words.status
        assert row.tier is None or row.tier in words.tier
        assert row.level in {None, "city", "district", "town", "enterprise"}


def test_each_stands_in_the_district_that_its_address_and_town_name(
    demo: list[StationRow], areas: list[AreaRow]
) -> None:
    by_code = {area.code: area for area in areas}
    for row in demo:
        assert row.position is not None
        town = by_code[str(row.town_code)]
        district = by_code[str(town.parent_code)]
        point = convert(row.position.point, row.position.datum, Datum.WGS84)
        assert shapely.contains_xy(district.boundary, point.lon, point.lat)
        assert str(row.address).startswith(f"{district.name}{town.name}")
    datums = Counter(row.position.datum for row in demo if row.position)
    assert set(datums) == {Datum.WGS84, Datum.GCJ02}


def test_stations_stand_where_people_are(demo: list[StationRow], demand: DemandRows) -> None:
    districts = Counter(str(row.town_code)[:6] for row in of_kind(demo, "rest_station"))
    for code, count in districts.items():
        workers = demand.workers[demand.area_codes == code].sum()
        assert abs(count / 600 - workers / demand.workers.sum()) < 0.06
    assert len(districts) == 10


def test_tiers_capacity_and_entry_of_rest_stations(demo: list[StationRow]) -> None:
    rows = of_kind(demo, "rest_station")
    assert Counter(row.tier for row in rows) == {"basic": 432, "benchmark": 72, "smart_24h": 96}
    assert Counter(row.capacity_per_day for row in rows) == {240: 540, None: 60}
    for row in rows:
        if row.tier == "smart_24h":
            assert row.hours_text == "全天"
            assert set(row.entry or ()) <= {"qr_code", "app", "door_code", "card"}
            assert row.entry
    assert {row.brand for row in rows} == set(rules().kind[0].brands)
    assert all(row.tier is None for row in demo if row.kind != "rest_station")


def test_hours_are_understood_or_missing(demo: list[StationRow]) -> None:
    texts = {row.hours_text for row in demo if row.hours_text is not None}
    assert len(texts) >= 10
    assert [text for text in texts if parse_hours(text) is None] == []
    unknown = sum(row.hours_text is None for row in demo)
    assert 0.05 < unknown / len(demo) < 0.25


def test_facts_are_yes_no_and_unknown(demo: list[StationRow]) -> None:
    for kind in ("rest_station", "nursing_room"):
        said = Counter(str(word) for row in of_kind(demo, kind) for word in row.services.values())
        assert set(said) == {"yes", "no", "unknown"}
        assert min(said.values()) > 100


def test_some_rooms_serve_several_kinds(demo: list[StationRow]) -> None:
    assert sum(bool(row.also_kinds) for row in demo) >= 30


def test_checked_days_are_in_the_year_before_november_2026(demo: list[StationRow]) -> None:
    days = [row.checked_on for row in demo if row.checked_on is not None]
    assert len(days) == len(demo)
    assert date(2025, 11, 1) <= min(days) < date(2026, 2, 1)
    assert date(2026, 10, 1) < max(days) < date(2026, 11, 1)


def test_the_same_stations_are_made_everywhere(
    demo: list[StationRow], areas: list[AreaRow], demand: DemandRows
) -> None:
    again = list(demo_stations(areas, demand))
    assert checksum(again) == checksum(demo) == CHECKSUM
