"""Reads a file's text, and says what a file is that is not the CSV or GeoJSON it is named."""

import codecs
import json
import stat
from pathlib import Path

from stations.errors import FileRefusedError

LARGEST_FILE_BYTES = 100_000_000
SUFFIXES = (".csv", ".geojson", ".json")

MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (
        b"PK\x03\x04",
        "一个 Excel 工作簿（xlsx）或压缩包",
        "an Excel workbook (xlsx) or a zip archive",
    ),
    (b"\xd0\xcf\x11\xe0", "一个旧式 Excel 工作簿（xls）", "an old Excel workbook (xls)"),
    (b"%PDF", "一个 PDF 文件", "a PDF"),
    (b"\x89PNG", "一张图片", "a picture"),
    (b"\xff\xd8\xff", "一张图片", "a picture"),
    (b"\x1f\x8b", "一个压缩文件", "a compressed file"),
    (b"SQLite format 3", "一个数据库文件（GeoPackage）", "a database file (GeoPackage)"),
)

# UTF-32's little-endian mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# Words of headers and addresses: bytes that give some of them in an encoding are in that encoding.
TELLING_WORDS = "名称名稱地址電話电话經度经度緯度纬度開放时间時間縣市區区路街號号類型类型服务服務"


def refused(problem_zh: str, problem_en: str) -> FileRefusedError:
    """Return the error of a file that is refused as a whole."""
    return FileRefusedError(field="file", problem_zh=problem_zh, problem_en=problem_en)


def read_text(path: Path) -> str:
    """Return the text of a `.csv`, `.geojson` or `.json` file in UTF-8, with or without a mark.

    Raises FileRefusedError that says what the file looks like instead.
    """
    content = _read_bytes(path)
    suffix = path.suffix.lower()
    for magic, zh, en in MAGIC:
        if content.startswith(magic):
            raise refused(f"名字是 {suffix or '无后缀'}，内容是{zh}", f"its content is {en}")
    if suffix not in SUFFIXES:
        raise refused(
            f"只读 CSV 和 GeoJSON（{'、'.join(SUFFIXES)}），这个文件的后缀是“{suffix}”",
            f"only CSV and GeoJSON are read ({', '.join(SUFFIXES)}); this file ends in “{suffix}”",
        )
    if not content.strip():
        raise refused("文件是空的", "the file is empty")
    text = _decoded(content)
    _check_is_named_rightly(text, suffix)
    return text


def _read_bytes(path: Path) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise refused("这是一个文件夹，不是文件", "this is a directory, not a file")
        if not stat.S_ISREG(found.st_mode):
            raise refused("这不是普通文件", "this is not an ordinary file")
        if found.st_size > LARGEST_FILE_BYTES:
            raise refused(
                f"文件有 {found.st_size} 字节，最多 {LARGEST_FILE_BYTES} 字节",
                f"the file has {found.st_size} bytes, at most {LARGEST_FILE_BYTES} are read",
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise refused("没有这个文件", "there is no such file") from error
    except PermissionError as error:
        raise refused("没有权限读这个文件", "this file may not be read by this user") from error
    except (OSError, ValueError) as error:
        raise refused("文件读不出来", "the file cannot be read") from error


def _decoded(content: bytes) -> str:
    for mark, name in MARKS:
        if content.startswith(mark):
            raise _wrong_encoding(name)
    if b"\0" in content:
        # ASCII letters and digits in UTF-16 have a zero in every other byte
        head = content[:1000]
        fewer, more = sorted((head[0::2].count(0), head[1::2].count(0)))
        if more > len(head) / 8 and fewer < more / 8:
            raise _wrong_encoding("UTF-16")
        raise refused("含有 NUL 字节，不是文本文件", "it holds NUL bytes, so it is not a text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = _guessed_encoding(content)
        if found is None:
            line = content.count(b"\n", 0, error.start) + 1
            raise refused(
                f"不是 UTF-8 文本（第 {line} 行起读不懂）。请另存为 UTF-8",
                f"it is not text in UTF-8 (from line {line} on). Save it as UTF-8",
            ) from error
        raise _wrong_encoding(found) from error


def _wrong_encoding(name: str) -> FileRefusedError:
    return refused(
        f"看起来是 {name} 编码。请另存为 UTF-8（Excel：CSV UTF-8）",
        f"it looks like {name}. Save it as UTF-8 (in Excel: CSV UTF-8)",
    )


def _guessed_encoding(content: bytes) -> str | None:
    """Return the encoding in which the bytes make telling words, or can be read at all."""
    read: dict[str, int] = {}
    for name, codec in (("GB18030", "gb18030"), ("Big5", "cp950")):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        read[name] = sum(text.count(mark) for mark in set(TELLING_WORDS))
    best = max(read, key=lambda name: read[name], default=None)
    # bytes of a program or a picture can be read as GB18030 as well, but hold control characters
    control = sum(byte < 32 and byte not in b"\t\n\r" for byte in content[:1000])
    return None if best is None or control > 5 else best


def _check_is_named_rightly(text: str, suffix: str) -> None:
    start = text.lstrip()[:200].casefold()
    if start.startswith("<"):
        what = "HTML" if "<html" in start or "<!doctype" in start else "XML"
        raise refused(f"名字是 {suffix}，内容是 {what}", f"it is named {suffix} and holds {what}")
    if suffix == ".csv" and start[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return
        raise refused("名字是 .csv，内容是 JSON", "it is named .csv and holds JSON")
    if suffix != ".csv" and start[:1] not in ("{", "["):
        raise refused(f"名字是 {suffix}，内容不是 JSON", f"it is named {suffix} and holds no JSON")
