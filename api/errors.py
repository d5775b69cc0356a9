"""Each error class gets its HTTP status; every error is RFC 9457 problem+json in two languages."""

import re
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from stations import errors
from stations.database import RETRY_AFTER_S
from stations.errors import NuanyiError

STATUS: dict[type[NuanyiError], int] = {
    errors.InvalidInputError: 422,
    errors.UnknownTermError: 422,
    errors.CoordinateError: 422,
    errors.OutsideServedAreaError: 422,
    errors.AreaNotFoundError: 404,
    errors.CalendarDayNotFoundError: 404,
    errors.IndicatorNotFoundError: 404,
    errors.NoBoundaryError: 422,
    errors.NoDemandError: 422,
    errors.NetworkReplacedError: 503,
    errors.FileRefusedError: 422,
    errors.StationNotFoundError: 404,
    errors.EventNotFoundError: 404,
    errors.StaleVersionError: 412,
    errors.PreconditionRequiredError: 428,
    errors.ImportNotFoundError: 404,
    errors.ScenarioNotFoundError: 404,
    errors.ImportUndoneError: 409,
    errors.GeocoderError: 502,
    errors.NotLoggedInError: 401,
    errors.WrongLoginError: 401,
    errors.NotAllowedError: 403,
    errors.CsrfError: 403,
    errors.TooManyLoginsError: 429,
    errors.BusyError: 503,
    errors.WriteBusyError: 503,
    errors.DatabaseUnavailableError: 503,
    errors.SchemaBehindError: 503,
    errors.SchemaAheadError: 503,
    errors.DatabaseRefusedError: 503,
}
"""The one table from error class to status; a test holds it complete."""

HTTP_SENTENCES: dict[int, tuple[str, str]] = {
    404: ("没有这个地址。", "There is nothing at this address."),
    405: ("这个地址不支持这种操作。", "This address does not allow this method."),
    413: ("提交的内容太大。", "What was sent is too large."),
    415: ("内容类型不对。", "The content type is not the one expected."),
}

VALIDATION_SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("缺少这一项", "this is missing"),
    "extra_forbidden": ("没有这一项", "there is no such field"),
    "int_parsing": ("应为整数", "a whole number is needed"),
    "int_type": ("应为整数", "a whole number is needed"),
    "int_from_float": ("应为整数", "a whole number is needed"),
    "float_parsing": ("应为数字", "a number is needed"),
    "float_type": ("应为数字", "a number is needed"),
    "finite_number": ("应为有限的数字", "a finite number is needed"),
    "bool_type": ("应为 true 或 false", "true or false is needed"),
    "string_type": ("应为文字", "text is needed"),
    "list_type": ("应为列表", "a list is needed"),
    "dict_type": ("应为对象", "an object is needed"),
    "model_type": ("应为对象", "an object is needed"),
    "model_attributes_type": ("应为 JSON 对象", "a JSON object is needed"),
    "json_invalid": ("不是有效的 JSON", "this is not valid JSON"),
    "greater_than_equal": ("不能小于 {ge}", "at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "at most {le}"),
    "string_too_short": ("至少 {min_length} 个字符", "at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字符", "at most {max_length} characters"),
    "too_long": (
        "最多 {max_length} 项，这里有 {actual_length} 项",
        "at most {max_length} entries, and these are {actual_length}",
    ),
    "literal_error": ("应为其中之一：{expected}", "one of: {expected}"),
    "enum": ("应为其中之一：{expected}", "one of: {expected}"),
    "string_pattern_mismatch": ("格式不对", "the format is wrong"),
}
ANY_VALIDATION = ("格式不对", "the value is not of the expected form")


def status_of(error: NuanyiError) -> int:
    """Return the status of an error: that of its class, or of the nearest class above it."""
    for cls in type(error).__mro__:
        if cls in STATUS:
            return STATUS[cls]
    return 500


def problem(
    request: Request,
    status: int,
    slug: str,
    sentences: tuple[str, str],
    *,
    field: str | None = None,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> JSONResponse:
    """Build one problem+json reply; `sentences` are Chinese and English."""
    zh, en = sentences
    lang = request.scope.get("state", {}).get("lang", "zh")
    body = {
        "type": f"/problems/{slug}",
        "title": slug.replace("_", " "),
        "status": status,
        "detail": en if lang == "en" else zh,
        "detail_zh": zh,
        "detail_en": en,
        "field": field,
        "request_id": request.scope.get("state", {}).get("request_id"),
        **extra,
    }
    headers = dict(headers or {})
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    headers["Cache-Control"] = "no-store"
    return JSONResponse(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )


def register(app: FastAPI) -> None:
    """Answer every error of the domain, of checking, and of routing as a problem."""
    app.add_exception_handler(NuanyiError, _domain_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def unexpected(request: Request) -> JSONResponse:
    """Answer what nobody foresaw: an id to ask about, and not a word of the exception."""
    request_id = request.scope.get("state", {}).get("request_id")
    return problem(
        request,
        500,
        "unexpected",
        (
            f"服务器出错了，请稍后再试；如需帮助请告知编号 {request_id}。",
            f"Something went wrong on the server. If you ask about it, give the id {request_id}.",
        ),
    )


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, NuanyiError)  # noqa: S101 - registered for this class
    headers = {}
    retry_after_s = error.values.get("retry_after_s")
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__.removesuffix("Error")).lower()
    return problem(
        request,
        status_of(error),
        slug,
        (error.sentence("zh"), error.sentence("en")),
        field=error.field,
        headers=headers,
        **error.extra,
    )


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    found = [_sentences_of(each) for each in error.errors()]
    lang = request.scope.get("state", {}).get("lang", "zh")
    field, zh, en = found[0]
    return problem(
        request,
        422,
        "invalid_input",
        (f"{field}：{zh}。", f"{field}: {en}."),
        field=field,
        errors=[{"field": each[0], "detail": each[2 if lang == "en" else 1]} for each in found],
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == 400:  # the framework's word for a body that cannot be read at all
        unreadable = ("body：内容无法读取，应为 JSON。", "body: it cannot be read; JSON is needed.")
        return problem(request, 422, "invalid_input", unreadable, field="body")
    refused = ("请求无法处理。", "The request was refused.")
    sentences = HTTP_SENTENCES.get(error.status_code, refused)
    slug = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    return problem(request, error.status_code, slug, sentences, headers=dict(error.headers or {}))


def _sentences_of(error: dict[str, Any]) -> tuple[str, str, str]:
    """Return the field, and what is wrong with it; never the value, which may be a position."""
    place = [str(part) for part in error["loc"] if part not in {"query", "body", "path", "header"}]
    if error["type"] == "json_invalid":
        place = []
    zh, en = VALIDATION_SENTENCES.get(error["type"], ANY_VALIDATION)
    if error["type"] == "too_long" and error["ctx"].get("field_type") == "Value":
        zh, en = VALIDATION_SENTENCES["string_too_long"]
    context = {key: value for key, value in error.get("ctx", {}).items() if key != "error"}
    if error["type"] == "value_error":
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, ValueError) and len(cause.args) == 2:
            zh, en = cause.args
    zh_context = context
    if "expected" in context:  # 'a', 'b' or 'c'
        listed = str(context["expected"]).replace(" or ", ", ").replace("'", "")
        zh_context = context | {"expected": listed.replace(", ", "、")}
    return ".".join(place) or "body", zh.format(**zh_context), en.format(**context)
