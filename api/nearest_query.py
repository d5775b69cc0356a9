"""What a caller of nearest asks, as it stands in the address, and as the question that it is."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import unquote_plus

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import dependencies as given
from geo.coordinates import Datum
from geo.profiles import TRAVEL, Profile
from stations.filters import Filters
from stations.nearest import Question
from stations.taxonomy import Taxonomy, taxonomy

WITHIN_M_MAX = 20_000

Words = list[str] | None


class NearestQuery(BaseModel):
    """The parameters of nearest, as the address has them."""

    model_config = ConfigDict(frozen=True)

    lon: Annotated[given.Longitude, Field(examples=[121.5503])]
    lat: Annotated[given.Latitude, Field(examples=[29.8746])]
    crs: Annotated[Datum, Field(description="Datum in and out")] = Datum.WGS84
    kind: Annotated[
        Words, Field(description="Kinds, any of them, by commas", examples=[["rest_station"]])
    ] = None
    service: Annotated[
        Words, Field(description="Services, all of them, by commas", examples=[["drinking_water"]])
    ] = None
    access: Annotated[
        Words, Field(description="Who may come in, any of them, by commas", examples=[["everyone"]])
    ] = None
    entry: Annotated[
        Words, Field(description="Ways to get in, any of them, by commas", examples=[["walk_in"]])
    ] = None
    no_app: Annotated[
        Literal["1", "true"] | None, Field(description="Only where one gets in without a phone")
    ] = None
    tier: Annotated[
        Words, Field(description="Tiers, any of them, by commas", examples=[["benchmark"]])
    ] = None
    unknown: Annotated[
        Literal["include"] | None,
        Field(description="Keep stations of which the services, access and so on are not known"),
    ] = None
    open: Annotated[
        Literal["on_arrival", "now", "any"], Field(description="Drop those known to be closed")
    ] = "any"
    profile: Profile = Profile.WALK
    sort: Literal["minutes", "distance"] = "minutes"
    limit: Annotated[int, Field(ge=1, le=50), BeforeValidator(given.plain_number)] = 5
    within_m: Annotated[
        int | None, Field(ge=1, le=WITHIN_M_MAX), BeforeValidator(given.plain_number)
    ] = None
    at: Annotated[
        str | None,
        Field(
            description="RFC 3339; without an offset Asia/Shanghai", examples=["2026-11-23T12:30"]
        ),
    ] = None
    route: Annotated[
        Literal["include"] | None, Field(description="With the way to the first, as a line")
    ] = None
    events: Annotated[
        Literal["include"] | None, Field(description="With events nearby, soon or running")
    ] = None


class Asked(NamedTuple):
    """A question, and how its answer is wanted. `lon` and `lat` are as given, in `crs`."""

    question: Question
    lon: float
    lat: float
    crs: Datum
    with_route: bool
    with_events: bool


_LISTS = frozenset(
    name for name, field in NearestQuery.model_fields.items() if field.annotation == Words
)
_validate = NearestQuery.__pydantic_validator__.validate_python


def parse(query_string: bytes) -> NearestQuery:
    """Read the parameters of an address, as the framework does for a documented route.

    Raises pydantic's ValidationError where that refuses them.
    """
    values: dict[str, Any] = {}
    for name, value in _pairs(query_string.decode("latin-1")):
        if name in _LISTS:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    query: NearestQuery = _validate(values)
    return query


def read(query: NearestQuery) -> Asked:
    """Return the question; raises InvalidInputError and its kin, naming the parameter."""
    profile = query.profile
    question = Question(
        origin=given.read_point(query.lon, query.lat, query.crs),
        at=given.now() if query.at is None else given.read_instant(query.at, "at"),
        within_m=query.within_m or TRAVEL[profile].within_m,
        limit=query.limit,
        filters=_filters(
            taxonomy(),
            *(
                tuple(words) if words else ()
                for words in (query.kind, query.service, query.access, query.entry, query.tier)
            ),
            include_unknown=query.unknown is not None,
            no_app=query.no_app is not None,
        ),
        profile=profile,
        open=query.open,
        sort=query.sort,
    )
    return Asked(
        question,
        query.lon,
        query.lat,
        query.crs,
        with_route=query.route is not None,
        with_events=query.events is not None,
    )


@lru_cache(maxsize=256)
def _filters(
    _words: Taxonomy,
    kind: tuple[str, ...],
    service: tuple[str, ...],
    access: tuple[str, ...],
    entry: tuple[str, ...],
    tier: tuple[str, ...],
    *,
    include_unknown: bool,
    no_app: bool,
) -> Filters:
    """Read which stations are wanted, once for each way to say it in the words of a taxonomy."""
    return Filters(
        kinds=given.read_terms("kind", kind),
        services=given.read_terms("service", service),
        include_unknown=include_unknown,
        access=given.read_terms("access", access),
        entry=given.read_terms("entry", entry),
        tiers=given.read_terms("tier", tier),
        no_app=no_app,
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield names and values as the framework reads them, most of which nothing is encoded in."""
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            if "%" in part or "+" in part:
                name, value = unquote_plus(name), unquote_plus(value)
            yield name, value
