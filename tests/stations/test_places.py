"""Places come in whole, in the place of what the source named before, and are found by name."""

import bz2
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from stations import search_index
from stations.errors import AreaNotFoundError, FileRefusedError
from stations.place_files import read_places
from stations.place_kinds import KIND_OF_TAG, PLACE_KINDS, kind_of_tags
from stations.places import OSM, PlacesReport, format_report, import_places
from stations.register import current_version
from stations.tables import Place, SearchEntry, Source
from stations.text_search import Question, search
from tests.factories import add_areas, add_source

TOWN = """<?xml version='1.0' encoding='utf-8'?>
<osm version="0.6">
  <node id="1" lon="121.50" lat="29.80"><tag k="name" v="鄞州人民医院"/>
    <tag k="amenity" v="hospital"/><tag k="alt_name" v="三院;  鄞州三院"/>
    <tag k="name:en" v="Yinzhou Hospital"/><tag k="addr:street" v="百丈东路"/>
    <tag k="addr:housenumber" v="251"/></node>
  <node id="2" lon="121.5001" lat="29.8001"><tag k="name" v="鼓楼"/>
    <tag k="railway" v="station"/><tag k="station" v="subway"/></node>
  <node id="3" lon="121.60" lat="29.80"><tag k="name" v="长椅"/><tag k="amenity" v="bench"/></node>
  <node id="4" lon="100.00" lat="10.00"><tag k="name" v="远方"/><tag k="place" v="village"/></node>
  <node id="5" lon="121.51" lat="29.81"/><node id="6" lon="121.52" lat="29.82"/>
  <node id="7" lon="121.53" lat="29.83"/><node id="8" lon="121.60" lat="29.83"/>
  <node id="9" lon="121.61" lat="29.83"/><node id="10" lon="121.61" lat="29.84"/>
  <node id="11" lon="121.5301" lat="29.83"><tag k="name" v="鼓楼&#x9;东 站"/>
    <tag k="highway" v="bus_stop"/></node>
  <node id="12" lon="121.5302" lat="29.83"><tag k="name" v="鼓楼 东 站"/>
    <tag k="public_transport" v="platform"/></node>
  <way id="20"><nd ref="5"/><nd ref="6"/><nd ref="7"/><tag k="name" v="中山路"/>
    <tag k="highway" v="primary"/></way>
  <way id="21"><nd ref="6"/><nd ref="7"/><tag k="name" v="中山路"/>
    <tag k="highway" v="secondary"/></way>
  <way id="22"><nd ref="8"/><nd ref="9"/><tag k="name" v="中山路"/>
    <tag k="highway" v="secondary"/></way>
  <way id="23"><nd ref="8"/><nd ref="9"/><nd ref="10"/><nd ref="8"/></way>
  <way id="24"><nd ref="999"/><tag k="name" v="断路"/><tag k="highway" v="primary"/></way>
  <relation id="30"><member type="way" ref="23" role="outer"/><tag k="name" v="大学"/>
    <tag k="amenity" v="university"/><tag k="type" v="multipolygon"/></relation>
  <relation id="31"><member type="way" ref="23" role="outer"/><tag k="name" v="某区"/>
    <tag k="boundary" v="administrative"/></relation>
</osm>
"""


@pytest.fixture
def town(session: Session) -> Session:
    add_areas(session)
    search_index.rebuild(session)
    return session


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    file = tmp_path / "town.osm"
    file.write_text(TOWN, encoding="utf-8")
    return file


def names(session: Session) -> list[tuple[str, str, str, str | None]]:
    query = select(Place.code, Place.name, Place.kind, Place.area_code).order_by(Place.code)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def test_an_extract(town: Session, extract: Path) -> None:
    report = import_places(town, extract)
    assert names(town) == [
        ("osm:n1", "鄞州人民医院", "hospital", "330203"),
        ("osm:n11", "鼓楼 东 站", "bus_station", "330203"),
        ("osm:n2", "鼓楼", "subway_station", "330203"),
        ("osm:r30", "大学", "university", "330212"),
        ("osm:w20", "中山路", "road", "330203"),
        ("osm:w22", "中山路", "road", "330212"),
    ]
    assert (report.read, report.kept, report.merged, report.outside) == (9, 6, 2, 1)
    assert (report.added, report.changed, report.unchanged, report.gone) == (6, 0, 0, 0)
    source = town.get_one(Source, "osm")
    assert (source.licence, source.attribution) == ("ODbL-1.0", "© OpenStreetMap contributors")
    middle = town.execute(
        text("SELECT ST_AsText(position) FROM places WHERE code = 'osm:r30'")
    ).scalar_one()
    assert middle == "POINT(121.605 29.835)"


