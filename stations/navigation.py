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

AMAP_MODES = {Profile.WALK: "walk", Profile.EBIKE: "ride", Profile.TRUCK: "car"}
TENCENT_TYPES = {Profile.WALK: "walk", Profile.EBIKE: "bike", Profile.TRUCK: "drive"}
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
    return links_of(there, called(name), profile, here)


def called(name: str) -> str:
    """Return a name as the links have it: without what parts their fields, and encoded."""
    return quote("".join(each for each in name if each not in ",|").strip(), safe="")


def links_of(there: LonLat, name: str, profile: Profile, here: LonLat) -> dict[str, str]:
    """Return the links for a station and a person in GCJ-02, and a name from `called`.

    Made by hand of parts that are encoded already: it stands in the hot path of nearest.
    """
    lon, lat = f"{there.lon:.{DECIMALS}f}", f"{there.lat:.{DECIMALS}f}"
    return {
        "amap": f"https://uri.amap.com/navigation?to={lon}%2C{lat}%2C{name}"
        f"&mode={AMAP_MODES[profile]}&src={APP}&callnative=1",
        "tencent": f"https://apis.map.qq.com/uri/v1/routeplan?type={TENCENT_TYPES[profile]}"
        f"&to={name}&tocoord={lat}%2C{lon}&coord_type=2&referer={APP}",
        "baidu": "https://api.map.baidu.com/direction"
        f"?origin=latlng%3A{here.lat:.{DECIMALS}f}%2C{here.lon:.{DECIMALS}f}{MY_PLACE}"
        f"&destination=latlng%3A{lat}%2C{lon}%7Cname%3A{name}&mode={BAIDU_MODES[profile]}"
        f"&region={REGION}&output=html&coord_type=gcj02&src=webapp.{APP}.{APP}",
        "apple": f"https://maps.apple.com/?daddr={lat}%2C{lon}&dirflg={APPLE_FLAGS[profile]}",
    }
