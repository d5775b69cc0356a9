"""The 24-hour curve as plain SVG, for a file that no script draws in, and its numbers as a table.

It has to be read in black and white too: what is known is a thick line, what unknown hours leave
open is hatched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from web.planner_numbers import share_words

DAYS: Final = ("weekday", "weekend")
HOURS: Final = 24
HOURS_BETWEEN_WORDS: Final = 4

# As wide as a phone shows it, so that its words keep their size there; two stand side by side.
WIDTH, HEIGHT = 330, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 22
INK, SOFT, BAND = "#023858", "#57534e", "#74a9cf"

Words = Callable[..., str]
Day = Mapping[str, Any]

HATCH: Final = Markup(
    '<defs><pattern id="{id}" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="6" height="6" fill="{band}"'
    ' fill-opacity="0.35"/><path d="M0 0V6" stroke="{ink}" stroke-width="1.5"/></pattern></defs>'
)


def curve_section(hours: Mapping[str, Any], total: int, words: Words) -> Markup:
    """Return both days of an answer of `coverage.hours`, of whose area `total` are residents."""
    return Markup(
        '<h2>{}</h2><div class="report-curves">{}</div><ul class="report-legend">{}</ul>{}'
    ).format(
        words("planner.curve_heading"),
        Markup("").join(_figure(name, hours[name], total, words) for name in DAYS),
        _legend(words),
        _table(hours, total, words),
    )


def _figure(name: str, day: Day, total: int, words: Words) -> Markup:
    title = words(f"planner.curve_{name}", date=day["date"][5:])
    return Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(
        title, _picture(name, day, total, _said(title, day, total, words))
    )


def _said(title: str, day: Day, total: int, words: Words) -> str:
    """Say what the picture shows, for whoever does not see it."""
    known, possible = day["residents_served"], day["residents_served_if_unknown_open"]
    least, most = min(known), max(known)
    return words(
        "planner.report_curve_said",
        day=title,
        least=share_words(least, total),
        least_hour=_hour(known.index(least)),
        most=share_words(most, total),
        most_hour=_hour(known.index(most)),
        possible=share_words(max(possible), total),
    )


def _picture(name: str, day: Day, total: int, said: str) -> Markup:
    low = _steps(day["residents_served"], total)
    high = _steps(day["residents_served_if_unknown_open"], total)
    percents = range(0, 101, 25)
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}'
        '<polygon points="{}" fill="url(#hatch-{})"/>'
        '<polyline points="{}" fill="none" stroke="{}" stroke-dasharray="4 3"/>'
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="3"/></svg>'
    ).format(
        WIDTH,
        HEIGHT,
        said,
        _hatch(name),
        Markup("").join(
            [
                *map(_level, percents),
                *map(_hour_mark, range(0, HOURS + 1, HOURS_BETWEEN_WORDS)),
            ]
        ),
        _points([*low, *reversed(high)]),
        name,
        _points(high),
        INK,
        _points(low),
        INK,
    )


def _hatch(name: str) -> Markup:
    return HATCH.format(id=f"hatch-{name}", band=BAND, ink=INK)


def _level(percent: int) -> Markup:
    level = _y(percent / 100)
    return Markup('<path d="M{} {:.1f}H{}" stroke="#d6d3d1"/>{}').format(
        LEFT, level, WIDTH - RIGHT, _text(f"{percent}%", LEFT - 5, level + 4, "end")
    )


def _hour_mark(hour: int) -> Markup:
    return _text(str(hour), _x(hour), HEIGHT - 6, "middle")


def _text(text: str, x: float, y: float, anchor: str) -> Markup:
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="12" fill="{}">{}</text>'
    ).format(x, y, anchor, SOFT, text)


def _legend(words: Words) -> Markup:
    line = Markup('<path d="M0 7H26" stroke="{}" stroke-width="3"/>').format(INK)
    band = Markup('{}<rect width="26" height="14" fill="url(#hatch-legend)"/>').format(
        _hatch("legend")
    )
    item = Markup(
        '<li><svg viewBox="0 0 26 14" width="26" height="14" aria-hidden="true">{}</svg> {}</li>'
    )
    return item.format(line, words("planner.report_curve_known")) + item.format(
        band, words("planner.curve_legend_band")
    )


def _table(hours: Mapping[str, Any], total: int, words: Words) -> Markup:
    heads = [
        words("planner.curve_hour"),
        *(words(f"planner.curve_column_{name}") for name in DAYS),
        *(words(f"planner.curve_open_{name}") for name in DAYS),
    ]
    rows = (
        [
            _hour(hour),
            *(_between(hours[name], hour, total) for name in DAYS),
            *(f"{hours[name]['stations_open'][hour]:,}" for name in DAYS),
        ]
        for hour in range(HOURS)
    )
    return Markup("<details><summary>{}</summary>{}</details>").format(
        words("planner.curve_table"), table(heads, rows)
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table whose rows begin with what they are about."""
    row = Markup('<tr><th scope="row">{}</th>{}</tr>')
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        Markup("").join(Markup('<th scope="col">{}</th>').format(head) for head in heads),
        Markup("").join(
            row.format(name, Markup("").join(Markup("<td>{}</td>").format(cell) for cell in cells))
            for name, *cells in rows
        ),
    )


def _between(day: Day, hour: int, total: int) -> str:
    low = share_words(day["residents_served"][hour], total)
    high = share_words(day["residents_served_if_unknown_open"][hour], total)
    return low if low == high else f"{low} – {high}"


def _steps(values: Sequence[int], total: int) -> list[tuple[float, float]]:
    """Return the corners of a line that keeps each hour's value until the next."""
    return [
        (_x(at), _y(value / total if total else 0.0))
        for hour, value in enumerate(values)
        for at in (hour, hour + 1)
    ]


def _points(corners: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _x(hour: float) -> float:
    return LEFT + hour / HOURS * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _hour(hour: int) -> str:
    return f"{hour:02}:00"
