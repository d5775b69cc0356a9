"""What walkers and e-bikes may use: from the tags of OpenStreetMap to directions and steps.

The rules follow the wiki's "OSM tags for routing" (access restrictions, one-way). Where a country
differs, China counts: an e-bike is a bicycle there, and an urban expressway on stilts is tagged
`trunk` without a word on walkers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

from geo.profiles import TRAVEL, Profile

Tags = Mapping[str, str]
Allowed = Literal["yes", "no"] | None


class Use(IntFlag):
    """How one profile may use a street: along its drawn direction, against it, and over steps."""

    NONE = 0
    FORWARD = 1
    BACKWARD = 2
    BOTH = 3
    STEPS = 4


STREET_PROFILES = (Profile.WALK, Profile.EBIKE)
"""The profiles that have a network. A truck's limits of height and hour are not in the map."""

SNAP_WITHIN_M = {Profile.WALK: 100.0, Profile.EBIKE: 200.0}
"""How far from a street a person or a station may be; further off it is on no street."""

FAR_SNAP_WITHIN_M = 500.0
"""Who is on no street walks so far to the nearest one: across a park, not across a river."""

STEPS_TAKE = 2.0
"""Steps take twice the minutes of level ground: 2.5 km/h along them where walkers do 5. Between the
0.5 and 0.8 m/s that Fujiyama and Tyler (2004) measured on stairs, up and down."""

FOR_ALL = frozenset(
    {
        *("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"),
        *("unclassified", "residential", "living_street", "service", "track", "road", "path"),
    }
)
FAST = frozenset({"trunk", "trunk_link"})
FOR_WALKERS = frozenset({"footway", "pedestrian", "steps", "corridor", "bridleway"})
FOR_BIKES = frozenset({"cycleway"})
NEVER = {
    "motorway": "motorway",
    "motorway_link": "motorway",
    "construction": "construction",
    "proposed": "construction",
    "planned": "construction",
}
PERMITTED = frozenset({"yes", "designated", "permissive", "official", "destination", "customers"})
FORBIDDEN = frozenset(
    {
        *("no", "private", "military", "emergency", "agricultural", "forestry", "employees"),
        *("staff", "residents", "permit", "use_sidepath", "dismount"),
    }
)
ACCESS_KEYS = {
    Profile.WALK: ("foot", "access"),
    Profile.EBIKE: ("bicycle", "vehicle", "access"),
}
"""The most specific key decides."""

BARRIERS_TO_ALL = frozenset({"wall", "fence", "hedge", "city_wall", "debris"})
BARRIERS_TO_BIKES = frozenset(
    {"stile", "kissing_gate", "turnstile", "full-height_turnstile", "log", "step"}
)


@dataclass(frozen=True)
class StreetUse:
    """What a way is to each profile. `reason` says why, where neither may use it."""

    walk: Use = Use.NONE
    ebike: Use = Use.NONE
    reason: str | None = None

    def of(self, profile: Profile) -> Use:
        """Return the use by one of the two profiles that have a network."""
        return self.walk if profile is Profile.WALK else self.ebike


def metres_per_minute(profile: Profile) -> float:
    """Metres of level street that a profile covers in a minute: its top speed."""
    return TRAVEL[profile].speed_kmh * 1000 / 60


def minutes_per_metre(profile: Profile, *, over_steps: bool) -> float:
    """Minutes that one metre of street takes. Nothing is faster than `metres_per_minute`."""
    return (STEPS_TAKE if over_steps else 1.0) / metres_per_minute(profile)


def street_use(tags: Tags) -> StreetUse:
    """Return how a way with these tags may be used. A way that is no street at all has a reason."""
    highway = tags.get("highway", "")
    if tags.get("route") == "ferry" or highway == "ferry":
        return StreetUse(reason="ferry")
    if highway in NEVER:
        return StreetUse(reason=NEVER[highway])
    walk, ebike = _walk_use(highway, tags), _ebike_use(highway, tags)
    if walk or ebike:
        return StreetUse(walk, ebike)
    if highway in FOR_ALL | FAST | FOR_WALKERS | FOR_BIKES:
        access = tags.get("access") in FORBIDDEN
        return StreetUse(reason="private" if access else "not for walkers or bicycles")
    return StreetUse(reason="no street")


