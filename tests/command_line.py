"""The command line as a person uses it, in processes that do not wait for its imports.

A process of its own for each command, with its own environment, folder and files: forked from one
that has imported the commands once. What the interpreter itself reads from its environment, and the
installed script, are tried with `run_installed`.
"""

import io
import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy.engine import URL

from api import cli
from stations.settings import REPOSITORY

COMMANDS = sorted(path.stem for path in (REPOSITORY / "api" / "commands").glob("[!_]*.py"))
TIMEOUT_S = 300


class Nuanyi:
    """The command, on a database of its own."""

    def __init__(self, url: URL, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "NUANYI_DATABASE_URL": url.render_as_string(hide_password=False),
            "NUANYI_DATA_DIR": str(folder / "data"),
            "NUANYI_LANG": "en",
        }

    def run(
        self, *arguments: str | Path, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a forked process."""
        argv = ["nuanyi", *map(str, arguments)]
        forking = get_context("forkserver")
        forking.set_forkserver_preload(["api.cli", *(f"api.commands.{name}" for name in COMMANDS)])
        with tempfile.TemporaryDirectory() as name:
            streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
            streams[0].write_bytes(stdin.encode())
            environment = self.environment | environment
            process = forking.Process(target=_here, args=(argv, environment, self.folder, streams))
            process.start()
            process.join(TIMEOUT_S)
            if process.exitcode is None:
                process.kill()
                raise subprocess.TimeoutExpired(argv, TIMEOUT_S)
            stdout, stderr = (path.read_bytes() for path in streams[1:])
        return subprocess.CompletedProcess(argv, process.exitcode, stdout, stderr)

    def run_installed(
        self, *arguments: str | Path, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the installed script, with an interpreter of its own."""
        command = Path(sys.executable).with_name("nuanyi")
        return subprocess.run(
            [str(command), *map(str, arguments)],
            input=stdin.encode(),
            capture_output=True,
            check=False,
            env=self.environment | environment,
            cwd=self.folder,
        )

    def good(self, *arguments: str | Path) -> str:
        """Run a command that must succeed, and return what it says."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file into the command's folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


def _here(argv: list[str], environment: dict[str, str], folder: Path, streams: list[Path]) -> None:
    """Be the command: in the forked process."""
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(number, "w", closefd=False)),
            encoding="utf-8",
            line_buffering=True,
        )
        for number in (1, 2)
    )
    sys.argv = argv
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    cli.main()
