"""JSON of figures: written ten times as fast as by the standard library, which holds up others."""

from typing import Any

import orjson
from fastapi.responses import JSONResponse


class JSONAnswer(JSONResponse):
    """A JSONResponse of plain values; a number that is none becomes null."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return orjson.dumps(content)
