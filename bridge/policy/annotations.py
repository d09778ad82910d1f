"""What a fleet's member asks for itself: `scalebridge/…` annotations of its manifest.

Named as the policy's fields are: `scalebridge/min-replicas: "4"` is `spec.minReplicas: 4`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from bridge.errors import PolicyInvalid
from bridge.policy.metric import Metric, MetricTarget
from bridge.policy.model import Spec

PREFIX: Final = "scalebridge/"
_TARGET_VALUE: Final = f"{PREFIX}target-value"
_FIELDS: Final = (
    "min_replicas",
    "max_replicas",
    "idle_replicas",
    "cooldown_period",
    "in_flight_timeout",
    "override_hold",
    "paused",
    "paused_replicas",
    "paused_until",
    "paused_scale_in",
    "paused_scale_out",
)
_BY_NAME: Final = {PREFIX + field.replace("_", "-"): field for field in _FIELDS}
ANNOTATIONS: Final = (*_BY_NAME, _TARGET_VALUE)
"""All there are; the last one may be followed by a dot and a metric's name."""


def annotated(spec: Spec, annotations: Mapping[str, str]) -> Spec:
    """The spec as the member's annotations change it.

    Raises:
        PolicyInvalid: one is unknown or can't be used; the text names it.
    """
    if not annotations:
        return spec
    changes: dict[str, object] = {}
    metrics = spec.metrics
    for name, value in sorted(annotations.items()):
        if field := _BY_NAME.get(name):
            changes[field] = value
        elif name == _TARGET_VALUE or name.startswith(f"{_TARGET_VALUE}."):
            metrics = _with_target(spec, metrics, name, value)
        else:
            raise PolicyInvalid(f"{name}: no such annotation: there are {', '.join(ANNOTATIONS)}")
    try:
        return Spec.model_validate({**dict(spec), "metrics": metrics, **changes})
    except ValidationError as error:
        raise PolicyInvalid(_complaint(error)) from error


def _with_target(
    spec: Spec, metrics: tuple[Metric, ...], name: str, value: str
) -> tuple[Metric, ...]:
    """The metrics, one of them with this target."""
    if spec.scaling_modifiers:
        raise PolicyInvalid(f"{name}: scalingModifiers have a target of their own")
    wanted = name.removeprefix(_TARGET_VALUE).removeprefix(".")
    names = [metric.name for metric in metrics]
    if not wanted and len(names) > 1:
        raise PolicyInvalid(f"{name}: of which metric? {name}.{names[0]}, for one")
    if wanted and wanted not in names:
        raise PolicyInvalid(f"{name}: no such metric: there are {', '.join(names)}")
    return tuple(
        _at(metric, name, value) if wanted in ("", metric.name) else metric for metric in metrics
    )


def _at(metric: Metric, name: str, value: str) -> Metric:
    try:
        target = MetricTarget.model_validate({"type": metric.target.type, "value": value})
    except ValidationError as error:
        raise PolicyInvalid(f"{name}: {_why(error)}") from error
    return metric.model_copy(update={"target": target})


def _complaint(error: ValidationError) -> str:
    """The first finding, with the annotation's name; or what does not go together."""
    place = error.errors(include_url=False)[0]["loc"]
    for name, field in _BY_NAME.items():
        if place and place[0] in (field, to_camel(field)):
            return f"{name}: {_why(error)}"
    return f"{PREFIX}…: {_why(error)}"


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    given = first.get("ctx", {}).get("error")
    return str(given) if given else f"{first['msg']}, not {first['input']!r}"
