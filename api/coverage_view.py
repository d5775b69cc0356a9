"""What the planners' map shows, put together from an answer about coverage and the register."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from shapely import MultiPolygon
from shapely.geometry import mapping
from sqlalchemy.orm import Session

from api import features
from geo.coordinates import BoundingBox, Datum
from stations import areas, calendar, coverage, search
from stations.coverage_files import CoverageFile, What
from stations.coverage_question import CoverageQuestion
from stations.demand import RESOLUTION
from stations.hours import open_state
from stations.settings import Settings
from stations.station import DEMO_SOURCE, Station
from web.planner_cells import CellFacts, CellLayerName
from web.planner_report import render_report
from web.planner_view import CoverageMapView, Credit

Need = Callable[[Session, CoverageQuestion, coverage.Compute], dict[str, Any]]
"""An answer of which something is made: `coverage.report`, say."""

StationsIn = Callable[[Session, BoundingBox], Sequence[Station]]
"""Reads the public stations of a box."""


def map_view(
    session: Session,
    settings: Settings,
    layer: CellLayerName,
    report: dict[str, Any],
    cells: dict[str, Any],
    lang: str,
    stations_in: StationsIn = search.all_in_box,
) -> CoverageMapView:
    """Return what the map shows of a report and its cells of `demand.RESOLUTION`.

    Areas and stations are read anew, so that hollow stations and districts without anybody are
    there too. Raises AreaNotFoundError.
    """
    area = areas.get_area(session, report["area"], with_geometry=True)
    parts = [
        part
        for part in areas.list_areas(session, parent=area.code, with_geometry=True)
        if part.boundary is not None
    ]
    west, south, east, north = area.boundary.bounds if area.boundary else (0.0, 0.0, 0.0, 0.0)
    box = BoundingBox(west, south, east, north)
    return CoverageMapView(
        layer=layer,
        area_name=area.name_en or area.name if lang == "en" else area.name,
        res=cells["res"],
        cells=CellFacts(
            ids=cells["cells"],
            minutes=cells["minutes"],
            residents=cells["residents"],
            reached_by=cells["reached_by"],
            not_routable=cells["not_routable"],
        ),
        limit_minutes=report["minutes"],
        districts=_districts(parts or [area], report),
        stations=_stations(session, stations_in(session, box), report["at"]),
        kinds=report["kinds"],
        bounds=box,
        method=report["method"],
        profile=report["profile"],
        speed_kmh=report["speed_kmh"],
        as_of=report["as_of"],
        at=report["at"],
        data_version=report["data_version"],
        demo=report["demo"] or search.has_source(session, DEMO_SOURCE),
        credits=[
            Credit(source["attribution"], source["url"] or "")
            for source in report["sources"]
            if source["attribution"]
        ],
        remarks=[remark[lang] for remark in report["remarks"]],
        tiles=settings.tiles,
        map_approval_number=settings.map_approval_number,
        hotline=settings.hotline,
    )


def report_page(
    session: Session,
    settings: Settings,
    question: CoverageQuestion,
    report: dict[str, Any],
    compute: coverage.Compute,
    lang: str,
    stations_in: StationsIn = search.all_in_box,
) -> str:
    """Return a report, its day and the map of its finest cells as one document that asks nobody."""
    hours = coverage.hours(session, question, compute)
    cells = coverage.cells(session, question, RESOLUTION, compute)
    # the operator's tiles would be asked for over the network
    plain = settings.model_copy(update={"tiles": None})
    view = map_view(session, plain, "minutes", report, cells, lang, stations_in)
    return render_report(view, report, hours, lang=lang)


def needs_of(
    session: Session, question: CoverageQuestion, file_format: str, of: What
) -> tuple[Need, ...]:
    """Return the answers of which a page or a file is made; the cells come with the report."""
    if file_format == "html":
        return coverage.report, coverage.hours
    if _has_stations(session, question, file_format, of):
        return coverage.report, coverage.stations
    return (coverage.report,)


def _has_stations(session: Session, question: CoverageQuestion, file_format: str, of: What) -> bool:
    """Whether a file tells of stations; a workbook does where some can be listed."""
    is_book = file_format == "xlsx" and coverage.has_stations(session, question.area)
    return of == "stations" or is_book


def file_contents(
    session: Session,
    question: CoverageQuestion,
    report: dict[str, Any],
    compute: coverage.Compute,
    *,
    file_format: str,
    of: What,
    res: int,
    lang: str,
) -> CoverageFile:
    """Return what a file of `coverage_files.WRITERS` shows; what it does not show is not read.

    Raises what `coverage.stations` raises for a file of stations.
    """
    has_cells = of == "cells" or file_format == "xlsx"
    has_shapes = of == "areas" and file_format == "geojson"
    stations = None
    if _has_stations(session, question, file_format, of):
        stations = coverage.stations(session, question, compute)["stations"]
    return CoverageFile(
        report,
        coverage.cells(session, question, res, compute) if has_cells else {},
        _shapes_of(session, report) if has_shapes else {},
        lang,
        stations,
    )


def _shapes_of(session: Session, report: dict[str, Any]) -> dict[str, MultiPolygon]:
    """Return the boundaries of a report's area and its parts by code, WGS-84."""
    area = areas.get_area(session, report["area"], with_geometry=True)
    parts = areas.list_areas(session, parent=area.code, with_geometry=True)
    return {each.code: each.boundary for each in (area, *parts) if each.boundary is not None}


def _districts(shown: list[areas.ListedArea], report: dict[str, Any]) -> dict[str, Any]:
    rows = {row["code"]: row for row in report["areas"]}
    own = {**report, "stations": report["stations"]["counted"]}
    collected = []
    for area in shown:
        row = rows.get(area.code, own)
        residents = row["demand"]["residents"]
        collected.append(
            {
                "type": "Feature",
                "id": area.code,
                "geometry": None if area.boundary is None else mapping(area.boundary),
                "properties": {
                    "code": area.code,
                    "name": area.name,
                    "name_en": area.name_en,
                    "stations": row["stations"],
                    "residents": residents["total"],
                    "served": residents["served"],
                    "uncovered": residents["uncovered"],
                    "backed_up": row["backup"]["2"] + row["backup"]["3+"],
                },
            }
        )
    return {"type": "FeatureCollection", "features": collected}


def _stations(session: Session, found: Sequence[Station], at: str | None) -> dict[str, Any]:
    """Return stations as GeoJSON; with an instant, what their doors do then."""
    moment = None if at is None else datetime.fromisoformat(at)
    days = None if moment is None else calendar.current(session)

    def is_open(station: Station) -> bool | None:
        if moment is None:
            return True
        closures = station.closures
        return open_state(station.hours, moment, calendar=days, closures=closures).is_open

    collected = [
        {
            "type": "Feature",
            "id": each.code,
            "geometry": {
                "type": "Point",
                "coordinates": features.coordinates(each.point, Datum.WGS84),
            },
            "properties": {
                "code": each.code,
                "name": each.name,
                "kind": each.kind,
                "status": each.status.value,
                "open": is_open(each),
            },
        }
        for each in found
        if each.point is not None
    ]
    return {"type": "FeatureCollection", "features": collected}
