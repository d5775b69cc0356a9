"""What may be asked of coverage, and the key under which its answer is kept."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Literal

from geo.network import STREET_PROFILES
from geo.profiles import DETOUR_FACTOR, TRAVEL, Profile
from stations.errors import InvalidInputError, UnknownTermError
from stations.hours import SHANGHAI
from stations.taxonomy import taxonomy

MAX_MINUTES = 60
DEFAULT_KINDS = ("rest_station",)

EFFECTIVE_WITHIN_DAYS = 180
"""A station that nobody has looked at for longer is not effective coverage."""

COMPUTATION = 5
"""Raise this when the same question would be computed differently: kept results are not reused."""

What = Literal["surface", "hours", "stations"]
"""Who is served, who is in reach by the hour, or what each station means."""


@dataclass(frozen=True)
class CoverageQuestion:
    """Who is served within `minutes` of a station of these kinds; at an instant, or nominally.

    `network` is the id of the street network on which minutes are counted, None for straight lines.
    `on` is the day by which a check of a station counts as recent; None: that of `at`, or today.
    """

    area: str
    minutes: int = 15
    kinds: tuple[str, ...] = DEFAULT_KINDS
    profile: str = Profile.WALK.value
    at: datetime | None = None
    network: str | None = None
    on: date | None = None

    def by(self, network: str | None) -> "CoverageQuestion":
        """Return the question with minutes along a network, or in straight lines."""
        return replace(self, network=network)

    @property
    def speed_kmh(self) -> float:
        """The profile's speed."""
        return TRAVEL[Profile(self.profile)].speed_kmh

    @property
    def method(self) -> Literal["streets", "straight_line"]:
        """How minutes are counted."""
        return "straight_line" if self.network is None else "streets"

    @property
    def detour_factor(self) -> float:
        """By how much the straight line is lengthened; 1 along streets."""
        return DETOUR_FACTOR if self.network is None else 1.0


def checked(question: CoverageQuestion) -> CoverageQuestion:
    """Return the question in its one normal form: kinds in the taxonomy's order, whole minutes.

    An instant without an offset is Asia/Shanghai's. A profile without a network (trucks) goes in
    straight lines. Raises InvalidInputError, UnknownTermError.
    """
    if not 1 <= question.minutes <= MAX_MINUTES or question.minutes != int(question.minutes):
        raise InvalidInputError(
            field="minutes",
            problem_zh=f"应为 1 到 {MAX_MINUTES} 的整数",
            problem_en=f"a whole number from 1 to {MAX_MINUTES} is needed",
        )
    if question.profile not in set(Profile):
        raise UnknownTermError(field="profile", value=question.profile, known=", ".join(Profile))
    words = taxonomy()
    wanted = {words.require("kind", kind, "kind") for kind in question.kinds or DEFAULT_KINDS}
    at = None if question.at is None else _whole_minute(question.at)
    today = datetime.now(SHANGHAI).date() if at is None else at.date()
    return replace(
        question,
        minutes=int(question.minutes),
        kinds=tuple(kind for kind in words.kind if kind in wanted),
        at=at,
        network=question.network if question.profile in STREET_PROFILES else None,
        on=question.on or today,
    )


def result_key(question: CoverageQuestion, data_version: int, what: What = "surface") -> str:
    """Return the key of a checked question about a root area: a hash of all that decides it."""
    decisive = asdict(question) | {
        "at": None if question.at is None else question.at.isoformat(),
        "on": None if question.on is None else question.on.isoformat(),
        "computation": COMPUTATION,
        "data_version": data_version,
        "detour_factor": question.detour_factor,
        "effective_within_days": EFFECTIVE_WITHIN_DAYS,
        "speed_kmh": question.speed_kmh,
        "what": what,
    }
    return digest(decisive)


def digest(values: dict[str, object]) -> str:
    """Return the hash of plain values."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _whole_minute(at: datetime) -> datetime:
    """Drop the seconds: hours change on whole minutes, so a minute's instants share a result."""
    aware = at.replace(tzinfo=SHANGHAI) if at.utcoffset() is None else at.astimezone(SHANGHAI)
    return aware.replace(second=0, microsecond=0)
