"""The whole product as people meet it: a served demo database, and Chromium that misses nothing."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Geolocation,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
)
from sqlalchemy import text
from sqlalchemy.engine import URL

from geo.coordinates import Datum, LonLat
from seeds import sources
from stations import accounts
from stations.database import make_engine, write_session
from stations.importing import FileRow, apply_rows
from stations.settings import REPOSITORY, Settings
from stations.station import GivenPosition, Known, StationRow
from tests.chromium import opened_chromium
from tests.conftest import create_database, drop_database

PASSWORD = "an honest password"
MANAGER_AREA = "330212"

# Where the journeys' own stations stand: in Haishu, and in Yinzhou, the manager's area.
HERE = LonLat(121.5493, 29.8704)
FAR_AWAY = LonLat(121.2, 29.25)  # nothing within a kilometre, one station some way off
YINZHOU = LonLat(121.5466, 29.8167)

ALWAYS_OPEN = "示例旅程驿站·一直开"
FAR_STATION = "示例旅程驿站·远处"
MICROWAVE_UNKNOWN = "示例旅程驿站·设备不清楚"
MINE = "示例旅程驿站·我管的"
MINE_TOO = "示例旅程驿站·两人同改"
UNDER_REPAIR = "示例旅程驿站·要装修"
WITH_EVENT = "示例旅程驿站·办活动"

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
SIZES: dict[str, ViewportSize] = {"phone": PHONE, "desktop": DESKTOP}

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
WAIT_MS = 30_000

# What Chromium itself says of an answer that is not 2xx; the answer is judged apart.
BROWSERS_OWN_WORDS = "Failed to load resource"

# Degrees at Ningbo, finer than a kilometre; the time of a line has such numbers too.
LOOKS_LIKE_A_POSITION = re.compile(r"(?<![:\d])(121|29)\.\d{3}")

REPORT_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`));
"""


@dataclass(frozen=True)
class Service:
    """A running server with demo data, and everything it says on standard error."""

    url: str
    log: list[str]


