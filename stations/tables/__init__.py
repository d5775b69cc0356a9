"""The tables of the register. Migrations in `stations/migrations` create them; a test compares.

Positions are WGS-84, longitude and latitude in degrees. What a constraint can say is said here and
not only in Python, so that no other door into the database can break it.
"""

from stations.tables.accounts import Account, AccountScope, LoginFailure, LoginSession
from stations.tables.areas import Area, CellArea, Demand, DemandBefore, Population
from stations.tables.base import Table
from stations.tables.calendar import CalendarDay, CalendarYear
from stations.tables.coverage import CoverageResult, ReachColumn, ReachTerms, Scenario
from stations.tables.events import EVENT_CODE_PATTERN, Event, EventHistory
from stations.tables.register import CodeCounter, Register, Source, Term
from stations.tables.search import ENTRY_TYPES, Place, SearchEntry, SearchState
from stations.tables.standards import Assessment
from stations.tables.stations import CODE_PATTERN, PUBLIC_SQL, Import, Station, StationHistory

__all__ = [
    "CODE_PATTERN",
    "ENTRY_TYPES",
    "EVENT_CODE_PATTERN",
    "PUBLIC_SQL",
    "Account",
    "AccountScope",
    "Area",
    "Assessment",
    "CalendarDay",
    "CalendarYear",
    "CellArea",
    "CodeCounter",
    "CoverageResult",
    "Demand",
    "DemandBefore",
    "Event",
    "EventHistory",
    "Import",
    "LoginFailure",
    "LoginSession",
    "Place",
    "Population",
    "ReachColumn",
    "ReachTerms",
    "Register",
    "Scenario",
    "SearchEntry",
    "SearchState",
    "Source",
    "Station",
    "StationHistory",
    "Table",
    "Term",
]
