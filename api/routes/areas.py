"""What the register speaks of: areas, sources, and the words of the taxonomy."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from shapely.geometry import mapping

from api import dependencies as given
from api import examples, features
from api.features import DECIMALS
from stations import areas
from stations.register import current_version
from stations.taxonomy import FACETS, taxonomy

router = APIRouter(prefix="/v1", tags=["areas"])

AreaCode = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,20}$", examples=["330212"])]


@router.get("/areas", response_model=None, responses={200: examples.answer(examples.AREAS)})
def list_areas(
    request: Request,
    session: given.Reading,
    level: Annotated[
        Literal["city", "district", "town", "zone"] | None, Query(description="Only this level")
    ] = None,
    parent: AreaCode | None = None,
    geometry: Annotated[bool, Query(description="With boundaries (WGS-84)")] = False,
) -> Response:
    """List areas, with residents by day; a GeoJSON FeatureCollection ordered by code."""
    etag = f'"{current_version(session)}"'
    if given.is_unchanged(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    residents = areas.populations(session)
    found = areas.list_areas(session, level, parent, with_geometry=geometry)
    features = [
        {
            "type": "Feature",
            "id": area.code,
            "geometry": _geometry(area),
            "properties": {
                "code": area.code,
                "name": area.name,
                "name_en": area.name_en,
                "level": area.level,
                "parent_code": area.parent_code,
                "counts_as_town": area.counts_as_town,
                "has_boundary": area.has_boundary,
                "residents": {
                    day.isoformat(): count for day, count in residents.get(area.code, {}).items()
                },
                "source": area.source_code,
            },
        }
        for area in found
    ]
    body = {
        "type": "FeatureCollection",
        "numberMatched": len(features),
        "numberReturned": len(features),
        "next": None,
        "left_out": {},
        "features": features,
    }
    return JSONResponse(body, headers={"ETag": etag})


@router.get("/sources", response_model=None, responses={200: examples.answer(examples.SOURCES)})
def list_sources(session: given.Reading) -> dict[str, Any]:
    """List where the facts come from, and on what terms."""
    return {
        "sources": [
            features.source_terms(source)
            | {"retrieved_on": source.retrieved_on and source.retrieved_on.isoformat()}
            for source in areas.list_sources(session)
        ]
    }


@router.get("/taxonomy", response_model=None, responses={200: examples.answer(examples.TAXONOMY)})
def read_taxonomy() -> dict[str, Any]:
    """List the kinds, services and all other words, with Chinese and English names."""
    words = taxonomy()
    return {facet: [term.model_dump() for term in words.facet(facet).values()] for facet in FACETS}


def _geometry(area: areas.ListedArea) -> dict[str, Any] | None:
    if area.boundary is None:
        return None
    shape = mapping(area.boundary)
    return {"type": shape["type"], "coordinates": _rounded(shape["coordinates"])}


def _rounded(part: Any) -> Any:
    if isinstance(part, float):
        return round(part, DECIMALS)
    return [_rounded(each) for each in part]
