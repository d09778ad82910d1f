"""Whether a patch sets or takes away a field: strategic merge, and JSON patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from bridge.documents import Document, load_documents
from bridge.manifest.claims.fields import Lines, Part
from bridge.manifest.claims.selector import Selector
from bridge.manifest.claims.subject import Subject, leads_to
from bridge.manifest.path import Path

Body = tuple[Document, ...]
"""The documents of a patch."""


def body_of(text: bytes, name: str) -> Body:
    """A patch's text; what can't be read of it is left out."""
    found = load_documents(text, name)
    return tuple(one for one in found if isinstance(one, Document))


@dataclass(frozen=True, slots=True)
class Patch:
    """One entry of a kustomization's patches: its text, or the file that has it."""

    lines: Lines
    selector: Selector | None
    """None: the patch itself names its object."""
    body: Body = field(default=(), compare=False)
    file: str = ""

    def sets(self, subject: Subject, names: Collection[str], body: Body) -> bool:
        """Whether it sets the subject's field."""
        if self.selector and not self.selector.selects(subject, names):
            return False
        return any(
            touches(one.data, subject.path) and (self.selector or _names(one, subject, names))
            for one in body
        )


def _names(document: Document, subject: Subject, names: Collection[str]) -> bool:
    root = Part(document, (), document.data)
    group = root.text("apiVersion").rpartition("/")[0]
    meant = Selector(group, root.text("kind"), "", root.text("metadata", "namespace"))
    return root.text("metadata", "name") in names and meant.selects(subject, names)


def touches(data: Any, path: Path) -> bool:
    """Whether the field has another value afterwards, or none, whatever it was before."""
    if isinstance(data, list):
        return any(_operates(one, path) for one in data)
    for key in path:
        if not isinstance(data, dict):
            return data is None
        if data.get("$patch") in ("delete", "replace"):
            return True
        if key not in data:
            return False
        data = data[key]
    return True


def _operates(operation: Any, path: Path) -> bool:
    if not isinstance(operation, dict) or operation.get("op") == "test":
        return False
    places = [operation.get("path")]
    if operation.get("op") == "move":
        places.append(operation.get("from"))
    return any(isinstance(place, str) and leads_to(place, path) for place in places)
