"""Shares as planners read them, the same in Python as in `planner/numbers.ts`."""

from typing import Final

NO_NUMBER: Final = "—"
"""What stands where there is no number: a share of nobody is not 0 %."""


def share_words(part: int, total: int) -> str:
    """Return a part as a percentage with one decimal; never 0.0 % or 100.0 % unless it is that.

    Of nobody there is no share.
    """
    if not total:
        return NO_NUMBER
    share = part / total
    rounded = f"{share:.1%}"
    if share > 0 and rounded == "0.0%":
        return "<0.1%"
    if share < 1 and rounded == "100.0%":
        return ">99.9%"
    return rounded
