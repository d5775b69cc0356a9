"""Which characters a text of ours may hold, whatever door it came through."""

import unicodedata

# Marks that turn the reading direction make one text look like another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain(text: str) -> bool:
    """Whether a text holds no control characters but line breaks and tabs.

    Lone surrogates, which no UTF-8 file can hold, and marks that turn the reading direction are not
    plain either. Wide blanks, no-break blanks and joined emoji are.
    """
    return all(
        mark in "\n\r\t"
        or (unicodedata.category(mark) not in {"Cc", "Cs"} and mark not in DIRECTION_MARKS)
        for mark in text
    )
