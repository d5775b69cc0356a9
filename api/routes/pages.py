"""The pages that people see."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import SQLAlchemyError

from api import dependencies as given
from stations import search
from stations.database import read_session
from stations.errors import DatabaseUnavailableError
from stations.settings import Settings
from stations.station import DEMO_SOURCE
from web.pages import PageConfig, render_page

router = APIRouter(include_in_schema=False)


@router.get("/")
def courier(request: Request) -> HTMLResponse:
    """Show the courier's page."""
    return _page(request, "courier")


@router.get("/planner")
def planner(request: Request) -> HTMLResponse:
    """Show the planner's page."""
    return _page(request, "planner")


@router.get("/console")
def console(request: Request) -> HTMLResponse:
    """Show the station manager's page."""
    return _page(request, "console")


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Show the OpenAPI document."""
    return _page(request, "docs")


def is_demo(request: Request) -> bool:
    """Whether any station is made up; while the database is away, what was last known."""
    state = request.app.state
    try:
        with read_session(state.engine) as session:
            state.demo = search.has_source(session, DEMO_SOURCE)
    except (DatabaseUnavailableError, SQLAlchemyError):
        pass
    return bool(state.demo)


def _page(request: Request, page: str) -> HTMLResponse:
    settings: Settings = request.app.state.settings
    html = render_page(
        page,
        lang=given.lang_of(request),
        nonce=request.state.nonce,
        config=PageConfig(
            version=request.app.state.version,
            hotline=settings.hotline,
            demo=is_demo(request),
            root_area=settings.root_area,
            tiles=settings.tiles,
            map_approval_number=settings.map_approval_number,
        ),
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})
