"""Coverage as files to keep, to calculate with, or to mail."""

from threading import BoundedSemaphore
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import dependencies as given
from api import schemas
from api.coverage_view import map_view, shapes_of
from api.files_made import chunks, made_whole
from api.routes.coverage import COARSEST_RESOLUTION, Question, computing_for
from stations import coverage, coverage_files
from stations.coverage_files import CoverageFile
from stations.demand import RESOLUTION
from web.planner_report import render_report

router = APIRouter(
    prefix="/v1/coverage",
    tags=["coverage"],
    responses={
        404: {"model": schemas.Problem, "description": "No such area"},
        422: {"model": schemas.Problem, "description": "A value cannot be used, or no boundary"},
        503: {"model": schemas.Problem, "description": "Busy, or the database is away"},
    },
)

_place = BoundedSemaphore(1)
"""One file at a time is made in a process: those of a city's cells keep a processor for seconds."""

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}


@router.get(
    "/export",
    response_model=None,
    response_class=Response,
    responses={
        200: {
            "description": "The file, as an attachment",
            "content": {kind: {} for kind in MEDIA_TYPES.values()},
        }
    },
)
def coverage_export(
    request: Request,
    session: given.Reading,
    question: Question,
    settings: given.AppSettings,
    lang: given.Lang,
    format: Annotated[  # noqa: A002 - the parameter's name is fixed
        Literal["csv", "geojson", "xlsx", "html"], Query(description="What kind of file")
    ],
    of: Annotated[
        Literal["areas", "cells"],
        Query(description="Rows of a CSV or GeoJSON; a workbook and a page have both"),
    ] = "areas",
    res: Annotated[
        int,
        Query(ge=COARSEST_RESOLUTION, le=RESOLUTION, description="Resolution of the cells"),
    ] = RESOLUTION,
) -> Response:
    """Download coverage, with method, speed, date, data version and sources in the file.

    The page (`html`) is one file that opens from disk and asks no other host for anything; its
    cells are the finest.
    """
    compute = computing_for(request)
    report = coverage.report(session, question, compute)
    finest = RESOLUTION if format == "html" else res
    cells = coverage.cells(session, question, finest, compute)
    name = f"nuanyi-coverage-{report['area']}-{report['minutes']}min"
    name += f"-{of}" if format in {"csv", "geojson"} else ""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-v{report["data_version"]}.{format}"'
    }
    if format == "html":
        # the operator's tiles would be asked for over the network
        plain = settings.model_copy(update={"tiles": None})
        view = map_view(session, plain, "minutes", report, cells, lang)
        page = render_report(view, report, lang=lang)
        return Response(page, headers=headers, media_type=MEDIA_TYPES["html"])
    shapes = shapes_of(session, report) if format == "geojson" and of == "areas" else {}
    contents = CoverageFile(report, cells, shapes, lang)
    file = made_whole(
        _place, f"coverage.{format}", lambda path: coverage_files.write(path, format, of, contents)
    )
    return StreamingResponse(chunks(file), headers=headers, media_type=MEDIA_TYPES[format])
