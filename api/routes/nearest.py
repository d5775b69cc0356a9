"""The nearest stations: from the directory without any I/O, else from PostGIS."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import dependencies as given
from api import nearest_answer, nearest_query, schemas_events
from api.event_features import events_near
from api.nearest_query import Asked, NearestQuery
from api.routes.stations import PROBLEMS
from api.station_bytes import LastingOf, lasting_from_register, lasting_in
from geo.network import StreetNetwork
from stations import nearest
from stations.database import read_session
from stations.directory import DirectorySource
from stations.directory_keeper import DirectoryKeeper, Held
from stations.knn import RegisterSource
from stations.register import current_version

PATH = "/v1/stations/nearest"
CACHE_CONTROL = "private, max-age=0"
HEADERS = {"Cache-Control": CACHE_CONTROL}

router = APIRouter(tags=["stations"])


@router.get(
    PATH,
    response_model=None,
    responses={200: {"model": schemas_events.NearestListWithEvents}, **PROBLEMS},
)
async def nearest_stations(request: Request, query: Annotated[NearestQuery, Query()]) -> Response:
    """Find the nearest public stations, by minutes or metres.

    Distances are ellipsoid metres in a straight line. Minutes follow the streets where a network is
    built; otherwise they are the straight line times a detour of 1.25 at the profile's speed.
    `open` is judged in Asia/Shanghai at the time of arrival, or now. `as_of` and `Age` say how old
    the data is: the database may be away. With `events=include` it is asked all the same.
    """
    asked = nearest_query.read(query)
    lang = request.state.lang
    keeper: DirectoryKeeper = request.app.state.directory
    held = keeper.held
    if held is None or asked.with_events:
        return await run_in_threadpool(_with_database, request, asked, keeper, lang)
    body = from_directory(asked, held, keeper.network, lang)
    headers = HEADERS | {"Age": str(held.age_s())}
    return Response(body, headers=headers, media_type="application/json")


def from_directory(asked: Asked, held: Held, network: StreetNetwork | None, lang: str) -> bytes:
    """Return the body of an answer, without any I/O."""
    directory = held.directory
    found = nearest.answer(DirectorySource(directory, asked.question, network), asked.question)
    lasting_of = lasting_in(directory, asked.crs, asked.question.profile)
    return nearest_answer.write(
        asked,
        found,
        lasting_of,
        as_of=held.as_of,
        data_version=directory.version,
        lang=lang,
        route=nearest_answer.way_to_first(asked, found, lasting_of, network),
    )


def _with_database(request: Request, asked: Asked, keeper: DirectoryKeeper, lang: str) -> Response:
    """Answer with events, or while the directory is not there yet."""
    held, network = keeper.held, keeper.network
    with read_session(request.app.state.engine) as session:
        source: nearest.Source
        lasting_of: LastingOf
        if held is None:
            source = RegisterSource(session, asked.question, network)
            lasting_of = lasting_from_register(asked.crs, asked.question.profile)
            version = current_version(session)
        else:
            source = DirectorySource(held.directory, asked.question, network)
            lasting_of = lasting_in(held.directory, asked.crs, asked.question.profile)
            version = held.directory.version
        found = nearest.answer(source, asked.question)
        events, events_there = None, None
        if asked.with_events:
            codes = [source.code_of(each.held) for each in found.stations]
            events, events_there = events_near(session, asked, codes)
    body = nearest_answer.write(
        asked,
        found,
        lasting_of,
        as_of=given.now() if held is None else held.as_of,
        data_version=version,
        lang=lang,
        events=events,
        events_there=events_there,
        route=nearest_answer.way_to_first(asked, found, lasting_of, network),
    )
    headers = HEADERS if held is None else HEADERS | {"Age": str(held.age_s())}
    return Response(body, headers=headers, media_type="application/json")
