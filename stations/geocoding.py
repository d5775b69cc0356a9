"""Asks a map provider where an address is: 高德 (AMap) or 天地图, by a key of the operator's own.

Nothing asks by itself: only `nuanyi geocode` does. AMap answers in GCJ-02, 天地图 in CGCS2000,
which is WGS-84 for us. An answer that only names a town, a village or a road is no answer: a place
shown in the middle of a road sends people the wrong way. Keys are in no log and no message.

The forms of the answers are those that the providers describe (https://lbs.amap.com/api/webservice,
http://lbs.tianditu.gov.cn/server/geocodinginterface.html); they were not asked themselves here.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import SecretStr

from geo.coordinates import Datum, LonLat
from stations.errors import GeocoderError
from stations.settings import LOOPBACK_HOSTS
from stations.station import GivenPosition

TIMEOUT_S = 10.0
LARGEST_ANSWER_BYTES = 1_000_000
INTERVAL_S = 0.4  # free keys of both are limited to a few questions a second
ATTEMPTS = 4
FIRST_PAUSE_S = 1.0

# What a provider calls an answer that is no door: areas, villages, roads.
COARSE = frozenset(
    (
        "国家",
        "省",
        "市",
        "区县",
        "县",
        "区",
        "乡镇",
        "街道",
        "村庄",
        "村",
        "开发区",
        "热点商圈",
        "道路",
        "道路名",
        "行政区划",
        "地名",
        "未知",
    )
)
LOWEST_SCORE = 60

# AMap: asked too often at once. All other codes than 10000 (right) and 2xxxx and 3xxxx (the
# question or its service) are about the key or the day's share.
AMAP_TOO_OFTEN = frozenset({"10004", "10014", "10015", "10019", "10020", "10021", "10029"})

Answer = Mapping[str, Any]


class _TryAgainError(Exception):
    """The provider did not answer this time."""


@dataclass(frozen=True)
class Provider:
    """A provider: what it is called, what its coordinates mean, how to ask and to read it."""

    name: str
    datum: Datum
    url: str
    question: Callable[[str, str, str], dict[str, str]]  # address, city, key
    read: Callable[[Answer], LonLat | None]


def _amap_question(address: str, city: str, key: str) -> dict[str, str]:
    return {"address": address, "city": city, "output": "JSON", "key": key}


def _amap_answer(answer: Answer) -> LonLat | None:
    code = str(answer.get("infocode", ""))
    if str(answer.get("status")) != "1":
        if code in AMAP_TOO_OFTEN:
            raise _TryAgainError
        if code.startswith(("2", "3")):
            return None  # it makes nothing of this address
        raise _refused("高德", code)
    found = answer.get("geocodes")
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return None
    if str(found[0].get("level", "")) in COARSE:
        return None
    lon, _, lat = str(found[0].get("location", "")).partition(",")
    return _point(lon, lat)


def _tianditu_question(address: str, city: str, key: str) -> dict[str, str]:
    words = address if address.startswith(city) else city + address
    return {"ds": json.dumps({"keyWord": words}, ensure_ascii=False), "tk": key}


def _tianditu_answer(answer: Answer) -> LonLat | None:
    status = str(answer.get("status", answer.get("code", "")))
    if status in {"1", "101", "404"}:
        return None
    found = answer.get("location")
    if status != "0":
        raise _refused("天地图", status)
    if not isinstance(found, dict) or str(found.get("level", "")) in COARSE:
        return None
    score = found.get("score")
    if isinstance(score, int | float) and score < LOWEST_SCORE:
        return None
    return _point(found.get("lon"), found.get("lat"))


def _point(lon: object, lat: object) -> LonLat | None:
    try:
        point = LonLat(float(str(lon)), float(str(lat)))
    except ValueError:
        return None
    return point if abs(point.lon) <= 180 and abs(point.lat) <= 90 else None


def _refused(name: str, code: str) -> GeocoderError:
    safe = code if code.isalnum() and len(code) <= 10 else "?"
    return GeocoderError(
        provider=name,
        problem_zh=f"拒绝了请求（代码 {safe}）：请检查密钥和当天的额度",
        problem_en=f"it refused (code {safe}): check the key and what it may ask in a day",
    )


PROVIDERS = {
    "amap": Provider(
        "高德",
        Datum.GCJ02,
        "https://restapi.amap.com/v3/geocode/geo",
        _amap_question,
        _amap_answer,
    ),
    "tianditu": Provider(
        "天地图",
        Datum.WGS84,
        "https://api.tianditu.gov.cn/geocoder",
        _tianditu_question,
        _tianditu_answer,
    ),
}


class Geocoder:
    """Asks one provider, one address at a time, at its pace, and again where it does not answer."""

    def __init__(
        self,
        provider: Provider,
        key: SecretStr,
        *,
        interval_s: float = INTERVAL_S,
        pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        parts = urlsplit(provider.url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
            raise GeocoderError(
                provider=provider.name,
                problem_zh="只用 https 询问",
                problem_en="it is asked by https only",
            )
        self.provider = provider
        self._key = key
        self._interval_s = interval_s
        self._pause_s = pause_s
        self._asked_at = 0.0
        self._opener = build_opener(_NoRedirects)

    def find(self, address: str, city: str) -> GivenPosition | None:
        """Return where an address is, in the provider's datum; None where it does not know.

        Raises GeocoderError where the provider refuses, or does not answer after all attempts.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause_s * 2 ** (attempt - 1))
            try:
                point = self.provider.read(self._ask(address, city))
            except _TryAgainError:
                continue
            return None if point is None else GivenPosition(point, self.provider.datum)
        raise GeocoderError(
            provider=self.provider.name,
            problem_zh=f"试了 {ATTEMPTS} 次都没有回答",
            problem_en=f"no answer in {ATTEMPTS} attempts",
        )

    def _ask(self, address: str, city: str) -> Answer:
        wait_s = self._asked_at + self._interval_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        self._asked_at = time.monotonic()
        question = self.provider.question(address, city, self._key.get_secret_value())
        request = Request(  # noqa: S310 - https, checked above
            f"{self.provider.url}?{urlencode(question)}", headers={"User-Agent": "nuanyi"}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as reply:
                content = reply.read(LARGEST_ANSWER_BYTES + 1)
        except HTTPError as error:
            status = error.code
            error.close()
            if status == 429 or status >= 500:
                raise _TryAgainError from None
            raise _refused(self.provider.name, str(status)) from None
        except (URLError, HTTPException, OSError):  # their text may hold the address with the key
            raise _TryAgainError from None
        try:
            answer = json.loads(content) if len(content) <= LARGEST_ANSWER_BYTES else None
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise _TryAgainError
        return answer


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would take the key elsewhere."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        """Follow none."""
