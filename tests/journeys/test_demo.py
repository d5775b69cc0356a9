"""`nuanyi demo` as a newcomer runs it: twice, with both killed in between."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from stations import local_postgres
from stations.local_cluster import locate

PATIENCE_S = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """The command, running."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.printed = folder.parent / f"printed-{time.monotonic_ns()}"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("NUANYI_")
        } | {"NUANYI_DATA_DIR": str(folder), "NUANYI_PORT": str(port)}
        with self.printed.open("wb") as out:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("nuanyi")), "demo"],
                stdout=out,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        end = time.monotonic() + PATIENCE_S
        while "manager" not in self.text:
            assert self.process.poll() is None, "the demo ended by itself"
            assert time.monotonic() < end, "the demo did not come up"
            time.sleep(0.2)

    @property
    def text(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def ask(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            text = reply.read().decode()
        return json.loads(text) if text.startswith("{") else text

    def heads(self, *paths: str) -> list[int]:
        """Ask for the heads of several pages on one connection, which each must leave whole."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        found = []
        for path in paths:
            connection.request("HEAD", path)
            reply = connection.getresponse()
            assert reply.read() == b""
            found.append(reply.status)
        connection.request("GET", "/v1/health/live")
        assert connection.getresponse().read() == b'{"status":"ok"}'
        connection.close()
        return found

    def status(self, path: str) -> int:
        try:
            self.ask(path)
        except urllib.error.HTTPError as error:
            return error.code
        return 200

    def logins(self) -> dict[str, str]:
        return dict(re.findall(r"^  (admin|planner|manager) +(\S+)", self.text, re.MULTILINE))


def test_a_newcomers_demo_survives_being_killed(tmp_path: Path) -> None:
    folder = tmp_path / "示例 data"
    port = free_port()
    started: list[Demo] = []
    try:
        first = Demo(folder, port)
        started.append(first)
        for page in ("/", "/planner", "/console"):
            assert f"{first.address}{page} " in first.text
            assert "示例数据" in first.ask(page)
            assert "12351" in first.ask(page)
        logins = first.logins()
        assert set(logins) == {"admin", "planner", "manager"}
        for login, password in logins.items():
            body = {"login": login, "password": password}
            assert first.ask("/v1/session", body)["account"]["login"] == login
        assert first.heads("/", "/v1/health", "/v1/stations/NB-RS-0001", "/nothing") == [
            200, 200, 200, 404,
        ]  # fmt: skip
        before = first.ask("/v1/stations?limit=2000")
        assert before["numberMatched"] == 1600
        nearest = first.ask("/v1/stations/nearest?lon=121.55&lat=29.87&at=2026-11-23T12:30")

        postmaster = locate(folder).postmaster()
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        end = time.monotonic() + 60
        while first.status("/v1/health") == 503:
            assert first.status("/v1/health/live") == 200
            assert time.monotonic() < end, "the database did not come back"
            time.sleep(0.2)
        assert first.ask("/v1/health")["database"] == "up"

        first.process.kill()
        first.process.wait(30)
        again = Demo(folder, port)
        started.append(again)
        assert again.logins() == logins
        after = again.ask("/v1/stations?limit=2000")
        assert after["data_version"] == before["data_version"]
        assert [each["id"] for each in after["features"]] == [
            each["id"] for each in before["features"]
        ]
        same = again.ask("/v1/stations/nearest?lon=121.55&lat=29.87&at=2026-11-23T12:30")
        assert same["features"] == nearest["features"]
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(30) is not None
    finally:
        for each in started:
            each.process.kill()
            each.process.wait(30)
        local_postgres.stop(folder, progress=lambda _line: None)
