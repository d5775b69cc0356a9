"""The 24-hour curve: who is in reach of an open station, each hour of a working day and a day off.

Between what is known to be open and what might be open lies the doubt of unknown hours: both ends
are given.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from geo.coverage_hours import in_reach_by_moment
from geo.coverage_shares import people_inside
from stations.calendar import Calendar, DayKind
from stations.coverage_figures import Here, within
from stations.coverage_places import doors
from stations.coverage_shapes import Cut
from stations.coverage_study import Study
from stations.hours import SHANGHAI

HOURS = 24
LOOKED_AHEAD_DAYS = 60  # longer than any run of holidays


def hours_report(study: Study, cut: Cut | None) -> dict[str, Any]:
    """Return the curve of every area in the root, or of the one shape that cuts it, by code.

    The study is of a question without an instant: every active station may be open at some hour.
    """
    on = study.question.on or date.min
    days = {"weekday": _next(on, study.days, is_working), "weekend": _next(on, study.days, is_off)}
    moments = [
        datetime.combine(day, time(hour), SHANGHAI)
        for day in days.values()
        for hour in range(HOURS)
    ]
    is_open, unknown = doors(study.standing.places, moments, study.days)
    is_open &= study.standing.counted[:, np.newaxis]
    unknown &= study.standing.counted[:, np.newaxis]
    demand = study.ground.demand if cut is None else people_inside(study.ground.demand, cut.share)
    known = in_reach_by_moment(study.blocks, demand, is_open, len(study.ground.leaf_codes))
    possible = in_reach_by_moment(
        study.blocks, demand, is_open | unknown, len(study.ground.leaf_codes)
    )
    rank = {code: k for k, code in enumerate(study.ground.leaf_codes)}

    def curve(leaves: list[str], here: Here) -> dict[str, Any]:
        ranks = [rank[leaf] for leaf in leaves]
        lies_here = np.array([here(place) for place in study.standing.places], dtype=np.bool_)
        columns = {
            "residents_served": known[0][ranks].sum(axis=0),
            "residents_served_if_unknown_open": possible[0][ranks].sum(axis=0),
            "workers_in_reach": known[1][ranks].sum(axis=0),
            "workers_in_reach_if_unknown_open": possible[1][ranks].sum(axis=0),
            "stations_open": is_open[lies_here].sum(axis=0),
            "stations_hours_unknown": unknown[lies_here].sum(axis=0),
        }
        return {
            name: {
                "date": str(day),
                **{
                    title: values[start : start + HOURS].tolist()
                    for title, values in columns.items()
                },
            }
            for start, (name, day) in zip(range(0, 2 * HOURS, HOURS), days.items(), strict=True)
        }

    if cut is not None:
        return {"areas": {study.question.area: curve(list(rank), cut.holds())}}
    tree = study.tree
    return {
        "areas": {
            code: curve(tree.leaves(code), within(tree, code)) for code in tree.inner(study.root)
        }
    }


def is_working(day: date, days: Calendar) -> bool:
    """Whether a date is an ordinary working day, Monday to Friday."""
    return day.weekday() < 5 and _kind(day, days) is DayKind.ORDINARY


def is_off(day: date, days: Calendar) -> bool:
    """Whether a date is a Saturday or Sunday that is neither worked nor a holiday."""
    return day.weekday() >= 5 and _kind(day, days) is DayKind.ORDINARY


def _next(on: date, days: Calendar, wanted: Callable[[date, Calendar], bool]) -> date:
    ahead = (on + timedelta(days=k) for k in range(LOOKED_AHEAD_DAYS))
    return next((day for day in ahead if wanted(day, days)), on)


def _kind(day: date, days: Calendar) -> DayKind:
    known = days.day(day)
    return DayKind.ORDINARY if known is None else known.kind
