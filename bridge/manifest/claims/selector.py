"""Which objects a patch, or an entry of `ignoreDifferences`, is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import regex  # re knows no time limit

from bridge.manifest.claims.fields import Part
from bridge.manifest.claims.subject import Subject
from bridge.manifest.target import Target

_SECONDS = 0.1
_PLAIN = re.compile(r"[\w./-]*")


@dataclass(frozen=True, slots=True)
class Selector:
    """Each part matches everything where it is empty."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    version: str = ""
    labels: str = ""
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
            and (not (self.version and one.api_version) or matches(_version(one), self.version))
            and (not self.name or any(exact(name, self.name) for name in names))
            and (not (self.namespace and one.namespace) or exact(one.namespace, self.namespace))
            and _labelled(self.labels, subject.labels)
        )


def selector_of(part: Part, *, globs: bool = False) -> Selector:
    """From `target` of a patch, or an entry of `ignoreDifferences`."""
    return Selector(
        group=part.text("group"),
        kind=part.text("kind"),
        name=part.text("name"),
        namespace=part.text("namespace"),
        version=part.text("version"),
        labels=part.text("labelSelector"),
        globs=globs,
    )


def _whole(text: str, pattern: str) -> bool:
    if _PLAIN.fullmatch(pattern):
        return re.fullmatch(pattern, text) is not None if "." in pattern else text == pattern
    try:
        return regex.fullmatch(pattern, text, timeout=_SECONDS) is not None
    except (regex.error, TimeoutError):
        return False


def _version(target: Target) -> str:
    return (target.api_version or "").rpartition("/")[2]


def _labelled(wanted: str, labels: Mapping[str, str] | None) -> bool:
    """Whether labels may fit `a=b,c!=d,!e`; requirements of other kinds are taken to fit."""
    return labels is None or all(_fits(one.strip(), labels) for one in wanted.split(","))


def _fits(one: str, labels: Mapping[str, str]) -> bool:
    key, sign, value = (part.strip() for part in one.replace("==", "=").partition("="))
    if key.endswith("!"):
        return labels.get(key.removesuffix("!").strip()) != value
    if sign:
        return labels.get(key) == value
    return not (one.startswith("!") and one[1:].strip() in labels)
