"""What each station means to coverage: a table of the root area's stations."""

from typing import Any

import numpy as np

from geo.coverage_stations import circle_cells, shed_ratios, sole, station_reach
from geo.reach import mask_stations
from stations.coverage_study import Study


def stations_report(study: Study) -> dict[str, Any]:
    """Say of each counted station whom it reaches, and who would have none without it.

    `shed_ratio` is the share of the cells in its circle (minutes at full speed in a straight line)
    that the streets reach; None without streets. By code.
    """
    ground, standing = study.ground, study.standing
    count = len(standing.places)
    blocks = [mask_stations(block, standing.counted) for block in study.blocks]
    reached = station_reach(blocks, ground.demand, count)
    alone = sole(study.nominal, ground.demand, count)
    alone_residents = np.bincount(alone.station, weights=alone.residents, minlength=count)
    alone_workers = np.bincount(alone.station, weights=alone.workers, minlength=count)
    ratios: list[float | None] = [None] * count
    circles: list[int | None] = [None] * count
    if study.question.network is not None:
        circle = circle_cells(
            ground.lon,
            ground.lat,
            [place.lon for place in standing.places],
            [place.lat for place in standing.places],
            study.question.minutes * study.question.speed_kmh * 1000 / 60,
        )
        found = shed_ratios(reached.cells, circle)
        ratios = [None if np.isnan(each) else round(float(each), 3) for each in found]
        circles = circle.tolist()
    return {
        "stations": [
            {
                "code": standing.places[k].code,
                "name": standing.places[k].name,
                "area": standing.places[k].area_code,
                "capacity_per_day": standing.places[k].capacity_per_day,
                "effective": bool(standing.effective[k]),
                "residents": int(reached.residents[k]),
                "workers": int(reached.workers[k]),
                "workers_served": int(study.nominal.workers_at[k]),
                "only_residents": int(alone_residents[k]),
                "only_workers": int(alone_workers[k]),
                "cells": int(reached.cells[k]),
                "circle_cells": circles[k],
                "shed_ratio": ratios[k],
            }
            for k in np.flatnonzero(standing.counted).tolist()
        ]
    }
