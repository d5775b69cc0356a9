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

pytestmark = pytest.mark.skipif(
    not MANIFEST_FILE.exists(), reason="the pages' scripts are not built: npm run build in web"
)


def test_it_holds_its_scripts_and_styles_under_a_policy_of_its_own() -> None:
    page = Page(render_report(SMALL_VIEW, REPORT, lang="zh"))
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
    hostile = {**REPORT, "areas": rows, "area_name": HOSTILE}
    page = Page(render_report(SMALL_VIEW, hostile, lang=lang))
    assert page.all("img") == []
    plain = Page(render_report(SMALL_VIEW, REPORT, lang=lang))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]


def test_tiles_would_need_a_network() -> None:
    tiles = Tiles(url="https://tiles.example/{z}/{x}/{y}.png", attribution="")
    with pytest.raises(ValueError, match="network"):
        render_report(replace(SMALL_VIEW, tiles=tiles), REPORT, lang="zh")


def test_the_same_figures_are_the_same_bytes() -> None:
    one = render_report(SMALL_VIEW, REPORT, lang="zh")
    assert render_report(SMALL_VIEW, REPORT, lang="zh") == one
    other = render_report(SMALL_VIEW, REPORT, lang="en")
    nonces = [re.search(r"script-src &#39;nonce-([0-9a-f]{32})", page) for page in (one, other)]
    assert all(nonces)
    assert len({found[1] for found in nonces if found}) == 2  # nobody can know it before
