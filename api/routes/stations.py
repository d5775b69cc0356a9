"""Stations: nearest, in a box, one of them, and edits of it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api import dependencies as given
from api import features, schemas
from geo.coordinates import Datum, LonLat
from stations import accounts, calendar, listing, search
from stations.errors import StaleVersionError
from stations.hours import open_state, parse_hours
from stations.listing import Update
from stations.register import current_version
from stations.search import IS_PUBLIC
from stations.station import Closure, GivenPosition, Known, Station

router = APIRouter(prefix="/v1", tags=["stations"])

PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": schemas.Problem, "description": "A value cannot be used; the field is named"},
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}
WITHIN_M_MAX = 20_000
Code = Annotated[str, Path(examples=["NB-RS-0001"])]


@router.get(
    "/stations",
    response_model=None,
    responses={200: {"model": schemas.StationList}, **PROBLEMS},
)
def list_stations(
    request: Request,
    session: given.Reading,
    filters: given.Wanted,
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north in crs", examples=["121.5,29.8,121.6,29.9"]),
    ] = None,
    cell: Annotated[
        str | None,
        Query(description="H3 cell of resolution 5 to 9", examples=["8930a1a8d93ffff"]),
    ] = None,
    crs: Datum = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    cursor: str | None = None,
) -> Response:
    """List public stations, ordered by code, page by page.

    `left_out` counts, for each fact that was asked for, the stations of which it is not known.
    """
    box = None if bbox is None else given.read_box(bbox, crs)
    within = None if cell is None else given.read_cell(cell)
    after_code = given.read_cursor(cursor)
    version = current_version(session)
    moment = given.now()
    # the list says which doors are open, and doors open and close on whole minutes
    headers = {"ETag": f'"{version}.{int(moment.timestamp() // 60)}"'}
    if given.is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    page, matched, left_out = search.in_box(
        session,
        box=box,
        cell=within,
        filters=filters,
        after_code=after_code,
        limit=limit,
    )
    days = calendar.current(session)
    body = features.collection(
        [features.listed_feature(each, crs, moment, days) for each in page[:limit]],
        matched=matched,
        next_address=_next(request, page, limit),
        left_out=left_out,
        data_version=version,
    )
    return JSONResponse(body, headers=headers)


@router.get(
    "/my/stations",
    response_model=None,
    tags=["console"],
    responses={200: {"model": schemas.ListingList}, 401: {"model": schemas.Problem}, **PROBLEMS},
)
def my_stations(
    request: Request,
    session: given.Reading,
    account: given.CurrentAccount,
    q: Annotated[given.PlainText, Query(max_length=100)] = "",
    unplaced: Annotated[bool, Query(description="Only those that wait for a position")] = False,
    crs: Datum = Datum.WGS84,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> JSONResponse:
    """List the stations that I may edit: every status, staff-only and unplaced ones too."""
    page, matched = search.editable_list(
        session,
        accounts.may_edit(account),
        containing=q.strip(),
        after_code=given.read_cursor(cursor),
        limit=limit,
        unplaced=unplaced,
    )
    moment = given.now()
    days = calendar.current(session)
    body = features.collection(
        [
            features.detailed_feature(each, crs, moment, days, editable=True)
            for each in page[:limit]
        ],
        matched=matched,
        next_address=_next(request, page, limit),
        left_out={},
    )
    return JSONResponse(body, headers={"Cache-Control": "private, no-store"})


@router.get(
    "/stations/{code}",
    response_model=None,
    responses={
        200: {"model": schemas.ListingFeature, "description": 'ETag: "<version>"'},
        404: {"model": schemas.Problem},
        **PROBLEMS,
    },
)
def one_station(
    code: Code,
    session: given.Reading,
    account: given.CurrentReader,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Read one station: a public one, or one that I may edit."""
    return _one(session, given.station_code(code), account, crs, given.now())


