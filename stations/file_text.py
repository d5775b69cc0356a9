"""Reads a file's text, and says what a file is that is not the CSV or GeoJSON it is named."""

import json
import stat
from pathlib import Path

from stations.encodings import decoded, refused

LARGEST_FILE_BYTES = 100_000_000
SUFFIXES = (".csv", ".geojson", ".json")
WORKBOOK_SUFFIXES = (".xlsx", ".xls")

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


def read_text(path: Path, encoding: str | None = None) -> str:
    """Return the text of a `.csv`, `.geojson` or `.json` file.

    UTF-8 and UTF-16 with and without a mark, GB18030 and Big5 (cp950) are told apart by the bytes;
    `encoding` names one of ENCODINGS where they leave it open. Raises FileRefusedError that says
    what the file looks like instead.
    """
    content = read_bytes(path)
    suffix = path.suffix.lower()
    for magic, zh, en in MAGIC:
        if content.startswith(magic):
            raise refused(f"名字是 {suffix or '无后缀'}，内容是{zh}", f"its content is {en}")
    if suffix not in SUFFIXES:
        raise refused(
            f"只读 CSV、Excel 和 GeoJSON（{'、'.join((*SUFFIXES, *WORKBOOK_SUFFIXES))}），"
            f"这个文件的后缀是“{suffix}”",
            f"only CSV, Excel and GeoJSON are read ({', '.join((*SUFFIXES, *WORKBOOK_SUFFIXES))}); "
            f"this file ends in “{suffix}”",
        )
    if not content.strip():
        raise refused("文件是空的", "the file is empty")
    text = decoded(content, encoding)
    _check_is_named_rightly(text, suffix)
    return text


def read_bytes(path: Path) -> bytes:
    """Return the bytes of an ordinary file of a size that can be read; refuse any other."""
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
