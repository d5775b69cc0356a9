"""The calendar of holidays and working weekend days: read by everybody, kept by administrators."""

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api import dependencies as given
from api import examples, examples_calendar, schemas
from stations import calendar
from stations.calendar import FIRST_YEAR, LAST_YEAR, DayKind
from stations.errors import CalendarDayNotFoundError, InvalidInputError
from stations.hours import SHANGHAI
from stations.plain_text import tidied
from stations.register import current_version

router = APIRouter(prefix="/v1", tags=["calendar"])

Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR, examples=[2027])]
DateText = Annotated[str, Path(alias="date", max_length=40, examples=["2027-02-11"])]
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": schemas.Problem, "description": "Not logged in"},
    403: {"model": schemas.Problem, "description": "Not an administrator, or no CSRF token"},
    422: {"model": schemas.Problem, "description": "A value cannot be used; the field is named"},
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}


@router.get(
    "/calendar",
    response_model=None,
    responses={
        200: examples.answer(examples_calendar.CALENDAR),
        422: REFUSALS[422],
        503: REFUSALS[503],
    },
)
def read_calendar(
    request: Request,
    session: given.Reading,
    year: Annotated[
        int | None,
        Query(ge=FIRST_YEAR, le=LAST_YEAR, description="This year if omitted", examples=[2026]),
    ] = None,
) -> Response:
    """List the days off of a year and the weekend days that are worked for them (调休).

    A year is provisional until the State Council has published its arrangement: its festivals are
    those of the law, and which days are moved round them is not known.
    """
    shown = year or given.now().astimezone(SHANGHAI).year
    etag = f'"{current_version(session)}.{shown}"'
    if given.is_unchanged(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return JSONResponse(_year(session, shown), headers={"ETag": etag})


@router.put(
    "/calendar/years/{year}",
    response_model=None,
    tags=["console"],
    responses={200: examples.answer(examples_calendar.CALENDAR), **REFUSALS},
)
def mark_year(
    year: Year,
    body: schemas.CalendarYear,
    session: given.Writing,
    account: given.CurrentAdministrator,
) -> JSONResponse:
    """Say that the arrangement of a year is published and entered here, or that it is not."""
    calendar.set_year(session, year, published=body.published, account=account)
    return JSONResponse(_year(session, year))


@router.put(
    "/calendar/{date}",
    response_model=None,
    tags=["console"],
    responses={200: examples.answer(examples_calendar.DAY, "The day as it is now"), **REFUSALS},
)
def write_day(
    day: DateText,
    body: Annotated[schemas.CalendarDay, Body()],
    session: given.Writing,
    account: given.CurrentAdministrator,
) -> JSONResponse:
    """Say that a date is given off, or worked, over what was published."""
    on = _read_date(day)
    name, name_en = tidied(body.name, one_line=True), tidied(body.name_en or "", one_line=True)
    if not name:
        raise InvalidInputError(
            field="name", problem_zh="名称不能为空", problem_en="a name is needed"
        )
    calendar.set_day(
        session, on, working=body.working, name=name, name_en=name_en or None, account=account
    )
    (written,) = [each for each in _days(session, on.year) if each["date"] == on.isoformat()]
    return JSONResponse(written)


@router.delete(
    "/calendar/{date}",
    status_code=204,
    tags=["console"],
    responses={404: {"model": schemas.Problem, "description": "Nothing to take back"}, **REFUSALS},
)
def forget_day(
    day: DateText, session: given.Writing, _account: given.CurrentAdministrator
) -> Response:
    """Take back what an administrator wrote of a date: it is what was published again."""
    on = _read_date(day)
    if not calendar.forget_day(session, on):
        raise CalendarDayNotFoundError(date=on.isoformat())
    return Response(status_code=204)


def _year(session: Session, year: int) -> dict[str, Any]:
    return {
        "year": year,
        "provisional": calendar.current(session).is_provisional(year),
        "days": _days(session, year),
        "data_version": current_version(session),
    }


def _days(session: Session, year: int) -> list[dict[str, Any]]:
    return [
        {
            "date": on.isoformat(),
            "working": day.kind is not DayKind.HOLIDAY,
            "name": day.name,
            "name_en": day.name_en,
            "origin": day.origin,
        }
        for on, day in calendar.current(session).days(year).items()
    ]


def _read_date(text: str) -> date:
    found = None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        with suppress(ValueError):  # a 30th of February
            found = date.fromisoformat(text)
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidInputError(
            field="date",
            problem_zh=f"应为日期，如 2027-02-11（{FIRST_YEAR} 到 {LAST_YEAR} 年）",
            problem_en=f"a date is needed, such as 2027-02-11, from {FIRST_YEAR} to {LAST_YEAR}",
        )
    return found
