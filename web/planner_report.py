"""Coverage as one HTML file to mail: the map with its figures, and nothing to fetch.

Under the map stand the headline, the districts, backup, sole stations and the 24-hour curve.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from stations.coverage_files import CLASSES, GROUPS
from web.pages import HTML_LANG, WEB, messages
from web.planner_curve import curve_section, table
from web.planner_map import MapAssets, map_assets, render_coverage_map
from web.planner_numbers import NO_NUMBER, share_words
from web.planner_view import CoverageMapView, to_minute

STATIC: Final = "/static/"
POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:"
)
SCRIPT: Final = re.compile(r'<script nonce="[^"]*" src="([^"]+)"></script>')
LINK: Final = re.compile(r'<link nonce="[^"]*" rel="(stylesheet|icon)" href="([^"]+)"[^>]*>')
URL: Final = re.compile(r"url\((?!['\"]?data:)[^)]*\)")
COLUMNS: Final = (
    "stations",
    "single_points",
    *(f"{group}_{name}" for group in GROUPS for name in CLASSES),
)
BACKUP: Final = {"0": "beyond", "1": "1", "2": "2", "3+": "3"}
"""By how many stations residents are reached: in a report, and in the legend of the map."""


def render_report(
    view: CoverageMapView,
    report: Mapping[str, Any],
    hours: Mapping[str, Any],
    *,
    lang: str,
    assets: MapAssets | None = None,
) -> str:
    """Return the map with the figures of `report` under it, as one document for a disk.

    `hours` is the answer of `coverage.hours` to the same question. `view` has no tiles: ValueError
    where it has. `assets` are the built files unless given. The same figures are the same bytes.
    Raises what `render_coverage_map` raises.
    """
    if view.tiles is not None:
        raise ValueError("a file that opens without a network has no tiles")
    nonce = secrets.token_hex(16)
    page = render_coverage_map(view, lang=lang, nonce=nonce, assets=assets or map_assets())
    page = SCRIPT.sub(lambda found: _script(found[1], nonce), page)
    page = LINK.sub(lambda found: _style(found[1], found[2], nonce), page)
    policy = POLICY.format(nonce=nonce)
    head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    page = page.replace("<head>", head, 1)
    page = page.replace('<body class="coverage-map">', '<body class="coverage-map report">', 1)
    before, end, after = page.rpartition("</main>")
    page = f"{before}{end}{_figures(report, hours, lang)}{after}"
    # of all that it stands for, so that nothing in the page can have known it
    lasting = hashlib.sha256(page.replace(nonce, "").encode()).hexdigest()[: len(nonce)]
    return page.replace(nonce, lasting)


def _script(address: str, nonce: str) -> str:
    text = _file(address).replace("</script", "<\\/script")
    return f'<script nonce="{nonce}">{text}</script>'


def _style(kind: str, address: str, nonce: str) -> str:
    """Return the style itself; the icon and pictures of Leaflet's own markers are left out."""
    if kind == "icon":
        return ""
    return f'<style nonce="{nonce}">{URL.sub("none", _file(address))}</style>'


def _file(address: str) -> str:
    path = Path(WEB) / "dist" / address.removeprefix(STATIC)
    return path.read_text(encoding="utf-8")


def _figures(report: Mapping[str, Any], hours: Mapping[str, Any], lang: str) -> Markup:
    texts = messages(lang)

    def words(key: str, **numbers: object) -> str:
        return texts[key].format(**numbers)

    rows = [_cells(row, row["stations"], lang) for row in report["areas"]]
    total = {**report, "name": report["area_name"], "name_en": report["area_name_en"]}
    rows.append(_cells(total, report["stations"]["counted"], lang))
    heads = [words("planner.column_name"), *(_head(name, words) for name in COLUMNS)]
    residents = report["demand"]["residents"]["total"]
    return Markup(
        '<section class="report-figures" lang="{}"><h2>{}</h2><ul>{}</ul>{}<p>{}</p>{}</section>'
    ).format(
        HTML_LANG[lang],
        words("planner.headline"),
        Markup("").join(Markup("<li>{}</li>").format(line) for line in _headline(report, words)),
        table(heads, rows),
        words("planner.single_points_note"),
        Markup("").join(
            [
                _backup(report, words),
                _sole(report, words),
                # of nobody there is no share to draw
                curve_section(hours, residents, words) if residents else "",
            ]
        ),
    )


