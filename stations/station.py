"""What a station is: values that every part of the program shares."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from geo.coordinates import Datum, LonLat


class Known(StrEnum):
    """A fact is yes, no or unknown; unknown is never shown as no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Access(StrEnum):
    """Who may come in."""

    EVERYONE = "everyone"
    OUTDOOR_WORKERS = "outdoor_workers"
    MEMBERS = "members"
    STAFF_ONLY = "staff_only"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Where a station is in its life. Closing is not deleting."""

    PLANNED = "planned"
    ACTIVE = "active"
    TEMPORARILY_CLOSED = "temporarily_closed"
    CLOSED = "closed"


class OpenStateName(StrEnum):
    """What a door does at an instant."""

    OPEN = "open"
    CLOSED = "closed"
    OPENS_SOON = "opens_soon"
    CLOSES_SOON = "closes_soon"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class OpenState:
    """Whether a station is open at an instant, and until when."""

    state: OpenStateName
    is_open: bool | None  # None: not known
    closes_in_minutes: int | None  # from the instant; None: not open, never closes, or unknown
    next_change: datetime | None  # Asia/Shanghai; None: never changes, or unknown


@dataclass(frozen=True)
class GivenPosition:
    """A position as somebody gave it, with the datum that they named."""

    point: LonLat
    datum: Datum


@dataclass(frozen=True)
class StationRow:
    """What a file or a seed says of one station. None: it says nothing of this.

    `position` is as given. `code` is the register's own, `source_id` the file's.
    """

    name: str
    kind: str
    position: GivenPosition | None = None
    code: str | None = None
    source_id: str | None = None
    also_kinds: tuple[str, ...] | None = None
    name_en: str | None = None
    brand: str | None = None
    tier: str | None = None
    level: str | None = None
    status: str | None = None
    access: str | None = None
    entry: tuple[str, ...] | None = None
    services: dict[str, Known] = field(default_factory=dict)
    address: str | None = None
    phone: str | None = None
    hours_text: str | None = None
    capacity_per_day: int | None = None
    town_code: str | None = None
    checked_on: date | None = None
    notes: str | None = None
