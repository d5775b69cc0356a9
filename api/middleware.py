"""What every reply gets: a request id, a language, security headers, and one line in our log.

The log holds the route's template, the status and milliseconds. It never holds an address with its
parameters, for these carry people's positions.
"""

import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import HTTP_SENTENCES, problem, unexpected

log = logging.getLogger("nuanyi")

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
LANG_COOKIE = "nuanyi_lang"
BODY_MAX_BYTES = 64 * 1024
UPLOAD_PATHS = frozenset({"/v1/imports", "/v1/imports/preview", "/v1/imports/remarks"})
"""Where files are sent to; what else is sent is small."""

DRAWN_MAX_BYTES = 512 * 1024
"""What planners draw or list: 3,000 candidates, or as many corners, with room to spare."""
YEAR_S = 365 * 24 * 3600


ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Shell:
    """The outermost layer: nothing that a route does wrong passes it unanswered."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        frame_ancestors: str,
        tile_origins: str = "",
        upload_max_bytes: int = BODY_MAX_BYTES,
    ) -> None:
        self.app = app
        self.upload_max_bytes = upload_max_bytes
        self.frame_ancestors = frame_ancestors
        self._policy = f"default-src 'none'; frame-ancestors {frame_ancestors}".encode()
        self.tile_origins = tile_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = _first_of_each(scope["headers"])
        given_id = headers.get(b"x-request-id", b"").decode("latin-1")
        state = scope.setdefault("state", {})
        drawn = secrets.token_hex(24)  # of both at once: one call costs as much as the other
        state["nonce"] = drawn[:32]
        state["request_id"] = given_id if REQUEST_ID.fullmatch(given_id) else drawn[32:]
        lang = _asked_language(scope)
        state["lang"] = lang or _preferred_language(headers)
        state["lang_asked"] = lang is not None
        reply = _Reply(send, lambda message: self._add_headers(scope, message))
        # HEAD is answered like GET; the server, which keeps its own scope, leaves the body out
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        max_bytes = self._most_bytes(scope["method"], scope["path"])
        body = _LimitedBody(receive, max_bytes)
        try:
            if _announced_bytes(headers) <= max_bytes:
                await self.app(asked, body.receive, body.unless_too_large(reply.send))
            else:
                body.is_too_large = True
        except Exception as error:  # noqa: BLE001 - the last place that can answer
            _log_unexpected(state["request_id"], error)
            if not reply.begun and not body.is_too_large:
                await unexpected(Request(scope))(scope, receive, reply.send)
        finally:
            if body.is_too_large and not reply.begun:
                refused = problem(Request(scope), 413, "too_large", HTTP_SENTENCES[413])
                await refused(scope, receive, reply.send)
            _log_access(scope, asked.get("route"), reply.status, started)

    def _most_bytes(self, method: str, path: str) -> int:
        if method == "POST" and path in UPLOAD_PATHS:
            return self.upload_max_bytes
        return DRAWN_MAX_BYTES if path.startswith("/v1/coverage") else BODY_MAX_BYTES

    def _add_headers(self, scope: Scope, message: Message) -> None:
        """Add what every reply has; no route sets these itself, but for caching and `Vary`."""
        state = scope["state"]
        given = dict(message["headers"])
        headers = [each for each in message["headers"] if each[0] != b"vary"]
        headers += ALWAYS
        headers.append((b"x-request-id", state["request_id"].encode()))
        if b"cache-control" not in given:
            headers.append((b"cache-control", b"no-cache"))
        varies = [value for name, value in message["headers"] if name == b"vary"]
        if not scope["path"].startswith("/static/"):
            varies.append(b"Accept-Language, Cookie")
            headers.append((b"content-language", state["lang"].encode()))
        if varies:
            headers.append((b"vary", b", ".join(varies)))
        if given.get(b"content-type", b"").startswith(b"text/html"):
            policy = self._page_policy(state["nonce"]).encode()
        else:
            policy = self._policy
        headers.append((b"content-security-policy", policy))
        if state["lang_asked"] and not scope["path"].startswith(("/static/", "/v1/")):
            cookie = f"{LANG_COOKIE}={state['lang']}; Path=/; Max-Age={YEAR_S}; SameSite=Lax"
            headers.append((b"set-cookie", cookie.encode()))
        message["headers"] = headers

    def _page_policy(self, nonce: str) -> str:
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' 'nonce-{nonce}'",
                f"style-src 'self' 'nonce-{nonce}'",
                f"img-src 'self' data: {self.tile_origins}".strip(),
                "connect-src 'self'",
                "font-src 'self'",
                "manifest-src 'self'",
                "frame-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                f"frame-ancestors {self.frame_ancestors}",
            )
        )


class _Reply:
    """Sends a reply with our headers, and remembers its status."""

    def __init__(self, send: Send, add_headers: Callable[[Message], None]) -> None:
        self._send = send
        self._add_headers = add_headers
        self.status = 500
        self.begun = False

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.begun = True
            self._add_headers(message)
        await self._send(message)


class _LimitedBody:
    """Counts the bytes of a body as they come, whatever its header said, and ends it in time."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._seen = 0
        self.is_too_large = False

    async def receive(self) -> Message:
        """Pass one message on; past the limit the body is over."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._max_bytes:
            self.is_too_large = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    def unless_too_large(self, send: Send) -> Send:
        """Keep back what the application makes of a body that was cut off."""

        async def send_unless(message: Message) -> None:
            if not self.is_too_large:
                await send(message)

        return send_unless


def _first_of_each(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    given: dict[bytes, bytes] = {}
    for name, value in headers:
        given.setdefault(name, value)
    return given


def _announced_bytes(headers: Mapping[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _asked_language(scope: Scope) -> str | None:
    if b"lang" not in scope["query_string"]:
        return None  # as most do; to read all of it takes longer than all the rest of this layer
    asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=None).get("lang", [""])
    return asked[-1] if asked[-1] in {"zh", "en"} else None


def _preferred_language(headers: Mapping[bytes, bytes]) -> str:
    cookies = headers.get(b"cookie")
    remembered = cookie_parser(cookies.decode("latin-1")).get(LANG_COOKIE) if cookies else None
    if remembered in {"zh", "en"}:
        return remembered
    return _accepted_language(headers.get(b"accept-language", b""))


@lru_cache(maxsize=256)
def _accepted_language(accepted: bytes) -> str:
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.decode("latin-1").split(",")[:20]):
        name, _, weight = part.replace(" ", "").partition(";q=")
        try:
            weighed = float(weight or 1)
        except ValueError:
            weighed = 0.0
        ranked.append((-weighed, place, name.lower()))
    for quality, _, name in sorted(ranked):
        if quality < 0 and name.startswith(("zh", "en")):
            return name[:2]
    return "zh"


def _log_access(scope: Scope, route: object, status: int, started: float) -> None:
    if status in {200, 304} and scope["path"].startswith("/static/"):
        return  # a page asks for a dozen files; none of them tells anything
    _write(
        {
            "event": "request",
            "request_id": scope["state"]["request_id"],
            "method": scope["method"] if scope["method"].isalpha() else "?",
            "route": getattr(route, "path", "unmatched"),
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
    )


def _log_unexpected(request_id: str, error: Exception) -> None:
    """Log where an exception rose, and of what class; its text may hold what a user sent."""
    frames = traceback.extract_tb(error.__traceback__)
    _write(
        {
            "event": "unexpected",
            "request_id": request_id,
            "error": type(error).__name__,
            "cause": type(error.__cause__).__name__ if error.__cause__ else None,
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
        }
    )


class _Record(logging.LogRecord):
    """A record as of `log.info`, which would ask for the caller, the thread and the process."""

    _same = vars(log.makeRecord(log.name, logging.INFO, __file__, 0, "", (), None))

    def __init__(self, created: float, line: str) -> None:
        vars(self).update(self._same)
        self.created, self.msg = created, line


def _write(entry: dict[str, object]) -> None:
    now = datetime.now(UTC)
    stamped = {"time": now.isoformat(timespec="milliseconds"), **entry}
    if log.isEnabledFor(logging.INFO):
        log.handle(_Record(now.timestamp(), orjson.dumps(stamped).decode()))
