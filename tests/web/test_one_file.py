"""The map as one file: opened from a disk, without a network, in Chromium."""

from pathlib import Path

import pytest

from tests.chromium import opened_chromium
from tests.web.planner_views import SMALL_VIEW
from web.one_file import NotOneFileError, as_one_file
from web.planner_map import MANIFEST_FILE, render_coverage_map

pytestmark = pytest.mark.skipif(
    not MANIFEST_FILE.exists(), reason="the pages' scripts are not built: npm run build in web"
)


def test_it_opens_from_a_disk_and_fetches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    file.write_text(
        as_one_file(render_coverage_map(SMALL_VIEW, lang="zh", nonce="")), encoding="utf-8"
    )
    asked: list[str] = []
    problems: list[str] = []
    with opened_chromium() as browser:
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".folium-map[data-cells]")
        context.close()
    assert problems == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]


def test_what_cannot_be_put_in_is_refused() -> None:
    with pytest.raises(NotOneFileError):
        as_one_file('<img src="/v1/pictures/1.png">')
    with pytest.raises(NotOneFileError):
        as_one_file('<script src="https://elsewhere.test/a.js"></script>')
