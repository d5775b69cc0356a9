"""What routes ask for: checked values, sessions that can or cannot write, and who is there."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

import numpy as np
from fastapi import Cookie, Depends, Header, HTTPException, Query, Request
from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat

from geo import cells
from geo.coordinates import BoundingBox, Datum, LonLat, convert, convert_arrays
from stations import accounts, database
from stations.accounts import Account
from stations.database import ReadSession, WriteSession
from stations.errors import (
    CoordinateError,
    CsrfError,
    InvalidInputError,
    NotAllowedError,
    NotLoggedInError,
    PreconditionRequiredError,
    StationNotFoundError,
)
from stations.filters import Filters
from stations.hours import SHANGHAI
from stations.plain_text import is_plain
from stations.settings import Settings
from stations.tables import CODE_PATTERN
from stations.taxonomy import taxonomy

SESSION_COOKIE = "nuanyi_session"
EARLIEST, LATEST = 2000, 2100

# RFC 3339, the seconds and the offset optional; a plus in an address arrives as a blank.
INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)([Zz]|[+ -]\d\d:\d\d)?", re.ASCII
)

CODE_CURSOR = re.compile(r"[A-Z0-9-]{1,40}")
CODE_MAX_LENGTH = 40
PATCH_TYPES = {"application/merge-patch+json", "application/json"}

BOX_EDGE_POINTS = 33
BOX_MARGIN_DEGREES = 0.0001


def plain_text(value: str) -> str:
    """Refuse what PostgreSQL cannot store or people cannot see: NUL, lone surrogates, controls."""
    if not is_plain(value):
        raise ValueError("含有不可见的控制字符", "it holds control characters")
    return value


def plain_number(value: object) -> object:
    """Refuse `1_2_1`, which Python would read as a number."""
    if isinstance(value, str) and "_" in value:
        raise ValueError("应为数字", "a number is needed")
    return value


Longitude = Annotated[FiniteFloat, Field(ge=-180, le=180), BeforeValidator(plain_number)]
Latitude = Annotated[FiniteFloat, Field(ge=-90, le=90), BeforeValidator(plain_number)]
PlainText = Annotated[str, AfterValidator(plain_text)]


def settings_of(request: Request) -> Settings:
    """Return the settings of this application."""
    settings: Settings = request.app.state.settings
    return settings


def lang_of(request: Request) -> str:
    """Return the language of the reply, `zh` or `en`."""
    return str(request.state.lang)


def _read(request: Request) -> Iterator[ReadSession]:
    with database.read_session(request.app.state.engine) as session:
        yield session


def _write(request: Request) -> Iterator[WriteSession]:
    with database.write_session(request.app.state.engine) as session:
        yield session


# Of scope "function": the transaction is over before the reply leaves, so that a reply of success
# means that the change is kept.
Reading = Annotated[ReadSession, Depends(_read, scope="function")]
Writing = Annotated[WriteSession, Depends(_write, scope="function")]
Lang = Annotated[str, Depends(lang_of)]
AppSettings = Annotated[Settings, Depends(settings_of)]
SessionToken = Annotated[str | None, Cookie(alias=SESSION_COOKIE, include_in_schema=False)]


def reader(session: Reading, settings: AppSettings, token: SessionToken = None) -> Account | None:
    """Return who reads, where somebody is logged in."""
    if not token:
        return None
    return accounts.who(session, token, demo_allowed=settings.demo_logins_allowed)


def writer(
    session: Writing,
    settings: AppSettings,
    token: SessionToken = None,
    x_csrf_token: Annotated[str | None, Header()] = None,
) -> Account:
    """Return who writes; the session's CSRF token must have come along."""
    account = None
    if token:
        account = accounts.who(session, token, demo_allowed=settings.demo_logins_allowed)
    if account is None or not token:
        raise NotLoggedInError
    if not accounts.is_csrf_token(token, x_csrf_token):
        raise CsrfError(field="X-CSRF-Token")
    return account


def logged_in(account: Annotated[Account | None, Depends(reader)]) -> Account:
    """Return who reads; NotLoggedInError where nobody is logged in."""
    if account is None:
        raise NotLoggedInError
    return account


def editor(account: Annotated[Account, Depends(writer)]) -> Account:
    """Return who may edit listings at all; which ones is a condition on the rows."""
    if account.role not in {"manager", "administrator"}:
        raise NotAllowedError
    return account


