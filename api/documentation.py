"""The OpenAPI document: what FastAPI derives, completed with the bodies that we read ourselves and with Problem."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from api.bodies import JSON
from api.schemas import Problem

_REF = "#/components/schemas/"


class Closed(GenerateJsonSchema):
    """Schemas of input: no object has further fields."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return {**super().model_schema(schema), "additionalProperties": False}


class Bodies:
    """The schemas of request bodies, by the names that clients see."""

    def __init__(self) -> None:
        self.schemas: dict[str, JsonSchemaValue] = {}

    def body(self, name: str, model: type[BaseModel], media_types: Sequence[str] = (JSON,)) -> dict[str, Any]:
        """The requestBody of an operation; `name` must be its own, and starts the names of what lies below."""
        assert name not in self.schemas, f"two bodies are called {name}"
        schema = model.model_json_schema(ref_template=f"{_REF}{name}{{model}}", schema_generator=Closed)
        for below, definition in schema.pop("$defs", {}).items():
            self.schemas[f"{name}{below}"] = definition
        self.schemas[name] = {**schema, "title": name}
        content = {media_type: {"schema": {"$ref": f"{_REF}{name}"}} for media_type in media_types}
        return {"requestBody": {"required": True, "content": content}}

    @staticmethod
    def nothing() -> dict[str, Any]:
        """The requestBody of an action without a form."""
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        return {"requestBody": {"required": False, "content": {JSON: {"schema": schema}}}}


class DocumentedApi(FastAPI):
    """FastAPI with our OpenAPI document."""

    bodies: Bodies

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:  # FastAPI keeps its document until the routes change
            schemas.update(self.bodies.schemas)
            schemas["Problem"] = Problem.model_json_schema(ref_template=f"{_REF}{{model}}")
            schemas.update(schemas["Problem"].pop("$defs", {}))
            _drop_null_from_parameters(document)
        return document


def _drop_null_from_parameters(document: dict[str, Any]) -> None:
    """A query parameter is absent or has a value: the text "null" is not a way to say nothing."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for parameter in (p for operation in operations for p in operation.get("parameters", ())):
        kinds = parameter["schema"].pop("anyOf", None)
        if kinds is not None:
            (kind,) = (k for k in kinds if k != {"type": "null"})
            parameter["schema"] = {**kind, **parameter["schema"]}
