"""Which objects a patch, or an entry of `ignoreDifferences`, is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import regex  # re knows no time limit

from bridge.manifest.claims.fields import Part
from bridge.manifest.claims.subject import Subject

_SECONDS = 0.1
_PLAIN = re.compile(r"[\w./-]*")


@dataclass(frozen=True, slots=True)
class Selector:
    """Each part matches everything where it is empty."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""
    globs: bool = False
    """Argo CD's: kind and group are globs, the rest exact. Else kustomize's regular expressions."""

    def selects(self, subject: Subject, names: Collection[str]) -> bool:
        """Whether it may mean the object under one of these names."""
        one = subject.object
        matches = fnmatchcase if self.globs else _whole
        exact = str.__eq__ if self.globs else _whole
        return (
            (not (self.kind and one.kind) or matches(one.kind, self.kind))
            and (not self.group or one.group is None or matches(one.group, self.group))
            and (not self.name or any(exact(name, self.name) for name in names))
            and (not (self.namespace and one.namespace) or exact(one.namespace, self.namespace))
            and _labelled(self.labels, subject.labels)
        )

    @property
    def unsure(self) -> bool:
        """Whether it asks for what we don't read."""
        return bool(self.annotations)


def selector_of(part: Part, *, globs: bool = False) -> Selector:
    """From `target` of a patch, or an entry of `ignoreDifferences`."""
    return Selector(
        group=part.text("group"),
        kind=part.text("kind"),
        name=part.text("name"),
        namespace=part.text("namespace"),
        labels=part.text("labelSelector"),
        annotations=part.text("annotationSelector"),
        globs=globs,
    )


def _whole(text: str, pattern: str) -> bool:
    if _PLAIN.fullmatch(pattern):
        return re.fullmatch(pattern, text) is not None if "." in pattern else text == pattern
    try:
        return regex.fullmatch(pattern, text, timeout=_SECONDS) is not None
    except (regex.error, TimeoutError):
        return False


def _labelled(wanted: str, labels: Mapping[str, str] | None) -> bool:
    """Whether labels may fit `a=b,c=d`; other kinds of requirements are taken to fit."""
    for one in wanted.split(",") if labels is not None else ():
        key, equals, value = one.replace("==", "=").partition("=")
        plain = equals and not key.endswith("!")
        if plain and (labels or {}).get(key.strip()) != value.strip():
            return False
    return True
