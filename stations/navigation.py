"""Links that open a map app with the way to a station.

Every provider gets GCJ-02, which we convert ourselves, and https only: WeChat blocks app schemes.
AMap takes longitude first; Tencent, Baidu and Apple take latitude first.
"""

from urllib.parse import quote

from geo.coordinates import Datum, LonLat, convert
from geo.profiles import Profile

APP = "nuanyi"
PROVIDERS = ("amap", "tencent", "baidu", "apple")
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
    return dict(zip(PROVIDERS, LinksFrom(here, profile).to(there, called(name)), strict=True))


def called(name: str) -> str:
    """Return a name as the links have it: without what parts their fields, and encoded."""
    return quote("".join(each for each in name if each not in ",|").strip(), safe="")


class LinksFrom:
    """The links of one person (GCJ-02), to one station after the other.

    Made by hand of parts that are encoded already: they stand in the hot path of nearest.
    """

    def __init__(self, here: LonLat, profile: Profile) -> None:
        self._amap = f"&mode={AMAP_MODES[profile]}&src={APP}&callnative=1"
        self._tencent = (
            f"https://apis.map.qq.com/uri/v1/routeplan?type={TENCENT_TYPES[profile]}&to="
        )
        self._baidu = (
            "https://api.map.baidu.com/direction"
            f"?origin=latlng%3A{here.lat:.{DECIMALS}f}%2C{here.lon:.{DECIMALS}f}{MY_PLACE}"
            "&destination=latlng%3A"
        )
        self._baidu_end = (
            f"&mode={BAIDU_MODES[profile]}&region={REGION}&output=html&coord_type=gcj02"
            f"&src=webapp.{APP}.{APP}"
        )
        self._apple = f"&dirflg={APPLE_FLAGS[profile]}"

    def to(self, there: LonLat, name: str) -> tuple[str, str, str, str]:
        """Return the links to a station in GCJ-02, in the order of `PROVIDERS`.

        Its name comes from `called`.
        """
        lon, lat = f"{there.lon:.{DECIMALS}f}", f"{there.lat:.{DECIMALS}f}"
        lat_lon = f"{lat}%2C{lon}"
        return (
            f"https://uri.amap.com/navigation?to={lon}%2C{lat}%2C{name}{self._amap}",
            f"{self._tencent}{name}&tocoord={lat_lon}&coord_type=2&referer={APP}",
            f"{self._baidu}{lat_lon}%7Cname%3A{name}{self._baidu_end}",
            f"https://maps.apple.com/?daddr={lat_lon}{self._apple}",
        )
