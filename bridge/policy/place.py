"""`spec.target`: where the count stands, if not in the workload's own `spec.replicas`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, field_validator, model_validator

from bridge.errors import ManifestUnsupported
from bridge.manifest import locator
from bridge.manifest.inside import compiled
from bridge.manifest.locator import SPEC_REPLICAS, KustomizeReplicas, Locator, Marker
from bridge.manifest.path import parse_path
from bridge.manifest.target import Target
from bridge.policy.part import Name, Part


class TargetPlace(Part):
    """One place in the state repo, and what may be done there."""

    file: str | None = Field(None, min_length=1, description="its path in the state repo")
    path: str | None = Field(
        None, min_length=1, description="a JSON pointer or dotted path in YAML, JSON or TOML"
    )
    doc: int | None = Field(None, ge=0, description="the number of the file's document, from 0")
    pattern: str | None = Field(
        None, max_length=500, description="a regular expression with one match in the text found"
    )
    kustomize_replicas: Name | None = Field(
        None, description="the name of an entry of a kustomization's replicas"
    )
    marker: Name | None = Field(
        None, description="the NAME of a comment `scalebridge: NAME` behind the count"
    )
    allow_anchors: bool = Field(
        False, description="change an anchor, and with it all that refers to it"
    )
    insert: bool = Field(
        False, description="insert the count that runs where the file has none yet"
    )

    @field_validator("file")
    @classmethod
    def _inside_the_repo(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith("/") or ".." in PurePosixPath(value).parts):
            raise ValueError("expected a path inside the state repo")
        return value and str(PurePosixPath(value))

    @field_validator("path")
    @classmethod
    def _a_path(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                parse_path(value)
        except ManifestUnsupported as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("pattern")
    @classmethod
    def _an_expression(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                compiled(value)
        except ManifestUnsupported as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.kustomize_replicas and (self.path or self.marker or self.pattern):
            raise ValueError("kustomizeReplicas stands alone")
        if (self.path or self.kustomize_replicas) and not self.file:
            raise ValueError("path and kustomizeReplicas need a file")
        if self.pattern and not (self.path or self.marker):
            raise ValueError("pattern needs a path or a marker")
        if self.doc is not None and (self.kustomize_replicas or (self.marker and not self.path)):
            raise ValueError("doc goes with a path, or with scaleTargetRef alone")
        if self.insert and (self.path or self.marker):
            raise ValueError("only spec.replicas and an entry of kustomizeReplicas are inserted")
        return self

    @property
    def says_where(self) -> bool:
        """Whether it names a place without any workload."""
        return bool(self.path or self.kustomize_replicas or self.marker)

    def target(self, workload: Target | None) -> Target:
        """The workload with this as its place; or the mere place, named by itself."""
        found = Locator(
            self._where(workload), self.file, self.pattern, self.allow_anchors, self.insert
        )
        return replace(workload or Target("", str(found)), at=found)

    def _where(self, workload: Target | None) -> locator.Field | KustomizeReplicas | Marker:
        if self.kustomize_replicas:
            return KustomizeReplicas(self.kustomize_replicas)
        path = parse_path(self.path) if self.path else None
        if self.marker:
            return Marker(self.marker, locator.Field(path, doc=self.doc) if path else None)
        if path:
            return locator.Field(path, doc=self.doc)
        return locator.Field(SPEC_REPLICAS, workload, self.doc)
