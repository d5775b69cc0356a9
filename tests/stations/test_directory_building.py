"""The processes that lay the directory out: secret, and gone with whoever started them."""

import json
import socket
from pathlib import Path

import pytest

from api.station_bytes import face_of
from stations.directory_building import Part, Task, building
from stations.settings import Settings
from tests.processes import is_running, parent_of_one, until


def test_what_lays_out_ends_with_its_parent_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from stations.directory_building import Part, Task, building\n"
        "from stations.settings import Settings\n"
        "part = Part(Path(sys.argv[2]) / '0', None, None)\n"
        "with building(Task(sys.argv[1], Settings(), len, part, None)) as process:\n"
        "    print(process.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql+psycopg://nobody:secret@127.0.0.1:{deaf.getsockname()[1]}/none"
        with parent_of_one(program, tmp_path, url, str(folder)) as (child, parent):
            begun, _address = deaf.accept()
            assert "secret" not in Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8")
            parent.kill()
        with begun:  # before its connection is given up
            until(lambda: not (folder.exists() or is_running(child)), patience_s=2.5)


def test_what_fails_says_so_in_a_line_without_anybodys_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    part = Part(tmp_path / "is missing" / "0", None, None)
    nowhere = "postgresql+psycopg://nobody:secret@/none?host=/nowhere"
    with building(Task(nowhere, Settings(), face_of, part, None)) as process:
        assert process.wait() == 1
    (line,) = capfd.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["event"] == "directory"
    assert told["error"] == "FileNotFoundError"
    assert str(tmp_path) not in line
