"""Downloads of the register: CSV, Excel, GeoJSON and GeoPackage, with sources and licences."""

import os
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import dependencies as given
from api import schemas
from api.files_made import chunks, made_whole
from api.routes.areas import AreaCode
from geo.coordinates import Datum
from stations import accounts, areas, export_files
from stations.errors import NotAllowedError, NotLoggedInError
from stations.exporting import Contents, Wanted, contents
from stations.register import current_version
from stations.search import IS_PUBLIC

router = APIRouter(prefix="/v1", tags=["exports"])

AT_ONCE = 2
"""Files that one process makes at a time: each takes a processor and a connection while it does."""

_places = BoundedSemaphore(AT_ONCE)


@router.get(
    "/export",
    response_model=None,
    response_class=Response,
    responses={
        200: {
            "description": "The file, as an attachment",
            "content": {kind: {} for kind in export_files.MEDIA_TYPES.values()},
        },
        304: {"description": "Nothing has changed since the file of that ETag"},
        401: {"model": schemas.Problem, "description": "`mine` without a log-in"},
        403: {"model": schemas.Problem, "description": "`mine` of an account that edits nothing"},
        404: {"model": schemas.Problem, "description": "No such area"},
        422: {"model": schemas.Problem, "description": "A value cannot be used; it is named"},
        503: {
            "model": schemas.Problem,
            "description": "Other files are being made, or the database is away; see Retry-After",
        },
    },
)
def export(
    request: Request,
    session: given.Reading,
    account: given.CurrentReader,
    kinds: given.Kinds,
    lang: given.Lang,
    format: Annotated[  # noqa: A002 - the parameter's name is fixed
        Literal["csv", "xlsx", "geojson", "gpkg"], Query(description="What kind of file")
    ],
    area: Annotated[AreaCode | None, Query(description="An area with all areas in it")] = None,
    crs: Annotated[
        Datum, Query(description="Datum of the coordinates; a GeoPackage is in wgs84 only")
    ] = Datum.WGS84,
    mine: Annotated[
        bool,
        Query(
            description="All stations that I may edit, staff-only and unplaced ones too, to edit "
            "offline and import again; needs a log-in"
        ),
    ] = False,
) -> Response:
    """Download the public stations, ordered by code, with their sources and licences.

    CSV (UTF-8 with its mark, for Excel) and Excel have a column for each field and service, in
    words of the reply's language; such a file can be imported again, and what was not edited
    changes nothing. In CSV a text that a spreadsheet would take for a formula has an apostrophe
    before it, which an import takes away again. GeoJSON has codes, and `sources` beside its
    features. A GeoPackage has the layers `stations` and `sources`. 7 decimals.
    """
    wanted = Wanted(
        visible=_own(account) if mine else IS_PUBLIC, kinds=kinds, area=area, crs=crs, lang=lang
    )
    export_files.check(format, wanted)
    if area is not None:
        areas.get_area(session, area)
    headers = {"ETag": f'"{current_version(session)}.{lang}"'}
    if mine:
        headers = {"Cache-Control": "private, no-store"}
    elif given.is_unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    found = contents(session, wanted)
    file = made_whole(
        _places, f"stations.{format}", lambda path: export_files.write(path, format, found)
    )
    name = _file_name(found, mine=mine, file_format=format)
    headers |= {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(os.fstat(file.fileno()).st_size),
    }
    return StreamingResponse(
        chunks(file), headers=headers, media_type=export_files.MEDIA_TYPES[format]
    )


def _own(account: accounts.Account | None) -> Any:
    if account is None:
        raise NotLoggedInError
    if account.role not in {"manager", "administrator"}:
        raise NotAllowedError
    return accounts.may_edit(account)


def _file_name(found: Contents, *, mine: bool, file_format: str) -> str:
    """Return a name of plain letters: what is in the file, in which datum, and of which version."""
    wanted = found.wanted
    parts = ["nuanyi-stations", *wanted.kinds[:3]]
    parts += [part for part in (wanted.area, "mine" if mine else None) if part]
    return f"{'-'.join(parts)}-{wanted.crs.value}-v{found.data_version}.{file_format}"