def blocks(tags: Tags, profile: Profile) -> bool:
    """Whether a node with these tags stops a profile: a wall, a locked or a private gate."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    allowed = _allowed(tags, profile)
    if allowed is not None:
        return allowed == "no"
    if tags.get("locked") == "yes" or barrier in BARRIERS_TO_ALL:
        return True
    return profile is Profile.EBIKE and barrier in BARRIERS_TO_BIKES


def _allowed(tags: Tags, profile: Profile) -> Allowed:
    """Return what the most specific tag says; None where none says anything."""
    for key in ACCESS_KEYS[profile]:
        values = {value.strip().lower() for value in tags.get(key, "").split(";")}
        if values & FORBIDDEN:  # of a list the strictest: nobody is sent to a locked gate
            return "no"
        if values & PERMITTED:
            return "yes"
    return None


def _walk_use(highway: str, tags: Tags) -> Use:
    allowed = _allowed(tags, Profile.WALK)
    named = tags.get("foot") in PERMITTED
    if highway in FAST:
        usual = _fast_road_lets(tags, "sidewalk")
    elif highway in FOR_BIKES:
        usual = False
    else:
        usual = highway in FOR_ALL or highway in FOR_WALKERS
    if _is_motorroad(tags):
        usual = False
    exempt = named and (highway in FAST | FOR_BIKES or _is_motorroad(tags))
    if allowed == "no" or not (usual or exempt):
        return Use.NONE
    steps = Use.STEPS if highway == "steps" else Use.NONE
    return steps | _direction(tags.get("oneway:foot") or _conveying(tags))


def _ebike_use(highway: str, tags: Tags) -> Use:
    allowed = _allowed(tags, Profile.EBIKE)
    named = tags.get("bicycle") in PERMITTED
    if highway in FAST:
        usual = _fast_road_lets(tags, "cycleway")
    else:
        usual = highway in FOR_ALL or highway in FOR_BIKES
    if allowed == "no" or highway in {"steps", "corridor"}:
        return Use.NONE
    if _is_motorroad(tags):
        usual = False
    if not (usual or (named and (highway in FAST | FOR_WALKERS or _is_motorroad(tags)))):
        return Use.NONE
    return _direction(_bike_oneway(tags))


def _is_motorroad(tags: Tags) -> bool:
    """Whether a road is for motor vehicles only, unless a tag of its own lets others on."""
    return tags.get("motorroad") == "yes"


def _fast_road_lets(tags: Tags, beside: str) -> bool:
    """Whether an expressway lets those on who use what lies beside it, unless a tag forbids it.

    At ground level it does. On a bridge or in a tunnel only where a pavement or a cycle lane is
    mapped: it is more likely a road on stilts, where nobody walks.
    """
    if all(tags.get(key, "no") == "no" for key in ("bridge", "tunnel")):
        return True
    sides = (beside, f"{beside}:left", f"{beside}:right", f"{beside}:both")
    return any(tags.get(key, "no") not in {"no", "none", "separate"} for key in sides)


def _bike_oneway(tags: Tags) -> str:
    """Return the value of `oneway` that holds for bicycles."""
    own = tags.get("oneway:bicycle")
    if own is not None:
        return own
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    if any(tags.get(side, "").startswith("opposite") for side in sides):
        return "no"
    if any(tags.get(f"{side}:oneway") in {"no", "-1"} for side in sides):
        return "no"
    oneway = tags.get("oneway")
    if oneway is None and tags.get("junction") in {"roundabout", "circular"}:
        return "yes"
    return oneway or "no"


def _conveying(tags: Tags) -> str:
    """Return the way that an escalator or a moving walkway carries, as a value of `oneway`."""
    return {"forward": "yes", "backward": "-1"}.get(tags.get("conveying", ""), "no")


def _direction(oneway: str) -> Use:
    if oneway in {"yes", "true", "1"}:
        return Use.FORWARD
    if oneway in {"-1", "reverse"}:
        return Use.BACKWARD
    return Use.BOTH
