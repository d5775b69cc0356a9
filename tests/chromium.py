"""Chromium for the tests: the system's, or else the one that Playwright installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# It speaks to nobody of its own accord.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """Lend a browser. Only one at a time may be open in a process: Playwright allows no more."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, *root])
        try:
            yield browser
        finally:
            browser.close()
