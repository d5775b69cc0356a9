"""The figures of the bench of nearest as a page and as a plot."""

import json
from typing import Any

CONNECTIONS = 32


def as_page(figures: dict[str, Any]) -> str:
    """Return the figures as a page of Markdown."""
    parts = ["# Nearest over HTTP\n"]
    for key, count in (("many", figures["stations"]), ("fewer", figures["few"])):
        found = figures[key]
        parts.append(f"\n{count:,} stations, one worker, {CONNECTIONS} connections:\n\n")
        parts.append("| | requests/s | p50 ms | p99 ms | ours to it (least-greatest) |\n")
        parts.append("|---|---|---|---|---|\n")
        for name in (each for each in found if "_to_" not in each):
            one, ratio = found[name], found.get(f"ours_to_{name}")
            shown = (
                "" if ratio is None
                else f"{ratio['median']} ({ratio['least']}-{ratio['greatest']})"
            )  # fmt: skip
            parts.append(
                f"| {name} | {one['rps']:,.0f} | {one['p50_ms']} | {one['p99_ms']} | {shown} |\n"
            )
    parts.append(
        "\nRatios: medians of those within a round (least-greatest). tipg answers items by box, of"
        "\nthe same table and of one with few columns: it has no nearest, no filters of ours and no"
        "\nopen state.\n"
    )
    rest = {key: figures[key] for key in ("in_process", "memory_mb", "while_rebuilding")}
    parts.append(f"\n```json\n{json.dumps(rest, indent=1)}\n```\n")
    return "".join(parts)


def as_plot(figures: dict[str, Any]) -> str:
    """Return bars of requests a second as SVG."""
    bars = [
        (f"{name}, {figures[size]:,}", figures[key][name]["rps"])
        for key, size in (("many", "stations"), ("fewer", "few"))
        for name in figures[key]
        if "_to_" not in name
    ]
    most = max(rps for _name, rps in bars)
    lines = []
    for place, (name, rps) in enumerate(bars):
        y, width = 20 + 26 * place, 420 * rps / most
        lines.append(
            f'<text x="150" y="{y + 14}" text-anchor="end">{name}</text>'
            f'<rect x="158" y="{y}" width="{width:.1f}" height="18" fill="#1c6e8c"/>'
            f'<text x="{164 + width:.1f}" y="{y + 14}">{rps:,.0f}/s</text>'
        )
    height = 30 + 26 * len(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{height}" '
        'font-family="sans-serif" font-size="13"><title>Nearest: requests a second</title>'
        f'<rect width="680" height="{height}" fill="#fff"/>{"".join(lines)}</svg>\n'
    )
