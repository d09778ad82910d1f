"""What somebody says of a revision of the state repo: the same value, whoever says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["live", "applied", "underway", "failed"]
"""`applied`: handed to the cluster, and nobody looks whether it got healthy."""

_REVISION = re.compile(r"(?:^|[@:/])([0-9a-f]{40})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The newest word of a source on one of its subjects."""

    source: str
    """`argocd`, `flux`, `commit_status` or `ready`."""
    subject: str
    """What it speaks of, such as `Kustomization/flux-system/apps`."""
    state: State
    revision: str = ""
    """The commit (40 hex) that this is true of, and of all that it contains; empty: of none."""
    text: str = ""
    at: datetime | None = None
    """When it came to be so, by the source's clock; None where that isn't told."""
    until: datetime | None = None
    """When it is expected to go on, where something is known to hold it up until then."""


def commit_of(revision: str) -> str:
    """The commit of `main@sha1:<40 hex>`, `main/<40 hex>` or plain 40 hex; empty if there is none.

    Source: fluxcd/pkg apis/meta and the older form, which Flux' own pages still show.
    """
    found = _REVISION.search(revision)
    return found[1] if found else ""
