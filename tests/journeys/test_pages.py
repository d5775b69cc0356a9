"""What holds for every page: at home on a phone, readable by all, and nobody else is asked."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Frame, Page, expect

from stations.settings import REPOSITORY
from tests.journeys.conftest import HERE, PASSWORD, PHONE, Visit, Watched

AXE = (REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async () => (await axe.run(document, {iframes: false})).violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`)"""

HTML_LANG = {"zh": "zh-CN", "en": "en"}
BANNER = {"zh": "示例数据", "en": "demo data"}


@dataclass(frozen=True)
class Known:
    """A page: its address, the sign that it is complete, and its titles."""

    path: str
    complete: str
    title: dict[str, str]
    is_framed: bool = False


PAGES = {
    "courier": Known(
        "/",
        "#cards .card",
        {"zh": "暖驿 · 找最近能进的驿站", "en": "Nuanyi · The nearest rest station that is open"},
    ),
    "planner": Known(
        "/planner",
        "#table-box table.districts tbody tr",
        {"zh": "暖驿 · 覆盖规划", "en": "Nuanyi · Coverage planning"},
        is_framed=True,
    ),
    "console": Known(
        "/console", "#login-login", {"zh": "暖驿 · 站点管理", "en": "Nuanyi · My stations"}
    ),
    "docs": Known("/docs", ".opblock", {"zh": "暖驿 · 数据接口", "en": "Nuanyi · HTTP interface"}),
}
MAP = ".folium-map[data-cells]"


def serious(frame: Page | Frame) -> list[str]:
    """What axe-core finds serious or critical in one document."""
    frame.evaluate(AXE)
    return [str(found) for found in frame.evaluate(RUN_AXE)]


def overflow(frame: Page | Frame) -> int:
    """By how many pixels the document is wider than the window."""
    return int(frame.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def frames_of(watched: Watched, known: Known) -> list[Frame]:
    """The page's document, and its map's once the map is drawn."""
    page = watched.page
    expect(page.locator(known.complete).first).to_be_visible()
    if known.is_framed:
        expect(page.frame_locator("#map").locator(MAP)).to_be_visible()
        expect(page.locator("#map-cover")).to_be_hidden()
    return page.frames


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page(visit: Visit, name: str, size: str, lang: str) -> None:
    known = PAGES[name]
    watched = visit(f"{known.path}?lang={lang}", size=size, at=HERE)
    page = watched.page
    for frame in frames_of(watched, known):
        assert serious(frame) == [], frame.url
        assert overflow(frame) <= 0, frame.url
        expect(frame.locator("html")).to_have_attribute("lang", HTML_LANG[lang])
    expect(page).to_have_title(known.title[lang])
    expect(page.locator(".demo-banner")).to_contain_text(BANNER[lang])
    expect(page.get_by_role("link", name="12351")).to_be_visible()
    expect(page.get_by_role("heading", level=1).first).to_be_attached()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_console_logged_in(visit: Visit, size: str, lang: str) -> None:
    watched = visit(f"/console?lang={lang}", size=size)
    page = watched.page
    page.fill("#login-login", "manager")
    page.fill("#login-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".listing")).to_have_count(20)
    assert serious(page) == []
    assert overflow(page) <= 0
    page.locator(".listing").first.click()
    expect(page.locator("#hours-preview")).not_to_be_empty()
    assert serious(page) == []
    assert overflow(page) <= 0
    expect(page.get_by_role("link", name="12351")).to_be_attached()


@pytest.mark.parametrize(
    ("size", "lang", "layer"),
    [
        ("phone", "zh", "minutes"),
        ("phone", "en", "gap"),
        ("desktop", "zh", "gap"),
        ("desktop", "en", "minutes"),
    ],
)
def test_the_map_alone(visit: Visit, size: str, lang: str, layer: str) -> None:
    watched = visit(f"/v1/coverage/map?layer={layer}&lang={lang}", size=size)
    page = watched.page
    expect(page.locator(MAP)).to_be_visible()
    assert serious(page) == []
    assert overflow(page) <= 0
    expect(page.locator("html")).to_have_attribute("lang", HTML_LANG[lang])
    expect(page.locator(".map-title")).to_contain_text({"zh": "示例数据", "en": "Demo data"}[lang])
    area = {"zh": "宁波市", "en": "Ningbo"}[lang]
    assert page.title().startswith(area)


def test_everything_can_be_touched_on_a_phone(visit: Visit) -> None:
    """Buttons and links that stand alone are at least 44 pixels high, or in a line of text."""
    watched = visit("/", at=HERE)
    page = watched.page
    expect(page.locator("#cards .card").first).to_be_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll(
                "main button, main .button, main select, main summary")]
            .filter((control) => control.offsetParent !== null)
            .map((control) => [control.className, control.getBoundingClientRect()])
            .filter(([name, box]) => box.height > 0 && box.height < 40 && name !== "card-title")
            .map(([name, box]) => `${name} ${box.height}`)"""
    )
    assert small == []
    assert page.evaluate("window.innerWidth") == PHONE["width"]


def said_in_time(watched: Watched, sign: str) -> None:
    """What a page says arrives a little after it happened."""
    for _ in range(100):
        if any(sign in problem for problem in watched.problems):
            return
        watched.page.wait_for_timeout(50)
    raise AssertionError(f"{sign} not in {watched.problems}")


def test_what_goes_wrong_on_a_page_is_noticed(visit: Visit) -> None:
    """The watch itself: an exception, a breach of the policy, and another host."""
    watched = visit("/docs")
    page = watched.page
    page.evaluate("setTimeout(() => { throw new Error('broken'); })")
    page.evaluate("fetch('https://elsewhere.invalid/').catch(() => {})")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    for sign in (
        "pageerror: broken",
        "policy: connect-src https://elsewhere.invalid",
        "policy: style-src-attr inline",
    ):
        said_in_time(watched, sign)
    page.goto("data:text/html,<img src=https://elsewhere.invalid/x.png>")
    said_in_time(watched, "asked another host: https://elsewhere.invalid/x.png")
    watched.problems.clear()
    watched.expects("failed https://elsewhere.invalid/x.png")
