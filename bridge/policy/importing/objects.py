"""The Kubernetes objects of a file: its documents, and the items of Lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bridge.documents import Document, DocumentInvalid, Place, load_documents
from bridge.policy.importing.fields import Fields
from bridge.policy.importing.finding import Finding
from bridge.policy.importing.templates import placeholders, unreadable

AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject", "ScaledJob")
_NAMED = re.compile("|".join(AUTOSCALERS).encode())


def objects(name: str, content: bytes) -> Iterator[Fields | Finding | None]:
    """Each autoscaler, with its placeholders refused; None for an object of another kind.

    A finding stands for a part that can't be read, in a file that speaks of autoscalers.
    """
    rows = content.decode("utf-8", errors="replace").splitlines()
    for document in load_documents(content, name):
        if not isinstance(document, DocumentInvalid):
            yield from _objects(document, (), document.data, rows)
        elif _NAMED.search(content):
            yield unreadable(name, str(document), rows)
        else:
            yield None


def _objects(
    document: Document, place: Place, data: Any, rows: list[str]
) -> Iterator[Fields | None]:
    if not isinstance(data, dict) or not isinstance(kind := data.get("kind"), str):
        yield None
    elif kind in AUTOSCALERS:
        yield Fields(document, place, data, placeholders(document, place, rows))
    elif kind.endswith("List") and isinstance(items := data.get("items"), list):
        for position, item in enumerate(items):
            below = {"kind": kind.removesuffix("List"), "apiVersion": data.get("apiVersion")}
            whole = {**below, **item} if isinstance(item, dict) and kind != "List" else item
            yield from _objects(document, (*place, "items", position), whole, rows)
    else:
        yield None
