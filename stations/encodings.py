"""Tells in which encoding a list was written: UTF-8, UTF-16, GB18030 or Big5.

Bytes do not say. UTF-8 and UTF-16 can hardly be mistaken; GB18030 and Big5 can read almost any
bytes of one another, but the wrong one gives rare characters. So the reading counts in which nearly
all characters are common ones (level 1 of GB 2312, traditional ones simplified first).
"""

import codecs
import unicodedata
from functools import cache

from stations.errors import FileRefusedError
from stations.spelling import simplified

ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "cp950",
}
"""What a person may call an encoding, and what Python calls it."""

MARKS = (
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
"""UTF-32's little-endian mark begins with UTF-16's, so it is looked for first."""

COMMON_AT_LEAST = 0.75
AHEAD_BY = 0.1
SAMPLE_CHARACTERS = 20_000


def refused(problem_zh: str, problem_en: str) -> FileRefusedError:
    """Return the error of a file that is refused as a whole."""
    return FileRefusedError(field="file", problem_zh=problem_zh, problem_en=problem_en)


def decoded(content: bytes, encoding: str | None = None) -> str:
    """Return the text that bytes hold; FileRefusedError where no encoding gives a plain text."""
    if encoding is not None:
        return _decoded_as(content, encoding)
    for mark, codec in MARKS:
        if content.startswith(mark):
            if codec is None:
                raise refused("是 UTF-32 编码。请另存为 UTF-8", "it is UTF-32. Save it as UTF-8")
            return _strictly(content, codec)
    if b"\0" in content:
        return _without_zeros(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _chinese(content, error.start)


def _decoded_as(content: bytes, encoding: str) -> str:
    codec = ENCODINGS.get(encoding.casefold().replace("_", "-"))
    if codec is None:
        known = ", ".join(ENCODINGS)
        raise FileRefusedError(
            field="encoding",
            problem_zh=f"没有“{encoding}”这种编码（{known}）",
            problem_en=f"there is no encoding “{encoding}” ({known})",
        )
    return _strictly(content, codec)


def _strictly(content: bytes, codec: str) -> str:
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused(
            f"不是完整的 {codec} 文本（第 {line} 行起读不懂）",
            f"it is not whole text in {codec} (from line {line} on)",
        ) from error
    if "\0" in text:
        raise refused("含有 NUL 字节，不是文本文件", "it holds NUL bytes, so it is not a text")
    return text.removeprefix("\ufeff")


def _without_zeros(content: bytes) -> str:
    """Read UTF-16 without a mark: its commas, digits and line ends have a zero byte each."""
    even, odd = content[0::2].count(0), content[1::2].count(0)
    fewer, more = sorted((even, odd))
    if len(content) % 2 == 0 and fewer <= more / 8:
        return _strictly(content, "utf-16-be" if even > odd else "utf-16-le")
    raise refused("含有 NUL 字节，不是文本文件", "it holds NUL bytes, so it is not a text")


def _chinese(content: bytes, wrong_at: int) -> str:
    texts: dict[str, str] = {}
    for codec in ("gb18030", "cp950"):
        try:
            texts[codec] = content.decode(codec)
        except UnicodeDecodeError:
            continue
    shares = sorted(((_common_share(text), codec) for codec, text in texts.items()), reverse=True)
    if not shares or shares[0][0] < COMMON_AT_LEAST:
        line = content.count(b"\n", 0, wrong_at) + 1
        raise refused(
            f"不是 UTF-8 文本（第 {line} 行起读不懂），也不像 GB18030 或 Big5。请另存为 UTF-8",
            f"it is not text in UTF-8 (from line {line} on), and looks like neither GB18030 nor "
            "Big5. Save it as UTF-8",
        )
    if len(shares) > 1 and shares[0][0] - shares[1][0] < AHEAD_BY:
        raise refused(
            "分不清是 GB18030 还是 Big5 编码，请用 --encoding 说明",
            "it may be GB18030 as well as Big5: say which with --encoding",
        )
    return texts[shares[0][1]]


def _common_share(text: str) -> float:
    """Return the share of common characters among those beyond ASCII, punctuation apart."""
    strange = [
        mark for mark in text if mark > "\x7f" and unicodedata.category(mark)[0] not in "PZS"
    ][:SAMPLE_CHARACTERS]
    control = sum(mark < " " and mark not in "\t\n\r" for mark in text[:SAMPLE_CHARACTERS])
    if not strange or control > 5:
        return 0.0
    marks = simplified("".join(strange))
    return sum(mark in _common_characters() for mark in marks) / len(marks)


@cache
def _common_characters() -> frozenset[str]:
    """Return level 1 of GB 2312: the 3,755 most used characters, and full-width letters."""
    level_1 = (
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
    )
    full_width = (chr(point) for point in range(0xFF10, 0xFF5B))
    return frozenset([*level_1, *full_width])
