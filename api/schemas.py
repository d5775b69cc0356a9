"""Bodies that come in, and the shapes of answers as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, StrictInt

from api.dependencies import PlainText
from geo.coordinates import Datum
from stations.station import Known

Code = Annotated[PlainText, Field(max_length=60)]


class Credentials(BaseModel):
    """What a person logs in with."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[PlainText, Field(min_length=1, max_length=100, examples=["manager"])]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class Position(BaseModel):
    """A pair of degrees and what it means."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[FiniteFloat, Field(ge=-180, le=180, examples=[121.5503])]
    lat: Annotated[FiniteFloat, Field(ge=-90, le=90, examples=[29.8746])]
    crs: Datum = Datum.WGS84


class ClosurePatch(BaseModel):
    """A one-off closure: dates, the last one included, or instants (RFC 3339)."""

    model_config = ConfigDict(extra="forbid")

    starts: Annotated[PlainText, Field(alias="from", max_length=40, examples=["2026-12-01"])]
    until: Annotated[PlainText, Field(max_length=40, examples=["2026-12-03"])]
    reason: Annotated[PlainText, Field(max_length=200, examples=["设备检修"])]


class StationPatch(BaseModel):
    """A merge patch (RFC 7396): what is not named stays, null clears."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "hours_text": "周一至周五 8:30-12:00、14:00-18:30",
                    "services": {"microwave": "yes", "toilet": "unknown"},
                    "status": "active",
                }
            ]
        },
    )

    name: Annotated[PlainText, Field(max_length=200)] = ""
    name_en: Annotated[PlainText, Field(max_length=200)] | None = None
    brand: Annotated[PlainText, Field(max_length=100)] | None = None
    aliases: (
        Annotated[
            list[Annotated[PlainText, Field(max_length=200)]],
            Field(max_length=20, description="Other names; they take the place of all before"),
        ]
        | None
    ) = None
    address: Annotated[PlainText, Field(max_length=1000)] | None = None
    phone: Annotated[PlainText, Field(max_length=50)] | None = None
    hours_text: Annotated[PlainText, Field(max_length=1000)] | None = None
    notes: Annotated[PlainText, Field(max_length=1000)] | None = None
    way_in: (
        Annotated[
            PlainText,
            Field(max_length=1000, description="The floor and the way to the door"),
        ]
        | None
    ) = None
    status: Code = "active"
    access: Code = "unknown"
    entry: Annotated[list[Code], Field(max_length=20)] = []
    also_kinds: Annotated[list[Code], Field(max_length=20)] = []
    services: Annotated[dict[Code, Known | None], Field(max_length=100)] = {}
    capacity_per_day: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None
    town_code: Code | None = None
    closures: Annotated[
        list[ClosurePatch] | None,
        Field(max_length=50, description="Takes the place of all closures; null clears"),
    ] = None
    position: Position = Position(lon=0.0, lat=0.0)
    checked: Annotated[list[Code], Field(max_length=20)] = []


class CalendarDay(BaseModel):
    """What a date is: worked, or given off."""

    model_config = ConfigDict(extra="forbid")

    working: StrictBool
    name: Annotated[PlainText, Field(min_length=1, max_length=60, examples=["春节"])]
    name_en: Annotated[PlainText, Field(max_length=60, examples=["Spring Festival"])] | None = None


class CalendarYear(BaseModel):
    """Whether a year's arrangement is published."""

    model_config = ConfigDict(extra="forbid")

    published: StrictBool


class HoursText(BaseModel):
    """Opening hours as a person writes them."""

    model_config = ConfigDict(extra="forbid")

    hours_text: Annotated[
        PlainText, Field(max_length=1000, examples=["周一至周五 8:30-12:00、14:00-18:30"])
    ]


class Point(BaseModel):
    """A GeoJSON point: longitude, latitude, in the caller's datum."""

    type: Literal["Point"]
    coordinates: Annotated[list[float], Field(min_length=2, max_length=2)]


