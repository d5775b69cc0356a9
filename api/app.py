"""The HTTP door: build the application from its settings, top to bottom."""

import gc
import logging
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Scope

from api import errors, station_bytes
from api.database_asker import DatabaseAsker
from api.direct_nearest import DirectNearest
from api.middleware import YEAR_S, Shell
from api.papers import Papers
from api.routes import (
    along,
    areas,
    calendar,
    changes,
    coverage,
    coverage_export,
    events,
    exports,
    health,
    imports,
    nearest,
    pages,
    planning,
    search,
    session,
    standards,
    stations,
)
from stations.coverage_worker import CoverageWorker
from stations.database import database_url, make_engine
from stations.directory_keeper import DirectoryKeeper
from stations.settings import REPOSITORY, Settings, Tiles, load_settings

DIST = REPOSITORY / "web" / "dist"

ZIPPED_ASIDE_BYTES = 16_384
"""Longer answers are zipped in a thread: 100 kB take 2 ms, for which all others would wait."""

DESCRIPTION = """
Where trade unions serve people who work outdoors. Lists are GeoJSON with `numberMatched`,
`numberReturned`, `next` and `left_out`; errors are `application/problem+json` that name the field;
`crs` is the datum of the coordinates in and out; distances are metres, times are minutes.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; the database need not be up yet."""
    settings = settings or load_settings()
    log_to_standard_error()
    url = database_url(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.coverage.start()
        app.state.directory.start()
        # what was imported stays: looking it all through again would stop every answer for 0.2 s
        gc.collect()
        gc.freeze()
        yield
        gc.unfreeze()
        app.state.directory.close()
        app.state.coverage.close()
        app.state.papers.close()
        app.state.asker.close()
        app.state.engine.dispose()

    app = FastAPI(
        title="Nuanyi 暖驿",
        summary="The map and register of rest stations, nursing rooms and more",
        description=DESCRIPTION,
        version=installed_version("nuanyi"),
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would repeat whatever host was named
        # its spans would hold addresses, and these hold people's positions
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.engine = make_engine(url, settings)
    app.state.asker = DatabaseAsker()
    app.state.coverage = CoverageWorker(url.render_as_string(hide_password=False), settings)
    app.state.papers = Papers(url.render_as_string(hide_password=False), settings)
    app.state.version = f"{installed_version('nuanyi')}+{commit()}"
    app.state.demo = False
    app.state.directory = DirectoryKeeper(app.state.engine, settings, station_bytes.face_of)

    for module in (
        nearest,
        along,
        stations,
        search,
        calendar,
        coverage,
        coverage_export,
        planning,
        areas,
        session,
        health,
        changes,
        exports,
        imports,
        events,
        standards,
    ):
        app.include_router(module.router)
    app.include_router(pages.router)
    app.mount("/static", Assets(directory=DIST, check_dir=False), name="static")

    errors.register(app)
    app.add_middleware(
        GZipMiddleware, minimum_size=1000, compresslevel=5, thread_minimum_size=ZIPPED_ASIDE_BYTES
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],  # a line is asked about by POST; cookies are not let in
        expose_headers=["Age", "ETag", "Retry-After", "X-Request-Id"],
        max_age=3600,
    )
    app.add_middleware(DirectNearest, keeper=app.state.directory)
    app.add_middleware(
        Shell,
        frame_ancestors=settings.frame_ancestors,
        tile_origins=tile_origins(settings.tiles),
        upload_max_bytes=settings.upload_max_mb * 1_000_000,
    )
    return app


class Assets(StaticFiles):
    """Built files: those with a hash in their name never change."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        """Answer with one file."""
        response = await super().get_response(path, scope)
        if response.status_code == 200 and path.startswith("assets/"):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return response


def tile_origins(tiles: Tiles | None) -> str:
    """Return the hosts of the operator's base map, for the content security policy."""
    if tiles is None:
        return ""
    parts = urlsplit(re.sub(r"\{s\}", "\0", tiles.url))
    hosts = [parts.netloc.replace("\0", each) for each in tiles.subdomains or "\0"]
    return " ".join(f"{parts.scheme}://{host}" for host in hosts if "\0" not in host)


def commit() -> str:
    """Return the commit that runs: what the image was built from, or the checkout's."""
    built_from = os.environ.get("NUANYI_COMMIT")
    if built_from:
        return built_from[:12]
    if not Path(REPOSITORY / ".git").exists():
        return "unknown"
    found = subprocess.run(
        ["git", "-C", str(REPOSITORY), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


def log_to_standard_error() -> None:
    """Send our log, one JSON object a line, to standard error."""
    log = logging.getLogger("nuanyi")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