@pytest.mark.parametrize(
    ("asked", "code", "match"),
    [
        ("人民医院", "osm:n1", "name"),
        ("三院", "osm:n1", "alias"),
        ("yinzhou hospital", "osm:n1", "alias"),
        ("医院", "osm:n1", "name"),
        ("百丈東路", "osm:n1", "address"),
        ("地铁站", "osm:n2", "kind"),
        ("gulou", "osm:n2", "pinyin"),
        ("dx", "osm:r30", "initials"),
    ],
)
def test_places_are_found(town: Session, extract: Path, asked: str, code: str, match: str) -> None:
    import_places(town, extract)
    found = {each.details.code: each.match for each in search(town, Question(asked)).found}
    assert found.get(code) == match


def test_the_same_file_again_changes_nothing(town: Session, extract: Path) -> None:
    import_places(town, extract)
    before, version = names(town), current_version(town)
    report = import_places(town, extract)
    assert (report.added, report.changed, report.unchanged, report.gone) == (0, 0, 6, 0)
    assert (names(town), current_version(town)) == (before, version)


def test_another_file_takes_the_place_of_the_first(
    town: Session, extract: Path, tmp_path: Path
) -> None:
    import_places(town, extract)
    later = tmp_path / "later.osm.bz2"
    mended = TOWN.replace("鄞州人民医院", "鄞州区人民医院").replace('v="大学"', 'v="  "')
    later.write_bytes(bz2.compress(mended.encode()))
    report = import_places(town, later)
    assert (report.added, report.changed, report.unchanged, report.gone) == (0, 1, 4, 1)
    assert [each.match for each in search(town, Question("鄞州区人民")).found] == ["name"]
    assert search(town, Question("大学")).found == []
    entries = select(func.count()).select_from(SearchEntry).where(SearchEntry.type == "place")
    assert town.scalars(entries).one() == 5


def test_other_sources_stay(town: Session, extract: Path, tmp_path: Path) -> None:
    add_source(town, "union")
    own = tmp_path / "own.geojson"
    own.write_text(json.dumps(collection(point("工会大厦"))), encoding="utf-8")
    import_places(town, own, source="union")
    import_places(town, extract)
    import_places(town, extract)
    assert "union:00000001" in {code for code, *_ in names(town)}


def test_only_an_area(town: Session, extract: Path) -> None:
    assert import_places(town, extract, area="330212").kept == 2
    assert import_places(town, extract, area="330200").kept == 6
    with pytest.raises(AreaNotFoundError):
        import_places(town, extract, area="999999")


