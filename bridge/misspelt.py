"""The fields that a model knows, for people who mistype one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel


def nearest_field(model: type[BaseModel], loc: Sequence[str | int]) -> str | None:
    """The known field that reads most like the unknown one at `loc`, as pydantic gives it."""
    *above, unknown = loc
    near = get_close_matches(str(unknown), sorted(_names(_inside(model, above))), n=1)
    return near[0] if near else None


def _inside(model: type[BaseModel], loc: Sequence[str | int]) -> set[type[BaseModel]]:
    """The models that may stand at `loc`; positions and tags of unions lead to no other one."""
    here = {model}
    for part in loc:
        below = {found for one in here for found in _models(_annotations(one).get(part))}
        here = below or here
    return here


def _names(models: set[type[BaseModel]]) -> set[str]:
    return {str(name) for model in models for name in _annotations(model)}


def _annotations(model: type[BaseModel]) -> dict[str | int, Any]:
    return {one.alias or name: one.annotation for name, one in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Those in an annotation, however deep: `tuple[Metric, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
