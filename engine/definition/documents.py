"""Documents as JSON: canonical text, RFC 7396 merge patches, and the way between models and JSON."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> str:
    """The one text of a JSON value, after RFC 8785: sorted keys, no spaces, UTF-8.

    Dossiers hold no floating-point numbers, so the number formatting of the RFC does not arise.
    """
    return _ENCODER.encode(value)


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
