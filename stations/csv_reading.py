"""Reads CSV text into rows: finds the delimiter, and refuses what is not whole."""

import csv
import io
import re
from collections.abc import Callable, Iterator

from stations.columns import column_field
from stations.encodings import refused
from stations.headers import LOOKED_AT_ROWS
from stations.workbook_child import MAX_COLUMNS, MAX_ROWS

CSV_DELIMITERS = (",", "\t", ";")

# Excel takes the delimiter from such a first line.
SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n")


def _is_of_a_station(title: str) -> bool:
    return column_field(title) is not None


def csv_rows(text: str, is_title: Callable[[str], bool] = _is_of_a_station) -> Iterator[list[str]]:
    """Yield the rows of a CSV; FileRefusedError where it is not whole, or too large.

    `is_title` knows titles of columns: the right delimiter is the one that shows most of them.
    """
    delimiter = _delimiter(text, is_title)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise refused(
                    f"第 {number} 行有一格超过 {csv.field_size_limit()} 个字符；引号可能没有成对",
                    f"row {number} has a cell of more than {csv.field_size_limit()} characters; "
                    "perhaps its quotes do not pair",
                ) from error
            raise refused(
                f"第 {number} 行不是完整的 CSV（引号没有成对）",
                f"row {number} is not whole CSV (its quotes do not pair)",
            ) from error
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            raise refused(
                f"表太大：最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列",
                f"the table is too large: at most {MAX_ROWS} rows and {MAX_COLUMNS} columns",
            )
        yield row


def _delimiter(text: str, is_title: Callable[[str], bool]) -> str:
    """Return the delimiter under which one of the first lines holds most known columns."""
    named = SEPARATOR_LINE.match(text)
    if named is not None:
        return named[1]
    lines = [line for line in text[:100_000].splitlines() if line.strip()]
    known = {
        delimiter: max(
            (
                sum(is_title(cell.strip('" ')) for cell in line.split(delimiter))
                for line in lines[:LOOKED_AT_ROWS]
            ),
            default=0,
        )
        for delimiter in CSV_DELIMITERS
    }
    return max(CSV_DELIMITERS, key=lambda delimiter: known[delimiter])
