"""GitHub's published description of its API, as a judge of requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

_DESCRIBED: Final = json.loads(Path(__file__).with_name("github_openapi.json").read_text("utf-8"))


def complaints(method: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """What GitHub would not understand in this request; stricter, as unknown fields count."""
    call = _call(method.lower(), path)
    if call is None:
        return [f"{method} {path} is not among the described calls"]
    return [*_of_query(call["query"], query), *_of_body(call["body"], body)]


def _call(method: str, path: str) -> dict[str, Any] | None:
    for template, methods in _DESCRIBED["paths"].items():
        pattern = re.sub(r"\{ref\}", ".+", template)
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path) and method in methods:
            found: dict[str, Any] = methods[method]
            return found
    return None


def _of_query(described: Iterable[Mapping[str, Any]], query: Mapping[str, str]) -> list[str]:
    known = {one["name"]: one for one in described}
    unknown = [f"unknown parameter {name}" for name in query.keys() - known.keys()]
    lacking = [f"no {name}" for name, one in known.items() if one["required"] and name not in query]
    wrong = [
        f"{name}: {error.message}"
        for name, text in query.items()
        if name in known
        for error in Draft202012Validator(known[name]["schema"]).iter_errors(
            int(text) if known[name]["schema"].get("type") == "integer" else text
        )
    ]
    return [*unknown, *lacking, *wrong]


def _of_body(schema: Any, body: Any) -> list[str]:
    if schema is None:
        return ["a body where none is due"] if body is not None else []
    known = set(schema.get("properties", {}))
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        known |= set(choice.get("properties", {}))
    unknown = set(body) - known if isinstance(body, dict) and known else set()
    errors = Draft202012Validator(schema).iter_errors({} if body is None else body)
    return [*(f"unknown field {name}" for name in unknown), *(error.message for error in errors)]
