"""Stations along a line: what a driver or a round of deliveries passes."""

from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from api import dependencies as given
from api import features, nearest_answer, schemas
from api.routes.stations import PROBLEMS
from api.station_bytes import lasting_in
from geo.coordinates import Datum, LonLat, convert_arrays
from geo.lines import Line
from geo.profiles import Profile
from stations.errors import InvalidInputError
from stations.filters import Filters
from stations.hours_state import microseconds, state_at
from stations.nearest import SOON_MINUTES
from stations.station import CLOSED

router = APIRouter(prefix="/v1", tags=["stations"])

MOST_POINTS = 2_000
LONGEST_KM = 500

_AT_ONCE = BoundedSemaphore(2)
"""Long lines that are measured at a time: the others wait, and nearest never does for long."""

Word = Annotated[schemas.Code, Field(min_length=1)]
Words = Annotated[list[Word], Field(max_length=50)]
Number = Annotated[FiniteFloat, Field(strict=True)]
Degrees = Annotated[list[Number], Field(min_length=2, max_length=3)]


class LineString(BaseModel):
    """A GeoJSON line, longitude first, in `crs`; heights are passed over."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["LineString"]
    coordinates: Annotated[list[Degrees], Field(min_length=1, max_length=MOST_POINTS)]


class Along(BaseModel):
    """A line, how far off it stations may be, and which."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "line": {
                        "type": "LineString",
                        "coordinates": [[121.53, 29.86], [121.56, 29.88], [121.6, 29.88]],
                    },
                    "within_m": 300,
                    "kind": ["rest_station"],
                }
            ]
        },
    )

    line: LineString
    within_m: Annotated[int, Field(ge=1, le=5_000, strict=True, description="On either side")] = 500
    crs: Datum = Datum.WGS84
    kind: Words = []
    service: Words = []
    access: Words = []
    entry: Words = []
    tier: Words = []
    no_app: bool = False
    unknown: Literal["include"] | None = None
    at: Annotated[str, Field(max_length=40)] | None = None
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 50


class AlongFacts(schemas.StationFacts):
    """What is said of a station along a line."""

    off_m: int
    along_m: int


class AlongFeature(schemas.StationFeature):
    """A station along a line."""

    properties: AlongFacts


class AlongList(schemas.StationList):
    """Stations along a line, in its order."""

    length_m: int
    as_of: str
    data_version: int
    features: list[AlongFeature]  # type: ignore[assignment]


@router.post(
    "/stations/along",
    response_model=None,
    responses={200: {"model": AlongList}, **PROBLEMS},
)
def stations_along(body: Along, request: Request) -> Response:
    """Find the public stations along a line, in its order: metres off it and along it.

    At most 2,000 points and 500 km. Whether a door is open is judged at `at`, or now.
    """
    line = _line(body)
    filters = Filters(
        kinds=given.read_terms("kind", body.kind),
        services=given.read_terms("service", body.service),
        include_unknown=body.unknown == "include",
        access=given.read_terms("access", body.access),
        entry=given.read_terms("entry", body.entry),
        tiers=given.read_terms("tier", body.tier),
        no_app=body.no_app,
    )
    moment = given.now() if body.at is None else given.read_instant(body.at, "at")
    keeper = request.app.state.directory
    held = keeper.held or keeper.refresh()
    directory = held.directory
    with _AT_ONCE:
        rows, off_m, along_m = directory.along(line, body.within_m)
    wanted, left_out = directory.sieve(filters).sifted(rows)
    kept = np.flatnonzero(wanted)
    lasting_of = lasting_in(directory, body.crs, Profile.WALK)
    at_us = microseconds(moment)
    written = []
    for place in kept[: body.limit].tolist():
        row = int(rows[place])
        state = CLOSED
        if not directory.columns.is_closed[row]:
            schedule, shut = directory.hours_of(row)
            state = state_at(schedule, directory.calendar, shut, at_us, SOON_MINUTES)
        there = {"off_m": round(off_m[place]), "along_m": round(along_m[place])}
        is_closed = bool(directory.columns.is_closed[row])
        written.append(
            nearest_answer.write_listed(lasting_of(row), state, there, is_closed=is_closed)
        )
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "numberMatched": len(kept),
        "numberReturned": len(written),
        "next": None,
        "left_out": left_out,
        "length_m": round(line.length_m),
        "as_of": features.in_shanghai(held.as_of),
        "data_version": directory.version,
    }
    content = b'%s,"features":[%s]}' % (orjson.dumps(head)[:-1], b",".join(written))
    headers = {"Cache-Control": "private, no-store", "Age": str(held.age_s())}
    return Response(content, headers=headers, media_type="application/json")


def _line(body: Along) -> Line:
    """Check a line and convert it to WGS-84; InvalidInputError names `line`."""
    points = np.array([each[:2] for each in body.line.coordinates], dtype=np.float64)
    lon, lat = points[:, 0], points[:, 1]
    if (np.abs(lon) > 180).any() or (np.abs(lat) > 90).any():
        raise InvalidInputError(
            field="line",
            problem_zh="经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间，经度在前",
            problem_en="longitudes from -180 to 180 and latitudes from -90 to 90 are needed, "
            "longitude first",
        )
    lon, lat = convert_arrays(lon, lat, body.crs, Datum.WGS84)
    corners = [LonLat(*pair) for pair in zip(lon.tolist(), lat.tolist(), strict=True)]
    chords = Line.corners_m(corners)
    if chords > LONGEST_KM * 1000:
        raise InvalidInputError(
            field="line",
            problem_zh=f"线路长 {chords / 1000:.0f} 公里，最长 {LONGEST_KM} 公里",
            problem_en=f"the line is {chords / 1000:.0f} km long; {LONGEST_KM} km at most",
        )
    return Line.through(corners)
