"""What Kubernetes, and those who add kinds to it, say of a manifest."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.parts.gate import shared

Manifest = dict[str, Any]


def complaints(manifest: Manifest) -> list[str]:
    """Of the schema of its kind, unknown fields included; a kind without a schema is one, too."""
    schema = _schema(manifest["apiVersion"], manifest["kind"])
    if schema is None:
        return [f"no schema for {manifest['apiVersion']} {manifest['kind']}"]
    found = Draft202012Validator(schema).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in found]


@cache
def _schema(api_version: str, kind: str) -> Manifest | None:
    builtin = json.loads((shared("schemas") / "kubernetes-1.37.0-strict.json").read_text("utf-8"))
    if known := builtin["kinds"].get(f"{api_version} {kind}"):
        return {**known, "$defs": builtin["$defs"]}
    group, _, version = api_version.partition("/")
    for entry in json.loads((shared("schemas") / "index.json").read_text("utf-8")):
        if (entry.get("group"), entry["kind"]) == (group, kind):
            strict: Manifest = _strict(_of_definition(entry["file"], version))
            return strict
    return None


def _of_definition(file: str, version: str) -> Any:
    definition = yaml.safe_load((shared("schemas") / file).read_text("utf-8"))
    [found] = [one for one in definition["spec"]["versions"] if one["name"] == version]
    return found["schema"]["openAPIV3Schema"]


def _strict(schema: Any) -> Any:
    """As the API server prunes: fields that a definition doesn't have are dropped, so refused."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    closed = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    kept = schema.get("x-kubernetes-preserve-unknown-fields")
    if closed and not kept and "additionalProperties" not in schema and schema["properties"]:
        strict["additionalProperties"] = False
    return strict
