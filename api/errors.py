"""How a refusal looks over HTTP: the only place of status codes, and problem details after RFC 9457.

`type` is a relative URI made of the code; `detail` the sentence for the person acting; `params`,
`reasons`, `lines` and `fields` say the same for programs. Faults answer 500 and never show why.
"""

import errno
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.refusals import (
    BodyTooLarge,
    BodyTooSlow,
    CrossSite,
    MalformedForm,
    MalformedJson,
    SignOnFailed,
    WrongMediaType,
)
from api.request_ids import request_id_of
from engine import errors as engine_errors
from engine.administration.refusals import OfficeRefused, RowsRefused
from engine.definition.documents import canonical
from engine.definition.sentences import field_sentences
from engine.errors import GuardUnmet, InvalidInput, LinesRefused, Refused, TooManyAttempts, Unavailable
from engine.office.files import FileRefused
from engine.runtime import database
from engine.runtime.present import reason_json

PROBLEM = "application/problem+json"
TOO_LARGE = "file_too_large"
DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)

STATUS: Mapping[type[Exception], int] = {
    MalformedJson: 400,
    MalformedForm: 400,
    engine_errors.NotAuthenticated: 401,
    SignOnFailed: 401,
    engine_errors.ConfirmationNeeded: 401,
    engine_errors.SecondFactorNeeded: 401,
    engine_errors.WrongCode: 401,
    engine_errors.ScopeMissing: 403,
    engine_errors.SessionNeeded: 403,
    engine_errors.NotPerformer: 403,
    CrossSite: 403,
    engine_errors.NotFound: 404,
    engine_errors.LinkSpent: 404,
    BodyTooSlow: 408,
    engine_errors.ActionNotAvailable: 409,
    engine_errors.SecondFactorStands: 409,
    engine_errors.NotInvitable: 409,
    GuardUnmet: 409,
    OfficeRefused: 409,
    LinesRefused: 409,
    engine_errors.ReadOnly: 409,
    engine_errors.StaleVersion: 412,
    BodyTooLarge: 413,
    FileRefused: 415,
    WrongMediaType: 415,
    InvalidInput: 422,
    engine_errors.KeyReused: 422,
    RowsRefused: 422,
    engine_errors.VersionMissing: 428,
    TooManyAttempts: 429,
    Unavailable: 503,
    Refused: 400,
}
BODY = (MalformedJson, WrongMediaType, BodyTooLarge, BodyTooSlow, InvalidInput)
"""What any operation with a JSON body may refuse."""
TITLES: Mapping[int, str] = {
    400: "Yêu cầu không đọc được",
    401: "Chưa đăng nhập",
    403: "Không có quyền",
    404: "Không tìm thấy",
    405: "Không có phương thức này",
    408: "Gửi quá chậm",
    409: "Chưa thực hiện được",
    412: "Hồ sơ đã thay đổi",
    413: "Nội dung quá lớn",
    415: "Không nhận loại nội dung này",
    422: "Dữ liệu chưa hợp lệ",
    428: "Thiếu phiên bản",
    429: "Quá nhiều lần thử",
    500: "Lỗi hệ thống",
    503: "Tạm thời chưa phục vụ được",
}
Lost = Callable[[Request], Awaitable[Response]]
"""Answers a request for an address that is none with a page."""
log = logging.getLogger(__name__)


