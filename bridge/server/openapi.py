"""The API's description, OpenAPI 3.1, from the operations and their models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge import __version__
from bridge.observe.facts import Fault

_REF = "#/components/schemas/{model}"
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}, {}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the API can be asked."""

    method: Literal["get", "post"]
    path: str
    name: str
    summary: str
    answer: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    errors: Sequence[int] = ()


def description(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    known = list(operations)
    answers = {(one.answer, "serialization") for one in known} | {(Fault, "serialization")}
    bodies = {(one.body, "validation") for one in known if one.body}
    models = sorted(answers | bodies, key=lambda item: item[0].__name__)
    _, schemas = models_json_schema(models, by_alias=True, ref_template=_REF)  # type: ignore[arg-type] # a union of literals, widened
    paths: dict[str, dict[str, Any]] = {}
    for one in known:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "scalebridge", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    answers = {"200": _content(one.answer, one.summary)}
    answers |= {str(code): _content(Fault, "why not") for code in one.errors}
    found: dict[str, Any] = {"operationId": one.name, "summary": one.summary, "responses": answers}
    if parameters := [*_path_parameters(one), *_query_parameters(one)]:
        found["parameters"] = parameters
    if one.body:
        found |= {"requestBody": {"required": True, **_content(one.body)}, "security": _SECURITY}
    return found


def _content(model: type[BaseModel], text: str = "") -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)}
    content: dict[str, Any] = {"content": {"application/json": {"schema": schema}}}
    return {"description": text, **content} if text else content


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    if "{id}" not in one.path:
        return []
    return [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def _query_parameters(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    fields = one.query.model_json_schema(by_alias=True)["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in fields.items()]
