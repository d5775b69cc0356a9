"""One private PostgreSQL cluster: where it lies, who runs it, and which processes are its own."""

import contextlib
import hashlib
import os
import pwd
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stations.errors import ClusterUnreachableError, DataDirectoryError, PostgresMissingError
from stations.postgres_programs import OLDEST_MAJOR, install_command

SYSTEM_HOME = Path("/var/lib/nuanyi")
SYSTEM_USER = "postgres"
SOCKET_PATH_LIMIT_BYTES = 107
PORT = 5432
"""It only names the socket file: the server listens on no network address."""
PLAIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")


@dataclass(frozen=True)
class Cluster:
    """The cluster of one data directory."""

    home: Path  # mode 0700, belongs to the server's user
    uid: int  # the server runs as this user, and its files belong to it
    gid: int

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "pgdata"

    @property
    def major(self) -> int | None:
        """The major version that made the cluster; None before there is one."""
        try:
            return int((self.pgdata / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None

    @property
    def mark(self) -> str:
        """A name that no other data directory on this machine shares; processes show it."""
        return f"nuanyi-{fingerprint(self.home)}"

    @property
    def socket_dir(self) -> Path:
        """Where the socket lies: in the home, or under /tmp where that path is too long.

        A place with letters that PostgreSQL's list of directories or a URL would have to quote is
        avoided too. Both are the same for every process, whatever its environment.
        """
        inside = self.home / "run"
        longest = len(os.fsencode(inside / f".s.PGSQL.{PORT}.lock"))
        if longest <= SOCKET_PATH_LIMIT_BYTES and PLAIN_CHARACTERS.issuperset(str(inside)):
            return inside
        return Path(f"/tmp/nuanyi-{self.uid}-{fingerprint(self.home)}")  # noqa: S108 - checked below

    @property
    def socket(self) -> Path:
        """The socket file of the running server."""
        return self.socket_dir / f".s.PGSQL.{PORT}"

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the cluster's user, without our environment."""
        return subprocess.run(
            command,
            check=False,
            text=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.home)},
            **self._as_owner(),
            **options,
        )

    def make_directories(self) -> None:
        """Make the home and the socket's directory, private to the cluster's user.

        The socket's directory is made again at each start, for a reboot empties /tmp.
        Raises DataDirectoryError where somebody else has taken its name.
        """
        if SYSTEM_HOME in self.home.parents and not SYSTEM_HOME.exists():
            SYSTEM_HOME.mkdir(parents=True)
            SYSTEM_HOME.chmod(0o755)  # whatever root's umask
        for directory in (self.home, self.socket_dir):
            with contextlib.suppress(FileExistsError):
                directory.mkdir(mode=0o700)
            if directory.lstat().st_uid == os.geteuid() != self.uid:
                os.chown(directory, self.uid, self.gid, follow_symlinks=False)
            found = directory.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
                raise DataDirectoryError(path=directory, problem="it belongs to another user")
            if stat.S_IMODE(found.st_mode) != 0o700:
                directory.chmod(0o700)

    def postmaster(self) -> int | None:
        """Return the process id of this cluster's running server, None if there is none."""
        try:
            pid = int(self._pid_file()[0])
        except (IndexError, ValueError):
            return None
        return pid if self._owns(pid) else None

    def is_stopping(self) -> bool:
        """Whether the running server has been told to stop, by whomever."""
        return "stopping" in "".join(self._pid_file()[7:8])

    def processes(self) -> list[int]:
        """Return every process of this cluster's server, orphans of a dead one included."""
        running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in running if self._owns(pid)]

    def send(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process, if it still is one of this cluster's own."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                # Looked at again behind the handle: the number cannot now pass to a stranger.
                if self._owns(pid):
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)

    def wait_until_gone(self, pids: list[int], timeout_s: float) -> bool:
        """Wait until none of the processes is left; False when the time is over."""
        deadline = time.monotonic() + timeout_s
        while any(self._owns(pid) for pid in pids):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def clear_stale_locks(self) -> None:
        """Remove lock files whose process number has passed to a program that is no server.

        PostgreSQL removes them itself when the number is free, and refuses to start when it is
        taken, as happens after a reboot, or while nobody has fetched a killed server's exit code,
        as in a container without an init. Another server's number is left to its judgement.
        """
        for lock in (self.pgdata / "postmaster.pid", Path(f"{self.socket}.lock")):
            with contextlib.suppress(OSError, ValueError):
                pid = abs(int(lock.read_text().split("\n", 1)[0]))
                # "<pid> (postgres) S …": the name, then the state; Z is dead
                status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
                if not status[0].endswith("(postgres") or status[2].split()[0] == "Z":
                    lock.unlink()

    def _pid_file(self) -> list[str]:
        try:
            return (self.pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def _as_owner(self) -> dict[str, Any]:
        if os.geteuid() == self.uid:
            return {"umask": 0o077}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def _owns(self, pid: int) -> bool:
        """Whether a process is this cluster's: by its user, and by its directory or its mark.

        The server is started with `-D <pgdata>`; its children show the cluster's mark in their
        titles. Both can be read without the right to trace, which root in a container lacks.
        """
        try:
            if Path(f"/proc/{pid}").stat().st_uid != self.uid:
                return False
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        if words[0].startswith(f"postgres: {self.mark}: ".encode()):
            return True
        is_server = words[0].endswith(b"/postgres")
        return is_server and words[1:3] == [b"-D", os.fsencode(self.pgdata)]


def fingerprint(path: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 of a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def locate(data_dir: Path) -> Cluster:
    """Return the cluster of a data directory, whether it exists yet or not.

    An ordinary user's lies in the data directory. Root's is run by the user `postgres`, because
    the server refuses root; where that user cannot pass, it lies under /var/lib/nuanyi.
    Raises ClusterUnreachableError where an existing cluster cannot be reached any more, rather
    than starting an empty one beside it, and PostgresMissingError.
    """
    real = data_dir.resolve()
    inside = real / "postgres"
    if os.geteuid() != 0:
        return Cluster(inside, os.geteuid(), os.getegid())
    if inside.is_dir() and inside.stat().st_uid != 0:
        owner = inside.stat()
        cluster = Cluster(inside, owner.st_uid, owner.st_gid)
        if not _can_enter(cluster, inside):
            raise ClusterUnreachableError(user=_user_name(owner.st_uid), path=inside)
        return cluster
    try:
        account = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise PostgresMissingError(oldest=OLDEST_MAJOR, command=install_command(None)) from None
    cluster = Cluster(inside, account.pw_uid, account.pw_gid)
    elsewhere = Cluster(SYSTEM_HOME / fingerprint(real), account.pw_uid, account.pw_gid)
    if elsewhere.major is not None or not _can_enter(cluster, real):
        return elsewhere
    return cluster


def _can_enter(cluster: Cluster, directory: Path) -> bool:
    """Ask as the cluster's user: access lists and mount options have their say as well."""
    while not directory.exists():
        directory = directory.parent
    return cluster.run(["test", "-x", str(directory)], cwd="/").returncode == 0


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
