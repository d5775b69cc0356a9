"""Take the README's pictures of a running demo: courier, planner and console.

    .venv/bin/python -m docs.screenshots http://127.0.0.1:8000 .data/demo-logins.json

The second argument is the file in which the demo keeps its logins.
"""  # noqa: INP001 - a script beside the documents, not a package

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.chromium import opened_chromium

IMAGES = Path(__file__).resolve().parent / "images"
PHONE = (390, 844)
DESKTOP = (1280, 800)
# In Haishu: a street where several demo stations are near.
PLACE = {"longitude": 121.5493, "latitude": 29.8704, "accuracy": 35}


def main(url: str, logins: Path) -> None:
    """Write the pictures into docs/images."""
    IMAGES.mkdir(exist_ok=True)
    password = json.loads(logins.read_text(encoding="utf-8"))["manager"]
    with opened_chromium() as browser:
        take_courier(browser, url)
        take_planner(browser, url)
        take_console(browser, url, password)


def take_courier(browser: Browser, url: str) -> None:
    """Show the nearest stations, on a phone."""
    page = open_page(browser, f"{url}/", PHONE)
    page.locator(".card").first.wait_for()
    save(page, "courier")


def take_planner(browser: Browser, url: str) -> None:
    """Show the coverage of the whole city, on a desktop."""
    page = open_page(browser, f"{url}/planner", DESKTOP)
    page.frame_locator("#map").locator(".folium-map[data-cells]").wait_for()
    page.locator("#question > summary").click()
    save(page, "planner")


def take_console(browser: Browser, url: str, password: str) -> None:
    """Show a manager's listing, on a desktop."""
    page = open_page(browser, f"{url}/console", DESKTOP)
    page.fill("#login-login", "manager")
    page.fill("#login-password", password)
    page.keyboard.press("Enter")
    page.fill("#search-text", "示例暖心驿站")
    page.keyboard.press("Enter")
    page.locator(".listing").first.click()
    page.locator("#hours-preview:not(:empty)").wait_for()
    save(page, "console")


def open_page(browser: Browser, address: str, size: tuple[int, int]) -> Page:
    """Open a page in Chinese, in Ningbo."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        geolocation=PLACE,  # type: ignore[arg-type]
        permissions=["geolocation"],
    )
    page = context.new_page()
    page.goto(address)
    return page


def save(page: Page, name: str) -> None:
    """Write a picture once nothing moves any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    page.context.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
