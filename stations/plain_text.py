"""Which characters a text of ours may hold, whatever door it came through."""

import unicodedata

from stations.errors import InvalidInputError

# Marks that turn the reading direction make one text look like another.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

NOT_PLAIN = DIRECTION_MARKS | {"\ufffe", "\uffff"}

# Marks of no width, which a text may end up with by copying and nobody can see.
NO_WIDTH = str.maketrans("", "", "\u200b\u2060\ufeff")


def tidied(text: str, *, one_line: bool) -> str:
    """Return a text without what nobody sees: marks of no width, blanks at the ends.

    Line breaks become LF; in a text of one line, they and runs of blanks become one blank.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(NO_WIDTH)
    return " ".join(text.split()) if one_line else text.strip()


def with_plain_blanks(text: str) -> str:
    """Return a text with tabs and blanks of every width as blanks, none at its ends."""
    return "".join(
        " " if mark == "\t" or unicodedata.category(mark) == "Zs" else mark for mark in text
    ).strip()


def require_plain(text: str, field: str, most: int) -> str:
    """Return a text that is short and plain enough; InvalidInputError naming the field if not."""
    if len(text) > most:
        raise InvalidInputError(
            field=field, problem_zh=f"最多 {most} 个字符", problem_en=f"at most {most} characters"
        )
    if not is_plain(text):
        raise InvalidInputError(
            field=field, problem_zh="含有不可见的控制字符", problem_en="it holds control characters"
        )
    return text


def is_plain(text: str) -> bool:
    """Whether a text holds no control characters but line breaks and tabs.

    Lone surrogates, which no UTF-8 file can hold, U+FFFE and U+FFFF, which no XML can, and marks
    that turn the reading direction are not plain either. Wide blanks, no-break blanks and joined
    emoji are.
    """
    return all(
        mark in "\n\r\t"
        or (unicodedata.category(mark) not in {"Cc", "Cs"} and mark not in NOT_PLAIN)
        for mark in text
    )
