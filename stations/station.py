"""What a station is: values that every part of the program shares."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from geo.coordinates import Datum, LonLat

DEMO_SOURCE = "demo"
"""The source of everything that was made up."""


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


class OpenState(NamedTuple):
    """Whether a station is open at an instant, and until when."""

    state: OpenStateName
    is_open: bool | None  # None: not known
    closes_in_minutes: int | None  # from the instant; None: not open, never closes, or unknown
    next_change: datetime | None  # Asia/Shanghai; None: never changes, or unknown
    closed_for: str | None = None  # the reason of the one-off closure that holds
    note: str | None = None  # holiday_unknown: a holiday that the hours do not name; provisional


CLOSED = OpenState(OpenStateName.CLOSED, is_open=False, closes_in_minutes=None, next_change=None)
"""Of a station that is closed for the time being, whatever its hours say."""


@dataclass(frozen=True)
class Closure:
    """A one-off closure: closed from an instant until another, with the reason that people read.

    Both are aware; `ends_at` is the first instant at which the usual hours hold again.
    """

    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True)
class GivenPosition:
    """A position as somebody gave it, with the datum that they named."""

    point: LonLat
    datum: Datum


@dataclass(frozen=True)
class StationRow:
    """What a file or a seed says of one station. None: it says nothing of this.

    `position` is as given. `code` is the register's own, `source_id` the file's. `district` and
    `town` are the names of the areas that the row claims to be in, as written.
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
    aliases: tuple[str, ...] | None = None
    way_in: str | None = None
    built_as: str | None = None
    built_by: str | None = None
    honours: tuple[str, ...] | None = None
    closures: tuple[Closure, ...] | None = None
    district: str | None = None
    town: str | None = None


@dataclass(frozen=True)
class AreaName:
    """An area by code and name."""

    code: str
    name: str


@dataclass(frozen=True)
class Station:
    """One station as the register has it. `point` is WGS-84; None while it is unplaced."""

    code: str
    kind: str
    also_kinds: tuple[str, ...]
    name: str
    name_en: str | None
    aliases: tuple[str, ...]
    brand: str | None
    tier: str | None
    level: str | None
    built_as: str | None
    built_by: str | None
    honours: tuple[str, ...]
    status: Status
    access: Access
    entry: tuple[str, ...]
    services_yes: frozenset[str]
    services_no: frozenset[str]
    address: str | None
    way_in: str | None  # floor and way to the door
    phone: str | None
    hours_text: str | None
    hours: str | None  # opening_hours syntax; None: unknown
    closures: tuple[Closure, ...]  # by their beginning
    capacity_per_day: int | None
    notes: str | None
    point: LonLat | None
    position_verified: bool  # False: a geocoder's answer that nobody has looked at
    h3_9: int | None
    area: AreaName | None
    town_code: str | None
    checked: dict[str, str]  # what was looked at, and on which day
    source: str
    is_public: bool
    version: int
    updated_at: datetime

    def service(self, code: str) -> Known:
        """Whether the station has a service."""
        if code in self.services_yes:
            return Known.YES
        return Known.NO if code in self.services_no else Known.UNKNOWN
