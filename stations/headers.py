"""Finds the header of a table and says what each of its columns holds."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stations.columns import bare_word, column_field, guessed_field, is_field, plain_word
from stations.errors import FileRefusedError
from stations.import_report import shown

LOOKED_AT_ROWS = 40
SAMPLE_MAX_LENGTH = 30

SEVERAL = {
    "aliases": "、",
    "hours_text": "\n",
    "lane": "",
    "notes": "\n",
    "phone": "、",
    "services": "、",
    "way_in": " ",
}
"""Fields that several columns may tell, and what joins them."""

Mapped = Mapping[str, str | None]
"""What a person says of columns, by title or letter; None: not to be read."""


@dataclass(frozen=True)
class Column:
    """A column: its letter in a spreadsheet, its title, and what it is taken to hold.

    A property of GeoJSON has no letter; its name stands for one.

    `is_guess` says that the title only resembles one that is known, so a person should look at it.
    """

    letter: str
    title: str
    field: str | None
    is_guess: bool
    sample: str = ""


@dataclass(frozen=True)
class Header:
    """Where the header is (`first` to `last`, counted from 0) and the columns under it."""

    first: int
    last: int
    columns: tuple[Column, ...]

    @property
    def fields(self) -> list[str]:
        """Return the fields that are read, in the order of columns."""
        return [column.field for column in self.columns if column.field is not None]

    @property
    def is_enough(self) -> bool:
        """Whether stations can be read under it: it tells their names, and something more."""
        return "name" in self.fields and len(set(self.fields)) > 1


class ColumnMissingError(FileRefusedError):
    """A column that is needed was not found. `columns` are those that are there."""

    columns: tuple[Column, ...] = ()


def find(rows: Sequence[Sequence[str]], mapping: Mapped | None = None) -> Header:
    """Return the header among the first rows: the one whose titles tell most columns.

    Titles of several rows, as over merged cells, are joined. The first row that holds anything is
    taken where no row tells more. `mapping` wins; FileRefusedError where it names no column of this
    table, or no field, and where two columns say the same.
    """
    found = best(rows, mapping)
    columns = _mapped(found.columns, mapping or {})
    _check_once(columns)
    return replace(found, columns=_sampled(columns, rows[found.last + 1 :]))


def best(rows: Sequence[Sequence[str]], mapping: Mapped | None = None) -> Header:
    """Return the header as its titles tell it, before anybody's mapping and without samples.

    Titles that a mapping names tell that a row is the header, as known ones do.
    """
    filled = [place for place, row in enumerate(rows[:LOOKED_AT_ROWS]) if any(row)]
    if not filled:
        return Header(0, 0, ())
    headers = [
        _header(rows, first, last)
        for first in filled
        for last in (first, first + 1)
        if last == first or _is_below(rows, first, last)
    ]
    named = {plain_word(title) for title in mapping or {}}
    # of equals the first, so a header that is repeated below is not taken for the header
    return max(headers, key=lambda each: (_score(each, named), -each.first, -each.last))


PERIOD = re.compile(
    "工作日|周末|双休日|节假日|假日|周[一二三四五六日]至?周?[一二三四五六日]?|夏季|冬季"
)


def with_period(value: str, title: str) -> str:
    """Return hours with the days that only the title of their column tells: 周末开放时间."""
    period = PERIOD.search(plain_word(title))
    if not value or period is None or period[0] in plain_word(value):
        return value
    return f"{period[0]} {value}"


def letter_of(place: int) -> str:
    """Return a column's letter, A for 0, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_below(rows: Sequence[Sequence[str]], first: int, last: int) -> bool:
    """Whether a row goes on with the titles above it: it splits some, and holds no data.

    A title over merged cells stands in all of them, or in the first with blanks behind it.
    """
    if last >= len(rows):
        return False
    top, below = rows[first], rows[last]
    known = [
        place
        for place, title in enumerate(below)
        if title and column_field(title) is not None and place < len(top) and top[place] != title
    ]
    split = [place for place in known if not top[place] or top.count(top[place]) > 1]
    has_figures = any(mark.isdigit() for title in below for mark in title)
    return len(split) >= 2 and not has_figures


