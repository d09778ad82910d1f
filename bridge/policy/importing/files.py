"""Files of HorizontalPodAutoscalers and ScaledObjects to policies, each checked by loading it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.errors import PolicyInvalid
from bridge.policy.importing import hpa, scaled_object
from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.finding import Finding
from bridge.policy.importing.names import Candidate, settle
from bridge.policy.importing.objects import objects
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.importing.writing import policy_text
from bridge.policy.loading import parse_policy

_Drafter = Callable[[Fields, Surroundings], Draft]
_DRAFTERS: Mapping[str, tuple[tuple[str, ...], _Drafter]] = {
    "HorizontalPodAutoscaler": (hpa.VERSIONS, hpa.hpa_draft),
    "ScaledObject": (scaled_object.VERSIONS, scaled_object.scaled_object_draft),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A policy file, checked, and where it comes from."""

    name: str
    text: str
    source: str
    file: str
    line: int


@dataclass(slots=True)
class Imported:
    """The policies, what there is to say of them, and how many objects were of another kind."""

    files: tuple[str, ...] = ()
    policies: list[Written] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """By file."""

    @property
    def passed_over(self) -> int:
        """How many objects were of another kind, in all files."""
        return self.others.total()


def import_files(files: Mapping[str, bytes], surroundings: Surroundings) -> Imported:
    """A policy for each autoscaler that can be carried over, and why the others can't."""
    imported = Imported(tuple(files))
    candidates: list[Candidate] = []
    for name, content in files.items():
        for found in objects(name, content):
            if found is None:
                imported.others[name] += 1
            elif isinstance(found, Finding):
                imported.findings.append(found)
                imported.refused += 1
            elif hpa.belongs_to_keda(found):
                imported.findings += found.findings
                imported.others[name] += 1
            else:
                candidates.append(_candidate(found, surroundings))
    settle(candidates)
    for candidate in candidates:
        _finish(candidate, imported)
    return imported


def _candidate(root: Fields, surroundings: Surroundings) -> Candidate:
    """The draft of an object, unless placeholders or its version make it pointless to look."""
    kind, version = str(root.data["kind"]), root.text("apiVersion")
    versions, draft = _DRAFTERS.get(kind, ((), None))
    if any(finding.level == "refused" for finding in root.findings):
        return Candidate(root)
    if draft is None:
        root.refuse("kind", f"{kind}: starts Jobs, so there is no count that Git could hold")
    elif version not in versions:
        root.refuse("apiVersion", f"{version!r}: known are {', '.join(versions)}")
    else:
        return Candidate(root, draft(root, surroundings))
    return Candidate(root)


def _finish(candidate: Candidate, imported: Imported) -> None:
    root, draft = candidate.root, candidate.draft
    file, line = root.document.name, root.document.line(root.place)
    if draft is not None and not candidate.refused:
        text = policy_text(draft, f"{file}:{line}", root.findings)
        try:
            parse_policy(text.encode(), f"{draft.name}.yaml")
            imported.policies.append(Written(draft.name, text, draft.source, file, line))
        except PolicyInvalid as error:
            root.refuse("spec", f"would be a policy that does not load: {error}")
    imported.findings += sorted(dict.fromkeys(root.findings), key=lambda finding: finding.line)
    imported.refused += candidate.refused
