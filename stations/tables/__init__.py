"""The tables of the register. Migrations in `stations/migrations` create them; a test compares.

Positions are WGS-84, longitude and latitude in degrees. What a constraint can say is said here and
not only in Python, so that no other door into the database can break it.
"""

from stations.tables.accounts import Account, AccountScope, LoginFailure, LoginSession
from stations.tables.areas import Area, CellArea, Demand, Population
from stations.tables.base import Table
from stations.tables.register import CodeCounter, CoverageResult, Register, Source, Term
from stations.tables.stations import CODE_PATTERN, PUBLIC_SQL, Import, Station, StationHistory

__all__ = [
    "CODE_PATTERN",
    "PUBLIC_SQL",
    "Account",
    "AccountScope",
    "Area",
    "CellArea",
    "CodeCounter",
    "CoverageResult",
    "Demand",
    "Import",
    "LoginFailure",
    "LoginSession",
    "Population",
    "Register",
    "Source",
    "Station",
    "StationHistory",
    "Table",
    "Term",
]
