"""The outline says what the parser says, or nothing; and it says something of what is common."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ManifestUnsupported
from bridge.manifest.outline import outlined
from bridge.manifest.workload import Workload, workloads
from tests.manifest.corpus import File, corpus_files
from tests.manifest.written import Written, manifests

FILES = [file for file in corpus_files() if file.name.endswith(".yaml")]
PLAIN = """\
# top
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: "shop"
  labels:
    app.kubernetes.io/name: web # one

    tier: 'front'
  annotations:
    scalebridge/min-replicas: "2"
data:
  note: |
    name: other
    replicas: 9
spec:
  # two zones
  replicas: 3   # kept
  template:
    spec:
      containers:
        - name: main
          args: ["--replicas=9", "-v"]
          command:
          - sh
          - -c
status:
  replicas: 9
"""


def parsed(content: bytes) -> list[Workload] | None:
    """What the parser finds; None where it refuses the file."""
    try:
        return workloads(content)
    except ManifestUnsupported:
        return None


def agree(text: str) -> bool:
    """Whether the outline says nothing, or the same; where the parser refuses, it may differ."""
    found, exact = outlined(text), parsed(text.encode())
    return found is None or exact is None or found == exact


def test_a_common_manifest_needs_no_parser() -> None:
    found = outlined(PLAIN)
    assert found == workloads(PLAIN.encode())
    assert found is not None
    assert found[0].annotations == {"scalebridge/min-replicas": "2"}
    assert found[0].labels == {"app.kubernetes.io/name": "web", "tier": "front"}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_it_agrees_with_the_parser_on_real_files(file: File) -> None:
    assert agree(file.content.decode())


def test_it_takes_most_real_files() -> None:
    corpus_files(needed=True)
    parseable = [file for file in FILES if parsed(file.content) is not None]
    taken = [file for file in parseable if outlined(file.content.decode()) is not None]
    assert len(taken) > 0.6 * len(parseable)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kind: Deployment", "kind: Deployment\nkind: StatefulSet"),
        ("kind: Deployment", "kind:Deployment"),
        ("kind: Deployment", "kind: &k Deployment"),
        ("kind: Deployment", "kind: !k Deployment"),
        ("kind: Deployment", "kind: >-\n  Deployment"),
        ("kind: Deployment", "? kind\n: Deployment"),
        ("kind: Deployment", "'kind': Deployment"),
        ("kind: Deployment", "kind: {{ .Kind }}"),
        ("kind: Deployment", "kind: List\nitems:\n- kind: Deployment"),
        ("kind: Deployment", "kind:"),
        ("kind: Deployment", "kind: Deployment#1"),
        ("  name: web", "  name: web\n    and more"),
        ("  name: web", "  name: web\n  name: api"),
        ("  name: web", '  name: "we\\x62"'),
        ("  name: web", "  name:"),
        ("  name: web", "  title: web"),
        ("  name: web", "\tname: web"),
        ("metadata:", "metadata: # of it"),
        ("metadata:", "metadata:\n- a\n"),
        ("metadata:", "metadata: {name: api}\nother:"),
        ("metadata:", "metadata: {name: api, labels: {a: b}}\nother:"),
        ("metadata:", 'x: "\nmetadata:'),
        ("metadata:", "x: {a: 1,\nb: 2}\nmetadata:"),
        ("    tier: 'front'", "    tier:\n      a: b"),
        ("    tier: 'front'", "    tier: [a]"),
        ("    tier: 'front'", "    tier: 'front'\n    tier: back"),
        ("    tier: 'front'", "    tier: it's"),
        ("  replicas: 3   # kept", "  replicas: 3#kept"),
        ("  replicas: 3   # kept", "  replicas: '3'"),
        ("  replicas: 3   # kept", "  replicas: \"3'"),
        ("  replicas: 3   # kept", "  replicas: 03"),
        ("  replicas: 3   # kept", "  replicas: ${N}"),
        ("  replicas: 3   # kept", "  replicas: 3\n  replicas: 4"),
        ("  replicas: 3   # kept", "  replicas:\n    3"),
        ("  replicas: 3   # kept", "  replicas: 3\n   more"),
        ("  replicas: 3   # kept", "  replicas: *n"),
        ("  replicas: 3   # kept", "  paused: true"),
        ("spec:", "spec: {replicas: 4}\nspecial:"),
        ("spec:", "spec: &s"),
        ("spec:", "spec: replicas"),
        ("spec:", "data: |\n  spec:\n   replicas: 1\n\n  x\nspec:"),
        ("spec:", "data: >+\n\n  spec:\n   # replicas: 1\nspec:"),
        ("# top", "---\n# top"),
        ("# top", "--- # top"),
        ("# top", "---\n---\n# top\n---"),
        ("# top", "--- {a: b}\n---"),
        ("# top", "%YAML 1.1\n---"),
        ("# top", "a: b\n...\n---"),
        ("# top", "- a: 1\n  kind: x\n---"),
        ("# top", "\ufeff# top"),
        ("# top", "# t\x07p"),
        ("# top", "# töp 🚀"),
    ],
)
def test_it_agrees_with_the_parser_on_odd_text(before: str, after: str) -> None:
    assert before in PLAIN
    assert agree(PLAIN.replace(before, after, 1))
    assert agree(PLAIN.replace(before, after, 1) + "---\n" + PLAIN)


LINES = st.sampled_from([*PLAIN.splitlines(), "---", "", "  - a: |", "   x", "'", '"', "{", "- b"])


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=25).map("\n".join))
def test_it_agrees_with_the_parser_on_lines_in_any_order(text: str) -> None:
    assert agree(text)


@settings(max_examples=100, deadline=None)
@given(manifests(), st.integers(0, 999))
def test_it_agrees_with_the_parser_on_written_files(file: Written, count: int) -> None:
    assert agree(file.holding(count).decode())


def test_what_is_too_long_is_left_to_the_parser() -> None:
    assert outlined(PLAIN + "# x\n" * 250_000) is None
