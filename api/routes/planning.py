"""What planners ask and nobody else: a drawn polygon, what if, and scenarios."""

from functools import partial
from typing import Annotated, Any, Literal

import shapely
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from shapely import MultiPolygon, Polygon

from api import dependencies as given
from api import examples, examples_coverage, features, schemas
from api.json_answer import JSONAnswer
from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile
from geo.siting import Objective
from stations import coverage_planning, scenarios
from stations.coverage_planning import Run, SitesWanted
from stations.coverage_question import CoverageQuestion
from stations.coverage_siting import MOST_CANDIDATES, MOST_SITES
from stations.coverage_what_if import MOST_EDITS, Edits, NewPlace
from stations.errors import InvalidInputError

router = APIRouter(
    prefix="/v1",
    tags=["planning"],
    responses={
        401: {"model": schemas.Problem, "description": "Nobody is logged in"},
        403: {"model": schemas.Problem, "description": "Planners only"},
        404: {"model": schemas.Problem, "description": "No such area or scenario"},
        422: {"model": schemas.Problem, "description": "A value cannot be used"},
        503: {"model": schemas.Problem, "description": "Busy, or the database is away"},
    },
)

MOST_COMPARED = 4
MOST_PARTS = 500
"""Of a multipolygon: a district by the sea has dozens of islands."""

Ring = Annotated[
    list[Annotated[list[FiniteFloat], Field(min_length=2, max_length=3)]],
    Field(min_length=4, max_length=2_000),
]
Rings = Annotated[list[Ring], Field(min_length=1, max_length=50)]
Code = Annotated[given.PlainText, Field(min_length=1, max_length=40)]
ScenarioNumber = Annotated[int, Field(ge=1, le=2**62)]
ScenarioId = Annotated[ScenarioNumber, Path()]


class PolygonBody(BaseModel):
    """A GeoJSON polygon, longitude first, in `crs`."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygonBody(BaseModel):
    """GeoJSON polygons, longitude first, in `crs`."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1, max_length=MOST_PARTS)]


AnyPolygon = Annotated[PolygonBody | MultiPolygonBody, Field(discriminator="type")]


class Asked(BaseModel):
    """What coverage is asked about; omitted as in GET /v1/coverage."""

    model_config = ConfigDict(extra="forbid")

    area: Annotated[given.PlainText, Field(min_length=1, max_length=20)] | None = None
    minutes: Annotated[int, Field(ge=1, le=60)] = 15
    kind: Annotated[list[Code], Field(max_length=50)] = []
    profile: Profile = Profile.WALK
    at: Annotated[str, Field(max_length=40)] | None = None


class Inside(Asked):
    """A polygon, and what is asked about what lies in it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples_coverage.POLYGON_QUESTION]}
    )

    polygon: AnyPolygon
    crs: Datum = Datum.WGS84


class Added(BaseModel):
    """A place that is not there yet."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    capacity_per_day: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Moved(BaseModel):
    """A station, and where it would be."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]


class Changes(BaseModel):
    """What is tried out; positions in `crs`."""

    model_config = ConfigDict(extra="forbid")

    add: Annotated[list[Added], Field(max_length=MOST_EDITS)] = []
    move: Annotated[list[Moved], Field(max_length=MOST_EDITS)] = []
    close: Annotated[list[Code], Field(max_length=MOST_EDITS)] = []
    crs: Datum = Datum.WGS84


class WhatIf(Asked, Changes):
    """A question, and what is tried out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples_coverage.WHAT_IF_QUESTION]}
    )


class PointBody(BaseModel):
    """A place that may be built on."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90)]


class Suggested(Asked):
    """How many sites are looked for, for whom, and where; positions in `crs`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples_coverage.SUGGEST_QUESTION]}
    )

    k: Annotated[int, Field(ge=1, le=MOST_SITES, description="How many sites at most")] = 5
    objective: Objective = Objective.DEMAND
    points: Annotated[
        list[PointBody],
        Field(max_length=MOST_CANDIDATES, description="The candidates; none: a grid of the area"),
    ] = []
    spacing_m: Annotated[int, Field(ge=0, le=5_000)] = 0
    forbidden: Annotated[list[AnyPolygon], Field(max_length=20)] = []
    forbidden_crs: Annotated[Datum | None, Field(description="Of `forbidden`; none: `crs`")] = None
    exact: Annotated[bool, Field(description="Go on until nothing better is possible, or 8 s")] = (
        False
    )
    capacity_per_day: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    crs: Datum = Datum.WGS84


