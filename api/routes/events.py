"""Events: what takes place, where and when; and edits of it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api import dependencies as given
from api import event_features, features, schemas, schemas_events
from geo.coordinates import Datum, LonLat
from stations import event_writes, events
from stations.accounts import Account
from stations.errors import (
    EventNotFoundError,
    InvalidInputError,
    StaleVersionError,
)
from stations.events import Event, EventPage, Wanted
from stations.register import current_version
from stations.station import GivenPosition
from stations.tables import CODE_PATTERN, EVENT_CODE_PATTERN

router = APIRouter(prefix="/v1", tags=["events"])

PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": schemas.Problem, "description": "A value cannot be used; the field is named"},
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}
WRITE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": schemas.Problem, "description": "Not logged in"},
    403: {"model": schemas.Problem, "description": "The CSRF token is missing or wrong"},
    **PROBLEMS,
}
STALE: dict[int | str, dict[str, Any]] = {
    404: {"model": schemas.Problem, "description": "No such event that you may edit"},
    412: {"model": schemas_events.StaleEventProblem, "description": "Changed since it was read"},
}
CURSOR = re.compile(r"(\d{9,11})\.([A-Z0-9-]{1,40})", re.ASCII)

Code = Annotated[str, Path(examples=["NB-EV-0001"])]
StationCode = Annotated[
    str | None, Query(description="Only events at this station", examples=["NB-RS-0001"])
]
Box = Annotated[
    str | None,
    Query(description="west,south,east,north in crs", examples=["121.5,29.8,121.6,29.9"]),
]
Kinds = Annotated[
    list[str] | None,
    Query(description="Kinds of events, any of them, by commas", examples=[["health_check"]]),
]
Access = Annotated[
    list[str] | None,
    Query(description="Who may come, any of them, by commas", examples=[["everyone"]]),
]
From = Annotated[
    str | None,
    Query(
        alias="from",
        description="RFC 3339, or a day in Ningbo; events that end after it",
        examples=["2026-12-01"],
    ),
]
Until = Annotated[
    str | None,
    Query(
        description="RFC 3339, or a day in Ningbo, which is included; events that begin before it",
        examples=["2026-12-31"],
    ),
]


@router.get(
    "/events",
    response_model=None,
    responses={200: {"model": schemas_events.EventList}, **PROBLEMS},
)
def list_events(
    request: Request,
    session: given.Reading,
    bbox: Box = None,
    station: StationCode = None,
    kind: Kinds = None,
    access: Access = None,
    since: From = None,
    until: Until = None,
    crs: Datum = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    cursor: str | None = None,
) -> Response:
    """List public events that are running or to come, by their beginning, page by page.

    Past events leave by themselves, and cancelled ones are left out; of a window that reaches into
    the past, `left_out` says how many have ended. Events at places that are not public, and those
    for staff only, are in no public answer.
    """
    moment = given.now()
    wanted = _wanted(moment, bbox, crs, station, kind, access, since, until)
    after = _read_cursor(cursor)
    version = current_version(session)
    # events begin and end on whole minutes, so the list is true for this one
    headers = {"ETag": f'"{version}.{int(moment.timestamp() // 60)}"'}
    if given.is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    page = events.page(session, wanted, moment, after=after, limit=limit)
    shown = [event_features.listed_event(each, crs, moment) for each in page.events[:limit]]
    body = _collection(request, page, limit, shown, data_version=version)
    return JSONResponse(body, headers=headers)


@router.get(
    "/my/events",
    response_model=None,
    tags=["console"],
    responses={
        200: {"model": schemas_events.DetailedEventList},
        401: {"model": schemas.Problem},
        **PROBLEMS,
    },
)
def my_events(
    request: Request,
    session: given.Reading,
    account: given.CurrentAccount,
    station: StationCode = None,
    kind: Kinds = None,
    access: Access = None,
    since: From = None,
    until: Until = None,
    crs: Datum = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> JSONResponse:
    """List the events that I may edit: past, cancelled and staff-only ones too.

    Without `from` it begins with those that have not ended.
    """
    moment = given.now()
    wanted = _wanted(moment, None, crs, station, kind, access, since, until)
    after = _read_cursor(cursor)
    page = events.editable_page(session, account, wanted, after=after, limit=limit)
    shown = [
        event_features.detailed_event(each, crs, moment, editable=True)
        for each in page.events[:limit]
    ]
    body = _collection(request, page, limit, shown)
    return JSONResponse(body, headers={"Cache-Control": "private, no-store"})


@router.get(
    "/events/{code}",
    response_model=None,
    responses={
        200: {"model": schemas_events.DetailedEventFeature, "description": 'ETag: "<version>"'},
        404: {"model": schemas.Problem},
        **PROBLEMS,
    },
)
def one_event(
    code: Code,
    session: given.Reading,
    account: given.CurrentReader,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Read one event, a public one or one that I may edit; `state` says if it is over or off."""
    return _one(session, _checked_code(code), account, crs)


