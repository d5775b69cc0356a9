"""What a person asks of an import, from the file to the report: both doors ask the same."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from geo.coordinates import Datum
from stations import importing, reading
from stations.errors import InvalidInputError
from stations.importing import ImportedFile, ImportReport, Progress
from stations.reading import ReadTable

NAME_MAX_LENGTH = 200


@dataclass(frozen=True)
class Request:
    """A file and how it is to be taken in. `mapping` corrects columns, by title or letter.

    `datum` is None where nobody named one, which is right only for files without coordinates.
    """

    path: Path
    file_name: str
    source: str
    datum: Datum | None = None
    kind: str | None = None
    mapping: dict[str, str | None] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None
    licence: str | None = None
    attribution: str | None = None
    url: str | None = None
    allow_outside: bool = False
    accept_duplicates: bool = False

    def options(self) -> dict[str, Any]:
        """Return what was asked, as the record of the import keeps it."""
        return {
            "datum": None if self.datum is None else self.datum.value,
            "kind": self.kind,
            "mapping": self.mapping,
            "encoding": self.encoding,
            "sheet": self.sheet,
            "allow_outside": self.allow_outside,
            "accept_duplicates": self.accept_duplicates,
        }


def read(request: Request) -> ReadTable:
    """Read the file. Raises InvalidInputError naming `datum` where it is needed and missing."""
    table = reading.read_table(
        request.path,
        datum=request.datum or Datum.WGS84,
        kind=request.kind,
        mapping=request.mapping,
        encoding=request.encoding,
        sheet=request.sheet,
    )
    placed = (row.station is not None and row.station.position is not None for row in table.rows)
    if request.datum is None and any(placed):
        raise InvalidInputError(
            field="datum",
            problem_zh=f"文件里有坐标，请说明坐标系（{'、'.join(Datum)}）",
            problem_en=f"the file holds coordinates: say what they mean ({', '.join(Datum)})",
        )
    return table


def run(
    session: Session,
    request: Request,
    table: ReadTable,
    *,
    dry_run: bool,
    account_id: int | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Apply what was read of the file, or say what that would do."""
    return importing.import_rows(
        session,
        table.rows,
        source_name=request.source,
        licence=request.licence,
        attribution=request.attribution,
        url=request.url,
        dry_run=dry_run,
        allow_outside=request.allow_outside,
        accept_duplicates=request.accept_duplicates,
        progress=progress,
        account_id=account_id,
        file=None if dry_run else _file(request),
    )


def _file(request: Request) -> ImportedFile:
    with request.path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    name = "".join(mark for mark in request.file_name if mark.isprintable())
    return ImportedFile(name[:NAME_MAX_LENGTH], sha256, request.options())
