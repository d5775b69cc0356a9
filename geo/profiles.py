"""How people travel: speeds, detours and how far each of them looks for a station."""

from dataclasses import dataclass
from enum import StrEnum

DETOUR_FACTOR = 1.25
"""Streets are longer than the straight line: 15 minutes at 5 km/h are 1,250 m of street, 1,000 m
as the crow flies, which is the radius of ACFTU's 双15 programme."""


class Profile(StrEnum):
    """A way to travel."""

    WALK = "walk"
    EBIKE = "ebike"
    TRUCK = "truck"


@dataclass(frozen=True)
class Travel:
    """What a profile means in numbers."""

    speed_kmh: float
    within_m: int  # how far nearest looks unless told otherwise


TRAVEL = {
    Profile.WALK: Travel(speed_kmh=5.0, within_m=1_000),
    Profile.EBIKE: Travel(speed_kmh=15.0, within_m=3_000),
    Profile.TRUCK: Travel(speed_kmh=40.0, within_m=20_000),
}


MINUTES_PER_M = {
    profile: DETOUR_FACTOR / (travel.speed_kmh * 1000 / 60) for profile, travel in TRAVEL.items()
}
"""For a straight line in metres, with the detour factor."""


def straight_line_minutes(distance_m: float, profile: Profile) -> float:
    """Minutes for a distance in a straight line in metres, with the detour factor."""
    return distance_m * MINUTES_PER_M[profile]
