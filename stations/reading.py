"""Reads a file of places: CSV, Excel or GeoJSON, to rows, each understood or refused.

A file that is not what its name says is refused as a whole, with the reason. What a table leaves
open, such as which column is which, is guessed, said in remarks, and can be corrected.
"""

from pathlib import Path

from geo.coordinates import Datum
from stations.errors import FileRefusedError
from stations.file_text import WORKBOOK_SUFFIXES, read_text
from stations.geojson_file import read_geojson
from stations.headers import Column, Mapped
from stations.row_values import FileRow
from stations.table_file import ReadTable, read_csv, read_sheets
from stations.taxonomy import taxonomy
from stations.workbooks import read_workbook

__all__ = ["Column", "FileRow", "ReadTable", "read_file", "read_table"]


def read_file(
    path: Path,
    *,
    datum: Datum,
    kind: str | None = None,
    mapping: Mapped | None = None,
    encoding: str | None = None,
) -> list[FileRow]:
    """Read a file of places as `read_table` does, and return its rows."""
    return read_table(path, datum=datum, kind=kind, mapping=mapping, encoding=encoding).rows


def read_table(
    path: Path,
    *,
    datum: Datum,
    kind: str | None = None,
    mapping: Mapped | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> ReadTable:
    """Read a `.csv`, `.xlsx`, `.xls`, `.geojson` or `.json` file of places of one datum.

    `kind` is for all rows and wins over a column. `mapping` says of columns, by title or letter,
    what they hold (None: nothing that is read), and wins over what is guessed. `encoding` is for
    a text whose bytes leave it open; `sheet` names one of a workbook. A row's number is the one
    that a person sees: in a table the row of the spreadsheet; in GeoJSON the place of the feature.

    Remarks about the whole file come first, as rows without a station and without a number.
    Raises FileRefusedError for a file that cannot be read as what its name says, or without a
    column that is needed, and UnknownTermError for an unknown `kind`.
    """
    if kind is not None:
        taxonomy().require("kind", kind, "kind")
    suffix = path.suffix.lower()
    if suffix in WORKBOOK_SUFFIXES:
        return read_sheets(read_workbook(path), datum, kind, mapping, sheet)
    if sheet is not None:
        raise FileRefusedError(
            field="sheet",
            problem_zh="只有 Excel 工作簿才有工作表",
            problem_en="only a workbook of Excel has sheets",
        )
    text = read_text(path, encoding)
    if suffix == ".csv":
        return read_csv(text, datum, kind, mapping)
    return read_geojson(text, datum, kind, mapping)
