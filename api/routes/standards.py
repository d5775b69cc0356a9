"""Standards: what a station meets and lacks, inspectors' answers, and the scoreboard."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.orm import Session

from api import dependencies as given
from api import examples_standards as examples
from api import features, schemas, standards_answers
from api.routes.areas import AreaCode
from geo.coordinates import Datum
from stations import accounts, assessments, calendar, scoreboard, search, standards
from stations.assessments import Answer
from stations.evidence import State
from stations.hours import SHANGHAI
from stations.register import current_version
from stations.rule_files import read_rules
from stations.rule_sets import Rules
from stations.scoreboard_ground import find_indicator, plan_on
from stations.station import Known

PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": schemas.Problem, "description": "No such station, area or indicator"},
    422: {"model": schemas.Problem, "description": "A value cannot be used; the field is named"},
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}

router = APIRouter(prefix="/v1", tags=["standards"], responses=PROBLEMS)

StationCode = Annotated[str, Path(examples=["NB-RS-0001"])]
IndicatorCode = Annotated[str, Path(max_length=60, examples=["benchmark_share"])]


def _rules(settings: given.AppSettings) -> Rules:
    return read_rules(settings.rules_dir)


InForce = Annotated[Rules, Depends(_rules)]


def _answer(value: object) -> object:
    """Accept yes, no, unknown, null, or a number that is one."""
    if value is None:
        return None
    if isinstance(value, str) and value in set(Known):
        return Known(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) <= assessments.NUMBER_MAX else float("inf")
    raise ValueError("应为 yes、no、unknown 或数字", "yes, no, unknown or a number is needed")


def _day(value: object) -> object:
    if value is None or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("应为日期，如 2026-11-23", "a date such as 2026-11-23 is needed")


class AssessmentBody(BaseModel):
    """An inspector's answer about one fact; unknown or null takes an earlier one back."""

    model_config = ConfigDict(extra="forbid")

    fact: Annotated[given.PlainText, Field(max_length=60, examples=["name_sign"])]
    answer: Annotated[Known | float | None, BeforeValidator(_answer)]
    checked_on: Annotated[date | None, BeforeValidator(_day)] = None
    note: Annotated[given.PlainText, Field(max_length=500)] | None = None


