"""A page as one file that opens from a disk, with no network: what it fetches is put into it."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

DIST = Path(__file__).parent / "dist"

SCRIPT = re.compile(r"<script([^>]*)\ssrc=\"/static/([^\"]+)\"([^>]*)></script>")
STYLE = re.compile(r"<link([^>]*)\shref=\"/static/([^\"]+)\"([^>]*)/?>")
URL = re.compile(r"url\((['\"]?)([^)'\"]+)\1\)")
NONCE = re.compile(r"\snonce=\"[^\"]*\"")
MEDIA = {".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".gif": "image/gif"}


class NotOneFileError(RuntimeError):
    """Something of the page lies outside of it, and could not be put into it."""


def as_one_file(html: str) -> str:
    """Return a page of ours with its scripts, styles and pictures in it.

    Raises NotOneFileError where it would still fetch something.
    """
    whole = STYLE.sub(_styles, SCRIPT.sub(_script, NONCE.sub("", html)))
    left = re.search(r"(?:src|href)=\"(/[^\"]*|https?:[^\"]*\.(?:js|css|png|svg))\"", whole)
    if left is not None:
        raise NotOneFileError(f"the page still fetches {left[1]}")
    return whole


def _script(found: re.Match[str]) -> str:
    code = _read(found[2]).replace("</script", "<\\/script")
    attributes = f"{found[1]}{found[3]}".replace(" defer", "").replace(" async", "")
    return f"<script{attributes}>{code}</script>"


def _styles(found: re.Match[str]) -> str:
    if "stylesheet" not in f"{found[1]}{found[3]}":
        return ""  # an icon, a preload
    folder = Path(found[2]).parent
    return f"<style>{URL.sub(_embedded(folder), _read(found[2]))}</style>"


def _embedded(folder: Path) -> Callable[[re.Match[str]], str]:
    def embedded(found: re.Match[str]) -> str:
        name = found[2]
        if name.startswith(("data:", "#")):
            return found[0]
        path = (
            DIST / name.removeprefix("/static/") if name.startswith("/") else DIST / folder / name
        )
        media = MEDIA.get(path.suffix)
        if media is None or not path.is_file():
            raise NotOneFileError(f"a style fetches {name}")
        return f"url(data:{media};base64,{base64.b64encode(path.read_bytes()).decode()})"

    return embedded


def _read(name: str) -> str:
    return (DIST / name).read_text(encoding="utf-8")