def administrator(account: Annotated[Account, Depends(writer)]) -> Account:
    """Return who writes what holds for the whole register."""
    if account.role != "administrator":
        raise NotAllowedError
    return account


def planner(account: Annotated[Account, Depends(writer)]) -> Account:
    """Return who plans: long computations, and scenarios of their own."""
    return _planning(account)


def reading_planner(account: Annotated[Account, Depends(logged_in)]) -> Account:
    """Return who plans and only reads."""
    return _planning(account)


def computing_planner(
    account: Annotated[Account, Depends(logged_in)],
    token: SessionToken = None,
    x_csrf_token: Annotated[str | None, Header()] = None,
) -> Account:
    """Return who plans and waits for an answer, by the session that the route reads with.

    With one of its own each request would hold one of the few connections and wait for another.
    """
    if not accounts.is_csrf_token(token or "", x_csrf_token):
        raise CsrfError(field="X-CSRF-Token")
    return _planning(account)


def _planning(account: Account) -> Account:
    if account.role not in {"planner", "administrator"}:
        raise NotAllowedError
    return account


CurrentReader = Annotated[Account | None, Depends(reader)]
CurrentAccount = Annotated[Account, Depends(logged_in)]
CurrentManager = Annotated[Account, Depends(editor)]
CurrentAdministrator = Annotated[Account, Depends(administrator)]
CurrentPlanner = Annotated[Account, Depends(planner)]
ComputingPlanner = Annotated[Account, Depends(computing_planner)]
ReadingPlanner = Annotated[Account, Depends(reading_planner)]


def kinds_of(
    kind: Annotated[
        list[str] | None,
        Query(description="Kinds, any of them, by commas", examples=[["rest_station"]]),
    ] = None,
) -> tuple[str, ...]:
    """Read a list of kinds; empty means all."""
    return read_terms("kind", kind)


def services_of(
    service: Annotated[
        list[str] | None,
        Query(description="Services, all of them, by commas", examples=[["drinking_water"]]),
    ] = None,
) -> tuple[str, ...]:
    """Read a list of services."""
    return read_terms("service", service)


def instant_of(
    at: Annotated[
        str | None,
        Query(
            description="RFC 3339; without an offset Asia/Shanghai", examples=["2026-11-23T12:30"]
        ),
    ] = None,
) -> datetime | None:
    """Read an instant."""
    return None if at is None else read_instant(at, "at")


def read_instant(text: str, field: str) -> datetime:
    """Read RFC 3339; without an offset it is Asia/Shanghai. InvalidInputError otherwise."""
    found = None
    match = INSTANT.fullmatch(text)
    if match:
        day, clock, offset = match[1], match[2], (match[3] or "").upper().replace(" ", "+")
        with suppress(ValueError):  # a 30th of February
            found = datetime.fromisoformat(f"{day}T{clock}{offset}")
    if found is None or not EARLIEST <= found.year < LATEST:
        raise InvalidInputError(
            field=field,
            problem_zh="应为 RFC 3339 时间，如 2026-11-23T12:30:00+08:00"
            f"（{EARLIEST} 到 {LATEST} 年）",
            problem_en=f"an RFC 3339 time is needed, such as 2026-11-23T12:30:00+08:00, "
            f"from {EARLIEST} to {LATEST}",
        )
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found


def read_date_or_instant(text: str, field: str, *, end_of_day: bool = False) -> datetime:
    """Read a date of Asia/Shanghai, its beginning or its end, or RFC 3339."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return read_instant(text, field)
    day = read_instant(f"{text}T00:00", field)
    return day + timedelta(days=1) if end_of_day else day


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the reader has this version already (If-None-Match, weak comparison)."""
    known = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return etag in tags or "*" in tags


def now() -> datetime:
    """Return this instant."""
    return datetime.now(UTC)


def read_point(lon: float, lat: float, crs: Datum) -> LonLat:
    """Check a pair of degrees and convert it to WGS-84; CoordinateError names the wrong one."""
    if not -180 <= lon <= 180:
        raise CoordinateError(field="lon", value=lon)
    if not -90 <= lat <= 90:
        raise CoordinateError(field="lat", value=lat)
    return convert(LonLat(lon, lat), crs, Datum.WGS84)


