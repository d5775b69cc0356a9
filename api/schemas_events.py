"""Bodies of events that come in, and the shapes of answers as the OpenAPI document shows them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from api.dependencies import PlainText
from api.schemas import (
    AreaRef,
    Code,
    NearbyFacts,
    NearbyFeature,
    NearestList,
    Point,
    Position,
    Problem,
    StationList,
)

Text = Annotated[PlainText, Field(max_length=1000)]
Instant = Annotated[str, Field(max_length=40, examples=["2026-12-01T09:00:00+08:00"])]


class EventPatch(BaseModel):
    """A merge patch (RFC 7396): what is not named stays, null clears.

    An event is at a `station` or at a `position` of its own; naming the one takes the other away.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"starts_at": "2026-12-02T09:00", "ends_at": "2026-12-02T11:30"}]
        },
    )

    kind: Code | None = None
    title: Annotated[PlainText, Field(max_length=200)] | None = None
    title_en: Annotated[PlainText, Field(max_length=200)] | None = None
    station: Code | None = None
    position: Position | None = None
    town_code: Code | None = None
    address: Text | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    capacity: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None
    access: Code | None = None
    how_to_join: Text | None = None
    organiser: Annotated[PlainText, Field(max_length=200)] | None = None
    phone: Annotated[PlainText, Field(max_length=50)] | None = None
    notes: Text | None = None
    status: Code | None = None


class NewEvent(EventPatch):
    """A new event. Times without an offset are Asia/Shanghai, and whole minutes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "health_check",
                    "title": "流动体检车",
                    "title_en": "Mobile health check",
                    "station": "NB-RS-0001",
                    "starts_at": "2026-12-01T09:00",
                    "ends_at": "2026-12-01T11:30",
                    "capacity": 60,
                    "access": "outdoor_workers",
                    "how_to_join": "现场登记，空腹前来",
                }
            ]
        },
    )

    source: Code | None = None


class StationRef(BaseModel):
    """A station by code and name."""

    code: str
    name: str


class EventFacts(BaseModel):
    """What every list says of an event."""

    code: str
    kind: str
    title: str
    title_en: str | None
    station: StationRef | None
    address: str | None
    area: AreaRef | None
    starts_at: str
    ends_at: str
    state: Literal["upcoming", "running", "ended", "cancelled"]
    capacity: int | None
    access: str
    how_to_join: str | None
    organiser: str | None
    phone: str | None
    notes: str | None
    warnings: list[str]
    navigate: dict[str, str] | None
    source: str
    version: int


class NearbyEventFacts(EventFacts):
    """What nearest says of an event, with `events=include`."""

    distance_m: int
    minutes: float


class DetailedEventFacts(EventFacts):
    """All that may be read of one event."""

    given_position: Position | None
    given_address: str | None
    town_code: str | None
    updated_at: str
    editable: bool
    public: bool


class EventFeature(BaseModel):
    """An event as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    geometry: Point | None
    properties: EventFacts


class NearbyEventFeature(EventFeature):
    """An event near a person."""

    properties: NearbyEventFacts


class DetailedEventFeature(EventFeature):
    """One event in full."""

    properties: DetailedEventFacts


class EventList(StationList):
    """A page of events; it says how many matched and were left out as every list does."""

    features: list[EventFeature]  # type: ignore[assignment]


class DetailedEventList(EventList):
    """A page of one person's events."""

    features: list[DetailedEventFeature]  # type: ignore[assignment]


class ShortEvent(BaseModel):
    """What a station's card says of an event there."""

    code: str
    kind: str
    title: str
    title_en: str | None
    starts_at: str
    ends_at: str
    state: Literal["upcoming", "running"]


class NearbyFactsWithEvents(NearbyFacts):
    """What nearest says of a station; `events` is there with `events=include`."""

    events: list[ShortEvent] = Field(default_factory=list)


class NearbyFeatureWithEvents(NearbyFeature):
    """A station near a person, and what takes place there."""

    properties: NearbyFactsWithEvents


class NearestListWithEvents(NearestList):
    """The nearest stations; with `events=include` the events round the person, too."""

    features: list[NearbyFeatureWithEvents]  # type: ignore[assignment]
    events: list[NearbyEventFeature] | None = Field(default_factory=list)
    events_matched: int | None = None
    events_reason: str | None = None


class StaleEventProblem(Problem):
    """The event was changed since it was read: this is how it is now."""

    current_version: int
    current: DetailedEventFeature
