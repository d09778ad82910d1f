"""What an Argo CD Application leaves out of its comparison of Git with the cluster."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bridge.manifest.claims.fields import Part
from bridge.manifest.claims.selector import Selector, selector_of
from bridge.manifest.claims.subject import Subject, leads_to
from bridge.manifest.path import Path

_RESPECTED = "RespectIgnoreDifferences=true"
_JQ_FIELD = re.compile(r'\.?\["([^"]+)"\]|\.([A-Za-z_]\w*)')


@dataclass(frozen=True, slots=True)
class Hiding:
    """One entry of `ignoreDifferences`."""

    line: int
    selector: Selector
    pointers: tuple[str, ...]
    expressions: tuple[str, ...]
    managers: tuple[str, ...]
    respected: bool
    """Whether a sync leaves the field as it is, too."""

    def of(self, subject: Subject, names: Collection[str]) -> str:
        """What hides the subject's field, as it is written there; empty: nothing."""
        if not self.selector.selects(subject, names):
            return ""
        pointers = (one for one in self.pointers if leads_to(one, subject.path))
        expressions = (one for one in self.expressions if _asked(one, subject.path))
        return next(pointers, "") or next(expressions, "")

    def perhaps_of(self, subject: Subject, names: Collection[str]) -> str:
        """What may hide it, by what can't be told from the repo."""
        if not self.selector.selects(subject, names):
            return ""
        key = subject.path[-1] if subject.path else ""
        odd = (one for one in self.expressions if key and key in one)
        managers = ", ".join(self.managers)
        return next(odd, "") or (managers and f"managedFieldsManagers {managers}")


def hidings_of(spec: Part) -> Iterator[Hiding]:
    """Those of an Application's spec, or of the spec in an ApplicationSet's template."""
    respected = _RESPECTED in spec.texts("syncPolicy", "syncOptions")
    for one in spec.items("ignoreDifferences"):
        yield Hiding(
            one.line,
            selector_of(one, globs=True),
            tuple(one.texts("jsonPointers")),
            tuple(one.texts("jqPathExpressions")),
            tuple(one.texts("managedFieldsManagers")),
            respected,
        )


def _asked(expression: str, path: Path) -> bool:
    """Whether a jq path of plain keys is the field, or what holds it."""
    text = expression.replace(" ", "").replace("?", "").replace("|.", ".")
    parts = tuple(key or plain for key, plain in _JQ_FIELD.findall(text))
    plain = _JQ_FIELD.sub("", text) == ""
    return plain and bool(parts) and path[: len(parts)] == parts
