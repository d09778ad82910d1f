"""Whose count it is: an identity, as policies, commits and logs write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.manifest.locator import Locator


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A scalable object, or a mere place in a file: then `kind` is empty, and `name` the place.

    `api_version` and `namespace` narrow the search where they are given.
    """

    kind: str
    name: str
    namespace: str | None = None
    api_version: str | None = None
    at: Locator | None = field(default=None, compare=False)
    """Where the count stands, unless it is the object's own `spec.replicas`."""

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def group(self) -> str | None:
        """The API group: `apps` of `apps/v1`, the empty text of the core's `v1`."""
        return None if self.api_version is None else self.api_version.rpartition("/")[0]

    def fits(self, other: Target) -> bool:
        """Whether `other`, as a manifest spells it, may be what this asks for.

        A manifest without a namespace may be placed into any by its tool.
        """
        return (
            self.kind == other.kind
            and self.name in ("", other.name)
            and self.group in (None, other.group)
            and (self.namespace is None or other.namespace in (None, self.namespace))
        )
