"""Is it well: for people, and for the machines that restart it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from api import examples
from api.features import in_shanghai
from stations import schema
from stations.database import RETRY_AFTER_S, is_up
from stations.directory_keeper import Held
from stations.errors import DatabaseUnavailableError

router = APIRouter(tags=["health"], prefix="/v1/health")

AWAY = {"Retry-After": str(RETRY_AFTER_S)}


@router.get(
    "",
    response_model=None,
    responses={
        200: examples.answer(examples.HEALTH),
        503: examples.answer(
            examples.HEALTH | {"status": "degraded", "database": "down"}, "The database is away"
        ),
    },
)
async def health(request: Request) -> JSONResponse:
    """Say what is up, which version this is, and how many public stations there are."""
    state = request.app.state
    if not await _answers(state):
        return _health(state, "degraded", "down", 503)
    return _health(state, "ok", "up", 200)


@router.get("/live", response_model=None)
async def live() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "ok"}


@router.get("/ready", response_model=None)
async def ready(request: Request) -> JSONResponse:
    """Say whether this process can serve: the database answers, and is at this version."""
    state = request.app.state
    try:
        current = await state.asker.ask(lambda: schema.is_current(state.engine))
    except (SQLAlchemyError, DatabaseUnavailableError):
        return JSONResponse({"status": "database down"}, status_code=503, headers=AWAY)
    if not current:
        return JSONResponse({"status": "database not migrated"}, status_code=503, headers=AWAY)
    return JSONResponse({"status": "ok"})


async def _answers(state: Any) -> bool:
    try:
        return bool(await state.asker.ask(lambda: is_up(state.engine)))
    except DatabaseUnavailableError:
        return False


def _health(state: Any, status: str, database: str, code: int) -> JSONResponse:
    held: Held | None = state.directory.held
    body = {
        "status": status,
        "version": state.version,
        "database": database,
        "directory": {
            "stations": None if held is None else len(held.directory),
            "as_of": None if held is None else in_shanghai(held.as_of),
        },
    }
    headers = {"Cache-Control": "no-store", **(AWAY if code == 503 else {})}
    return JSONResponse(body, status_code=code, headers=headers)
