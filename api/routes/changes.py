"""The change feed, for systems that keep a copy of the public register."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator

from api import dependencies as given
from api import examples_changes as examples
from api import features, schemas
from geo.coordinates import Datum
from stations import areas
from stations.changes import Change, Page, Place, changes
from stations.register import current_version

router = APIRouter(prefix="/v1", tags=["changes"])

CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})\.([A-Z0-9-]{1,40})", re.ASCII)
LARGEST_VERSION = 2**63 - 1

Version = Annotated[int, BeforeValidator(given.plain_number)]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {
        "model": schemas.Problem,
        "description": "A value cannot be used; `since` larger than the register's version means "
        "that the register was restored: start anew from 0",
    },
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}


@router.get(
    "/changes",
    response_model=None,
    responses={
        200: examples.answer(examples.CHANGES, 'A page of changes; ETag: "<register version>"'),
        304: {"description": "Nothing has changed since the answer of that ETag"},
        **PROBLEMS,
    },
)
def list_changes(
    request: Request,
    session: given.Reading,
    since: Annotated[
        Version,
        Query(
            ge=0,
            le=LARGEST_VERSION,
            description="The `data_version` that you have come to; 0: everything",
            examples=[17],
        ),
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    cursor: Annotated[str | None, Query(description="Given by `next`")] = None,
    crs: Annotated[Datum, Query(description="Datum of the coordinates out")] = Datum.WGS84,
) -> Response:
    """Follow the public register: what was added, changed and taken away since a version.

    Begin with `since=0`, which is every public station. Apply the changes in their order: `upsert`
    holds the station as it is now and takes the place of what you have under its code, `delete`
    takes it away, also where you do not have it. Then follow `next` until it is null; **only then**
    keep `data_version` and come back with it as `since`. What changes while you turn the pages is
    in a later page or in the next visit; nothing is missed, and a change may be told twice.

    A station leaves (`delete`) when it is closed for good, becomes staff-only, is withdrawn or
    loses its position. Stations that were never public are nowhere in the feed. The feed covers
    what the register says of stations: the names of areas, of sources and of kinds and services are
    in `/v1/areas`, `/v1/sources` and `/v1/taxonomy`, and events in `/v1/events`. Whether a door is
    open depends on the hour, so it is not here: `hours`, `closures` and `status` are.

    422 naming `since` or `cursor`: the register has not come as far, because it was restored from a
    backup. Start anew from `since=0` then, and also when you know of a restore.
    """
    after = _read_cursor(cursor)
    etag = f'"{current_version(session)}"'
    if given.is_unchanged(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    page = changes(session, since, after, limit)
    used = {change.station.source for change in page.changes if change.station is not None}
    body = {
        "since": since,
        "data_version": page.data_version,
        "numberReturned": len(page.changes),
        "next": _next(request, page),
        "sources": features.sources_of(areas.list_sources(session), used),
        "changes": [_change(each, crs) for each in page.changes],
    }
    return JSONResponse(body, headers={"ETag": etag})


def _change(change: Change, crs: Datum) -> dict[str, Any]:
    if change.station is None:
        return {"op": change.op, "code": change.code, "version": change.version}
    return {
        "op": change.op,
        "code": change.code,
        "version": change.version,
        "register_version": change.register_version,
        "changed_at": features.in_shanghai(change.changed_at),
        "feature": features.recorded_feature(change.station, crs),
    }


def _read_cursor(text: str | None) -> Place | None:
    if text is None:
        return None
    match = given.match_cursor(text, CURSOR)
    return Place(began_at=int(match[1]), register_version=int(match[2]), code=match[3])


def _next(request: Request, page: Page) -> str | None:
    """Return the address of the next page, or None at the end."""
    if page.after is None:
        return None
    cursor = f"{page.after.began_at}.{page.after.register_version}.{page.after.code}"
    return given.next_address(request, cursor)