def problem(
    status: int, code: str, detail: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A problem details answer; `more` are its further members."""
    body = {
        "type": f"/problems/{code}",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "instance": quote(path),
        "code": code,
        "params": {},
        **more,
    }
    return Response(canonical(body), status, headers, PROBLEM)


def refusal(refused: Refused, path: str) -> Response:
    """The answer to a request that was refused."""
    more: dict[str, Any] = {"params": dict(refused.params)}
    if isinstance(refused, GuardUnmet):
        more["reasons"] = [reason_json(reason) for reason in refused.reasons]
    if isinstance(refused, LinesRefused):
        more["lines"] = {line: [reason_json(reason) for reason in why] for line, why in refused.lines.items()}
    if isinstance(refused, InvalidInput):
        more["fields"] = dict(refused.fields)
    if isinstance(refused, RowsRefused):
        more["rows"] = [asdict(row) for row in refused.rows]
    return problem(status_of(refused), refused.code, str(refused), path, headers=_headers(refused), **more)


def status_of(refused: Refused) -> int:
    """The HTTP status that says so."""
    kind = BodyTooLarge if refused.code == TOO_LARGE else type(refused)
    return next(STATUS[cls] for cls in kind.__mro__ if cls in STATUS)


def documented(*refusals: type[Exception]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses for what an operation may refuse; several classes may share a status."""
    return {
        status: {
            "description": TITLES[status],
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({STATUS[cls] for cls in refusals})
    }


def install(app: FastAPI) -> None:
    """Make every answer of the application that is not a success a problem.

    Where `app.state.lost` is set, it answers the browsers that ask for an address outside the API that is none.
    """
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


class Faults:
    """Answers 500 for what nobody expected, with the id of the request, under which the log has the story.

    A database or disk that is out of order is no fault of the program: 503, try again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sender)
        except ClientDisconnect:
            log.info("the client left before its request was complete")
        except Exception as fault:
            if started or scope["type"] != "http":
                raise
            await _fault(fault, scope)(scope, receive, sender)


def _fault(fault: Exception, scope: Scope) -> Response:
    correlation = noted(fault, scope)
    if is_out_of_order(fault):
        return refusal(Unavailable(seconds=5), scope["path"])
    detail = f"Lỗi hệ thống. Khi báo lỗi, hãy nêu mã {correlation}."
    return problem(500, "internal_error", detail, scope["path"], params={"correlation": correlation})


def noted(fault: Exception, scope: Scope) -> str:
    """Log what nobody expected; the id of the request, under which the log has it."""
    correlation = request_id_of(scope)
    if is_out_of_order(fault):  # while the database is away, each request says so: one line
        code = getattr(fault, "sqlstate", None) or getattr(fault, "sqlite_errorname", "")
        log.error("out of order %s: %s %s", correlation, type(fault).__name__, code)
    else:
        log.error("fault %s", correlation, exc_info=fault)
    return correlation


def is_out_of_order(fault: Exception) -> bool:
    """Whether the database or the disk is at fault, and not the program: it may go the next time."""
    if isinstance(fault, OSError):
        return fault.errno in DISK_TROUBLE
    return database.is_out_of_order(fault)


def _headers(refused: Refused) -> dict[str, str]:
    if isinstance(refused, TooManyAttempts | Unavailable):
        return {"Retry-After": str(refused.params["seconds"])}
    if isinstance(refused, engine_errors.ConfirmationNeeded):  # RFC 9470
        seconds = 60 * int(refused.params["minutes"])
        return {"WWW-Authenticate": f'Bearer error="insufficient_user_authentication", max_age={seconds}'}
    if isinstance(refused, engine_errors.NotAuthenticated | engine_errors.SecondFactorNeeded | engine_errors.WrongCode):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(refused, BodyTooLarge | BodyTooSlow):
        return {"Connection": "close"}  # the rest of the body is not read
    return {}


async def _on_refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused), "registered for it"
    return refusal(refused, request.scope["path"])


async def _on_invalid_request(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError), "registered for it"
    return refusal(InvalidInput(field_sentences(wrong.errors(), skip=1)), request.scope["path"])


async def _on_http_exception(request: Request, raised: Exception) -> Response:
    assert isinstance(raised, HTTPException), "registered for it"
    lost: Lost | None = getattr(request.app.state, "lost", None)
    if lost is not None and raised.status_code == HTTPStatus.NOT_FOUND and _is_for_reading(request):
        return await lost(request)
    path, headers = request.scope["path"], dict(raised.headers or {})
    if raised.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_at(request))
    phrase = HTTPStatus(raised.status_code).phrase
    detail = f"{TITLES.get(raised.status_code, phrase)}."
    code = phrase.lower().replace(" ", "_")
    return problem(raised.status_code, code, detail, path, headers=headers, params={"reason": raised.detail})


def _is_for_reading(request: Request) -> bool:
    accepted, path = request.headers.get("accept", ""), request.scope["path"]
    return "text/html" in accepted and not f"{path}/".startswith("/api/")


def _methods_at(request: Request) -> list[str]:
    """Every method that some operation takes at the request's path; the router itself names one route's only."""
    routes = iter_route_contexts(request.app.routes)
    found = (r.methods or () for r in routes if r.path and r.path_regex.match(request.scope["path"]))
    return sorted({method for methods in found for method in methods})