@pytest.fixture(scope="session")
def seeded(server: URL, demo_template: URL) -> Iterator[URL]:
    """A database with the demo data, the journeys' stations, a manager and a planner."""
    url = create_database(server, demo_template.database)
    engine = make_engine(url, Settings())
    with write_session(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        rows = (FileRow(number, row) for number, row in enumerate(journey_stations(), start=1))
        report = apply_rows(session, rows, sources.DEMO, dry_run=False)
        assert report.added == len(journey_stations()), report
    with write_session(engine) as session:
        accounts.add(
            session,
            login="manager",
            name="王阿姨",
            role="manager",
            password=PASSWORD,
            areas=(MANAGER_AREA,),
        )
        accounts.add(
            session, login="administrator", name="市总工会", role="administrator", password=PASSWORD
        )
        accounts.add(session, login="planner", name="李工", role="planner", password=PASSWORD)
    engine.dispose()
    yield url
    drop_database(server, url)


def journey_stations() -> list[StationRow]:
    """Stations whose facts the journeys know, whatever the hour is."""
    return [
        _station(ALWAYS_OPEN, HERE.lon + 0.0005, HERE.lat, {"microwave": Known.YES}),
        _station(MICROWAVE_UNKNOWN, HERE.lon, HERE.lat + 0.001, {"drinking_water": Known.YES}),
        _station(FAR_STATION, FAR_AWAY.lon, FAR_AWAY.lat + 0.05, {"drinking_water": Known.YES}),
        _station(MINE, YINZHOU.lon, YINZHOU.lat, {"drinking_water": Known.YES}),
        _station(MINE_TOO, YINZHOU.lon + 0.002, YINZHOU.lat, {"drinking_water": Known.YES}),
        _station(UNDER_REPAIR, YINZHOU.lon, YINZHOU.lat + 0.002, {}),
        _station(WITH_EVENT, YINZHOU.lon, YINZHOU.lat - 0.002, {}),
    ]


def _station(name: str, lon: float, lat: float, services: dict[str, Known]) -> StationRow:
    return StationRow(
        name=name,
        kind="rest_station",
        position=GivenPosition(LonLat(lon, lat), Datum.WGS84),
        source_id=name,
        status="active",
        access="everyone",
        services=services,
        hours_text="24小时",
        address="示例路 1 号",
    )


@pytest.fixture(scope="session")
def service(seeded: URL) -> Iterator[Service]:
    """`nuanyi serve` as its own process, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if "NUANYI" not in name} | {
        "NUANYI_DATABASE_URL": seeded.render_as_string(hide_password=False),
        "NUANYI_PORT": str(port),
        # the other tests take all cores: whoever is nice to them waits half a minute
        "NUANYI_BACKGROUND_NICENESS": "0",
        "NUANYI_PLANNERS_WAIT": "false",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "serve"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    running = Service(f"http://127.0.0.1:{port}", [])
    reader = threading.Thread(target=_collect, args=(process.stderr, running.log), daemon=True)
    reader.start()
    try:
        _wait_until_ready(running, process)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(STOP_TIMEOUT_S)
        process.stderr.close()
    assert not [line for line in running.log if '"unexpected"' in line], running.log
    assert [line for line in running.log if LOOKS_LIKE_A_POSITION.search(line)] == []


def _collect(stream: IO[str], log: list[str]) -> None:
    for line in stream:
        log.append(line)  # noqa: PERF402 - others read the list while it grows


def _wait_until_ready(running: Service, process: subprocess.Popen[str]) -> None:
    ready = f"{running.url}/v1/health/ready"
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(ready) as reply:  # noqa: S310 - our own address
                if reply.status == 200:
                    return
        except urllib.error.HTTPError as refusal:
            refusal.close()
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail("the server did not start:\n" + "".join(running.log))


# Of the package, not of the session: only one browser at a time may be open in a process, and
# other packages have their own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of all journeys."""
    expect.set_options(timeout=WAIT_MS)
    with opened_chromium() as browser:
        yield browser


@dataclass
class Watched:
    """A page, and everything that went wrong on it or in its frames."""

    page: Page
    context: BrowserContext
    url: str
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every error, every violation of the page's policy, and every other host."""
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.page.on("pageerror", lambda error: self.problems.append(f"pageerror: {error}"))
        self.page.on("console", self._console)
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.context.on("requestfailed", self._failed)

    def open(self, path: str) -> None:
        """Go to a page of the service."""
        self.page.goto(self.url + path)

    def expects(self, what: str) -> None:
        """Expect a refusal that the journey provokes: `401 /v1/session`, `failed /v1/…`."""
        self.expected.append(what)

    def asked(self, part: str) -> list[str]:
        """The requests so far that hold a text."""
        return [address for address in self.requests if part in address]

    def get(self, path: str) -> Any:
        """What the API answers to somebody who is not logged in."""
        with urllib.request.urlopen(self.url + path) as reply:  # noqa: S310 - our own
            return json.load(reply)

    def check(self) -> None:
        """Fail if anything went wrong that was not provoked."""
        assert self.problems == []
        assert sorted(set(self.refused)) == sorted(set(self.expected))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(BROWSERS_OWN_WORDS):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.url + "/", "data:", "blob:")):
            self.problems.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(f"{response.status} {self._path(response.url)}")

    def _failed(self, request: Request) -> None:
        # A question that the page itself took back is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.refused.append(f"failed {self._path(request.url)}")

    def _path(self, address: str) -> str:
        return address.removeprefix(self.url).partition("?")[0]


Visit = Callable[..., Watched]


@pytest.fixture
def visit(service: Service, chromium: Browser) -> Iterator[Visit]:
    """Open a page as somebody new: no cookies, no storage. What went wrong fails the test."""
    visits: list[Watched] = []
    with ExitStack() as stack:

        def visit(
            path: str,
            size: Literal["phone", "desktop"] = "phone",
            at: LonLat | None = None,
            lang: str = "zh-CN",
        ) -> Watched:
            place: Geolocation | None = None
            if at is not None:
                place = {"longitude": at.lon, "latitude": at.lat, "accuracy": 35}
            context = chromium.new_context(
                locale=lang,
                timezone_id="Asia/Shanghai",
                viewport=SIZES[size],
                has_touch=size == "phone",
                is_mobile=size == "phone",
                reduced_motion="reduce",
                geolocation=place,
                permissions=[] if place is None else ["geolocation"],
            )
            stack.callback(context.close)
            context.set_default_timeout(WAIT_MS)
            watched = Watched(context.new_page(), context, service.url)
            watched.watch()
            watched.open(path)
            visits.append(watched)
            return watched

        yield visit
        for watched in visits:
            watched.check()
