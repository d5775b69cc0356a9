"""Imports of spreadsheets: look first, then apply, and take back. For administrators.

A file is parsed only after its sender is known. It lies in a private directory under a name of our
own, of which only the suffix is the sender's, and is deleted before the answer leaves. One file is
worked on at a time in each process; whoever comes meanwhile is told when to try again.
"""

import json
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile

from api import dependencies as given
from api import examples_imports as examples
from api import import_answers, schemas
from geo.coordinates import Datum
from stations import database, import_log, import_request, import_undo, remarks_workbook
from stations.accounts import Account
from stations.database import WriteSession
from stations.errors import BusyError, InvalidInputError, NotAllowedError, NotLoggedInError
from stations.headers import ColumnMissingError
from stations.import_request import Request as ImportRequest
from stations.plain_text import is_plain
from stations.taxonomy import taxonomy

router = APIRouter(prefix="/v1", tags=["imports"])

SUFFIXES = frozenset({".xlsx", ".xls", ".csv", ".geojson", ".json"})
MEDIA_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".geojson": "application/geo+json",
    ".json": "application/geo+json",
}
FIELDS_AT_MOST = 20
FIELD_MAX_BYTES = 32 * 1024
COLUMNS_AT_MOST = 300
TEXT_MAX_LENGTH = 500

PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": schemas.Problem, "description": "Not logged in"},
    403: {"model": schemas.Problem, "description": "No administrator, or no CSRF token"},
    413: {"model": schemas.Problem, "description": "The file is too large"},
    422: {"model": schemas.Problem, "description": "A value or the file cannot be used"},
    503: {"model": schemas.Problem, "description": "Another file is being read; see Retry-After"},
}

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "source"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": ".xlsx, .xls, .csv, .geojson or .json",
                        },
                        "datum": {"type": "string", "enum": list(Datum)},
                        "kind": {"type": "string", "description": "The kind of all rows"},
                        "source": {"type": "string", "examples": ["鄞州区总工会"]},
                        "licence": {"type": "string"},
                        "attribution": {"type": "string"},
                        "url": {"type": "string"},
                        "encoding": {"type": "string"},
                        "sheet": {"type": "string", "description": "The sheet of a workbook"},
                        "mapping": {
                            "type": "string",
                            "description": "JSON: field or null by title or letter of a column",
                            "examples": ['{"C": "address"}'],
                        },
                        "outside": {"type": "boolean", "default": False},
                        "accept_duplicates": {"type": "boolean", "default": False},
                    },
                }
            }
        },
    }
}

_one_at_a_time = threading.Semaphore(1)


def administrator(
    request: Request,
    settings: given.AppSettings,
    token: given.SessionToken = None,
    x_csrf_token: Annotated[str | None, Header()] = None,
) -> Account:
    """Return who writes, in a transaction of its own: a slow upload must not keep one open."""
    with database.read_session(request.app.state.engine) as session:
        account = given.writer(WriteSession(session), settings, token, x_csrf_token)
    return _checked(account)


def reading_administrator(account: given.CurrentReader) -> Account:
    """Return who reads."""
    if account is None:
        raise NotLoggedInError
    return _checked(account)


def _checked(account: Account) -> Account:
    if account.role != "administrator":
        raise NotAllowedError
    return account


Administrator = Annotated[Account, Depends(administrator)]
ReadingAdministrator = Annotated[Account, Depends(reading_administrator)]