class AreaRef(BaseModel):
    """An area by code and name."""

    code: str
    name: str


class Open(BaseModel):
    """What the door does, judged at the time of arrival (nearest) or now (lists)."""

    state: Literal["open", "closed", "opens_soon", "closes_soon", "unknown"]
    on_arrival: bool | None
    closes_in_minutes: int | None
    next_change: str | None
    text: str | None
    closed_for: str | None  # the reason of the one-off closure that holds
    note: Literal["holiday_unknown", "provisional"] | None


class StationFacts(BaseModel):
    """What every list says of a station."""

    code: str
    name: str
    kind: str
    also_kinds: list[str]
    brand: str | None
    tier: str | None
    status: str
    area: AreaRef | None
    address: str | None
    aliases: list[str]
    way_in: str | None
    h3_9: str | None
    access: str
    entry: list[str]
    services: dict[str, Known]
    checked: dict[str, str]
    source: str
    open: Open
    warnings: list[str]
    navigate: dict[str, str] | None


class NearbyFacts(StationFacts):
    """What nearest says of a station."""

    distance_m: int
    street_m: int | None
    minutes: float | None
    method: Literal["streets", "straight_line"]


class ListedClosure(BaseModel):
    """A one-off closure that holds or is to come; `ends_at` is when the usual hours hold again."""

    starts_at: str
    ends_at: str
    reason: str


class ListingFacts(StationFacts):
    """All that may be read of one station."""

    name_en: str | None
    phone: str | None
    position_verified: bool
    hours_text: str | None
    hours: str | None
    closures: list[ListedClosure]
    capacity_per_day: int | None
    notes: str | None
    level: str | None
    honours: list[str]
    town_code: str | None
    area_code: str | None
    version: int
    updated_at: str
    editable: bool
    public: bool


class StationFeature(BaseModel):
    """A station as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: Point | None
    properties: StationFacts


class NearbyFeature(StationFeature):
    """A station near a person."""

    properties: NearbyFacts


class ListingFeature(StationFeature):
    """One station in full."""

    properties: ListingFacts


class StationList(BaseModel):
    """A page of stations."""

    type: Literal["FeatureCollection"]
    numberMatched: int | None
    numberReturned: int
    next: str | None
    left_out: dict[str, int]
    features: list[StationFeature]


class LineGeometry(BaseModel):
    """A GeoJSON line in the caller's datum."""

    type: Literal["LineString"]
    coordinates: list[tuple[float, float]]


class Route(BaseModel):
    """The way to the first station of an answer."""

    code: str
    minutes: float
    street_m: int
    geometry: LineGeometry
    attribution: str


class NearestList(StationList):
    """The nearest stations, and how they were found.

    `street_attribution` is the credit line of the streets, where minutes follow them. `route` is
    there with `route=include`; null where no street leads to the first station.
    """

    reason: str | None
    query: dict[str, Any]
    as_of: str
    data_version: int
    candidates_examined: int
    street_attribution: str | None
    route: Route | None = None
    features: list[NearbyFeature]  # type: ignore[assignment]


class ListingList(StationList):
    """A page of one person's stations."""

    features: list[ListingFeature]  # type: ignore[assignment]


class Problem(BaseModel):
    """RFC 9457: what is wrong, in the language of the request and in both."""

    type: str
    title: str
    status: int
    detail: str
    detail_zh: str
    detail_en: str
    field: str | None
    request_id: str


class StaleProblem(Problem):
    """The listing was changed since it was read: this is how it is now."""

    current_version: int
    current: ListingFeature


class AccountAnswer(BaseModel):
    """Who is logged in; null where nobody is."""

    account: dict[str, Any] | None
    csrf_token: str | None


class HoursPreview(BaseModel):
    """How a text of opening hours was understood."""

    understood: bool
    hours: str | None
    open: Open
