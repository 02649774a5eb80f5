"""Documents as JSON: canonical text, RFC 7396 merge patches, and the way between models and JSON."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

import orjson
from pydantic import BaseModel

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_OPTIONS = (
    orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)  # fmt: skip


def canonical(value: Any) -> str:
    """The one text of a JSON value, after RFC 8785: sorted keys, no spaces, UTF-8.

    Dossiers hold no floating-point numbers, so the number formatting of the RFC does not arise.

    Raises:
        ValueError: a number that JSON cannot say (NaN, infinity). TypeError: no JSON value.
    """
    try:
        text = orjson.dumps(value, option=_OPTIONS).decode()
    except TypeError:  # beyond 64 bits, a lone surrogate, a key that is no plain text: seldom
        return _ENCODER.encode(value)
    if "null" in text and not _is_finite(value):  # which is how orjson writes what JSON cannot say
        raise ValueError("Out of range float values are not JSON compliant")
    return text


def _is_finite(value: Any) -> bool:
    inside = [value]
    for one in inside:  # which grows as it goes
        if type(one) is dict:
            inside.extend(one.values())
        elif type(one) in (list, tuple):
            inside.extend(one)
        elif type(one) is float and not isfinite(one):
            return False
    return True


def to_json(model: BaseModel) -> dict[str, Any]:
    """The model as JSON values: dates as ISO text, tuples as lists; what is not given is absent."""
    return model.model_dump(mode="json", exclude_none=True)


def merge(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The target after an RFC 7396 merge patch; neither argument is changed."""
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merge(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that leads from old to new; a removed or emptied field is None in it.

    Values are compared as Python does, so true and 1 are one to it: a field keeps its type.
    """
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            if below := difference(before, value):
                patch[key] = below
        elif before != value or key not in old:
            patch[key] = value
    return patch