class NewScenario(WhatIf):
    """What is tried out, under a name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "东钱湖加两站", **examples_coverage.WHAT_IF_QUESTION}]
        },
    )

    name: Annotated[given.PlainText, Field(min_length=1, max_length=scenarios.NAME_MAX_LENGTH)]
    shared: bool = False


class ScenarioChange(BaseModel):
    """Another name, and whether others see it."""

    model_config = ConfigDict(extra="forbid")

    name: (
        Annotated[given.PlainText, Field(min_length=1, max_length=scenarios.NAME_MAX_LENGTH)] | None
    ) = None
    shared: bool | None = None


def runner(request: Request, account: given.ComputingPlanner) -> Run:
    """Return what does a planner's job in the coverage process."""
    run: Run = partial(request.app.state.coverage.run, account=account.id)
    return run


Running = Annotated[Run, Depends(runner)]


@router.post(
    "/coverage", response_model=None, responses={200: {"description": "As GET /v1/coverage"}}
)
def coverage_inside(
    body: Inside, request: Request, session: given.Reading, run: Running
) -> JSONAnswer:
    """Say who is served inside a drawn polygon: people of cut cells by their share, whole persons.

    `areas` are the districts' parts of it, and add up to the whole.
    """
    shape = _shape(body.polygon, "polygon")
    question = _question(request, body)
    return _private(coverage_planning.inside_polygon(session, question, shape, body.crs, run))


@router.post(
    "/coverage/what-if",
    response_model=None,
    responses={200: examples.answer(examples_coverage.WHAT_IF)},
)
def coverage_what_if(
    body: WhatIf, request: Request, session: given.Reading, run: Running
) -> JSONAnswer:
    """Say what stations added, moved and closed would change: by area and by cell.

    `gain` is after less before. Nothing is written.
    """
    question, edits = _question(request, body), _edits(body)
    return _private(coverage_planning.what_if(session, question, edits, run))


@router.post(
    "/coverage/suggest",
    response_model=None,
    responses={200: examples.answer(examples_coverage.SUGGEST)},
)
def coverage_suggest(
    body: Suggested, request: Request, session: given.Reading, run: Running
) -> JSONAnswer:
    """Say where to build next: up to k sites, who gains by each, and what all would change.

    Greedy with swaps, and with `exact` HiGHS; no k of the candidates gain more than `bound`.
    Without `points` they are cells where somebody lacks a station, the most promising of
    `candidates_possible`. Only people of the area count, each at the first site that helps.
    """
    wanted = SitesWanted(
        k=body.k,
        objective=body.objective,
        points=tuple(LonLat(each.lon, each.lat) for each in body.points),
        spacing_m=body.spacing_m,
        forbidden=tuple(
            _shape(each, f"forbidden.{place}") for place, each in enumerate(body.forbidden)
        ),
        is_exact=body.exact,
        capacity_per_day=body.capacity_per_day,
        datum=body.crs,
        forbidden_datum=body.forbidden_crs,
    )
    return _private(coverage_planning.suggest(session, _question(request, body), wanted, run))


@router.get("/scenarios", response_model=None)
def list_scenarios(session: given.Reading, account: given.ReadingPlanner) -> JSONAnswer:
    """List the own scenarios and those that others share, the newest first."""
    found = scenarios.visible(session, account.id)
    return _private({"numberMatched": len(found), "scenarios": [_shown(each) for each in found]})


@router.post("/scenarios", response_model=None, status_code=201)
def create_scenario(
    body: NewScenario, request: Request, session: given.Writing, account: given.CurrentPlanner
) -> JSONAnswer:
    """Keep a scenario: the question and what is tried out, not the answer."""
    question, edits = _question(request, body), _edits(body)
    coverage_planning.check_edits(session, question, edits)
    kept = scenarios.create(
        session,
        account.id,
        name=body.name,
        is_shared=body.shared,
        question=question,
        edits=edits,
    )
    return _private(_shown(kept), status=201)