def read_box(text: str, crs: Datum) -> BoundingBox:
    """Read `west,south,east,north` in `crs` as a WGS-84 box that holds the given one."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInputError(
            field="bbox",
            problem_zh="应为 西,南,东,北 四个数（度）",
            problem_en="west,south,east,north in degrees are needed",
        )
    if crs is Datum.WGS84:
        return BoundingBox(west, south, east, north)
    # the shift varies along the edges, so the corners alone would cut stations off
    lons, lats = np.meshgrid(
        np.linspace(west, east, BOX_EDGE_POINTS), np.linspace(south, north, BOX_EDGE_POINTS)
    )
    lons, lats = convert_arrays(lons, lats, crs, Datum.WGS84)
    return BoundingBox(
        float(lons.min()) - BOX_MARGIN_DEGREES,
        float(lats.min()) - BOX_MARGIN_DEGREES,
        float(lons.max()) + BOX_MARGIN_DEGREES,
        float(lats.max()) + BOX_MARGIN_DEGREES,
    )


def read_cell(text: str) -> int:
    """Read an H3 cell of resolution 5 to 9."""
    try:
        cell = cells.text_to_cell(text)
    except cells.CellError:
        cell = None
    if cell is None or not 5 <= cells.resolution(cell) <= 9:
        raise InvalidInputError(
            field="cell",
            problem_zh="应为 5 到 9 级的 H3 单元",
            problem_en="an H3 cell of resolution 5 to 9 is needed",
        )
    return cell


def match_cursor(text: str, form: re.Pattern[str]) -> re.Match[str]:
    """Read a cursor of this form; InvalidInputError otherwise."""
    match = form.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            field="cursor", problem_zh="不是有效的翻页位置", problem_en="not a valid cursor"
        )
    return match


def read_cursor(text: str | None) -> str | None:
    """Read the code after which a page begins."""
    return None if text is None else match_cursor(text, CODE_CURSOR)[0]


def next_address(request: Request, cursor: object) -> str:
    """Return the address of the next page, which begins after `cursor`, all parameters kept."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*kept, ('cursor', str(cursor))])}"


def station_code(code: str) -> str:
    """Refuse what no station can be called, before it reaches the database."""
    if not re.fullmatch(CODE_PATTERN, code, re.ASCII) or len(code) > CODE_MAX_LENGTH:
        raise StationNotFoundError(code=code[:CODE_MAX_LENGTH])
    return code


def version_in(if_match: str) -> int:
    """Read the version that an If-Match names; -1, which is none, where it names no version."""
    version = if_match.strip().removeprefix("W/").strip('"')  # a proxy may have weakened it
    return int(version) if version.isdecimal() and len(version) < 10 else -1


def version_to_patch(request: Request, if_match: str | None) -> int:
    """Return the version that a merge patch is for; 415 for another type, 428 without If-Match."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in PATCH_TYPES:
        raise HTTPException(415)
    if if_match is None or if_match.strip() == "*":
        raise PreconditionRequiredError(field="If-Match")
    return version_in(if_match)


def read_terms(
    facet: str, texts: Sequence[str] | None, field: str | None = None
) -> tuple[str, ...]:
    """Read words by commas, or from a parameter that is given several times."""
    parts = [part.strip() for text in texts or () if text for part in text.split(",")]
    return tuple(dict.fromkeys(taxonomy().require(facet, part, field or facet) for part in parts))


Kinds = Annotated[tuple[str, ...], Depends(kinds_of)]
Services = Annotated[tuple[str, ...], Depends(services_of)]


def filters_of(
    kinds: Kinds,
    services: Services,
    access: Annotated[
        list[str] | None,
        Query(description="Who may come in, any of them, by commas", examples=[["everyone"]]),
    ] = None,
    entry: Annotated[
        list[str] | None,
        Query(description="Ways to get in, any of them, by commas", examples=[["walk_in"]]),
    ] = None,
    tier: Annotated[
        list[str] | None,
        Query(description="Tiers, any of them, by commas", examples=[["benchmark"]]),
    ] = None,
    no_app: Annotated[
        Literal["1", "true"] | None, Query(description="Only where one gets in without a phone")
    ] = None,
    unknown: Annotated[
        Literal["include"] | None,
        Query(description="Keep stations of which the services, access and so on are not known"),
    ] = None,
) -> Filters:
    """Read which stations are wanted."""
    return Filters(
        kinds=kinds,
        services=services,
        include_unknown=unknown == "include",
        access=read_terms("access", access),
        entry=read_terms("entry", entry),
        tiers=read_terms("tier", tier),
        no_app=no_app is not None,
    )


Wanted = Annotated[Filters, Depends(filters_of)]
Instant = Annotated[datetime | None, Depends(instant_of)]
