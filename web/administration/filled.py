"""Forms of administration: what was typed, as the engine's forms want it; what was wrong with it, for the page."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput
from web.visits import OWN_FIELDS

WHICH, DRAFT = "viec", "bieu-mau"
"""The field that names the form of a page ("vai-tro:17": that form about thing 17); in the address, the form whose
draft waits."""

_SPOKEN_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_LIST = re.compile(r"[,;\s]+")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent and refused, or that waits as a draft. `which` is empty: none of the page was."""

    which: str = ""
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""
    wants_proof: bool = False

    def value(self, which: str, name: str, otherwise: Any = "") -> str:
        """What a field shows: what was typed, else what stands there now."""
        if which == self.which:
            return next(iter(self.typed.get(name, ())), "")
        return "" if otherwise is None else str(otherwise)

    def values(self, which: str, name: str, otherwise: Sequence[str] = ()) -> Sequence[str]:
        """The same of a field that takes several."""
        return self.typed.get(name, ()) if which == self.which else otherwise

    def fault(self, which: str, name: str) -> str:
        return self.faults.get(name, "") if which == self.which else ""


NOTHING = Filled()


def typed_in(form: FormData) -> dict[str, list[str]]:
    """What was typed, without what forms carry of their own; files are not kept."""
    typed: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in (*OWN_FIELDS, WHICH):
            typed.setdefault(name, []).append(value)
    return typed


def read(model: type[M], typed: Mapping[str, Sequence[str]]) -> M:
    """The form that was filled in. A field that is left empty is null where the form knows null, and missing where
    it must be filled in; dates may be written 31/07/2024.

    Raises:
        InvalidInput: what is wrong with which field.
    """
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        label = info.alias or name
        if label in typed or _is_list(info):
            value = _value(info, typed.get(label, ()))
            if value is not None or _knows_null(info):
                values[label] = value
    try:
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as wrong:
        found = field_sentences(wrong.errors(include_url=False, include_input=False))
        raise InvalidInput({name.partition(".")[0]: said for name, said in found.items()}) from wrong


def _value(info: FieldInfo, given: Sequence[str]) -> Any:
    if _is_list(info):
        return [part for text in given for part in _LIST.split(text.strip()) if part]
    text = given[-1].strip() if given else ""
    if not text:
        return None if info.is_required() or _knows_null(info) else ""
    types = _types(info.annotation)
    if bool in types and text in ("true", "false"):
        return text == "true"
    if int in types and text.isascii() and text.lstrip("-").isdigit() and len(text) < 15:
        return int(text)
    if date in types and (spoken := _SPOKEN_DAY.fullmatch(text)):
        return f"{spoken[3]}-{int(spoken[2]):02d}-{int(spoken[1]):02d}"
    return text


def _is_list(info: FieldInfo) -> bool:
    return tuple in _types(info.annotation)


def _knows_null(info: FieldInfo) -> bool:
    return NoneType in _types(info.annotation)


def _types(annotation: Any) -> set[Any]:
    """The plain types that a field takes, without what they are annotated with."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _types(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return {one for part in get_args(annotation) for one in _types(part)}
    return {origin or annotation}
