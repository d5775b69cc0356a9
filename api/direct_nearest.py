"""Nearest before the framework: it is asked all day, and of one question the framework is the most.

What needs more than an answer from the directory goes on to the documented route: what is asked
wrongly, so that it is refused in the framework's words; what asks from another site or for events;
and everything until the directory is there. Both give the same answers, which a test compares.
"""

import zlib

from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from api import nearest_query
from api.nearest_query import Asked
from api.routes.nearest import CACHE_CONTROL, PATH, from_directory
from stations.directory_keeper import DirectoryKeeper
from stations.errors import NuanyiError

COMPRESSED_FROM_BYTES = 1_000
COMPRESSION = 5
"""As the application compresses what other routes answer."""

WBITS_GZIP = 16 + zlib.MAX_WBITS


class DirectNearest:
    """Answers what it can, and passes on the rest."""

    def __init__(self, app: ASGIApp, keeper: DirectoryKeeper) -> None:
        self.app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            headers, held = dict(reversed(scope["headers"])), self._keeper.held  # the first counts
            asked = None if held is None or b"origin" in headers else _read(scope["query_string"])
            if held is not None and asked is not None:
                scope["route"] = _Logged
                body = from_directory(asked, held, scope["state"]["lang"])
                await _send(send, body, held.age_s(), headers.get(b"accept-encoding", b""))
                return
        await self.app(scope, receive, send)


def _read(query_string: bytes) -> Asked | None:
    try:
        asked = nearest_query.read(nearest_query.parse(query_string))
    except (ValidationError, NuanyiError):
        return None
    return None if asked.with_events else asked


async def _send(send: Send, body: bytes, age_s: int, accepted: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", CACHE_CONTROL.encode()),
        (b"age", b"%d" % age_s),
    ]
    varies = b"Origin"
    if len(body) >= COMPRESSED_FROM_BYTES:
        varies = b"Accept-Encoding, Origin"
        if b"gzip" in accepted:
            packer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, WBITS_GZIP)
            body = packer.compress(body) + packer.flush()
            headers.append((b"content-encoding", b"gzip"))
    headers.append((b"vary", varies))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Logged:
    """What our log reads of a route."""

    path = PATH