class AssessmentsBody(BaseModel):
    """Answers of one visit."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.ASSESSMENTS]}
    )

    assessments: Annotated[list[AssessmentBody], Field(min_length=1, max_length=100)]


@router.get("/standards", response_model=None, responses={200: examples.answer(examples.STANDARDS)})
def list_standards(
    request: Request, session: given.Reading, rules: InForce, at: given.Instant
) -> Response:
    """List the rule sets in force on a day, and the facts that inspectors may answer."""
    moment = at or given.now()
    headers = {"ETag": _etag(session, rules, moment)}
    if given.is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return JSONResponse(standards_answers.in_force(rules, _day_of(moment)), headers=headers)


@router.get(
    "/stations/{code}/standards",
    response_model=None,
    responses={200: examples.answer(examples.STATION_STANDARDS)},
)
def station_standards(
    code: StationCode,
    session: given.Reading,
    account: given.CurrentReader,
    rules: InForce,
    at: given.Instant,
) -> JSONResponse:
    """Say what a public station, or one that I may edit, meets, lacks, and what is unknown.

    By each rule set of its kinds that is in force on the day, with the evidence and its date. What
    is not known is unknown, never missing. `facts` are for those who may edit the station: what
    inspectors can answer about it, and the answers that hold.
    """
    return _station_standards(session, code, account, rules, at or given.now())


@router.put(
    "/stations/{code}/assessments",
    response_model=None,
    tags=["console"],
    responses={
        200: examples.answer(examples.STATION_STANDARDS, "The station's standards as they are now"),
        401: {"model": schemas.Problem, "description": "Not logged in"},
        403: {"model": schemas.Problem, "description": "The CSRF token is missing or wrong"},
    },
)
def put_assessments(
    code: StationCode,
    body: AssessmentsBody,
    session: given.Writing,
    account: given.CurrentManager,
    rules: InForce,
) -> JSONResponse:
    """Add what an inspector found. Nothing is overwritten: the latest day's answer holds.

    The answer of a later day holds, of one day the one sent last. An answer that holds already is
    not written again.
    """
    moment = given.now()
    answers = [
        Answer(each.fact, each.answer, each.checked_on, each.note) for each in body.assessments
    ]
    assessments.record(session, given.station_code(code), answers, account, moment, rules)
    return _station_standards(session, code, account, rules, moment)


@router.get(
    "/scoreboard",
    response_model=None,
    responses={
        200: {
            "description": "The figures, or with `format=csv` a table of them (UTF-8 with a mark)",
            "content": {"application/json": {"example": examples.SCOREBOARD}, "text/csv": {}},
        }
    },
)
def show_scoreboard(
    request: Request,
    session: given.Reading,
    settings: given.AppSettings,
    rules: InForce,
    lang: given.Lang,
    at: given.Instant,
    area: AreaCode | None = None,
    format: Annotated[  # noqa: A002 - the parameter's name is fixed
        Literal["json", "csv"], Query(description="json, or csv for a spreadsheet")
    ] = "json",
) -> Response:
    """Hold an area against the plan in force on a day: each figure with its target and its list.

    Stations of the plan's kinds that are public and active count. `unknown` more may belong to a
    figure: `met` is null where they could change the verdict, or where there is no target for this
    area. A list is exactly as long as its `numerator`.
    """
    moment = at or given.now()
    headers = {"ETag": _etag(session, rules, moment, "" if format == "json" else f".{lang}")}
    if given.is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    board = scoreboard.scoreboard(session, area or settings.root_area, moment, rules=rules)
    version = current_version(session)
    if format == "csv":
        headers["Content-Disposition"] = f'attachment; filename="scoreboard-{board.area.code}.csv"'
        content = standards_answers.scoreboard_csv(board, version, lang)
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
    asked = {"area": board.area.code} | ({} if at is None else {"at": features.in_shanghai(at)})
    return JSONResponse(standards_answers.scoreboard(board, version, asked), headers=headers)


@router.get(
    "/scoreboard/{indicator}",
    response_model=None,
    responses={200: examples.answer(examples.BEHIND, "Stations, or towns without a geometry")},
)
def list_behind(
    request: Request,
    indicator: IndicatorCode,
    session: given.Reading,
    settings: given.AppSettings,
    rules: InForce,
    at: given.Instant,
    area: AreaCode | None = None,
    state: Annotated[
        State | None,
        Query(description="Stations that meet the condition, do not, or of which it is unknown"),
    ] = None,
    crs: Datum = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    cursor: str | None = None,
) -> JSONResponse:
    """List what a figure of the scoreboard counts, ordered by code: public stations, or towns.

    Without `state` the list is exactly as long as the figure's `numerator`. A town's `possible`
    says how many stations may turn out to be what it lacks.
    """
    moment = at or given.now()
    code = area or settings.root_area
    found = find_indicator(plan_on(rules, moment), indicator)
    after = given.read_cursor(cursor) or ""
    if found.measure == "towns_without" and state is None:
        towns = scoreboard.towns_behind(session, code, moment, indicator, rules=rules)
        ahead = [each for each in towns if each.town.code > after]
        page = [standards_answers.town_feature(each) for each in ahead[:limit]]
        matched, more = len(towns), len(ahead) > limit
    else:
        stations, matched = scoreboard.stations_behind(
            session, code, moment, indicator, state=state, after_code=after, limit=limit,
            rules=rules,
        )  # fmt: skip
        now, days = given.now(), calendar.current(session)
        page = [features.listed_feature(each, crs, now, days) for each in stations[:limit]]
        more = len(stations) > limit
    body = features.collection(
        page,
        matched=matched,
        next_address=given.next_address(request, page[-1]["id"]) if more else None,
        left_out={},
        indicator=indicator,
        area=code,
        as_of=_day_of(moment).isoformat(),
        data_version=current_version(session),
    )
    return JSONResponse(body, headers={"Cache-Control": "no-cache"})


def _station_standards(
    session: Session,
    code: str,
    account: accounts.Account | None,
    rules: Rules,
    moment: datetime,
) -> JSONResponse:
    mine = accounts.may_edit(account)
    code = given.station_code(code)
    on = _day_of(moment)
    found = standards.gaps(session, code, visible=search.IS_PUBLIC | mine, rules=rules, on=on)
    body = standards_answers.judgements(code, on, current_version(session), found)
    body["editable"] = account is not None and search.is_among(session, code, mine)
    if body["editable"]:
        held = assessments.held(session, code, on)
        body["facts"] = standards_answers.facts(found, rules, held)
    return JSONResponse(body, headers={"Cache-Control": "private, no-cache"})


def _day_of(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def _etag(session: Session, rules: Rules, moment: datetime, more: str = "") -> str:
    """Answers change with the register, the day, and the rule files, and with nothing else."""
    return f'"{current_version(session)}.{_day_of(moment):%Y%m%d}.{rules.fingerprint}{more}"'
