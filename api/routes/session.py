"""Log in, log out, and who am I."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api import dependencies as given
from api import schemas
from stations import accounts
from stations.accounts import Account
from stations.database import write_session
from stations.settings import Settings

router = APIRouter(prefix="/v1", tags=["console"])

# argon2id takes 64 MB and a core for each password: two at a time leave the service its breath.
_HASHING = threading.BoundedSemaphore(2)


@router.post(
    "/session",
    status_code=201,
    response_model=schemas.AccountAnswer,
    responses={401: {"model": schemas.Problem}, 429: {"model": schemas.Problem}},
)
def log_in(
    body: schemas.Credentials,
    request: Request,
    response: Response,
    settings: given.AppSettings,
    token: given.SessionToken = None,
) -> dict[str, Any]:
    """Log in: sets the session's cookie, and returns the token that every write must carry."""
    address = request.client.host if request.client else ""
    engine = request.app.state.engine
    with write_session(engine) as session:
        tries = accounts.count_try(session, body.login, address)
    with write_session(engine) as session:
        accounts.check_tries(session, body.login, address, tries)
    with _HASHING, write_session(engine) as session:
        account_id = accounts.verify(
            session, body.login, body.password, demo_allowed=settings.demo_logins_allowed
        )
        started = accounts.start_session(session, account_id, settings.session_hours, tries)
        if token:  # the browser's old session is over
            accounts.end_session(session, token)
    _set_cookie(response, request, settings, started.token)
    response.headers["Cache-Control"] = "no-store"
    return _answer(started.account, started.csrf_token)


@router.get("/session", response_model=schemas.AccountAnswer)
def who_am_i(
    response: Response, account: given.CurrentReader, token: given.SessionToken = None
) -> dict[str, Any]:
    """Say who is logged in."""
    response.headers["Cache-Control"] = "no-store"
    if account is None or token is None:
        return {"account": None, "csrf_token": None}
    return _answer(account, accounts.csrf_token(token))


@router.delete(
    "/session",
    status_code=204,
    responses={401: {"model": schemas.Problem}, 403: {"model": schemas.Problem}},
)
def log_out(
    session: given.Writing,
    response: Response,
    _account: Annotated[Account, Depends(given.writer)],
    token: given.SessionToken = None,
) -> None:
    """Log out: the session ends here, not only in the browser."""
    accounts.end_session(session, token or "")
    response.delete_cookie(given.SESSION_COOKIE, path="/", httponly=True, samesite="strict")


def _answer(account: Account, csrf_token: str) -> dict[str, Any]:
    return {
        "account": {
            "login": account.login,
            "name": account.name,
            "role": account.role,
            "scope": [
                {"area_code": each.area_code, "station_code": each.station_code, "name": each.name}
                for each in account.scope
            ],
        },
        "csrf_token": csrf_token,
    }


def _set_cookie(response: Response, request: Request, settings: Settings, token: str) -> None:
    secure = settings.secure_cookies
    response.set_cookie(
        given.SESSION_COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" if secure is None else secure,
    )
