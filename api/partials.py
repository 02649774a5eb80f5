"""Partial documents: the model of a merge patch (RFC 7396) on a dossier."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model


def partial(name: str, model: type[BaseModel], fields: Collection[str]) -> type[BaseModel]:
    """A model of patches to those fields of `model`: each may be absent, or null to empty it.

    Objects below are patches too; what stands in a list is whole. Validators that look at several fields
    at once do not run: the engine validates the document that comes out of the patch.
    """
    chosen: dict[str, Any] = {
        field: _optional(info.asdict()) for field, info in model.model_fields.items() if field in fields
    }
    return create_model(name, __config__=model.model_config, __doc__=model.__doc__, **chosen)


def _optional(info: Any) -> tuple[Any, None]:
    attributes = {key: info["attributes"][key] for key in ("title", "description", "json_schema_extra")}
    inner = _below(info["annotation"])
    constrained = Annotated[(inner, *info["metadata"])] if info["metadata"] else inner
    return Annotated[constrained | None, Field(**attributes)], None


def _below(annotation: Any) -> Any:
    """The type of a patch to a value of that type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return partial(f"{annotation.__name__}Patch", annotation, annotation.model_fields)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return reduce(or_, (_below(part) for part in parts))
    if origin is dict:
        key, value = parts
        return GenericAlias(dict, (key, _below(value) | None))
    return annotation
