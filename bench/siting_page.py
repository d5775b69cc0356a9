"""The figures of the bench of siting as a page and as a plot."""

from typing import Any

import numpy as np


def as_page(figures: dict[str, Any]) -> str:
    """Return the figures as a page of Markdown."""
    about = (
        f"{figures['cells']:,} cells, {figures['candidates']:,} candidates, {figures['k']} sites, "
        f"{figures['radius_m']:,.0f} m. Medians (least-greatest)."
    )
    head = "| candidates | greedy with swaps, ms | of the best | proven gap | exact, s | people |"
    parts = [f"# Siting\n\n{about}\n\n{head}\n|---|---|---|---|---|---|\n"]
    parts += [
        f"| {name} | {_spread(one['greedy_ms'])} | {one['greedy_to_exact']:.2%} "
        f"| {one['greedy_gap']:.2%} | {_spread(one['exact_s'])} | {one['people']:,} |\n"
        for name, one in figures["city"].items()
    ]
    peer = figures["peer"]
    parts.append(
        f"\n{figures['few_cells']:,} cells, {figures['candidates']:,} candidates, "
        f"{figures['stations']} stations, beside spopt's MCLP; HiGHS on one thread in both.\n\n"
        "| | seconds | spopt to it |\n|---|---|---|\n"
        f"| greedy | {_spread(peer['greedy_s'])} | {_spread(peer['spopt_to_greedy'])} |\n"
        f"| exact | {_spread(peer['exact_s'])} | {_spread(peer['spopt_to_exact'])} |\n"
        f"| spopt, building | {_spread(peer['build_s'])} | |\n"
        f"| spopt, solving | {_spread(peer['solve_s'])} | |\n"
        f"\nBoth reach {peer['people']:,} people. spopt's solving alone takes "
        f"{_spread(peer['spopt_solve_to_exact'])} times as long as ours with everything.\n"
    )
    return "".join(parts)


def as_plot(figures: dict[str, Any]) -> str:
    """Return bars of milliseconds, on a scale of powers of ten, as SVG."""
    peer, few, many = figures["peer"], figures["few_cells"], figures["cells"]
    spopt_s = peer["build_s"]["median"] + peer["solve_s"]["median"]
    bars = [
        (f"greedy, {few:,} cells", peer["greedy_s"]["median"] * 1000),
        (f"exact, {few:,} cells", peer["exact_s"]["median"] * 1000),
        (f"spopt, {few:,} cells", spopt_s * 1000),
    ]
    for name, one in figures["city"].items():
        bars.append((f"greedy, {many:,} cells, {name}", one["greedy_ms"]["median"]))
        bars.append((f"exact, {many:,} cells, {name}", one["exact_s"]["median"] * 1000))
    lines = []
    for place, (name, ms) in enumerate(bars):
        y, width = 20 + 26 * place, 70 * float(np.log10(max(ms, 0.1) * 10))
        lines.append(
            f'<text x="290" y="{y + 14}" text-anchor="end">{name}</text>'
            f'<rect x="298" y="{y}" width="{width:.1f}" height="18" fill="#1c6e8c"/>'
            f'<text x="{304 + width:.1f}" y="{y + 14}">{ms:,.0f} ms</text>'
        )
    height = 30 + 26 * len(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{height}" '
        'font-family="sans-serif" font-size="13"><title>Siting: milliseconds</title>'
        f'<rect width="800" height="{height}" fill="#fff"/>{"".join(lines)}</svg>\n'
    )


def _spread(values: dict[str, float]) -> str:
    return f"{values['median']:,} ({values['least']:,}-{values['greatest']:,})"
