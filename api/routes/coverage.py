"""Coverage: who is served, cell by cell, and the planners' map."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api import dependencies as given
from api import examples, examples_coverage, papers, schemas
from api.coverage_view import Need
from api.json_answer import JSONAnswer
from api.routes.areas import AreaCode
from geo.profiles import Profile
from stations import coverage
from stations.coverage import CoverageQuestion
from stations.coverage_question import MAX_MINUTES
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError
from web.planner_cells import CellLayerName

T = TypeVar("T")
R = TypeVar("R")

REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": schemas.Problem, "description": "No such area"},
    422: {"model": schemas.Problem, "description": "A value cannot be used, or no boundary"},
    503: {"model": schemas.Problem, "description": "Busy, or the database is away"},
}

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], responses=REFUSALS)


def question_of(
    request: Request,
    settings: given.AppSettings,
    kinds: given.Kinds,
    at: given.Instant,
    area: AreaCode | None = None,
    minutes: Annotated[int, Query(ge=1, le=MAX_MINUTES)] = 15,
    profile: Profile = Profile.WALK,
    method: Annotated[
        Literal["streets", "straight_line"] | None,
        Query(description="Omitted: by street where a network is built"),
    ] = None,
) -> CoverageQuestion:
    """Read a question; the area is the city and the kind rest stations unless they are named.

    Minutes are by street where a network is built and the profile has streets.
    """
    network = None if method == "straight_line" else request.app.state.directory.network
    if method == "streets" and network is None:
        raise InvalidInputError(
            field="method",
            problem_zh="没有建立路网，只能按直线计算",
            problem_en="no street network is built: only straight lines can be counted",
        )
    return CoverageQuestion(
        area=area or settings.root_area,
        minutes=minutes,
        kinds=kinds or CoverageQuestion.kinds,
        profile=profile.value,
        at=at,
        network=None if network is None else network.id,
    )


Question = Annotated[CoverageQuestion, Depends(question_of)]


@router.get("", response_model=None, responses={200: examples.answer(examples_coverage.COVERAGE)})
def coverage_report(request: Request, session: given.Reading, question: Question) -> JSONAnswer:
    """Say who is served within the minutes: residents and outdoor workers by class.

    served + without_capacity + uncovered + not_routable = total, and the rows of `areas` add up to
    the area's own figures. Without `at` every active station counts, whatever its hours.
    """
    report = coverage.report(session, question, computing_for(request))
    request.app.state.papers.start()  # whoever asks for figures asks for their map next
    return JSONAnswer(report)


@router.get(
    "/hours", response_model=None, responses={200: examples.answer(examples_coverage.HOURS)}
)
def coverage_hours(request: Request, session: given.Reading, question: Question) -> JSONAnswer:
    """Say who is in reach of an open station, hour by hour, on a working day and on a day off.

    The next ones of both from today. Where hours are unknown the truth lies between a figure and
    the same `_if_unknown_open`. Of `at` only the day counts.
    """
    return JSONAnswer(coverage.hours(session, question, computing_for(request)))


@router.get(
    "/stations", response_model=None, responses={200: examples.answer(examples_coverage.REACH)}
)
def coverage_stations(request: Request, session: given.Reading, question: Question) -> JSONAnswer:
    """Say of each counted station whom it reaches, and who would have none without it.

    Listed are those that stand in the area; people count wherever they live.
    `shed_ratio` is the share of the cells of a circle (the minutes at full speed, in a straight
    line) that the streets reach; null without streets.
    """
    return JSONAnswer(coverage.stations(session, question, computing_for(request)))


@router.get(
    "/cells", response_model=None, responses={200: examples.answer(examples_coverage.CELLS)}
)
def coverage_cells(
    request: Request,
    session: given.Reading,
    question: Question,
    res: Annotated[int, Query(ge=0, le=coverage.MOST_RESOLUTION)] = RESOLUTION,
) -> Response:
    """List the cells of an area, as parallel lists: minutes, residents, uncovered, stations."""
    is_zipped = takes_gzip(request)
    body = written(request, session, question, papers.cells_json, (res, is_zipped))
    return Response(body, headers=sent_as(is_zipped), media_type="application/json")


@router.get("/map", response_model=None, response_class=HTMLResponse)
def coverage_map(
    request: Request,
    session: given.Reading,
    question: Question,
    lang: given.Lang,
    layer: CellLayerName = "minutes",
) -> HTMLResponse:
    """Show the cells on a map: minutes, residents beyond reach, or how many stations are in reach.

    The map has all three layers; `layer` is the one that it shows first.
    """
    asked = papers.MapAsked(layer, lang, request.state.nonce, takes_gzip(request))
    html = written(request, session, question, papers.map_html, asked)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"} | sent_as(asked.is_zipped))


def takes_gzip(request: Request) -> bool:
    """Return whether an answer may be zipped, by the same sign as the middleware's."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def sent_as(is_zipped: bool) -> dict[str, str]:
    """Return headers of an answer that was zipped where it was written, or not at all."""
    return {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if is_zipped else {})


def written(
    request: Request,
    session: Session,
    question: CoverageQuestion,
    job: papers.Job[T, R],
    asked: T,
    needs: Sequence[Need] = (coverage.report,),
) -> R:
    """Have a large answer written on account of whoever asks."""
    writing: papers.Papers = request.app.state.papers
    compute, asker = computing_for(request), asker_of(request)
    return writing.write(session, question, compute, job, asked, asker=asker, needs=needs)


def computing_for(request: Request) -> coverage.Compute:
    """Return the worker's computation on account of whoever asks."""
    return partial(request.app.state.coverage.compute, asker=asker_of(request))


def asker_of(request: Request) -> str:
    """Return the address that asks."""
    return request.client.host if request.client else ""
