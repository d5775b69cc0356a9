"""Links that open a map app with the way to a station.

Every provider gets GCJ-02, which we convert ourselves, and https only: WeChat blocks app schemes.
AMap takes longitude first; Tencent, Baidu and Apple take latitude first.
"""

from urllib.parse import quote, urlencode

from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile

APP = "nuanyi"
DECIMALS = 6

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
    called = "".join(each for each in name if each not in ",|").strip()
    lon, lat = f"{there.lon:.{DECIMALS}f}", f"{there.lat:.{DECIMALS}f}"
    return {
        "amap": "https://uri.amap.com/navigation?"
        + _query(to=f"{lon},{lat},{called}", mode=AMAP_MODES[profile], src=APP, callnative="1"),
        "tencent": "https://apis.map.qq.com/uri/v1/routeplan?"
        + _query(
            type=TENCENT_TYPES[profile],
            to=called,
            tocoord=f"{lat},{lon}",
            coord_type="2",
            referer=APP,
        ),
        "baidu": "https://api.map.baidu.com/direction?"
        + _query(
            origin=f"latlng:{here.lat:.{DECIMALS}f},{here.lon:.{DECIMALS}f}|name:我的位置",
            destination=f"latlng:{lat},{lon}|name:{called}",
            mode=BAIDU_MODES[profile],
            region="宁波",
            output="html",
            coord_type="gcj02",
            src=f"webapp.{APP}.{APP}",
        ),
        "apple": "https://maps.apple.com/?"
        + _query(daddr=f"{lat},{lon}", dirflg=APPLE_FLAGS[profile]),
    }


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote)