async def form_of(request: Request, _account: Administrator) -> AsyncIterator[FormData]:
    """Read the form, once it is known who sends it; large files go to disk as they come."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415)
    try:
        form = await request.form(
            max_files=1, max_fields=FIELDS_AT_MOST, max_part_size=FIELD_MAX_BYTES
        )
    except HTTPException as error:
        raise InvalidInputError(
            field="body",
            problem_zh="不是完整的表单（一个文件和几个字段）",
            problem_en="it is not a whole form (one file and a few fields)",
        ) from error
    try:
        yield form
    finally:
        await form.close()


Form = Annotated[FormData, Depends(form_of)]


@router.post(
    "/imports/preview",
    response_model=None,
    openapi_extra=FORM,
    responses={200: examples.answer(examples.PREVIEW), **PROBLEMS},
)
def preview_import(request: Request, form: Form, account: Administrator) -> JSONResponse:
    """Say what an import would do, row by row, and how its columns are understood.

    `mapping` corrects columns. Where one that is needed is missing, the problem (422) holds the
    `columns` that are there, so that it can be named. The report is the one that the import itself
    would give. `lines` holds at most 5,000; `numberMatched` says how many there are, and the file
    with remarks has all.
    """
    with _file_of(form) as asked:
        try:
            table = import_request.read(asked)
        except ColumnMissingError as error:
            error.extra["columns"] = [import_answers.column_answer(each) for each in error.columns]
            raise
        with database.read_session(request.app.state.engine) as session:
            report = import_request.run(session, asked, table, dry_run=True, account_id=account.id)
    body = {
        "columns": [import_answers.column_answer(each) for each in table.columns],
        "report": import_answers.report_answer(report),
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.post(
    "/imports/remarks",
    response_model=None,
    openapi_extra=FORM,
    responses={
        200: {
            "description": "The file with a column of remarks",
            "content": {MEDIA_TYPES[".xlsx"]: {"schema": {"type": "string", "format": "binary"}}},
        },
        **PROBLEMS,
    },
)
def remarks_of_import(
    request: Request, form: Form, account: Administrator, lang: given.Lang
) -> Response:
    """Download the file with a column that says what would be refused or doubted, and why."""
    with _file_of(form) as asked:
        table = import_request.read(asked)
        with database.read_session(request.app.state.engine) as session:
            report = import_request.run(session, asked, table, dry_run=True, account_id=account.id)
        suffix = remarks_workbook.suffix_for(asked.path)
        target = asked.path.with_name(f"remarks{suffix}")
        remarks_workbook.write(
            asked.path, target, table, report.lines, lang=lang, encoding=asked.encoding
        )
        content = target.read_bytes()
    stem = Path(asked.file_name).stem[:100] or "stations"
    name = f"{stem}-{remarks_workbook.TITLES[lang]}{suffix}"
    headers = {
        "Content-Disposition": f'attachment; filename="remarks{suffix}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type=MEDIA_TYPES[suffix])


@router.post(
    "/imports",
    response_model=None,
    openapi_extra=FORM,
    responses={200: examples.answer(examples.DONE), **PROBLEMS},
)
def apply_import(request: Request, form: Form, account: Administrator) -> JSONResponse:
    """Take a file in, all of it in one transaction. `id` is null where it changed nothing."""
    with _file_of(form) as asked:
        table = import_request.read(asked)
        with database.write_session(request.app.state.engine) as session:
            report = import_request.run(session, asked, table, dry_run=False, account_id=account.id)
    body = {"id": report.import_id, "totals": report.totals()}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get(
    "/imports",
    response_model=None,
    responses={200: examples.answer(examples.LIST), 401: PROBLEMS[401], 403: PROBLEMS[403]},
)
def list_imports(
    session: given.Reading,
    _account: ReadingAdministrator,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**62, description="From below this id")] = None,
) -> JSONResponse:
    """List the imports so far, the latest first."""
    found = import_log.past(session, limit=limit + 1, before_id=cursor)
    next_page = None
    if len(found) > limit:
        next_page = f"/v1/imports?{urlencode({'limit': limit, 'cursor': found[limit - 1].id})}"
    body = {
        "imports": [import_answers.past_answer(each) for each in found[:limit]],
        "waiting_for_position": import_log.waiting_for_position(session),
        "next": next_page,
    }
    return JSONResponse(body, headers={"Cache-Control": "private, no-store"})


@router.post(
    "/imports/{import_id}/undo",
    response_model=None,
    responses={
        200: examples.answer(examples.UNDONE),
        404: {"model": schemas.Problem, "description": "No such import"},
        409: {"model": schemas.Problem, "description": "It was undone already"},
        **{status: PROBLEMS[status] for status in (401, 403, 503)},
    },
)
def undo_import(
    import_id: Annotated[int, InPath(ge=1, le=2**62)],
    request: Request,
    account: Administrator,
) -> JSONResponse:
    """Take an import back as a whole; what somebody changed since stays and is listed in `kept`."""
    with _alone(), database.write_session(request.app.state.engine) as session:
        report = import_undo.undo(session, import_id, account.id)
    body = {
        "id": report.import_id,
        "totals": {
            "withdrawn": report.withdrawn,
            "restored": report.restored,
            "kept": len(report.kept),
        },
        "kept": [asdict(each) for each in report.kept],
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@contextmanager
def _alone() -> Iterator[None]:
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError
    try:
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _file_of(form: FormData) -> Iterator[ImportRequest]:
    """Lend what the form asks, with its file in a private directory that goes afterwards."""
    asked = _asked(form)
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise InvalidInputError(
            field="file", problem_zh="请选择一个文件", problem_en="a file is needed"
        )
    suffix = Path(sent.filename).suffix.lower()
    with _alone(), tempfile.TemporaryDirectory(prefix="nuanyi-import-") as folder:
        path = Path(folder) / f"file{suffix if suffix in SUFFIXES else ''}"
        with path.open("xb") as file:
            shutil.copyfileobj(sent.file, file)
        yield replace(asked, path=path, file_name=Path(sent.filename).name)


def _asked(form: FormData) -> ImportRequest:
    datum = _text(form, "datum")
    if datum is not None and datum not in set(Datum):
        raise InvalidInputError(
            field="datum",
            problem_zh=f"应为其中之一：{'、'.join(Datum)}",
            problem_en=f"one of: {', '.join(Datum)}",
        )
    kind = _text(form, "kind")
    source = _text(form, "source")
    if source is None:
        raise InvalidInputError(
            field="source", problem_zh="请写明来源", problem_en="the source is missing"
        )
    return ImportRequest(
        path=Path(),
        file_name="",
        source=source,
        datum=None if datum is None else Datum(datum),
        kind=None if kind is None else taxonomy().require("kind", kind, "kind"),
        mapping=_mapping(form),
        encoding=_text(form, "encoding"),
        sheet=_text(form, "sheet"),
        licence=_text(form, "licence"),
        attribution=_text(form, "attribution"),
        url=_text(form, "url"),
        allow_outside=_flag(form, "outside"),
        accept_duplicates=_flag(form, "accept_duplicates"),
    )


def _text(form: FormData, name: str, most: int = TEXT_MAX_LENGTH) -> str | None:
    value = form.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str) or len(value) > most or not is_plain(value):
        raise InvalidInputError(
            field=name,
            problem_zh=f"应为文字，最多 {most} 个字符",
            problem_en=f"text is needed, at most {most} characters",
        )
    return value.strip()


def _flag(form: FormData, name: str) -> bool:
    value = (_text(form, name) or "false").casefold()
    if value not in {"true", "false", "1", "0", "on", "off"}:
        raise InvalidInputError(
            field=name, problem_zh="应为 true 或 false", problem_en="true or false is needed"
        )
    return value in {"true", "1", "on"}


def _mapping(form: FormData) -> dict[str, str | None]:
    text = _text(form, "mapping", FIELD_MAX_BYTES)
    if text is None:
        return {}
    try:
        mapping = json.loads(text)
    except (ValueError, RecursionError):
        mapping = None
    if (
        not isinstance(mapping, dict)
        or len(mapping) > COLUMNS_AT_MOST
        or not all(value is None or isinstance(value, str) for value in mapping.values())
    ):
        raise InvalidInputError(
            field="mapping",
            problem_zh='应为 JSON 对象，如 {"C": "address"}',
            problem_en='a JSON object is needed, such as {"C": "address"}',
        )
    return mapping