def test_outside_when_asked(town: Session, extract: Path) -> None:
    report = import_places(town, extract, allow_outside=True)
    assert (report.kept, report.outside) == (7, 0)
    assert ("osm:n4", "远方", "village", None) in names(town)


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def point(name: Any, lon: Any = 121.5, lat: Any = 29.8, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": name, **properties},
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def cut(file: Path, share: float) -> bytes:
    content = file.read_bytes()
    return content[: int(len(content) * share)]


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("a.osm", b"", "not a whole OpenStreetMap file"),
    "cut short": ("a.osm", TOWN.encode()[: len(TOWN) // 2], "not a whole OpenStreetMap file"),
    "cut short, packed": (
        "a.osm.bz2",
        bz2.compress(TOWN.encode())[:-60],
        "not a whole OpenStreetMap file",
    ),
    "a page": ("a.osm", b"<html></html>", "not a whole OpenStreetMap file"),
    "not pbf": ("a.osm.pbf", b"hello world" * 99, "not a whole OpenStreetMap file"),
    "no names": ("a.osm", b'<osm version="0.6"><node id="1" lon="1" lat="1"/></osm>', "no place"),
    "another ending": ("a.txt", b"hello", "is needed"),
    "not JSON": ("a.geojson", b"{", "no GeoJSON FeatureCollection"),
    "not UTF-8": ("a.geojson", b'{"type": "\xff"}', "no GeoJSON FeatureCollection"),
    "no collection": ("a.geojson", b"[]", "no GeoJSON FeatureCollection"),
    "features of another sort": (
        "a.geojson",
        b'{"type": "FeatureCollection", "features": {}}',
        "no GeoJSON FeatureCollection",
    ),
    "no point of this earth": (
        "a.geojson",
        json.dumps(collection(point("x", lon=29.8, lat=121.5))).encode(),
        "coordinates of feature 1",
    ),
    "twice the same id": (
        "a.geojson",
        json.dumps(collection(*[{**point("x"), "id": 7}] * 2)).encode(),
        "feature 2 is there twice",
    ),
    "all outside": (
        "a.geojson",
        json.dumps(collection(point("x", lon=7.4, lat=43.7))).encode(),
        "--outside",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_bad_file_is_refused_and_nothing_is_lost(
    town: Session, extract: Path, tmp_path: Path, why: str
) -> None:
    import_places(town, extract)
    before = names(town)
    name, content, sentence = REFUSED[why]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileRefusedError, match=sentence) as refused:
        import_places(town, tmp_path / name)
    assert refused.value.sentence("zh").startswith("FILE：")
    assert names(town) == before


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="no such file"):
        read_places(tmp_path / "gone.osm.pbf")


def test_what_a_geojson_names(tmp_path: Path) -> None:
    file = tmp_path / "own.geojson"
    features = [
        point("万达广场", kind="mall", aliases=["万达", 7], name_en="Wanda", address=" 四明 路"),
        point("中学", kind="school"),
        point("店", kind="commercial"),
        point("某处", kind="whatever"),
        point(None),
        point("\u202e坏"),
        {"type": "Feature", "properties": None, "geometry": None},
        "no feature",
    ]
    file.write_text(json.dumps(collection(*features)), encoding="utf-8")
    found = read_places(file)
    assert [(place.name, place.kind) for place in found] == [
        ("万达广场", "mall"),
        ("中学", "school"),
        ("店", "mall"),
        ("某处", "place"),
    ]
    assert (found[0].aliases, found[0].name_en, found[0].address) == (("万达",), "Wanda", "四明 路")


def test_kinds_have_words() -> None:
    kinds = {kind for _, values in KIND_OF_TAG for kind in values.values() if kind}
    assert kinds <= PLACE_KINDS.keys()
    assert kind_of_tags({"name": "x", "highway": "primary"}) == "road"
    assert kind_of_tags({"building": "yes", "shop": "mall"}) == "mall"
    assert kind_of_tags({"amenity": "bench"}) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report(lang: str) -> None:
    report = PlacesReport("osm", 9, 6, 2, 1, {"road": 6}, 6, 0, 0, 0)
    lines = format_report(report, lang).splitlines()
    assert lines[0] == {"zh": "读到有名字的地点：9", "en": "named places read: 9"}[lang]
    assert lines[-1] == {"zh": "  道路：6", "en": "  Road: 6"}[lang]


@pytest.fixture
def real(town: Session, shared_data: Path) -> Callable[..., PlacesReport]:
    def real(name: str, **options: Any) -> PlacesReport:
        return import_places(town, shared_data / name, **options)

    return real


def test_real_places_of_ningbo(town: Session, real: Callable[..., PlacesReport]) -> None:
    report = real("places/ningbo_osm_poi_centroids_wgs84.geojson", allow_outside=True)
    assert report.read == 1008
    assert report.kept + report.merged + report.outside == 1008
    found = search(town, Question("和义大道"))
    assert found.found[0].details.name == "和义大道购物中心"
    assert search(town, Question("heyidadao")).found[0].details.name == "和义大道购物中心"
    assert search(town, Question("hydd")).found[0].details.name == "和义大道购物中心"


def test_a_real_extract(town: Session, real: Callable[..., PlacesReport]) -> None:
    with pytest.raises(FileRefusedError, match="--outside"):
        real("networks/monaco.osm.pbf")
    report = real("networks/monaco.osm.pbf", allow_outside=True)
    assert report.kept > 800
    assert report.kept + report.merged == report.read
    casino = search(town, Question("theatre princesse")).found
    assert "Théatre Princesse Grace" in {each.details.name for each in casino}
    streets = [name for _, name, kind, _ in names(town) if kind == "road"]
    assert len(streets) == len(set(streets))
    assert OSM.code == "osm"


def test_real_streets_of_shanghai(town: Session, real: Callable[..., PlacesReport]) -> None:
    report = real("networks/shanghai.osm", allow_outside=True)
    assert report.by_kind.keys() == {"road"}
    assert search(town, Question("huaihaizhonglu")).found[0].details.name == "淮海中路"


@pytest.mark.parametrize("share", [0.3, 0.5, 0.97])
def test_a_real_extract_cut_short(
    town: Session, shared_data: Path, tmp_path: Path, share: float
) -> None:
    (tmp_path / "cut.osm.pbf").write_bytes(cut(shared_data / "networks/monaco.osm.pbf", share))
    with pytest.raises(FileRefusedError, match="not a whole"):
        import_places(town, tmp_path / "cut.osm.pbf", allow_outside=True)
    assert names(town) == []