@router.post(
    "/events",
    status_code=201,
    response_model=None,
    tags=["console"],
    responses={
        201: {"model": schemas_events.DetailedEventFeature, "description": "The event, and where"},
        **WRITE_PROBLEMS,
    },
)
def add_event(
    body: schemas_events.NewEvent,
    session: given.Writing,
    account: given.CurrentManager,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Add an event at a station that I may edit, or at a point in an area that I manage."""
    code = event_writes.create(session, _values(body), account, given.now())
    reply = _one(session, code, account, crs, status_code=201)
    reply.headers["Location"] = f"/v1/events/{code}"
    return reply


@router.patch(
    "/events/{code}",
    response_model=None,
    tags=["console"],
    responses={
        200: {
            "model": schemas_events.DetailedEventFeature,
            "description": "The event as it is now",
        },
        **WRITE_PROBLEMS,
        **STALE,
        428: {"model": schemas.Problem, "description": "If-Match is missing"},
    },
)
def edit_event(
    code: Code,
    patch: Annotated[schemas_events.EventPatch, Body(media_type="application/merge-patch+json")],
    request: Request,
    session: given.Writing,
    account: given.CurrentManager,
    if_match: Annotated[str | None, Header(examples=['"3"'])] = None,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Edit an event: only the fields in the body change; `If-Match` is the version read."""
    version = given.version_to_patch(request, if_match)
    return _change(session, code, version, _values(patch), account, crs)


@router.delete(
    "/events/{code}",
    response_model=None,
    tags=["console"],
    responses={
        200: {"model": schemas_events.DetailedEventFeature, "description": "The cancelled event"},
        **WRITE_PROBLEMS,
        **STALE,
    },
)
def cancel_event(
    code: Code,
    session: given.Writing,
    account: given.CurrentManager,
    if_match: Annotated[str | None, Header(description="May be left out")] = None,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Cancel an event: it leaves all lists and can still be read. A PATCH of `status` undoes it."""
    version = None if if_match is None or if_match.strip() == "*" else given.version_in(if_match)
    return _change(session, code, version, {"status": "cancelled"}, account, crs)


def _change(
    session: Session,
    code: str,
    version: int | None,
    values: dict[str, Any],
    account: Account,
    crs: Datum,
) -> JSONResponse:
    moment = given.now()
    try:
        event_writes.update(session, _checked_code(code), version, values, account, moment)
    except StaleVersionError as error:
        event = events.get(session, code, events.may_edit(account))
        error.extra = {
            "current_version": event.version,
            "current": event_features.detailed_event(event, crs, moment, editable=True),
        }
        raise
    return _one(session, code, account, crs)


def _one(
    session: Session, code: str, account: Account | None, crs: Datum, status_code: int = 200
) -> JSONResponse:
    mine = events.may_edit(account)
    event = events.get(session, code, events.IS_PUBLIC | mine)
    editable = account is not None and events.is_among(session, code, mine)
    body = event_features.detailed_event(event, crs, given.now(), editable=editable)
    headers = {"ETag": f'"{event.version}"', "Cache-Control": "private, no-cache"}
    return JSONResponse(body, status_code=status_code, headers=headers)


def _collection(
    request: Request,
    page: EventPage,
    limit: int,
    shown: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    return features.collection(
        shown,
        matched=page.matched,
        next_address=_next(request, page.events, limit),
        left_out=page.left_out,
        **more,
    )


def _wanted(
    moment: datetime,
    bbox: str | None,
    crs: Datum,
    station: str | None,
    kind: list[str] | None,
    access: list[str] | None,
    since: str | None,
    until: str | None,
) -> Wanted:
    begins = moment if since is None else given.read_date_or_instant(since, "from")
    ends = None if until is None else given.read_date_or_instant(until, "until", end_of_day=True)
    if ends is not None and ends <= begins:
        raise InvalidInputError(
            field="until", problem_zh="应晚于 from", problem_en="it must come after from"
        )
    if station is not None and (len(station) > 40 or not re.fullmatch(CODE_PATTERN, station)):
        raise InvalidInputError(
            field="station", problem_zh="不是站点编码", problem_en="not a station's code"
        )
    return Wanted(
        since=begins,
        until=ends,
        kinds=given.read_terms("event_kind", kind, "kind"),
        access=given.read_terms("access", access),
        station_code=station,
        box=None if bbox is None else given.read_box(bbox, crs),
    )


def _values(body: schemas_events.EventPatch) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in body.model_fields_set}
    for field in ("starts_at", "ends_at"):
        if values.get(field) is not None:
            values[field] = given.read_instant(values[field], field)
    position = values.get("position")
    if position is not None:
        values["position"] = GivenPosition(LonLat(position.lon, position.lat), position.crs)
    return values


def _checked_code(code: str) -> str:
    """Refuse what no event can be called, before it reaches the database."""
    if not re.fullmatch(EVENT_CODE_PATTERN, code) or len(code) > 40:
        raise EventNotFoundError(code=code[:40])
    return code


def _read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Read the beginning and code after which a page begins."""
    if text is None:
        return None
    match = given.match_cursor(text, CURSOR)
    return datetime.fromtimestamp(int(match[1]), UTC), match[2]


def _next(request: Request, page: list[Event], limit: int) -> str | None:
    """Return the address of the next page, or None at the end."""
    if len(page) <= limit:
        return None
    last = page[limit - 1]
    return given.next_address(request, f"{int(last.starts_at.timestamp())}.{last.code}")
