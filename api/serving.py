"""Run the HTTP door under uvicorn, and keep the private cluster alive beside it."""

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.supervisors import Multiprocess

from stations import local_postgres
from stations.errors import InvalidInputError
from stations.rule_files import read_rules
from stations.settings import Settings

WATCH_INTERVAL_S = 2.0
GRACEFUL_SHUTDOWN_S = 10

Progress = Callable[[str], None]


def serve(settings: Settings, *, on_ready: Callable[[], None], progress: Progress) -> None:
    """Serve until told to stop; `on_ready` is called once requests are answered."""
    read_rules(settings.rules_dir)  # what is wrong with them is said now, in a sentence
    config = uvicorn.Config(
        "api.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        access_log=False,  # ours says the route's template, never an address with its parameters
        log_level="warning",
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
    )
    with _cluster_kept_alive(settings, progress):
        if settings.workers == 1:
            _AnnouncingServer(config, on_ready).run()
            return
        listening = config.bind_socket()
        on_ready()
        Multiprocess(config, sockets=[listening]).run()


def check_port(settings: Settings) -> None:
    """Say early, in a sentence, that the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise InvalidInputError(
                    field="NUANYI_HOST",
                    problem_zh=f"不能在地址 {settings.host} 上监听（{error.strerror}）",
                    problem_en=f"cannot listen on {settings.host} ({error.strerror})",
                ) from error
            raise InvalidInputError(
                field="NUANYI_PORT",
                problem_zh=f"端口 {settings.port} 用不了（{error.strerror}）。"
                "也许暖驿已经在运行；换一个端口请设置 NUANYI_PORT",
                problem_en=f"port {settings.port} cannot be used ({error.strerror}). "
                "Perhaps Nuanyi is running already; set NUANYI_PORT for another",
            ) from error


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


@contextmanager
def _cluster_kept_alive(settings: Settings, progress: Progress) -> Iterator[None]:
    if settings.database_url is not None:
        yield
        return
    stop_event = threading.Event()
    watcher = threading.Thread(
        target=local_postgres.watch,
        args=(settings.data_dir,),
        kwargs={
            "interval_s": WATCH_INTERVAL_S,
            "stop_event": stop_event,
            "progress": progress,
        },
        daemon=True,
    )
    watcher.start()
    try:
        yield
    finally:
        stop_event.set()
