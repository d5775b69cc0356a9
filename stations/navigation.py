"""Links that open a map app with the way to a station.

Every provider gets GCJ-02, which we convert ourselves, and https only: WeChat blocks app schemes.
AMap takes longitude first; Tencent, Baidu and Apple take latitude first.
"""

from urllib.parse import quote

from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile

APP = "nuanyi"
DECIMALS = 6
MY_PLACE = "%7Cname%3A" + quote("我的位置")
REGION = quote("宁波")
NAMELESS = "驿站"

AMAP_MODES = {Profile.WALK: "walk", Profile.EBIKE: "ride", Profile.TRUCK: "car"}
# the web link knows buses, cars and walkers; people on e-bikes get the way of walkers
TENCENT_TYPES = {Profile.WALK: "walk", Profile.EBIKE: "walk", Profile.TRUCK: "drive"}
BAIDU_MODES = {Profile.WALK: "walking", Profile.EBIKE: "riding", Profile.TRUCK: "driving"}
APPLE_FLAGS = {Profile.WALK: "w", Profile.EBIKE: "w", Profile.TRUCK: "d"}


def links(
    point: LonLat, name: str, profile: Profile, origin: LonLat | None = None
) -> dict[str, str]:
    """Return links to AMap, Tencent, Baidu and Apple for a WGS-84 point.

    `origin` (WGS-84) is where the person is. Baidu's page needs one: without it the station stands
    in, and the app asks for the way from where the phone is.
    """
    there = convert(point, Datum.WGS84, Datum.GCJ02)
    here = there if origin is None else convert(origin, Datum.WGS84, Datum.GCJ02)
    return links_of(there, called(name), profile, latitude_first(here))


def called(name: str) -> str:
    """Return a name as the links have it: without what parts their fields, and encoded."""
    return quote("".join(each for each in name if each not in ",|").strip() or NAMELESS, safe="")


def latitude_first(point: LonLat) -> str:
    """Return a GCJ-02 point as most links have it, encoded."""
    return f"{point.lat:.{DECIMALS}f}%2C{point.lon:.{DECIMALS}f}"


def links_of(there: LonLat, name: str, profile: Profile, here: str) -> dict[str, str]:
    """Return the links to a station in GCJ-02 with a name from `called`.

    `here` comes from `latitude_first`; whoever writes links for many people cuts them where it is.
    """
    lon_first = f"{there.lon:.{DECIMALS}f}%2C{there.lat:.{DECIMALS}f}"
    lat_first = latitude_first(there)
    return {
        "amap": f"https://uri.amap.com/navigation?to={lon_first}%2C{name}"
        f"&mode={AMAP_MODES[profile]}&src={APP}&callnative=1",
        "tencent": f"https://apis.map.qq.com/uri/v1/routeplan?type={TENCENT_TYPES[profile]}"
        f"&to={name}&tocoord={lat_first}&coord_type=2&referer={APP}",
        "baidu": f"https://api.map.baidu.com/direction?origin=latlng%3A{here}{MY_PLACE}"
        f"&destination=latlng%3A{lat_first}%7Cname%3A{name}&mode={BAIDU_MODES[profile]}"
        f"&region={REGION}&output=html&coord_type=gcj02&src=webapp.{APP}.{APP}",
        "apple": f"https://maps.apple.com/?daddr={lat_first}&dirflg={APPLE_FLAGS[profile]}",
    }
