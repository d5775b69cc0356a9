"""Ten thousand questions that cannot be answered, each refused with the name of what is wrong.

They go to the application in this process, without a client between. A question is sound but for
the parameters that were spoilt, so that the field a refusal names can be held against them.
"""

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from api.routes import nearest
from stations.taxonomy import taxonomy

ALONG = "/v1/stations/along"

# Ten in each example: what hypothesis does between two takes longer than a question. Without its
# database, which would keep them all.
TOGETHER = 10
MANY = settings(
    max_examples=1_000,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Reply:
    """What the application answered."""

    status: int
    content_type: str
    body: Any


Ask = Callable[[FastAPI, str, str, str, bytes], Reply]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Send one request to an application, on a loop that serves them all."""
    loop = asyncio.new_event_loop()
    log = logging.getLogger("nuanyi")  # a line a request, and pytest keeps them all
    log.disabled = True

    def ask(app: FastAPI, method: str, path: str, query: str, content: bytes) -> Reply:
        return loop.run_until_complete(_asked(app, method, path, query, content))

    yield ask
    log.disabled = False
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def _asked(app: FastAPI, method: str, path: str, query: str, content: bytes) -> Reply:
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode("ascii"),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    body = b"".join(each.get("body", b"") for each in sent[1:])
    headers = dict(sent[0]["headers"])
    return Reply(sent[0]["status"], headers[b"content-type"].decode(), json.loads(body))


def is_number(text: str) -> bool:
    """Whether it may be read as a number, by whoever is generous."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def spoilt(is_sound: Callable[[str], bool], *likely: str) -> SearchStrategy[bytes]:
    """Values as they are sent, none of which is sound: likely ones, any text, any bytes."""
    texts = st.sampled_from(likely) | st.text(max_size=12)
    sent = texts.map(lambda text: text.encode()) | st.binary(max_size=6)
    return sent.filter(lambda value: not is_sound(value.decode("utf-8", "replace")))


def words(facet: str) -> SearchStrategy[bytes]:
    """Words by commas, one or more of which the taxonomy does not have."""
    known = taxonomy().facet(facet)

    def are_sound(text: str) -> bool:
        return text == "" or all(part.strip() in known for part in text.split(","))

    some = next(iter(known))
    return spoilt(are_sound, ",", " ", f"{some},", f"{some},x", some.upper(), f"{some};{some}")


def choice(*sound: str) -> SearchStrategy[bytes]:
    """Any text but those that may be chosen."""
    return spoilt(sound.__contains__, "", " ", sound[0].upper(), f"{sound[0]} ", f" {sound[0]}")


DEGREES = ("", "nan", "inf", "-inf", "1e400", "1_2", "0x10", "121,55", "121°", "一百", "[1]", "--1")
WHOLE = ("", "1.5", "1e1", "0x5", "1_0", "五", "NaN", "9" * 5_000, "-1", "0", "true", "5;6")
INSTANTS = (
    b"2026-11-23", b"2026-02-30T12:30", b"2026-11-23T24:01", b"2026-11-23T12:30+25:00",
    b"2026-11-23T12:30 ", b"1999-12-31T23:59", b"2100-01-01T00:00", b"\xef\xbc\x92026-11-23T12:30",
)  # fmt: skip

SPOILT: dict[str, SearchStrategy[bytes]] = {
    "lon": spoilt(is_number, *DEGREES) | st.sampled_from([b"180.0000001", b"-181", b"1e300"]),
    "lat": spoilt(is_number, *DEGREES) | st.sampled_from([b"90.0000001", b"-91", b"121.55"]),
    "crs": choice("wgs84", "gcj02", "bd09"),
    "kind": words("kind"),
    "service": words("service"),
    "access": words("access"),
    "entry": words("entry"),
    "tier": words("tier"),
    "no_app": choice("1", "true"),
    "unknown": choice("include"),
    "open": choice("on_arrival", "now", "any"),
    "profile": choice("walk", "ebike", "truck"),
    "sort": choice("minutes", "distance"),
    "limit": spoilt(is_number, *WHOLE) | st.sampled_from([b"0", b"51", b"-5", b"5.5"]),
    "within_m": spoilt(is_number, *WHOLE) | st.sampled_from([b"0", b"20001", b"-5", b"5.5"]),
    "at": spoilt(lambda text: re.match(r"\d{4}-", text, re.ASCII) is not None, "", "now", "12:30")
    | st.sampled_from(INSTANTS),
    "route": choice("include"),
    "events": choice("include"),
}

SOUND: dict[str, bytes] = {
    "lon": b"121.55",
    "lat": b"29.87",
    "crs": b"gcj02",
    "kind": b"rest_station,nursing_room",
    "service": b"microwave",
    "open": b"on_arrival",
    "profile": b"truck",
    "limit": b"50",
    "at": b"2026-11-23T12:30",
    "lang": b"en",
    "nothing": b"%00",
}


@st.composite
def malformed(draw: st.DrawFn) -> tuple[str, set[str]]:
    """Return the parameters of an address and the names of those that are spoilt or missing."""
    wrong = draw(st.sets(st.sampled_from(sorted(SPOILT)), min_size=1, max_size=3))
    also = draw(st.sets(st.sampled_from(sorted(SOUND))))
    missing = wrong & {"lon", "lat"} if draw(st.integers(0, 7)) == 0 else set()
    pairs = [(name, SOUND[name]) for name in sorted(({"lon", "lat"} | also) - missing)]
    # of a parameter that is given twice the last one counts
    pairs += [(name, draw(SPOILT[name])) for name in sorted(wrong - missing)]
    return urlencode(pairs), wrong


def check_refused(reply: Reply, wrong: set[str]) -> None:
    """Refused in both languages, by a name such as `kind` or `line.coordinates.0`."""
    assert reply.status == 422
    assert reply.content_type == "application/problem+json"
    assert str(reply.body["field"]).partition(".")[0] in wrong
    assert reply.body["detail_zh"]
    assert reply.body["detail_en"] != reply.body["detail_zh"]


def without_id(reply: Reply) -> dict[str, Any]:
    return {name: value for name, value in reply.body.items() if name != "request_id"}


@MANY
@given(st.lists(malformed(), min_size=TOGETHER, max_size=TOGETHER))
def test_a_malformed_question_is_refused_by_name_and_never_a_500(
    app: FastAPI, documented_app: FastAPI, ask: Ask, questions: list[tuple[str, set[str]]]
) -> None:
    for query, wrong in questions:
        thin = ask(app, "GET", nearest.PATH, query, b"")
        check_refused(thin, wrong)
    # the last of the ten: the framework alone takes as long as all of this
    assert without_id(thin) == without_id(ask(documented_app, "GET", nearest.PATH, query, b""))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
LINE = {"type": "LineString", "coordinates": [[121.53, 29.86], [121.6, 29.88]]}
AT = "2026-11-23T12:30"


def no_whole_number(value: Any) -> bool:
    """Whether this is no number, not even as text or a truth, which are read as one."""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return not is_number(text)


def lines(coordinates: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return coordinates.map(lambda given: LINE | {"coordinates": given})


def json_words(facet: str) -> SearchStrategy[Any]:
    """Anything but a list, or a list with a word that the taxonomy does not have."""
    known = taxonomy().facet(facet)
    unknown = ANY_JSON.filter(lambda value: value not in list(known)) | st.just("\ud800")
    no_list = ANY_JSON.filter(lambda value: not isinstance(value, list))
    return st.lists(unknown, min_size=1, max_size=3) | no_list


# pairs that are no point on Earth, the wrong way round, or too far from each other
FAR = [[[121.5, 91]], [[29.87, 121.55]], [[-181, 0]], [[1e308, 1e308]], [[100, 30], [121, 30]]]
SPOILT_IN_BODY: dict[str, SearchStrategy[Any]] = {
    "line": ANY_JSON
    | st.sampled_from([LINE | {"type": "Polygon"}, {"type": "LineString"}])
    | lines(ANY_JSON.filter(lambda value: not isinstance(value, list)))
    | lines(st.lists(st.lists(ANY_JSON, max_size=1), max_size=2))
    | lines(st.sampled_from([[[float("nan"), 1]], [[1, float("inf")]], [[121.5] * 4], *FAR])),
    "within_m": ANY_JSON.filter(no_whole_number) | st.sampled_from([0, 5_001, -1, 1.5, 10**400]),
    "crs": ANY_JSON.filter(lambda value: value not in ("wgs84", "gcj02", "bd09")),
    **{facet: json_words(facet) for facet in ("kind", "service", "access", "entry", "tier")},
    "no_app": ANY_JSON.filter(no_whole_number) | st.sampled_from([2, -1, "include"]),
    "unknown": ANY_JSON.filter(lambda value: value is not None and value != "include"),
    "at": ANY_JSON.filter(lambda value: value is not None)
    | st.sampled_from([f"{AT} ", f"{AT}+25:00", "2026-02-30T12:30", AT * 9, "\ud800"]),
    "limit": ANY_JSON.filter(no_whole_number) | st.sampled_from([0, 201, -1, 1.5, 10**400]),
    "colour": ANY_JSON,
}
NO_BODY = st.sampled_from(
    [b"", b"null", b"[", b'{"line":}', b"\xff\xfe", b"nan", b'"\\ud800"', b'{"line":{}'],
) | st.binary(max_size=20)


@st.composite
def malformed_body(draw: st.DrawFn) -> tuple[bytes, set[str]]:
    """Return a body, and the names of what is spoilt in it; `body` where it is none at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(NO_BODY), {"body"}
    wrong = draw(st.sets(st.sampled_from(sorted(SPOILT_IN_BODY)), min_size=1, max_size=3))
    body = {"line": LINE, "within_m": 300, "at": AT, "kind": ["rest_station"]}
    body |= {name: draw(SPOILT_IN_BODY[name]) for name in sorted(wrong)}
    if "line" in wrong and draw(st.booleans()):
        del body["line"]
    return json.dumps(body).encode(), wrong


@settings(MANY, max_examples=200)
@given(st.lists(malformed_body(), min_size=TOGETHER, max_size=TOGETHER))
def test_a_malformed_line_is_refused_by_name_and_never_a_500(
    app: FastAPI, ask: Ask, bodies: list[tuple[bytes, set[str]]]
) -> None:
    for content, wrong in bodies:
        check_refused(ask(app, "POST", ALONG, "", content), wrong)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"[" * 60_000, "body"),
        (b"9" * 5_000, "body"),
        (b'{"a":' * 10_000, "body"),
        (json.dumps({"line": LINE | {"coordinates": [[121.5, 29.8]] * 2_001}}).encode(), "line"),
        (json.dumps({"line": LINE, "kind": ["rest_station"] * 51}).encode(), "kind"),
        (json.dumps({"line": LINE, "at": "2" * 50_000}).encode(), "at"),
    ],
    ids=["nested", "a number", "nested objects", "points", "kinds", "an instant"],
)
def test_too_much_of_anything_is_refused_by_name(
    app: FastAPI, ask: Ask, content: bytes, field: str
) -> None:
    check_refused(ask(app, "POST", ALONG, "", content), {field})
