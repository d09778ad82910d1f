"""A policy in the making: what has been carried over so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from pydantic import ValidationError

from bridge.policy.behavior import Behavior
from bridge.policy.importing.fields import Fields

_OLD_GROUPS = ("extensions/",)  # of Deployments before apps/v1


@dataclass(slots=True)
class Draft:
    """One policy: the identity of its source, and the fields of its spec."""

    source: str
    name: str
    namespace: str | None
    reference: dict[str, Any]
    spec: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The target's kind."""
        return str(self.reference.get("kind", "?"))

    @property
    def target(self) -> tuple[str, str | None, str]:
        """Whose count it will be."""
        return self.kind, self.namespace, str(self.reference.get("name", "?"))

    @property
    def rests(self) -> bool:
        """Whether it goes to 0, or to an idle count, while nothing is active."""
        return self.spec["minReplicas"] == 0 or "idleReplicas" in self.spec

    def add_metric(self, name: str, query: str, kind: str, value: Any) -> str:
        """One more metric, its name made unique; returns that name."""
        taken = {metric["name"] for metric in self.metrics}
        unique = next(n for n in _numbered(name.replace("/", "-")) if n not in taken)
        target = {"type": kind, "value": value}
        self.metrics.append({"name": unique, "query": query, "target": target})
        return unique

    def document(self) -> dict[str, Any]:
        """The whole policy, in the order in which people read it."""
        head = ("minReplicas", "maxReplicas", "pollingInterval")
        spec = {
            "scaleTargetRef": self.reference,
            **{name: self.spec[name] for name in head if name in self.spec},
            "metrics": self.metrics,
            **{name: value for name, value in self.spec.items() if name not in head},
        }
        return {
            "apiVersion": "scalebridge/v1",
            "kind": "ScalingPolicy",
            "metadata": {"name": self.name},
            "spec": spec,
        }


def refuse_inverted(spec: Fields, draft: Draft, least: str, most: str) -> None:
    """A minimum above the maximum, by the names that both have there."""
    given = draft.spec["minReplicas"], draft.spec["maxReplicas"]
    if given[1] is not None and given[0] > given[1]:
        spec.refuse(most, f"{given[1]} is below {least}, {given[0]}")


def drafted(root: Fields, reference: Mapping[str, str | None], namespace: str | None) -> Draft:
    """The draft of a document: its name, its namespace (else the given one) and its target."""
    metadata = root.below("metadata")
    name = metadata.required("name", metadata.text("name")) or ""
    own = metadata.text("namespace") or namespace
    where = f"{own}/{name}" if own else name
    if own is None:
        metadata.assume(
            "namespace",
            "not given: the policy takes the only workload of that name; --namespace NAME adds one",
        )
    given = {**reference, "namespace": own}
    kept = {part: text for part, text in given.items() if text}
    if str(kept.get("apiVersion")).startswith(_OLD_GROUPS):
        kept["apiVersion"] = "apps/v1"
    source = f"{root.data.get('kind')} {where} ({root.data.get('apiVersion')})"
    return Draft(source, name, own, kept)


def carry_behavior(fields: Fields, draft: Draft, name: str = "behavior") -> None:
    """HPA v2's behaviour, field by field as it is; what we would not load is refused."""
    given = _without_nothing(fields.below(name).data)
    if not given:
        return
    try:
        Behavior.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] != "too_short":  # an echo of what is wrong inside the list
                place = ".".join([name, *(str(part) for part in detail["loc"])])
                why = f"{detail['msg'][0].lower()}{detail['msg'][1:]}"
                fields.refuse(place, f"{why}, not {detail['input']!r:.100}")
    else:
        draft.spec["behavior"] = given


def _without_nothing(value: Any) -> Any:
    """Without nulls, empty lists and empty mappings: for the API server these are defaults."""
    if isinstance(value, dict):
        kept = {key: _without_nothing(below) for key, below in value.items()}
        return {key: below for key, below in kept.items() if below not in (None, [], {})}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def _numbered(name: str) -> Iterator[str]:
    return chain([name], (f"{name}-{number}" for number in count(2)))
