"""Names and targets across all files: of each there may be one policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.policy.importing.draft import Draft
from bridge.policy.importing.fields import Fields


@dataclass(slots=True)
class Candidate:
    """An autoscaler, and its draft if it could be read at all."""

    root: Fields
    draft: Draft | None = None

    @property
    def refused(self) -> bool:
        """Whether there will be no policy."""
        return any(finding.level == "refused" for finding in self.root.findings)

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.root.document.name}:{self.root.document.line(self.root.place)}"


def settle(candidates: Iterable[Candidate]) -> None:
    """Equal names of several namespaces get it as a suffix; what still is double is refused."""
    drafted = [(one, one.draft) for one in candidates if one.draft and not one.refused]
    _add_namespaces(drafted)
    names: dict[str, str] = {}
    targets: dict[tuple[str, str | None, str], str] = {}
    for one, draft in drafted:
        if first := targets.get(draft.target):
            one.root.refuse(
                "spec.scaleTargetRef",
                f"{'/'.join(filter(None, draft.target))} is scaled by {first}",
            )
        elif first := names.get(draft.name):
            one.root.refuse("metadata.name", f"{draft.name} is the name of the policy of {first}")
        else:
            names[draft.name] = targets[draft.target] = one.place


def _add_namespaces(drafted: Iterable[tuple[Candidate, Draft]]) -> None:
    named = defaultdict(list)
    for one, draft in drafted:
        named[draft.name].append((one, draft))
    for same in named.values():
        spaces = [draft.namespace for _, draft in same]
        if len(same) > 1 and None not in spaces and len(set(spaces)) == len(spaces):
            for one, draft in same:
                one.root.assume(
                    "metadata.name", "several namespaces have this name; theirs is added to it"
                )
                draft.name = f"{draft.name}-{draft.namespace}"
