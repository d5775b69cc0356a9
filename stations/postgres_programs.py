"""Where PostgreSQL's own programs are, and whether PostGIS is there for them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stations.errors import ClusterVersionError, PostgisMissingError, PostgresMissingError

OLDEST_MAJOR = 15
OLDEST_POSTGIS = (3, 3)
DEBIAN_HOME = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """One installed major version of the server, with PostGIS."""

    bin_dir: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of one of its programs, such as `initdb`."""
        return str(self.bin_dir / name)


def find_server(major: int | None = None) -> Server:
    """Return the newest installed server with PostGIS, or the one of `major` if that is given.

    A cluster can only be served by the major version that made it, so an existing one names it.
    Raises PostgresMissingError, PostgisMissingError or ClusterVersionError.
    """
    installed = sorted(_servers(), key=lambda server: server.major, reverse=True)
    usable = [server for server in installed if server.major >= OLDEST_MAJOR]
    if major is not None and major not in {server.major for server in usable}:
        found = ", ".join(str(server.major) for server in installed) or "-"
        raise ClusterVersionError(major=major, found=found, command=install_command(major))
    if not usable:
        raise PostgresMissingError(oldest=OLDEST_MAJOR, command=install_command(None))
    candidates = [server for server in usable if major in {None, server.major}]
    for server in candidates:
        if _postgis_version(server.bin_dir) >= OLDEST_POSTGIS:
            return server
    newest = candidates[0].major
    raise PostgisMissingError(major=newest, command=install_command(newest))


def find_client(name: str, server_major: int) -> str:
    """Return the `pg_dump`, `pg_restore` or the like that fits a server; none need be here.

    The server's own version comes first: a newer client reads an older server, but its restore
    sets parameters that the older server does not know.
    """
    found = sorted((major, bin_dir) for bin_dir, major in _bin_dirs(name))
    fitting = [bin_dir for major, bin_dir in found if major >= server_major]
    if not fitting:
        raise PostgresMissingError(
            oldest=server_major, command=install_command(server_major, "client")
        )
    return str(fitting[0] / name)


def install_command(major: int | None, part: Literal["server", "client"] = "server") -> str:
    """Return the one command that installs what is missing on Debian and Ubuntu."""
    package = "postgresql-postgis" if major is None else f"postgresql-{major}-postgis-3"
    if part == "client":
        package = f"postgresql-client-{major}"
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install --no-install-recommends {package}"


def _servers() -> Iterator[Server]:
    for bin_dir, major in _bin_dirs("initdb"):
        if (bin_dir / "postgres").exists():
            yield Server(bin_dir, major)


def _bin_dirs(program: str) -> Iterator[tuple[Path, int]]:
    """Yield (directory, major version) of each place that has the program, Debian's first."""
    for path in DEBIAN_HOME.glob(f"*/bin/{program}"):
        if path.parts[-3].isdigit():
            yield path.parent, int(path.parts[-3])
    on_path = shutil.which(program)
    # Debian's /usr/bin holds wrappers that choose among the system's own clusters, never ours.
    if on_path is not None and "postgresql-common" not in str(Path(on_path).resolve()):
        answer = _output([on_path, "--version"])
        version = re.search(r"(\d+)(?:\.\d+|beta|rc|devel)", answer)
        if version is not None:
            yield Path(on_path).resolve().parent, int(version.group(1))


def _postgis_version(bin_dir: Path) -> tuple[int, ...]:
    """Return the version that CREATE EXTENSION would install, (0,) if there is none."""
    share_dir = _output([str(bin_dir / "pg_config"), "--sharedir"]).strip()
    if not share_dir:
        share_dir = f"/usr/share/postgresql/{bin_dir.parent.name}"
    try:
        control = (Path(share_dir) / "extension" / "postgis.control").read_text(encoding="utf-8")
    except OSError:
        return (0,)
    version = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control)
    return (int(version.group(1)), int(version.group(2))) if version else (0,)


def _output(command: list[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout
