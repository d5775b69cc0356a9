"""The nearest stations: from the directory without any I/O, else from PostGIS."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import dependencies as given
from api import nearest_answer, nearest_query, schemas_events
from api.event_features import events_near, events_unknown
from api.nearest_query import Asked, NearestQuery
from api.routes.stations import PROBLEMS
from api.station_bytes import lasting_from_register, lasting_in
from geo.network import StreetNetwork
from stations import nearest
from stations.database import read_session
from stations.directory import DirectorySource
from stations.directory_keeper import DirectoryKeeper, Held
from stations.errors import DatabaseUnavailableError
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
    Trucks go in a straight line, and to places with `truck_parking` first. `open` is judged in
    Asia/Shanghai at the time of arrival, or now. `as_of` and `Age` say how old the data is: the
    database may be away. With `events=include` it is asked all the same; `events` is null, and
    `events_reason` says why, where it does not answer.
    """
    asked = nearest_query.read(query)
    lang = request.state.lang
    keeper: DirectoryKeeper = request.app.state.directory
    held = keeper.held
    if held is None:
        return await run_in_threadpool(_from_register, request, asked, keeper.network, lang)
    if asked.with_events:
        return await _with_events(request, asked, held, lang)
    body = from_directory(asked, held, lang)
    headers = HEADERS | {"Age": str(held.age_s())}
    return Response(body, headers=headers, media_type="application/json")


def from_directory(asked: Asked, held: Held, lang: str) -> bytes:
    """Return the body of an answer, without any I/O."""
    directory, network = held.directory, held.network
    found = nearest.answer(DirectorySource(directory, asked.question, network), asked.question)
    lasting_of = lasting_in(directory, asked.crs, asked.question.profile)
    return nearest_answer.write(
        asked,
        found,
        lasting_of,
        as_of=held.as_of,
        data_version=directory.version,
        lang=lang,
        network=network,
    )


async def _with_events(request: Request, asked: Asked, held: Held, lang: str) -> Response:
    """Answer from the directory, with the events that the register has."""
    network = held.network
    source = DirectorySource(held.directory, asked.question, network)
    found = nearest.answer(source, asked.question)
    lasting_of = lasting_in(held.directory, asked.crs, asked.question.profile)
    codes = [source.code_of(each.held) for each in found.stations]
    state = request.app.state

    def look_up() -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
        with read_session(state.engine) as session:
            return events_near(session, asked, codes)

    try:
        events, events_there = await state.asker.ask(look_up)
    except DatabaseUnavailableError:
        events, events_there = events_unknown(lang), {}
    body = nearest_answer.write(
        asked,
        found,
        lasting_of,
        as_of=held.as_of,
        data_version=held.directory.version,
        lang=lang,
        events=events,
        events_there=events_there,
        network=network,
    )
    headers = HEADERS | {"Age": str(held.age_s())}
    return Response(body, headers=headers, media_type="application/json")


def _from_register(
    request: Request, asked: Asked, network: StreetNetwork | None, lang: str
) -> Response:
    """Answer while the directory is not there yet."""
    with read_session(request.app.state.engine) as session:
        source = RegisterSource(session, asked.question, network)
        found = nearest.answer(source, asked.question)
        version = current_version(session)
        events, events_there = None, None
        if asked.with_events:
            codes = [source.code_of(each.held) for each in found.stations]
            events, events_there = events_near(session, asked, codes)
    lasting_of = lasting_from_register(asked.crs, asked.question.profile)
    body = nearest_answer.write(
        asked,
        found,
        lasting_of,
        as_of=given.now(),
        data_version=version,
        lang=lang,
        events=events,
        events_there=events_there,
        network=network,
    )
    return Response(body, headers=HEADERS, media_type="application/json")
