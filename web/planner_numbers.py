"""Shares as planners read them, the same in Python as in `planner/numbers.ts`."""


def share_words(part: int, total: int) -> str:
    """Return a part as a percentage with one decimal; never 0.0 % or 100.0 % unless it is that."""
    share = part / total if total else 0.0
    rounded = f"{share:.1%}"
    if share > 0 and rounded == "0.0%":
        return "<0.1%"
    if share < 1 and rounded == "100.0%":
        return ">99.9%"
    return rounded
