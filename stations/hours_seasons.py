"""Seasons in texts: by name, by dates, by months; what a name means where no dates are given."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SEASONS = Path(__file__).with_name("seasons.toml")

Dates = tuple[int, int]
"""First and last day as month and day: 501, 930; the last may lie in the next year."""


@dataclass(frozen=True)
class Season:
    """A season as a text names it: summer, winter, other; dates where it gives them."""

    name: str = ""
    dates: Dates | None = None


_MONTH_DAY = r"(\d{1,2})月份?(?:(\d{1,2})[日号])?"
_TO = r"\s*[-至到]+\s*(?:次年|翌年|来年|第二年)?\s*"
DATES = re.compile(rf"(?:每年)?{_MONTH_DAY}{_TO}{_MONTH_DAY}(?:期间|间)?")
MONTHS_ONLY = re.compile(
    rf"(?:每年)?(\d{{1,2}}){_TO}(\d{{1,2}})月份?(?!\d{{1,2}}[日号])(?:期间|间)?"
)
NAMED = re.compile(
    "(?P<summer>夏令时间?|夏令|夏季|夏天)|(?P<winter>冬令时间?|冬令|冬季|冬天)"
    "|(?P<other>其[他余它](?:时间|月份|季节|时段|日期))"
)


def dated(match: re.Match[str]) -> Season | None:
    """Read 5月1日至9月30日; a month without a day is its first day, or its last."""
    first_month, first_day, last_month, last_day = match.groups()
    if (first_day is None) != (last_day is None):
        return None
    return _season(int(first_month), first_day, int(last_month), last_day)


def months_only(match: re.Match[str]) -> Season | None:
    """Read 5-9月."""
    return _season(int(match[1]), None, int(match[2]), None)


def named(match: re.Match[str]) -> Season:
    """Read 夏季, 冬令时, 其他时间."""
    return Season(str(match.lastgroup))


@cache
def assumed() -> dict[str, Dates]:
    """Return the dates of summer and winter where a text gives none (stations/seasons.toml)."""
    with SEASONS.open("rb") as file:
        listed = tomllib.load(file)
    found = {name: (_number(days["first"]), _number(days["last"])) for name, days in listed.items()}
    if set(found) != {"summer", "winter"} or complement(found["summer"]) != found["winter"]:
        raise ValueError(f"{SEASONS.name}: summer and winter must together make the year")
    return found


def complement(dates: Dates) -> Dates:
    """Return the rest of the year."""
    return _stepped(dates[1], 1), _stepped(dates[0], -1)


def make_the_year(seasons: list[Dates]) -> bool:
    """Whether seasons follow one another round the year, without a gap or a day twice."""
    ordered = sorted(seasons)
    return (
        all(
            _stepped(one[1], 1) == two[0]
            for one, two in zip(ordered, ordered[1:] + ordered[:1], strict=True)
        )
        and sum(first > last for first, last in seasons) <= 1
    )


def _season(
    first_month: int, first_day: str | None, last_month: int, last_day: str | None
) -> Season | None:
    if not (1 <= first_month <= 12 and 1 <= last_month <= 12):
        return None
    first = int(first_day or 1)
    last = int(last_day or MONTH_LENGTHS[last_month - 1])
    if not (
        1 <= first <= MONTH_LENGTHS[first_month - 1] and 1 <= last <= MONTH_LENGTHS[last_month - 1]
    ):
        return None
    return Season(dates=(first_month * 100 + first, last_month * 100 + last))


def _stepped(month_day: int, step: int) -> int:
    """Return the day after or before; February has 29 days, of which a year may lack the last."""
    month, day = divmod(month_day, 100)
    day += step
    if day == 0:
        month = (month - 2) % 12 + 1
        return month * 100 + MONTH_LENGTHS[month - 1]
    if day > MONTH_LENGTHS[month - 1] or (month, day, step) == (2, 29, 1):
        return month % 12 * 100 + 101
    return month * 100 + day


def _number(text: str) -> int:
    month, day = text.split("-")
    return int(month) * 100 + int(day)
