"""Whether a patch leaves spec.replicas as it was."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.manifest.claims.patches import touches

REPLICAS = ("spec", "replicas")


@pytest.mark.parametrize(
    ("patch", "touched"),
    [
        ({"spec": {"replicas": 3}}, True),
        ({"spec": {"replicas": None}}, True),
        ({"spec": None}, True),
        ({"$patch": "delete"}, True),
        ({"spec": {"$patch": "replace", "paused": True}}, True),
        ({"spec": {"paused": True}}, False),
        ({"metadata": {"labels": {}}}, False),
        ({"spec": "text"}, False),
        ([{"op": "replace", "path": "/spec/replicas", "value": 1}], True),
        ([{"op": "remove", "path": "/spec"}], True),
        ([{"op": "replace", "path": "", "value": {}}], True),
        ([{"op": "move", "from": "/spec/replicas", "path": "/metadata/x"}], True),
        ([{"op": "copy", "from": "/spec/replicas", "path": "/metadata/x"}], False),
        ([{"op": "test", "path": "/spec/replicas", "value": 1}], False),
        ([{"op": "add", "path": "/spec/template/spec/replicas", "value": 1}], False),
        ([{"op": "add", "path": "/a~2b", "value": 1}, "no operation", {"op": "add"}], False),
    ],
)
def test_a_patch(patch: Any, touched: bool) -> None:
    assert touches(patch, REPLICAS) is touched