@router.patch(
    "/stations/{code}",
    response_model=None,
    tags=["console"],
    responses={
        200: {"model": schemas.ListingFeature, "description": "The listing as it is now"},
        401: {"model": schemas.Problem, "description": "Not logged in"},
        403: {"model": schemas.Problem, "description": "The CSRF token is missing or wrong"},
        404: {"model": schemas.Problem, "description": "No such station that you may edit"},
        412: {"model": schemas.StaleProblem, "description": "Changed since it was read"},
        428: {"model": schemas.Problem, "description": "If-Match is missing"},
        **PROBLEMS,
    },
)
def edit_station(
    code: Code,
    patch: Annotated[schemas.StationPatch, Body(media_type="application/merge-patch+json")],
    request: Request,
    session: given.Writing,
    account: given.CurrentManager,
    if_match: Annotated[str | None, Header(examples=['"3"'])] = None,
    crs: Datum = Datum.WGS84,
) -> JSONResponse:
    """Edit a listing: only the fields in the body change; `If-Match` is the version read."""
    version = given.version_to_patch(request, if_match)
    moment = given.now()
    try:
        listing.update(
            session,
            given.station_code(code),
            version,
            _update_of(patch),
            account,
            moment,
        )
    except StaleVersionError as error:
        station = search.get(session, code, accounts.may_edit(account))
        error.extra = {
            "current_version": station.version,
            "current": features.detailed_feature(
                station, crs, moment, calendar.current(session), editable=True
            ),
        }
        raise
    return _one(session, code, account, crs, moment)


@router.post("/hours/preview", response_model=schemas.HoursPreview, responses={**PROBLEMS})
def preview_hours(body: schemas.HoursText, session: given.Reading) -> dict[str, Any]:
    """Say how a text of opening hours is understood; what is not understood is unknown."""
    hours = parse_hours(body.hours_text) if body.hours_text.strip() else None
    state = open_state(hours, given.now(), calendar=calendar.current(session))
    return {
        "understood": hours is not None,
        "hours": hours,
        "open": features.opening(body.hours_text, state, state.is_open),
    }


def _one(
    session: Session,
    code: str,
    account: accounts.Account | None,
    crs: Datum,
    moment: datetime,
) -> JSONResponse:
    mine = accounts.may_edit(account)
    station = search.get(session, code, IS_PUBLIC | mine)
    editable = account is not None and search.is_among(session, code, mine)
    days = calendar.current(session)
    body = features.detailed_feature(station, crs, moment, days, editable=editable)
    headers = {"ETag": f'"{station.version}"', "Cache-Control": "private, no-cache"}
    return JSONResponse(body, headers=headers)


def _update_of(patch: schemas.StationPatch) -> Update:
    values = {name: getattr(patch, name) for name in patch.model_fields_set}
    services = {
        code: Known.UNKNOWN if known is None else known
        for code, known in values.pop("services", {}).items()
    }
    checked = values.pop("checked", [])
    position = values.pop("position", None)
    if "closures" in values:
        values["closures"] = [
            _closure(each, place) for place, each in enumerate(values["closures"] or ())
        ]
    return Update(
        values=values,
        services=services,
        position=None
        if position is None
        else GivenPosition(LonLat(position.lon, position.lat), position.crs),
        checked=tuple(checked),
    )


def _closure(patch: schemas.ClosurePatch, place: int) -> Closure:
    """Read one closure; dates are whole days of Asia/Shanghai, the last one included."""
    return Closure(
        starts_at=given.read_date_or_instant(patch.starts, f"closures.{place}.from"),
        ends_at=given.read_date_or_instant(patch.until, f"closures.{place}.until", end_of_day=True),
        reason=patch.reason,
    )


def _next(request: Request, page: list[Station], limit: int) -> str | None:
    """Return the address of the next page, or None at the end."""
    return given.next_address(request, page[limit - 1].code) if len(page) > limit else None
