"""KEDA's annotations: a ScaledObject that is paused, or kept awake."""

from __future__ import annotations

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields

_PREFIX = "autoscaling.keda.sh/"
_FALSE = ("0", "f", "F", "false", "FALSE", "False")  # to KEDA, any other text is true
_DIRECTIONS = {"paused-scale-in": "pausedScaleIn", "paused-scale-out": "pausedScaleOut"}


def carry_annotations(metadata: Fields, draft: Draft) -> None:
    """Pauses, and what keeps the target awake; annotations that aren't KEDA's are passed over."""
    annotations = metadata.below("annotations")
    count = annotations.number(f"{_PREFIX}paused-replicas")
    if count is not None:
        draft.spec["pausedReplicas"] = count
    elif _on(annotations, "paused"):
        draft.spec["paused"] = True
    for name, field in _DIRECTIONS.items():
        if _on(annotations, name):
            draft.spec[field] = True
    if _on(annotations, "force-activation"):
        _keep_awake(annotations, draft)
    for name in annotations.data:
        if str(name).startswith(_PREFIX) and not annotations.was_read(name):
            annotations.warn(name, "unknown to KEDA, and left behind")


def _on(annotations: Fields, name: str) -> bool:
    text = annotations.text(_PREFIX + name)
    return text is not None and text not in _FALSE


def _keep_awake(annotations: Fields, draft: Draft) -> None:
    draft.spec["minReplicas"] = max(1, draft.spec["minReplicas"])
    draft.spec.pop("idleReplicas", None)
    annotations.assume(f"{_PREFIX}force-activation", "never at rest: at least the minimum, or 1")
