"""Whose count it is: a workload's identity, as policies, commits and logs write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A scalable object. `api_version` and `namespace` narrow the search where they are given."""

    kind: str
    name: str
    namespace: str | None = None
    api_version: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def group(self) -> str | None:
        """The API group: `apps` of `apps/v1`, the empty text of the core's `v1`."""
        return None if self.api_version is None else self.api_version.rpartition("/")[0]
