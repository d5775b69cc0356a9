"""Makes hours of a column of opening times and one of closing times; nothing in them is lost."""

from stations.cell_values import time_of
from stations.hours import parse_hours
from stations.import_report import shown

MIDNIGHT = "00:00"
OPENS, CLOSES = "开门时间", "关门时间"

Remark = tuple[str, str, str]
"""What is odd about the cells: in Chinese, in English, and its code."""


def hours_of(opens: str, closes: str) -> tuple[str, Remark | None]:
    """Return the hours that two cells tell, of which one may be empty.

    Midnight twice is what empty cells show that are formatted as times: it is no round the clock.
    What does not make hours stays as text, and is not read as hours.
    """
    told = {name: time_of(text) for name, text in ((OPENS, opens), (CLOSES, closes)) if text}
    as_written = "；".join(f"{name}：{text}" for name, text in told.items())
    times = list(told.values())
    if times == [MIDNIGHT, MIDNIGHT]:
        en = f"“{shown(as_written)}” may be empty cells that are formatted as times; no 24/7"
        return as_written, (
            f"“{shown(as_written)}”可能是空的时间格，不按 24 小时收",
            en,
            "midnight_twice",
        )
    is_whole = parse_hours(times[0]) is not None
    if len(times) > 1:
        opening, closing = times
        return (opening if is_whole and opening == closing else f"{opening}-{closing}"), None
    text = times[0] if is_whole else as_written
    return text, (
        f"开门和关门时间只写了一个，按原文“{shown(text)}”收",
        f"only one of opening and closing is told; kept as “{shown(text)}”",
        "half_of_hours",
    )
