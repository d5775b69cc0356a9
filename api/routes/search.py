"""Text search: stations, areas and places by a few letters."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from api import dependencies as given
from api import examples_search as examples
from api import features, schemas
from geo.coordinates import Datum, LonLat
from stations import areas, text_search
from stations.errors import InvalidInputError
from stations.place_kinds import AREA_LEVELS, PLACE_KINDS
from stations.register import current_version
from stations.tables import ENTRY_TYPES
from stations.taxonomy import taxonomy
from stations.text_search import Found, Question

router = APIRouter(prefix="/v1", tags=["search"])

PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": schemas.Problem, "description": "A value cannot be used; the field is named"},
    503: {"model": schemas.Problem, "description": "The database is away; see Retry-After"},
}


@router.get(
    "/search",
    response_model=None,
    responses={200: examples.answer(examples.SEARCH, "The best matches"), **PROBLEMS},
)
def search_by_text(
    session: given.Reading,
    q: Annotated[
        given.PlainText,
        Query(max_length=200, description="1 to 50 letters or digits", examples=["海曙", "hsq"]),
    ],
    lon: Annotated[given.Longitude | None, Query(examples=[121.5503])] = None,
    lat: Annotated[given.Latitude | None, Query(examples=[29.8746])] = None,
    crs: Annotated[Datum, Query(description="Datum in and out")] = Datum.WGS84,
    types: Annotated[
        str, Query(max_length=60, description="What to look for, by commas")
    ] = ",".join(ENTRY_TYPES),
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> JSONResponse:
    """Find public stations, areas and named places by a part of a name or address.

    Chinese from one character on, simplified or traditional; full pinyin and initials; blanks,
    width, case and accents do not matter. The order: the code of a station, names (exact, from the
    beginning, within), aliases, brand, area, kind, address, pinyin, initials, several words each by
    itself; where these are fewer than `limit`, what sounds alike or has one letter wrong, missing
    or too many (`match` is `fuzzy`). Among equals the nearest first where `lon` and `lat` are
    given, then the shorter name, then the code.

    `numberMatched` is null where more than `matched_at_least` match.
    """
    origin = _origin(lon, lat, crs)
    wanted = _types(types)
    answer = text_search.search(session, Question(q, origin, wanted, limit))
    used = {found.details.source for found in answer.found}
    body = features.collection(
        [_feature(found, crs) for found in answer.found],
        matched=answer.matched,
        next_address=None,
        left_out={},
        matched_at_least=answer.at_least,
        query={"q": q, "types": list(wanted), "crs": crs.value},
        data_version=current_version(session),
        sources=features.sources_of(areas.list_sources(session), used),
    )
    return JSONResponse(body, headers={"Cache-Control": "private, max-age=0"})


def _origin(lon: float | None, lat: float | None, crs: Datum) -> LonLat | None:
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise InvalidInputError(
            field="lon" if lon is None else "lat",
            problem_zh="经度和纬度要一起给",
            problem_en="longitude and latitude are needed together",
        )
    return given.read_point(lon, lat, crs)


def _types(text: str) -> tuple[str, ...]:
    asked = {part.strip() for part in text.split(",")} - {""}
    if not asked or not asked <= set(ENTRY_TYPES):
        raise InvalidInputError(
            field="types",
            problem_zh=f"应为其中一些：{'、'.join(ENTRY_TYPES)}",
            problem_en=f"some of these are needed: {', '.join(ENTRY_TYPES)}",
        )
    return tuple(each for each in ENTRY_TYPES if each in asked)


def _feature(found: Found, crs: Datum) -> dict[str, Any]:
    details = found.details
    is_area = details.type == "area"
    zh, en = _words(details.type, details.kind)
    geometry = None
    if details.point is not None:
        geometry = {"type": "Point", "coordinates": features.coordinates(details.point, crs)}
    return {
        "type": "Feature",
        "id": details.code,
        "geometry": geometry,
        "properties": {
            "type": details.type,
            "code": details.code,
            "name": details.name,
            "name_en": details.name_en,
            "kind": None if is_area else details.kind,
            "level": details.kind if is_area else None,
            "kind_zh": zh,
            "kind_en": en,
            "area": None
            if details.area is None
            else {"code": details.area.code, "name": details.area.name},
            "address": details.address,
            "match": found.match,
            "distance_m": found.distance_m,
            "source": details.source,
        },
    }


def _words(type_: str, kind: str) -> tuple[str, str]:
    """Return what people call it in Chinese and English."""
    if type_ == "station":
        term = taxonomy().kind.get(kind)
        return (kind, kind) if term is None else (term.zh, term.en)
    words = AREA_LEVELS if type_ == "area" else PLACE_KINDS
    return words.get(kind, PLACE_KINDS["place"])