@router.get("/scenarios/compare", response_model=None)
def compare_scenarios(
    request: Request,
    session: given.Reading,
    account: given.ReadingPlanner,
    scenario: Annotated[
        list[ScenarioNumber], Query(alias="id", min_length=1, max_length=MOST_COMPARED)
    ],
) -> JSONAnswer:
    """Answer up to four scenarios side by side, each by its own question."""
    kept = [scenarios.get(session, account.id, each) for each in dict.fromkeys(scenario)]
    run: Run = partial(request.app.state.coverage.run, account=account.id)
    compared = []
    for each in kept:
        question = _on_streets(request, each.question)
        found = coverage_planning.what_if(session, question, each.edits, run)
        compared.append({"scenario": _shown(each), "answer": found})
    return _private({"compared": compared})


@router.get("/scenarios/{scenario_id}", response_model=None)
def one_scenario(
    scenario_id: ScenarioId, session: given.Reading, account: given.ReadingPlanner
) -> JSONAnswer:
    """Return one scenario."""
    return _private(_shown(scenarios.get(session, account.id, scenario_id)))


@router.patch("/scenarios/{scenario_id}", response_model=None)
def change_scenario(
    scenario_id: ScenarioId,
    body: ScenarioChange,
    session: given.Writing,
    account: given.CurrentPlanner,
) -> JSONAnswer:
    """Rename an own scenario, or share it."""
    values: dict[str, Any] = {}
    if body.name is not None:
        values["name"] = body.name
    if body.shared is not None:
        values["is_shared"] = body.shared
    return _private(_shown(scenarios.change(session, account.id, scenario_id, **values)))


@router.delete("/scenarios/{scenario_id}", status_code=204)
def remove_scenario(
    scenario_id: ScenarioId, session: given.Writing, account: given.CurrentPlanner
) -> Response:
    """Let go of an own scenario."""
    scenarios.remove(session, account.id, scenario_id)
    return Response(status_code=204)


def _shape(body: PolygonBody | MultiPolygonBody, field: str) -> MultiPolygon:
    polygons = [body.coordinates] if isinstance(body, PolygonBody) else body.coordinates
    try:
        return MultiPolygon([_polygon(rings) for rings in polygons])
    except (ValueError, shapely.GEOSException) as error:
        raise InvalidInputError(
            field=field,
            problem_zh="每一圈至少 4 个点，首尾相同",
            problem_en="each ring needs four points at least, the first and last the same",
        ) from error


def _polygon(rings: list[list[list[float]]]) -> Polygon:
    shell, *holes = ([(point[0], point[1]) for point in ring] for ring in rings)
    for ring in (shell, *holes):
        if ring[0] != ring[-1]:
            raise ValueError(ring)
    return Polygon(shell, holes)


def _question(request: Request, body: Asked) -> CoverageQuestion:
    settings = request.app.state.settings
    question = CoverageQuestion(
        area=body.area or settings.root_area,
        minutes=body.minutes,
        kinds=given.read_terms("kind", body.kind) or CoverageQuestion.kinds,
        profile=body.profile.value,
        at=None if body.at is None else given.read_instant(body.at, "at"),
    )
    return _on_streets(request, question)


def _on_streets(request: Request, question: CoverageQuestion) -> CoverageQuestion:
    network = request.app.state.directory.network
    return question.by(None if network is None else network.id)


def _edits(body: Changes) -> Edits:
    def point(lon: float, lat: float) -> LonLat:
        return convert(LonLat(lon, lat), body.crs, Datum.WGS84)

    return Edits(
        tuple(NewPlace(point(each.lon, each.lat), each.capacity_per_day) for each in body.add),
        tuple((each.code, point(each.lon, each.lat)) for each in body.move),
        tuple(dict.fromkeys(body.close)),
    )


def _shown(kept: scenarios.Kept) -> dict[str, Any]:
    return {
        "id": kept.id,
        "name": kept.name,
        "owner": kept.owner,
        "mine": kept.is_mine,
        "shared": kept.is_shared,
        "created_at": features.in_shanghai(kept.created_at),
        "question": scenarios.question_as_json(kept.question),
        "edits": scenarios.edits_as_json(kept.edits),
    }


def _private(body: dict[str, Any], status: int = 200) -> JSONAnswer:
    return JSONAnswer(body, status, headers={"Cache-Control": "private, no-store"})
