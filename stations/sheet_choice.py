"""Which sheet of a workbook is read."""

from collections.abc import Sequence

from stations import headers
from stations.columns import plain_word
from stations.errors import FileRefusedError
from stations.headers import Mapped
from stations.import_report import shown
from stations.workbooks import Sheet


def best_sheet(sheets: Sequence[Sheet], mapping: Mapped | None) -> Sheet:
    """Return the sheet whose header tells most columns; a hidden one only if no other will do."""
    return max(
        sheets,
        key=lambda sheet: (
            headers.best(sheet.rows, mapping).is_enough and not sheet.is_hidden,
            len(set(headers.best(sheet.rows, mapping).fields)),
            not sheet.is_hidden,
            len(sheet.rows),
        ),
    )


def named_sheet(sheets: Sequence[Sheet], wanted: str) -> Sheet:
    """Return the sheet of a name; FileRefusedError where there is none."""
    found = next((each for each in sheets if plain_word(each.name) == plain_word(wanted)), None)
    if found is None:
        names = [shown(each.name) for each in sheets]
        raise FileRefusedError(
            field="sheet",
            problem_zh=f"没有工作表“{shown(wanted)}”，有：{'、'.join(names)}",
            problem_en=f"there is no sheet “{shown(wanted)}”; there are: {', '.join(names)}",
        )
    return found
