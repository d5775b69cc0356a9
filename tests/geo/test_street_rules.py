"""What the tags of OpenStreetMap mean for walkers and for e-bikes."""

import pytest

from geo.profiles import Profile
from geo.street_rules import Use, blocks, metres_per_minute, minutes_per_metre, street_use

BOTH, FORWARD, BACKWARD, NONE = Use.BOTH, Use.FORWARD, Use.BACKWARD, Use.NONE


@pytest.mark.parametrize(
    ("tags", "walk", "ebike"),
    [
        ("highway=residential", BOTH, BOTH),
        ("highway=residential oneway=yes", BOTH, FORWARD),
        ("highway=residential oneway=-1", BOTH, BACKWARD),
        ("highway=residential oneway=yes oneway:bicycle=no", BOTH, BOTH),
        ("highway=residential oneway=yes cycleway=opposite_lane", BOTH, BOTH),
        ("highway=residential oneway=yes cycleway:left:oneway=-1", BOTH, BOTH),
        ("highway=residential oneway=yes cycleway=lane", BOTH, FORWARD),
        ("highway=tertiary junction=roundabout", BOTH, FORWARD),
        ("highway=tertiary junction=roundabout oneway=no", BOTH, BOTH),
        ("highway=footway", BOTH, NONE),
        ("highway=footway bicycle=yes", BOTH, BOTH),
        ("highway=footway oneway=yes", BOTH, NONE),
        ("highway=footway oneway:foot=yes", FORWARD, NONE),
        ("highway=path", BOTH, BOTH),
        ("highway=path bicycle=no", BOTH, NONE),
        ("highway=pedestrian area=yes", BOTH, NONE),
        ("highway=steps", BOTH | Use.STEPS, NONE),
        ("highway=steps bicycle=yes ramp=yes", BOTH | Use.STEPS, NONE),
        ("highway=steps conveying=forward", FORWARD | Use.STEPS, NONE),
        ("highway=steps conveying=backward", BACKWARD | Use.STEPS, NONE),
        ("highway=cycleway", NONE, BOTH),
        ("highway=cycleway foot=designated", BOTH, BOTH),
        ("highway=cycleway bicycle=dismount", NONE, NONE),
        ("highway=motorway", NONE, NONE),
        ("highway=motorway_link foot=yes", NONE, NONE),
        ("highway=trunk", BOTH, BOTH),
        ("highway=trunk foot=no bicycle=no", NONE, NONE),
        ("highway=trunk motorroad=yes", NONE, NONE),
        ("highway=trunk motorroad=yes foot=yes", BOTH, NONE),
        ("highway=primary motorroad=yes", NONE, NONE),
        ("highway=primary motorroad=yes foot=yes bicycle=yes", BOTH, BOTH),
        ("highway=service access=private;customers", NONE, NONE),
        ("highway=service foot=no;private", NONE, BOTH),
        ("highway=service access=customers;delivery", BOTH, BOTH),
        ("highway=trunk bridge=viaduct oneway=yes", NONE, NONE),
        ("highway=trunk bridge=yes sidewalk=right oneway=yes", BOTH, NONE),
        ("highway=trunk bridge=yes cycleway:right=track oneway=yes", NONE, FORWARD),
        ("highway=service access=private", NONE, NONE),
        ("highway=service access=private foot=yes", BOTH, NONE),
        ("highway=service access=private foot=designated bicycle=permissive", BOTH, BOTH),
        ("highway=service access=no bicycle=yes", NONE, BOTH),
        ("highway=service access=customers", BOTH, BOTH),
        ("highway=residential vehicle=no", BOTH, NONE),
        ("highway=residential vehicle=no bicycle=yes", BOTH, BOTH),
        ("highway=primary foot=use_sidepath bicycle=use_sidepath", NONE, NONE),
        ("highway=construction construction=residential", NONE, NONE),
        ("highway=proposed", NONE, NONE),
        ("route=ferry foot=yes", NONE, NONE),
        ("highway=service route=ferry foot=yes", NONE, NONE),
        ("highway=raceway", NONE, NONE),
        ("highway=什么", NONE, NONE),
        ("", NONE, NONE),
    ],
)
def test_use_of_a_way(tags: str, walk: Use, ebike: Use) -> None:
    found = street_use(dict(tag.split("=") for tag in tags.split()))
    assert (found.walk, found.ebike) == (walk, ebike)
    assert (found.reason is None) == bool(walk or ebike)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("highway=motorway", "motorway"),
        ("highway=service access=private", "private"),
        ("highway=construction", "construction"),
        ("route=ferry", "ferry"),
        ("highway=trunk motorroad=yes", "not for walkers or bicycles"),
        ("highway=raceway", "no street"),
    ],
)
def test_what_is_left_out_has_a_reason(tags: str, reason: str) -> None:
    assert street_use(dict(tag.split("=") for tag in tags.split())).reason == reason


@pytest.mark.parametrize(
    ("tags", "walkers", "bikes"),
    [
        ("barrier=gate", False, False),
        ("barrier=gate access=private", True, True),
        ("barrier=gate access=private foot=yes", False, True),
        ("barrier=gate locked=yes", True, True),
        ("barrier=gate locked=yes foot=yes bicycle=yes", False, False),
        ("barrier=bollard", False, False),
        ("barrier=wall", True, True),
        ("barrier=turnstile", False, True),
        ("barrier=stile bicycle=yes", False, False),
        ("highway=crossing access=no", False, False),
    ],
)
def test_what_stands_on_a_node_may_stop_somebody(tags: str, walkers: bool, bikes: bool) -> None:
    found = dict(tag.split("=") for tag in tags.split())
    assert (blocks(found, Profile.WALK), blocks(found, Profile.EBIKE)) == (walkers, bikes)


@pytest.mark.parametrize("profile", [Profile.WALK, Profile.EBIKE])
def test_nothing_is_faster_than_the_top_speed(profile: Profile) -> None:
    for over_steps in (False, True):
        assert minutes_per_metre(profile, over_steps=over_steps) >= 1 / metres_per_minute(profile)
    assert metres_per_minute(Profile.WALK) * 15 == pytest.approx(1250)
    assert metres_per_minute(Profile.EBIKE) * 60 == pytest.approx(15_000)
