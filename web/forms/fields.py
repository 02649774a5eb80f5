"""The fields of a form, derived from the Pydantic model that what is typed will be checked against."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.definition.case import NotAfterToday

FEW = 4  # as many choices are shown at once; more are a list to open
ONE_LINE = 300  # characters


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG_TEXT = "longtext"
    NUMBER = "number"
    DATE = "date"
    TICK = "tick"
    RADIOS = "radios"
    SELECT = "select"
    TICKS = "ticks"
    LINES = "lines"
    ROWS = "rows"
    DAYS = "days"
    GROUP = "group"


BRANCHES = (Kind.GROUP, Kind.DAYS)
CHOOSING = (Kind.RADIOS, Kind.SELECT, Kind.TICKS)


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or several together.

    is_required: it must be filled in, or of a group that is optional: when the group is. is_optional: a group
    that stays away when nothing in it is filled in. longest: in characters. choices: (value, words).
    fields: of a group; of a table the columns; of days one for each key.
    """

    name: str
    label: str
    kind: Kind
    is_required: bool = False
    is_optional: bool = False
    hint: str = ""
    longest: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    fields: tuple["Field", ...] = ()


def fields_of(model: type[BaseModel], only: Collection[str] | None = None) -> tuple[Field, ...]:
    """The fields of a model in its order; only those named, when any are.

    Raises:
        TypeError: a field is of a type that no form has.
    """
    return tuple(field for field in _all(model) if only is None or field.name in only)


@cache
def _all(model: type[BaseModel]) -> tuple[Field, ...]:
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo) -> Field:
    inner, is_nullable = _given(info.annotation)
    longest = next((m.max_length for m in info.metadata if getattr(m, "max_length", None)), None)
    days = "Không được sau hôm nay." if any(isinstance(m, NotAfterToday) for m in info.metadata) else ""
    made = replace(
        _shape(name, inner, longest, is_nullable),
        label=info.title or name,
        is_required=info.is_required(),
        hint=info.description or days,
    )
    return replace(made, is_optional=is_nullable) if made.kind is Kind.GROUP else made


def _given(annotation: Any) -> tuple[Any, bool]:
    """The type without `Annotated` and `| None`; whether it had the latter."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _given(parts[0])
    if origin in (Union, UnionType) and type(None) in parts and len(parts) == 2:
        return _given(next(part for part in parts if part is not type(None)))[0], True
    return annotation, False


def _shape(name: str, inner: Any, longest: int | None, is_nullable: bool) -> Field:
    origin, parts = get_origin(inner), get_args(inner)
    if origin in (tuple, list):
        return _several(name, _given(parts[0])[0])
    if origin is dict and _is_enum(parts[0]) and _given(parts[1])[0] is date:
        days = tuple(Field(value, words, Kind.DATE) for value, words in _choices(parts[0]))
        return Field(name, name, Kind.DAYS, fields=days)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return Field(name, name, Kind.GROUP, fields=_all(inner))
    if _is_enum(inner):
        choices = ((("", "Chưa chọn"),) if is_nullable else ()) + _choices(inner)
        return Field(name, name, Kind.RADIOS if len(choices) <= FEW else Kind.SELECT, choices=choices)
    plain = {bool: Kind.TICK, int: Kind.NUMBER, date: Kind.DATE}.get(inner)
    if plain is not None:
        return Field(name, name, plain)
    if inner is str:
        kind = Kind.LONG_TEXT if (longest or 0) > ONE_LINE else Kind.TEXT
        return Field(name, name, kind, longest=longest)
    raise TypeError(f"{name}: no form has a field of type {inner!r}")


def _several(name: str, item: Any) -> Field:
    if _is_enum(item):
        return Field(name, name, Kind.TICKS, choices=_choices(item))
    if item is str:
        return Field(name, name, Kind.LINES)
    if isinstance(item, type) and issubclass(item, BaseModel):
        return Field(name, name, Kind.ROWS, fields=_all(item))
    raise TypeError(f"{name}: no form has a list of {item!r}")


def _is_enum(inner: Any) -> bool:
    return isinstance(inner, type) and issubclass(inner, Enum)


def _choices(inner: type[Enum]) -> tuple[tuple[str, str], ...]:
    return tuple((str(member.value), str(getattr(member, "label", "") or member.value)) for member in inner)
