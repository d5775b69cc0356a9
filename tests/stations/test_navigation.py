"""Links to map apps, read back as each app's documentation reads them.

AMap's URI API takes `lon,lat,name`; Tencent's route plan `lat,lng`; Baidu's direction
`latlng:lat,lng|name:…` with `coord_type`; Apple's `daddr=lat,lng`. All of them take GCJ-02 here;
the way back to WGS-84 is coord-convert's.
"""

from urllib.parse import parse_qsl, urlsplit

import pytest
from coord_convert.transform import gcj2wgs
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.coordinates import LonLat
from geo.profiles import Profile
from stations.navigation import links

GEOD = Geod(ellps="WGS84")
NINGBO = st.builds(LonLat, st.floats(120.9, 122.3), st.floats(28.9, 30.6))
NAMES = st.one_of(
    st.sampled_from(
        ["爱心驿站", "A&B", "50%店", "#3 站", "一+二", "a=b;c", "名 字", "?x=1", "🚚", "<b>"]
    ),
    st.text(min_size=1, max_size=20),
)
MODES = {
    Profile.WALK: {"amap": "walk", "tencent": "walk", "baidu": "walking", "apple": "w"},
    Profile.EBIKE: {"amap": "ride", "tencent": "walk", "baidu": "riding", "apple": "w"},
    Profile.TRUCK: {"amap": "car", "tencent": "drive", "baidu": "driving", "apple": "d"},
}
HOSTS = {
    "amap": ("uri.amap.com", "/navigation"),
    "tencent": ("apis.map.qq.com", "/uri/v1/routeplan"),
    "baidu": ("api.map.baidu.com", "/direction"),
    "apple": ("maps.apple.com", "/"),
}


def read(app: str, link: str) -> tuple[LonLat, str | None, str, LonLat | None]:
    """Return the place in GCJ-02, its name, the mode and where the way begins."""
    parts = urlsplit(link)
    assert parts.scheme == "https"
    assert (parts.netloc, parts.path) == HOSTS[app]
    assert parts.fragment == ""
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    values = dict(pairs)
    assert len(values) == len(pairs)
    if app == "amap":
        lon, lat, name = values["to"].split(",")
        return LonLat(float(lon), float(lat)), name, values["mode"], None
    if app == "tencent":
        assert values["coord_type"] == "2"  # Tencent's own number for GCJ-02
        lat, lon = values["tocoord"].split(",")
        return LonLat(float(lon), float(lat)), values["to"], values["type"], None
    if app == "baidu":
        assert values["coord_type"] == "gcj02"
        begin, _my_place = fields(values["origin"])
        end, name = fields(values["destination"])
        return end, name, values["mode"], begin
    lat, lon = values["daddr"].split(",")
    return LonLat(float(lon), float(lat)), None, values["dirflg"], None


def fields(text: str) -> tuple[LonLat, str]:
    found = dict(part.split(":", 1) for part in text.split("|"))
    lat, lon = found["latlng"].split(",")
    return LonLat(float(lon), float(lat)), found["name"]


def metres(gcj02: LonLat, wgs84: LonLat) -> float:
    lon, lat = gcj2wgs(gcj02.lon, gcj02.lat)
    return abs(float(GEOD.inv(lon, lat, wgs84.lon, wgs84.lat)[2]))


@pytest.mark.parametrize("profile", Profile)
@given(point=NINGBO, here=NINGBO, name=NAMES)
def test_each_app_is_sent_to_the_station(
    profile: Profile, point: LonLat, here: LonLat, name: str
) -> None:
    found = links(point, name, profile, here)
    assert found.keys() == HOSTS.keys()
    for app, link in found.items():
        assert link.isascii()
        there, called, mode, begin = read(app, link)
        assert metres(there, point) < 1
        assert mode == MODES[profile][app]
        if called is not None:
            assert called == ("".join(each for each in name if each not in ",|").strip() or "驿站")
        if begin is not None:
            assert metres(begin, here) < 1


def test_without_a_person_baidu_begins_at_the_station() -> None:
    point = LonLat(121.55, 29.87)
    there, _name, _mode, begin = read("baidu", links(point, "站", Profile.WALK)["baidu"])
    assert begin == there
