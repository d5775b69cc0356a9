"""Our application with the bench's routes beside its own: the floor, our SQL, and Redis."""

import os
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import numpy as np
import redis
from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import dependencies as given
from api import nearest_answer, nearest_query
from api.app import create_app as create_ours
from api.station_bytes import lasting_from_register, lasting_in
from geo.coordinates import Datum
from geo.profiles import Profile
from stations import nearest
from stations.database import read_session
from stations.directory import Directory
from stations.directory_keeper import DirectoryKeeper
from stations.hours import schedule_of
from stations.knn import RegisterSource
from stations.nearest import Frontier, Question
from stations.register import current_version
from stations.ways import Candidate, StraightLine, Ways

AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
KEY = "stations"
REDIS_RADIUS_KM = 10


def create_app() -> FastAPI:
    """Build the application; NUANYI_DATABASE_URL and NUANYI_BENCH_REDIS (a socket) are set."""
    given.now = lambda: AT  # it is the same hour in every run
    app = create_ours()
    store = redis.Redis(unix_socket_path=os.environ["NUANYI_BENCH_REDIS"], protocol=3)

    async def floor(
        lon: Annotated[float, Query(ge=-180, le=180)],
        lat: Annotated[float, Query(ge=-90, le=90)],
        crs: Datum = Datum.WGS84,
        kind: Annotated[list[str] | None, Query()] = None,
        service: Annotated[list[str] | None, Query()] = None,
        open: Literal["on_arrival", "now", "any"] = "any",  # noqa: A002 - the name is fixed
        profile: Profile = Profile.WALK,
        sort: Literal["minutes", "distance"] = "minutes",
        limit: Annotated[int, Query(ge=1, le=50)] = 5,
        within_m: Annotated[int | None, Query(ge=1, le=20_000)] = None,
    ) -> Response:
        """Check the same ten parameters, and answer with nothing."""
        del lon, lat, crs, kind, service, open, profile, sort, limit, within_m
        return Response(b"", media_type="application/json")

    async def by_sql(request: Request) -> Response:
        """Answer the same from PostGIS."""
        query = nearest_query.parse(request.scope["query_string"])
        return await run_in_threadpool(_by_sql, request, query)

    async def by_redis(request: Request) -> Response:
        """Answer the same from GEOSEARCH; it counts nothing that is left out."""
        asked = nearest_query.read(nearest_query.parse(request.scope["query_string"]))
        keeper: DirectoryKeeper = request.app.state.directory
        assert keeper.held is not None  # noqa: S101 - the bench waits for it
        directory = keeper.held.directory
        found = nearest.answer(RedisSource(store, directory, asked.question), asked.question)
        lasting_of = lasting_in(directory, asked.crs, asked.question.profile)
        body = nearest_answer.write(
            asked,
            found,
            lasting_of,
            as_of=keeper.held.as_of,
            data_version=1,
            lang="zh",
            network=None,
        )
        return Response(body, media_type="application/json")

    app.router.add_route("/bench/sql", by_sql)
    app.router.add_route("/bench/redis", by_redis)
    app.add_api_route("/bench/floor", floor, response_model=None)
    # before the pages' routes, as nearest is
    ours = app.router.routes
    ours[:] = [each for each in ours if _is_bench(each)] + [
        each for each in ours if not _is_bench(each)
    ]
    return app


def _is_bench(route: Any) -> bool:
    return str(getattr(route, "path", "")).startswith("/bench/")


def _by_sql(request: Request, query: nearest_query.NearestQuery) -> Response:
    asked = nearest_query.read(query)
    with read_session(request.app.state.engine) as session:
        found = nearest.answer(RegisterSource(session, asked.question), asked.question)
        version = current_version(session)
    body = nearest_answer.write(
        asked,
        found,
        lasting_from_register(asked.crs, asked.question.profile),
        as_of=asked.question.at,
        data_version=version,
        lang="zh",
        network=None,
    )
    return Response(body, media_type="application/json")


class RedisSource:
    """The stations round a point, from GEOSEARCH by radius; the rest is the directory's."""

    def __init__(self, store: Any, directory: Directory, question: Question) -> None:
        self.calendar = directory.calendar
        self._directory = directory
        self._question = question
        near = store.execute_command(
            "GEOSEARCH", KEY, "FROMLONLAT", question.origin.lon, question.origin.lat,
            "BYRADIUS", REDIS_RADIUS_KM, "km", "ASC", "WITHDIST",
        )  # fmt: skip
        codes = [each[0].decode() for each in near]
        rows, there = directory.columns.rows_of(codes)
        metres = np.array([round(float(each[1]) * 1000) for each in near], dtype=np.int64)
        kept = there & (metres <= question.within_m)
        rows, metres = rows[kept], metres[kept]
        wanted, _left_out = directory.sieve(question.filters).sifted(rows)
        self._rows, self._metres = rows[wanted], metres[wanted]

    def first(self, count: int) -> Frontier:
        """Return the wanted ones; Redis has given all of the radius."""
        del count
        directory = self._directory
        columns = directory.columns
        found = []
        for row, metres in zip(self._rows.tolist(), self._metres.tolist(), strict=True):
            hours, shut = int(columns.hours[row]), int(columns.shut[row])
            found.append(
                Candidate(
                    metres,
                    row,
                    None if hours < 0 else schedule_of(directory.pieces.hours[hours]),
                    () if shut < 0 else directory.shut[shut],
                    bool(columns.is_closed[row]),
                    row,
                )
            )
        return Frontier(found, float("inf"))

    def counts(self) -> tuple[int, dict[str, int]]:
        """Count those within reach."""
        return len(self._rows), {}

    def nearest_anywhere_m(self) -> int | None:
        """Return None: GEOSEARCH looks no farther than its radius."""
        return None

    def code_of(self, held: int) -> str:
        """Return the code of a station that it found."""
        return self._directory.code(held)

    def ways(self) -> Ways:
        """Return the straight line."""
        return StraightLine(self._question.profile)
