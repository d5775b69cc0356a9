"""Processes that tests start and watch."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stations.settings import REPOSITORY

PATIENCE_S = 30.0


def until(is_so: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for something; fail where it does not come."""
    end = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def parent_of_one(program: str, folder: Path, *arguments: str) -> Iterator[tuple[int, "Parent"]]:
    """Run a program that starts a process and prints its number; give that, and the parent."""
    path = folder / "parent.py"
    path.write_text(program, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(path), *arguments],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    ) as parent:
        assert parent.stdout is not None
        yield int(parent.stdout.readline()), parent


Parent = subprocess.Popen[bytes]
