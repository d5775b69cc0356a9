"""Page shells: a template with the built assets, the configuration and the texts of a page."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from stations.settings import Tiles

WEB: Final = Path(__file__).resolve().parent
MANIFEST_FILE: Final = WEB / "dist" / ".vite" / "manifest.json"
PAGES: Final = ("courier", "planner", "console", "docs")
LANGUAGES: Final = ("zh", "en")
HTML_LANG: Final = {"zh": "zh-CN", "en": "en"}
# Texts by the first part of their key: those that any page's script may need, and those of one.
# A page is sent no others: a courier's phone has no use for the console's.
SHARED_TEXTS: Final = (
    "closure",
    "common",
    "download",
    "error",
    "event",
    "open",
    "session",
    "warning",
)
PAGE_TEXTS: Final = {
    "courier": ("courier",),
    "planner": ("planner", "score"),
    "console": ("calendar", "console", "import", "standard"),
    "docs": ("docs",),
}


class AssetsNotBuiltError(RuntimeError):
    """The scripts and styles of the pages are missing: web has not been built."""


@dataclass(frozen=True)
class PageConfig:
    """What every page needs to know of the service.

    `demo` is whether any station is made up; `tiles` the operator's base map, if there is one.
    """

    version: str
    hotline: str
    demo: bool
    root_area: str
    tiles: Tiles | None = None
    map_approval_number: str = ""


@dataclass(frozen=True)
class PageAssets:
    """The addresses of one page's script and styles, in loading order."""

    script: str
    styles: tuple[str, ...]


def render_page(page: str, *, lang: str, nonce: str, config: PageConfig) -> str:
    """Return the HTML of `page` in `lang` (zh or en); `nonce` is the reply's CSP nonce.

    Raises AssetsNotBuiltError where Vite has not built the page's assets.
    """
    texts = messages(lang)
    return (
        _environment()
        .get_template(f"{page}.html")
        .render(
            page=page,
            pages=PAGES,
            lang=lang,
            html_lang=HTML_LANG[lang],
            other_lang="en" if lang == "zh" else "zh",
            nonce=nonce,
            config=config,
            assets=page_assets(page),
            t=texts.__getitem__,
            config_json=json_for_script(browser_config(page, lang, config)),
            messages_json=json_for_script(_texts_of(page, texts)),
        )
    )


def messages(lang: str) -> dict[str, str]:
    """Return every text of `lang` by key."""
    file = WEB / "messages" / f"{lang}.json"
    return _read_messages(file, file.stat().st_mtime_ns)


def _texts_of(page: str, texts: dict[str, str]) -> dict[str, str]:
    wanted = (*SHARED_TEXTS, *PAGE_TEXTS[page])
    return {key: text for key, text in texts.items() if key.partition(".")[0] in wanted}


def browser_config(page: str, lang: str, config: PageConfig) -> dict[str, Any]:
    """Return what the page's script reads from its `config` element.

    A key of the tile service goes into its address: the browser sends it, so it is no secret.
    """
    return {
        "page": page,
        "lang": lang,
        "version": config.version,
        "hotline": config.hotline,
        "demo": config.demo,
        "root_area": config.root_area,
        "tiles": None if config.tiles is None else _browser_tiles(config.tiles),
        "map_approval_number": config.map_approval_number,
    }


def page_assets(page: str) -> PageAssets:
    """Return the built script and styles of `page`, by Vite's manifest."""
    try:
        changed_at = MANIFEST_FILE.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise AssetsNotBuiltError(
            f"{MANIFEST_FILE} is missing: run npm ci and npm run build in {WEB}"
        ) from error
    manifest = _read_manifest(MANIFEST_FILE, changed_at)
    entry = f"{page}/main.ts"
    if entry not in manifest:
        raise AssetsNotBuiltError(f"{entry} has not been built: run npm run build in {WEB}")
    styles = dict.fromkeys(_styles(manifest, entry, set()))
    return PageAssets(
        script=f"/static/{manifest[entry]['file']}",
        styles=tuple(f"/static/{style}" for style in styles),
    )


def _styles(manifest: dict[str, Any], key: str, seen: set[str]) -> list[str]:
    """Styles of the shared chunks first, so that a page's own rules win."""
    if key in seen:
        return []
    seen.add(key)
    chunk = manifest[key]
    shared_chunks = chunk.get("imports", ())
    found = [style for shared in shared_chunks for style in _styles(manifest, shared, seen)]
    return found + list(chunk.get("css", ()))


def _browser_tiles(tiles: Tiles) -> dict[str, Any]:
    key = tiles.key.get_secret_value() if tiles.key else ""
    return {
        "url": tiles.url.replace("{key}", key),
        "subdomains": tiles.subdomains,
        "datum": tiles.datum.value,
        "attribution": tiles.attribution,
        "max_zoom": tiles.max_zoom,
    }


def json_for_script(value: object) -> Markup:
    """Return JSON that cannot end the script element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # every character that HTML reads is escaped above


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(WEB / "pages"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _read_messages(file: Path, changed_at_ns: int) -> dict[str, str]:  # noqa: ARG001  # cache key
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return texts


@cache
def _read_manifest(file: Path, changed_at_ns: int) -> dict[str, Any]:  # noqa: ARG001  # cache key
    manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return manifest