def _backup(report: Mapping[str, Any], words: Callable[..., str]) -> Markup:
    """Return how many residents have one station, and how many another behind it."""
    total = report["demand"]["residents"]["total"]
    counts, sure = report["backup"], report["effective"]["backup"]
    heads = ("stations", "residents", "share", "effective")
    rows = [
        [
            words(f"planner.map_band_backup_{name}", minutes=report["minutes"]),
            f"{counts[key]:,}",
            share_words(counts[key], total),
            share_words(sure[key], total),
        ]
        for key, name in BACKUP.items()
    ]
    return Markup("<h2>{}</h2>{}").format(
        words("planner.report_backup"),
        table([words(f"planner.report_backup_{head}") for head in heads], rows),
    )


def _sole(report: Mapping[str, Any], words: Callable[..., str]) -> Markup:
    """Return the stations whose closing would leave most people without any."""
    points = report["single_points"]
    listed = points["stations"]
    heading = Markup('<div class="report-sole"><h2>{}</h2><p>{}</p>{}</div>')
    if not listed:
        return heading.format(
            words("planner.single_heading"), words("planner.single_none"), Markup("")
        )
    rows = [[each["name"], f"{each['residents']:,}", f"{each['workers']:,}"] for each in listed]
    return heading.format(
        words("planner.single_heading"),
        words(
            "planner.report_single_hint", count=f"{points['numberMatched']:,}", shown=len(listed)
        ),
        table(
            [words(f"planner.single_{column}") for column in ("name", "residents", "workers")], rows
        ),
    )


def _head(name: str, words: Callable[..., str]) -> str:
    column = words(f"planner.column_{name}")
    group = name.partition("_")[0]
    return f"{words(f'planner.{group}')} · {column}" if group in GROUPS else column


def _cells(row: Mapping[str, Any], stations: int, lang: str) -> list[str]:
    name = (row["name_en"] if lang == "en" else None) or row["name"]
    found = [stations, row["single_points"]["numberMatched"]]
    found += [row["demand"][group][name] for group in GROUPS for name in CLASSES]
    return [name, *(f"{number:,}" for number in found)]


def _headline(report: Mapping[str, Any], words: Callable[..., str]) -> list[str]:
    """Return the figures asked for first, each with what counts of it for certain."""
    people, sure = report["demand"], report["effective"]
    total = people["residents"]["total"]
    cross, sure_cross = (each["backup"]["2"] + each["backup"]["3+"] for each in (report, sure))
    minutes = report["minutes"]
    shown = [
        (
            words("planner.figure_served", minutes=minutes),
            share_words(people["residents"]["served"], total),
            share_words(sure["demand"]["residents"]["served"], total),
        ),
        (words("planner.figure_cross"), share_words(cross, total), share_words(sure_cross, total)),
        (
            words("planner.figure_workers"),
            share_words(people["workers"]["served"], people["workers"]["total"]),
            share_words(sure["demand"]["workers"]["served"], people["workers"]["total"]),
        ),
    ]
    lines = [
        f"{name} {nominal} ({words('planner.effective', value=certain)})"
        for name, nominal, certain in shown
    ]
    for name in ("median", "p90"):
        known = report["nearest"][f"{name}_minutes"]
        value = words("planner.over_minutes", minutes=minutes) if known is None else f"{known:.1f}"
        value = value if total else NO_NUMBER
        lines.append(f"{words(f'planner.figure_{name}')} {value}")
    at = report["at"]
    note = words(
        "planner.effective_note" if at is None else "planner.effective_note_at",
        days=sure["within_days"],
        stations=f"{sure['stations']:,}",
        when="" if at is None else to_minute(at),
    )
    return [*lines, *_counted(report, words), note]


def _counted(report: Mapping[str, Any], words: Callable[..., str]) -> list[str]:
    """Say how many stations count, which do not and why, and what unknown hours may hide."""
    lines = [words("planner.counted", stations=f"{report['stations']['counted']:,}")]
    reasons = [
        words("planner.left_out_one", reason=words(f"planner.left_out_{reason}"), count=f"{n:,}")
        for reason, n in report["stations"]["left_out"].items()
        if n
    ]
    if reasons:
        separator = words("common.list_separator")
        lines.append(words("planner.left_out", reasons=separator.join(reasons)))
    possible = report["served_if_unknown_open"]
    if possible is not None:
        people = f"{possible['residents']:,}"
        lines.append(words("planner.served_if_unknown_open", people=people))
    return lines