def _header(rows: Sequence[Sequence[str]], first: int, last: int) -> Header:
    width = max(len(row) for row in rows[first : last + 1])
    columns = []
    for place in range(width):
        titles = list(
            dict.fromkeys(row[place] for row in rows[first : last + 1] if place < len(row))
        )
        titles = [" ".join(title.split()) for title in titles if title]
        title = " ".join(titles)
        field, is_guess = _field(titles, title)
        columns.append(Column(letter_of(place), title, field, is_guess))
    return Header(first, last, tuple(_guessed_once(columns)))


def _field(titles: Sequence[str], joined: str) -> tuple[str | None, bool]:
    for title in (joined, *reversed(titles)):
        known = column_field(title)
        if known is not None:
            return known, False
    guess = guessed_field(joined) or (guessed_field(titles[-1]) if titles else None)
    return guess, guess is not None


def _guessed_once(columns: Sequence[Column]) -> list[Column]:
    """Keep a guess only where no other column says the same, surely or further left."""
    taken: set[str | None] = {
        column.field for column in columns if column.field and not column.is_guess
    }
    kept = []
    for column in columns:
        if column.is_guess and column.field in taken and column.field not in SEVERAL:
            kept.append(replace(column, field=None, is_guess=False))
        else:
            kept.append(column)
            if column.is_guess:
                taken.add(column.field)
    return kept


def _score(header: Header, named: set[str]) -> int:
    sure = {column.field for column in header.columns if column.field and not column.is_guess}
    guessed = {column.field for column in header.columns if column.is_guess}
    score = 3 * len(sure) + 2 * len(guessed - sure) + 3 * ("name" in sure | guessed)
    return score + 3 * sum(plain_word(column.title) in named for column in header.columns)


def _mapped(columns: Sequence[Column], mapping: Mapped) -> list[Column]:
    found = list(columns)
    for name, field in mapping.items():
        if field is not None and not is_field(field):
            raise FileRefusedError(
                field="mapping",
                problem_zh=f"没有“{shown(field)}”这一项",
                problem_en=f"there is no field “{shown(field)}”",
            )
        places = [place for place, column in enumerate(found) if _is_called(column, name)]
        if not places:
            raise FileRefusedError(
                field="mapping",
                problem_zh=f"表里没有“{shown(name)}”这一列",
                problem_en=f"the table has no column “{shown(name)}”",
            )
        for place in places:
            found[place] = replace(found[place], field=field, is_guess=False)
    given = {field for field in mapping.values() if field is not None}
    return [
        replace(column, field=None, is_guess=False)
        if column.field in given and not any(_is_called(column, name) for name in mapping)
        else column
        for column in found
    ]


def _is_called(column: Column, name: str) -> bool:
    if column.title and plain_word(column.title) == plain_word(name):
        return True
    return column.letter == name.strip().upper()


def _check_once(columns: Sequence[Column]) -> None:
    times = Counter(
        column.field
        for column in columns
        if column.field is not None and column.field not in SEVERAL
    )
    for field, count in times.items():
        if count > 1:
            titles = [shown(column.title) for column in columns if column.field == field]
            raise FileRefusedError(
                field=field,
                problem_zh=f"有两列说的是同一件事：{'、'.join(titles)}；请说明哪一列不读",
                problem_en=f"two columns say the same: {', '.join(titles)}; say which of them is "
                "not to be read",
            )


def _sampled(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """Add to each column the first thing in it, so that a person sees what it holds."""
    sampled = []
    for place, column in enumerate(columns):
        values = (row[place] for row in rows[:LOOKED_AT_ROWS] if place < len(row))
        first = next((value for value in values if value and value != column.title), "")
        sampled.append(replace(column, sample=" ".join(first.split())[:SAMPLE_MAX_LENGTH]))
    return tuple(sampled)


def is_repeated(row: Sequence[str], header: Header) -> bool:
    """Whether a row says the titles once more, as on each page of a printed list."""
    said = [
        (value, column.title)
        for value, column in zip(row, header.columns, strict=False)
        if value and column.field is not None
    ]
    return len(said) >= 2 and all(bare_word(value) in bare_word(title) for value, title in said)
