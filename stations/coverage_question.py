"""What may be asked of coverage, and the key under which its answer is kept."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from geo.profiles import DETOUR_FACTOR, TRAVEL, Profile
from stations.errors import InvalidInputError, UnknownTermError
from stations.hours import SHANGHAI
from stations.taxonomy import taxonomy

METHOD = "straight_line"
MAX_MINUTES = 60
DEFAULT_KINDS = ("rest_station",)

COMPUTATION = 2
"""Raise this when the same question would be computed differently: kept results are not reused."""


@dataclass(frozen=True)
class CoverageQuestion:
    """Who is served within `minutes` of a station of these kinds; at an instant, or nominally."""

    area: str
    minutes: int = 15
    kinds: tuple[str, ...] = DEFAULT_KINDS
    profile: str = Profile.WALK.value
    at: datetime | None = None

    @property
    def speed_kmh(self) -> float:
        """The profile's speed."""
        return TRAVEL[Profile(self.profile)].speed_kmh


def checked(question: CoverageQuestion) -> CoverageQuestion:
    """Return the question in its one normal form: kinds in the taxonomy's order, whole minutes.

    An instant without an offset is Asia/Shanghai's. Raises InvalidInputError, UnknownTermError.
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
    return replace(
        question,
        minutes=int(question.minutes),
        kinds=tuple(kind for kind in words.kind if kind in wanted),
        at=None if question.at is None else _whole_minute(question.at),
    )


def result_key(question: CoverageQuestion, data_version: int) -> str:
    """Return the key of a checked question about a root area: a hash of all that decides it."""
    decisive = asdict(question) | {
        "at": None if question.at is None else question.at.isoformat(),
        "computation": COMPUTATION,
        "data_version": data_version,
        "detour_factor": DETOUR_FACTOR,
        "method": METHOD,
        "speed_kmh": question.speed_kmh,
    }
    text = json.dumps(decisive, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _whole_minute(at: datetime) -> datetime:
    """Drop the seconds: hours change on whole minutes, so a minute's instants share a result."""
    aware = at.replace(tzinfo=SHANGHAI) if at.utcoffset() is None else at.astimezone(SHANGHAI)
    return aware.replace(second=0, microsecond=0)
