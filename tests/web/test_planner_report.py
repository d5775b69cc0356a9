"""The one file to mail: the map with its figures, whole in itself."""

import re
from dataclasses import replace

import pytest

from api import examples_coverage
from stations.settings import Tiles
from tests.web.planner_views import SMALL_VIEW
from tests.web.test_planner_map import HOSTILE, Page
from web.planner_map import MANIFEST_FILE
from web.planner_report import render_report

REPORT = examples_coverage.COVERAGE
HOURS = examples_coverage.HOURS

pytestmark = pytest.mark.skipif(
    not MANIFEST_FILE.exists(), reason="the pages' scripts are not built: npm run build in web"
)


def test_it_holds_its_scripts_and_styles_under_a_policy_of_its_own() -> None:
    page = Page(render_report(SMALL_VIEW, REPORT, HOURS, lang="zh"))
    assert [tag for tag in page.all("script", "link") if "src" in tag or "href" in tag] == []
    policies = [
        tag["content"]
        for tag in page.all("meta")
        if tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert str(policies[0]).startswith("default-src 'none'")
    nonces = {tag.get("nonce") for tag in page.all("script", "style")}
    assert len(nonces) == 1
    assert str(nonces.pop()) in str(policies[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_stay_text_in_its_table(lang: str) -> None:
    rows = [{**row, "name": HOSTILE, "name_en": HOSTILE} for row in REPORT["areas"]]
    (sole,) = REPORT["single_points"]["stations"]
    points = {**REPORT["single_points"], "stations": [{**sole, "name": HOSTILE}]}
    hostile = {**REPORT, "areas": rows, "area_name": HOSTILE, "single_points": points}
    page = Page(render_report(SMALL_VIEW, hostile, HOURS, lang=lang))
    assert page.all("img") == []
    plain = Page(render_report(SMALL_VIEW, REPORT, HOURS, lang=lang))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]


def test_tiles_would_need_a_network() -> None:
    tiles = Tiles(url="https://tiles.example/{z}/{x}/{y}.png", attribution="")
    with pytest.raises(ValueError, match="network"):
        render_report(replace(SMALL_VIEW, tiles=tiles), REPORT, HOURS, lang="zh")


def test_the_same_figures_are_the_same_bytes() -> None:
    one = render_report(SMALL_VIEW, REPORT, HOURS, lang="zh")
    assert render_report(SMALL_VIEW, REPORT, HOURS, lang="zh") == one
    other = render_report(SMALL_VIEW, REPORT, HOURS, lang="en")
    nonces = [re.search(r"script-src &#39;nonce-([0-9a-f]{32})", page) for page in (one, other)]
    assert all(nonces)
    assert len({found[1] for found in nonces if found}) == 2  # nobody can know it before


def test_backup_and_sole_stations_are_in_it() -> None:
    page = render_report(SMALL_VIEW, REPORT, HOURS, lang="en")
    beyond, one, *_more = re.findall(r"<tr><th scope=\"row\">(?:None within|Only 1).*?</tr>", page)
    assert "<td>33,690</td><td>82.6%</td><td>100.0%</td>" in beyond
    assert "<td>7,113</td><td>17.4%</td><td>0.0%</td>" in one
    assert '<tr><th scope="row">示例2</th><td>4,383</td><td>24</td></tr>' in page
    assert "for somebody: 2. The gravest are listed: 1." in page


def test_where_no_station_stands_alone_it_says_so() -> None:
    none = {**REPORT, "single_points": {"numberMatched": 0, "stations": []}}
    page = render_report(SMALL_VIEW, none, HOURS, lang="en")
    assert "No station is the only one in reach for anybody." in page
    assert "The gravest are listed" not in page


def test_the_day_is_a_picture_with_words_and_numbers() -> None:
    known = [0] * 8 + [7113] * 10 + [12] * 6
    hours = {**HOURS, "weekday": {**HOURS["weekday"], "residents_served": known}}
    html = render_report(SMALL_VIEW, REPORT, hours, lang="en")
    page = Page(html)
    weekday, weekend = [tag["aria-label"] or "" for tag in page.all("svg") if "role" in tag]
    assert weekday == (
        "Working day 11-26: stations known to be open reach from 0.0% of residents (at 00:00) to "
        "17.4% (at 08:00); if those with unknown hours were open too, up to 17.4%."
    )
    assert weekend.startswith("Weekend 11-28")
    # the band is told from the line by its hatching, not by its colour
    assert page.all("pattern")[0]["id"] == "hatch-weekday"
    assert page.all("polygon")[0]["fill"] == "url(#hatch-weekday)"
    line = page.all("polyline")[1]["points"] or ""
    assert len(line.split()) == 48
    assert {point.split(",")[1] for point in line.split()[16:36]} == {"140.5"}
    row = re.search(r'<tr><th scope="row">20:00</th>.*?</tr>', html)
    assert row
    assert "<td>&lt;0.1% – 17.4%</td>" in row[0]


def test_of_nobody_there_is_no_share_no_minutes_and_no_curve() -> None:
    people = {**REPORT["demand"], "residents": dict.fromkeys(REPORT["demand"]["residents"], 0)}
    empty = {**REPORT, "demand": people, "backup": {"0": 0, "1": 0, "2": 0, "3+": 0}}
    html = render_report(SMALL_VIEW, empty, HOURS, lang="en")
    assert Page(html).all("polyline") == []
    assert "<li>Half of residents: minutes to a station —</li>" in html
    assert "<li>Residents within 10 minutes of a station — (effective: —)</li>" in html
    assert "<td>0</td><td>—</td><td>—</td>" in html
