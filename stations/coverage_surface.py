"""Computing coverage for keeping: a question, through the desk, into a result that all share.

Runs in the coverage process (stations/coverage_worker.py), never beside other requests: searches
and the allocation over the city hold the interpreter for up to seconds.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from stations import coverage_results
from stations.coverage_figures import Figures, View, listed_areas, part, whole
from stations.coverage_hours import hours_report
from stations.coverage_places import Place
from stations.coverage_question import CoverageQuestion, What, result_key
from stations.coverage_results import KeptResult, Surface
from stations.coverage_shapes import cut_of_zone
from stations.coverage_stations import stations_report
from stations.coverage_study import Desk, Study
from stations.database import write_session
from stations.register import current_version
from stations.station import DEMO_SOURCE


def compute(desk: Desk, question: CoverageQuestion, what: What = "surface") -> KeptResult:
    """Answer a checked question about a root area or a zone, and keep the answer.

    Raises NoDemandError, NetworkReplacedError, DatabaseUnavailableError.
    """
    with write_session(desk.engine) as session:
        key = result_key(question, current_version(session), what)
        found = coverage_results.find_and_mark_used(session, key)
    if found is not None:
        return found
    study = desk.study(question)
    report, surface = _answer(desk, study, what)
    key = result_key(question, study.data_version, what)
    with write_session(desk.engine) as session:
        return coverage_results.keep(session, key, study.data_version, report, surface)


def _answer(desk: Desk, study: Study, what: What) -> tuple[dict[str, Any], bytes]:
    made_of = said_of(desk, study)
    if what == "stations":
        return made_of | stations_report(study), b""
    cut = cut_of_zone(desk, study)
    if what == "hours":
        return made_of | hours_report(study, cut), b""
    if cut is None:
        view, figures = whole(study), listed_areas(study)
    else:
        view = part(study, cut.share)
        of_zone = Figures(study, view).of(study.ground.leaf_codes, cut.holds())
        figures = {study.question.area: of_zone}
    counted = study.standing.of(study.standing.counted)
    return made_of | {"areas": figures}, _surface(study, view, counted).to_bytes()


def said_of(desk: Desk, study: Study) -> dict[str, Any]:
    """Say what an answer rests on: sources by code, made-up data, and the street network."""
    counted = study.standing.of(study.standing.counted)
    sources = study.ground.sources | {place.source_code for place in counted}
    network = desk.network if study.question.network is not None else None
    return {
        "sources": sorted(sources),
        "demo": DEMO_SOURCE in sources,
        "network": None
        if network is None
        else {
            "id": network.id,
            "attribution": network.attribution,
            "osm_timestamp": network.osm_timestamp,
        },
    }


def _surface(study: Study, view: View, counted: Sequence[Place]) -> Surface:
    """Lay stations on the rows of their cell and area; one beyond all areas lies on none."""
    demand = view.demand
    at = Counter((place.cell, place.area_code) for place in counted)
    stations = np.zeros(len(demand.cell), dtype=np.int32)
    rank = {code: k for k, code in enumerate(study.ground.leaf_codes)}
    for (cell, area_code), count in at.items():
        first, end = np.searchsorted(demand.cell, [cell, cell + 1])
        row = first + np.searchsorted(demand.area[first:end], rank.get(area_code or "", -1))
        if row < end and demand.area[row] == rank.get(area_code or "", -1):
            stations[row] = count
    return Surface(
        cell=demand.cell,
        leaf=demand.area.astype(np.int16),
        minutes=view.nominal.minutes.astype(np.float32),
        residents=demand.residents.astype(np.int32),
        workers=demand.workers.astype(np.int32),
        workers_served=view.nominal.workers_served.astype(np.int32),
        stations=stations,
        reached_by=view.nominal.reached_by.astype(np.int32),
        routable=view.nominal.routable,
        leaf_codes=np.array(study.ground.leaf_codes, dtype=np.str_),
    )
