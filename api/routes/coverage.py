"""Coverage: who is served, cell by cell, and the planners' map."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from shapely.geometry import mapping
from sqlalchemy.orm import Session

from api import dependencies as given
from api import examples, examples_coverage, features, schemas
from api.routes.areas import AreaCode
from geo.coordinates import BoundingBox, Datum
from geo.profiles import Profile
from stations import areas, coverage, search
from stations.coverage import CoverageQuestion
from stations.coverage_question import MAX_MINUTES
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError
from stations.settings import Settings
from stations.station import DEMO_SOURCE
from web.planner_map import CoverageMapView, Credit, render_coverage_map

router = APIRouter(
    prefix="/v1/coverage",
    tags=["coverage"],
    responses={
        404: {"model": schemas.Problem, "description": "No such area"},
        422: {"model": schemas.Problem, "description": "A value cannot be used, or no boundary"},
        503: {"model": schemas.Problem, "description": "Busy, or the database is away"},
    },
)

COARSEST_RESOLUTION = 5


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
def coverage_report(request: Request, session: given.Reading, question: Question) -> JSONResponse:
    """Say who is served within the minutes: residents and outdoor workers by class.

    served + without_capacity + uncovered + not_routable = total, and the rows of `areas` add up to
    the area's own figures. Without `at` every active station counts, whatever its hours.
    """
    return JSONResponse(coverage.report(session, question, _computing_for(request)))


@router.get(
    "/hours", response_model=None, responses={200: examples.answer(examples_coverage.HOURS)}
)
def coverage_hours(request: Request, session: given.Reading, question: Question) -> JSONResponse:
    """Say who is in reach of an open station, hour by hour, on a working day and on a day off.

    The next ones of both from today. Where hours are unknown the truth lies between a figure and
    the same `_if_unknown_open`. `at` is not heeded.
    """
    return JSONResponse(coverage.hours(session, question, _computing_for(request)))


@router.get(
    "/stations", response_model=None, responses={200: examples.answer(examples_coverage.REACH)}
)
def coverage_stations(request: Request, session: given.Reading, question: Question) -> JSONResponse:
    """Say of each counted station whom it reaches, and who would have none without it.

    `shed_ratio` is the share of the cells of a circle (the minutes at full speed, in a straight
    line) that the streets reach; null without streets.
    """
    return JSONResponse(coverage.stations(session, question, _computing_for(request)))


@router.get(
    "/cells", response_model=None, responses={200: examples.answer(examples_coverage.CELLS)}
)
def coverage_cells(
    request: Request,
    session: given.Reading,
    question: Question,
    res: Annotated[int, Query(ge=COARSEST_RESOLUTION, le=RESOLUTION)] = RESOLUTION,
) -> JSONResponse:
    """List the cells of an area, as parallel lists: minutes, residents, uncovered, stations."""
    found = coverage.cells(session, question, res, _computing_for(request))
    return JSONResponse(found)


@router.get("/map", response_model=None, response_class=HTMLResponse)
def coverage_map(
    request: Request,
    session: given.Reading,
    question: Question,
    settings: given.AppSettings,
    lang: given.Lang,
    layer: Literal["minutes", "gap"] = "minutes",
) -> HTMLResponse:
    """Show the cells on a map: minutes to the nearest station, or residents beyond reach."""
    compute = _computing_for(request)
    report = coverage.report(session, question, compute)
    cells = coverage.cells(session, question, RESOLUTION, compute)
    view = _view(
        session, settings, layer, report, cells, lang, demo=search.has_source(session, DEMO_SOURCE)
    )
    html = render_coverage_map(view, lang=lang, nonce=request.state.nonce)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _computing_for(request: Request) -> coverage.Compute:
    """Return the worker's computation on account of whoever asks."""
    asker = request.client.host if request.client else ""
    return partial(request.app.state.coverage.compute, asker=asker)


def _view(
    session: Session,
    settings: Settings,
    layer: Literal["minutes", "gap"],
    report: dict[str, Any],
    cells: dict[str, Any],
    lang: str,
    *,
    demo: bool,
) -> CoverageMapView:
    area = areas.get_area(session, report["area"], with_geometry=True)
    parts = [
        part
        for part in areas.list_areas(session, parent=area.code, with_geometry=True)
        if part.boundary is not None
    ]
    west, south, east, north = area.boundary.bounds if area.boundary else (0.0, 0.0, 0.0, 0.0)
    box = BoundingBox(west, south, east, north)
    return CoverageMapView(
        layer=layer,
        area_name=area.name_en or area.name if lang == "en" else area.name,
        res=cells["res"],
        cells=cells["cells"],
        values=cells["minutes"] if layer == "minutes" else cells["uncovered"],
        residents=cells["residents"],
        limit_minutes=report["minutes"],
        districts=_districts(parts or [area], report),
        stations=_stations(session, box),
        kinds=report["kinds"],
        bounds=box,
        method=report["method"],
        profile=report["profile"],
        speed_kmh=report["speed_kmh"],
        as_of=report["as_of"],
        data_version=report["data_version"],
        demo=demo,
        credits=[
            Credit(source["attribution"], source["url"] or "")
            for source in report["sources"]
            if source["attribution"]
        ],
        tiles=settings.tiles,
        map_approval_number=settings.map_approval_number,
        hotline=settings.hotline,
    )


def _districts(shown: list[areas.ListedArea], report: dict[str, Any]) -> dict[str, Any]:
    rows = {row["code"]: row for row in report["areas"]}
    own = {"stations": report["stations"]["counted"], "demand": report["demand"]}
    collected = []
    for area in shown:
        row = rows.get(area.code, own)
        residents = row["demand"]["residents"]
        collected.append(
            {
                "type": "Feature",
                "id": area.code,
                "geometry": None if area.boundary is None else mapping(area.boundary),
                "properties": {
                    "code": area.code,
                    "name": area.name,
                    "name_en": area.name_en,
                    "stations": row["stations"],
                    "residents": residents["total"],
                    "served": residents["served"],
                    "uncovered": residents["uncovered"],
                },
            }
        )
    return {"type": "FeatureCollection", "features": collected}


def _stations(session: Session, box: BoundingBox) -> dict[str, Any]:
    found = search.all_in_box(session, box)
    collected = [
        {
            "type": "Feature",
            "id": each.code,
            "geometry": {
                "type": "Point",
                "coordinates": features.coordinates(each.point, Datum.WGS84),
            },
            "properties": {
                "code": each.code,
                "name": each.name,
                "kind": each.kind,
                "status": each.status.value,
            },
        }
        for each in found
        if each.point is not None
    ]
    return {"type": "FeatureCollection", "features": collected}
