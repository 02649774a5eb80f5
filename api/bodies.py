"""Reads JSON bodies strictly, and says what may be in them.

A body is read once, from its bytes: no coercion, no unknown fields, no duplicate keys, no NaN. FastAPI's
own body parameters parse before anybody has asked who is calling and take "5" for 5; hence this module.
"""

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from math import isfinite
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from api.dependencies import require_secret
from api.refusals import MalformedJson, WrongMediaType
from engine.definition.sentences import NO_DATE, field_sentences
from engine.errors import InvalidInput

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

# Not only the escape itself: an even number of backslashes before it makes it plain text.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMERIC = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?")

M = TypeVar("M", bound=BaseModel)
Reader = Callable[[Request, str], Coroutine[Any, Any, M]]


def body_of(model: type[M], *media_types: str) -> Reader[M]:
    """A dependency that gives the body as a valid `model`; media types: JSON when none is named.

    Raises (the dependency):
        NotAuthenticated: no secret at all; then the body is not even read.
        WrongMediaType, MalformedJson, InvalidInput: the body is not such a model.
    """
    taken = media_types or (JSON,)

    async def read(request: Request, _secret: Annotated[str, Depends(require_secret)]) -> M:
        return await read_body(request, model, taken)

    return read


async def read_body(request: Request, model: type[M], media_types: tuple[str, ...] = (JSON,)) -> M:
    """The body of the request as a valid `model`; see `body_of` for what it raises."""
    body = await request.body()
    if not body:
        raise InvalidInput({"body": "Thiếu nội dung."})
    if _media_type(request) not in media_types:
        raise WrongMediaType(expected=" hoặc ".join(media_types))
    return validated(body, model)


async def no_body(request: Request) -> None:
    """A dependency for actions without a form: nothing, or an empty object."""
    if await request.body():
        await read_body(request, _Nothing)


def validated(body: bytes, model: type[M]) -> M:
    """The JSON text as a `model`.

    Raises:
        MalformedJson: no JSON, or JSON that different readers read differently.
        InvalidInput: each field with its sentence.
    """
    value, text = _read(body)
    try:
        found = model.model_validate_json(text, strict=True, extra="forbid")
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise MalformedJson(why="không phải JSON") from wrong
        raise InvalidInput(field_sentences(errors)) from wrong
    if places := list(_numbers_taken_for_dates(value, found.model_dump(mode="json", exclude_unset=True))):
        raise InvalidInput(dict.fromkeys(places, NO_DATE))
    return found


class _Unreadable(ValueError):
    """JSON that different readers read differently; the message says where."""


class _Nothing(BaseModel):
    pass


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _read(body: bytes) -> tuple[Any, str]:
    """The JSON value, and a text made from it again, so that the validator's parser cannot see another.

    Refused here is what that one would let through: duplicate keys, NaN, NUL characters.
    """
    try:
        given = body.decode()
        value = json.loads(given, object_pairs_hook=_without_twins, parse_constant=_no_number, parse_float=_number)
        text = json.dumps(value)
    except RecursionError as deep:
        raise MalformedJson(why="lồng nhau quá sâu") from deep
    except UnicodeDecodeError as wrong:
        raise MalformedJson(why="không phải UTF-8") from wrong
    except json.JSONDecodeError as wrong:
        raise MalformedJson(why=f"sai ở dòng {wrong.lineno}, cột {wrong.colno}") from wrong
    except _Unreadable as wrong:
        raise MalformedJson(why=str(wrong)) from wrong
    except ValueError as wrong:  # Python reads no number of that many digits
        raise MalformedJson(why="có số quá nhiều chữ số") from wrong
    if _ESCAPED_NUL.search(given):
        raise MalformedJson(why="có ký tự NUL")
    return value, text


def _numbers_taken_for_dates(given: Any, taken: Any, place: str = "") -> Iterator[str]:
    """Where the validator read a number in quotes as seconds since 1970; there is no switch for that."""
    if isinstance(given, dict) and isinstance(taken, dict):
        for key, value in given.items():
            yield from _numbers_taken_for_dates(value, taken.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(given, list) and isinstance(taken, list):
        for index, value in enumerate(given[: len(taken)]):
            yield from _numbers_taken_for_dates(value, taken[index], f"{place}.{index}".lstrip("."))
    elif isinstance(given, str) and isinstance(taken, str) and _NUMERIC.fullmatch(given) and _DATE.match(taken):
        yield place


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unreadable("một khóa xuất hiện hai lần")
    return found


def _no_number(name: str) -> NoReturn:
    raise _Unreadable(f"{name} không phải JSON")


def _number(digits: str) -> float | int:
    """A finite number; 2.0 is the whole number 2, as JSON Schema sees it."""
    value = float(digits)
    if not isfinite(value):
        raise _Unreadable(f"số {digits[:20]} quá lớn")
    return int(value) if value.is_integer() else value
