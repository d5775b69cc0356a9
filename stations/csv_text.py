"""Texts in a CSV that a spreadsheet would take for a formula, and back.

A spreadsheet that opens a CSV runs what begins with `=` and the like as a formula, which may call
out. An apostrophe before it makes it a text. Reading takes one apostrophe away again, and writing
adds one where there are some already, so that every text comes back as it was.
"""

import re

# also as full-width marks, which some spreadsheets take for the others
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that was guarded; what never was stays as it is."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
