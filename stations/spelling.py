"""One spelling of Chinese texts for comparing them: simplified, half-width, small letters.

Names keep their own writing in the register; only what is compared is spelt so.
"""

import unicodedata
from functools import cache

from opencc import OpenCC


def simplified(text: str) -> str:
    """Return a text in simplified characters; 臺 and 台 become the same."""
    if text.isascii():
        return text
    try:
        converted: str = _converter().convert(text)
    except UnicodeEncodeError:  # a lone surrogate, which no other text has
        return text
    return converted


def plain(text: str) -> str:
    """Return a text in NFKC, small letters and simplified characters."""
    return simplified(unicodedata.normalize("NFKC", text).casefold())


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
