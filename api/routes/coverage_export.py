"""Coverage as files to keep, to calculate with, or to mail."""

from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import dependencies as given
from api import papers
from api.coverage_view import needs_of
from api.files_made import chunks, made_whole
from api.routes.coverage import (
    REFUSALS,
    Question,
    computing_for,
    sent_as,
    takes_gzip,
    written,
)
from stations import coverage, coverage_files, export_files
from stations.demand import RESOLUTION
from stations.errors import InvalidInputError

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], responses=REFUSALS)

_place = BoundedSemaphore(1)
"""One file at a time is made in a process: those of a city's cells keep a processor for seconds."""

MEDIA_TYPES = {
    **{kind: export_files.MEDIA_TYPES[kind] for kind in coverage_files.WRITERS},
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
    lang: given.Lang,
    format: Annotated[  # noqa: A002 - the parameter's name is fixed
        Literal["csv", "geojson", "xlsx", "html"], Query(description="What kind of file")
    ],
    of: Annotated[
        Literal["areas", "cells", "stations"],
        Query(
            description="Rows of a CSV or GeoJSON (of stations a CSV alone); a workbook has all, "
            "a page areas and cells"
        ),
    ] = "areas",
    res: Annotated[
        int,
        Query(
            ge=coverage.COARSEST_RESOLUTION, le=RESOLUTION, description="Resolution of the cells"
        ),
    ] = RESOLUTION,
) -> Response:
    """Download coverage, with method, speed, date, data version and sources in the file.

    The page (`html`) is one file that opens from disk and asks no other host for anything; its
    cells are the finest.
    """
    if of == "stations" and format == "geojson":
        raise InvalidInputError(
            field="of",
            problem_zh="站点只写成 csv 或 xlsx",
            problem_en="stations are written as csv or xlsx alone",
        )
    # before the one place is taken: computing may take long
    needs = needs_of(session, question, format, of)
    report, *_ = [need(session, question, computing_for(request)) for need in needs]
    name = _file_name(report, of if format in {"csv", "geojson"} else None)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    if format == "html":
        asked = lang, takes_gzip(request)
        page = written(request, session, question, papers.page_html, asked, needs)
        return Response(page, headers=headers | sent_as(asked[1]), media_type=MEDIA_TYPES["html"])

    def write(path: Path) -> None:
        asked = papers.FileAsked(path, format, of, res, lang)
        written(request, session, question, papers.file, asked, needs)

    file = made_whole(_place, f"coverage.{format}", write)
    return StreamingResponse(chunks(file), headers=headers, media_type=MEDIA_TYPES[format])


def _file_name(report: dict[str, Any], of: str | None) -> str:
    """Return a name, without its ending, that no other question's file has."""
    at = report["at"]
    parts = (
        "nuanyi-coverage",
        report["area"],
        f"{report['minutes']}min",
        report["profile"],
        "+".join(report["kinds"]),
        at and at[:16].replace("-", "").replace(":", ""),
        of,
        f"v{report['data_version']}",
    )
    return "-".join(part for part in parts if part)
