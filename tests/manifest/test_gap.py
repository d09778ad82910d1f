"""A count that is missing is inserted as its neighbours are written, or refused."""

from __future__ import annotations

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.locator import Field, KustomizeReplicas, Locator
from bridge.manifest.splice import edited
from bridge.manifest.target import Target

HEAD = "kind: Deployment\nmetadata: {name: web}\n"
WEB = Locator(Field(owner=Target("Deployment", "web")), insert=True)
ENTRY = Locator(KustomizeReplicas("web"), insert=True)


def inserted(text: str, locator: Locator) -> str:
    """The file with the count 4."""
    count, result = edited(text.encode(), "a.yaml", locator, 4)
    assert count.value is None
    return result.decode()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param("spec:\n  a: 1\n", "spec:\n  replicas: 4\n  a: 1\n", id="block"),
        pytest.param(
            "spec: # c\n    # of a\n    a: 1",
            "spec: # c\n    replicas: 4\n    # of a\n    a: 1",
            id="comments stay with what they are about",
        ),
        pytest.param("spec:\r\n  a: 1\r\n", "spec:\r\n  replicas: 4\r\n  a: 1\r\n", id="CRLF"),
        pytest.param("spec: {a: 1}", "spec: {replicas: 4, a: 1}", id="flow"),
        pytest.param("spec: { a: 1 }", "spec: { replicas: 4, a: 1 }", id="flow with spaces"),
        pytest.param("spec: {}", "spec: {replicas: 4}", id="empty flow"),
        pytest.param(
            "spec: {\n  a: 1\n}\n", "spec: {\n  replicas: 4,\n  a: 1\n}\n", id="flow over lines"
        ),
        pytest.param("spec: &x\n  a: 1\n", "spec: &x\n  replicas: 4\n  a: 1\n", id="anchored"),
        pytest.param("# ä\nspec:\n  ä: 1\n", "# ä\nspec:\n  replicas: 4\n  ä: 1\n", id="non-ASCII"),
    ],
)
def test_replicas_become_the_first_of_the_spec(spec: str, expected: str) -> None:
    assert inserted(HEAD + spec, WEB) == HEAD + expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '{"kind":"Deployment","metadata":{"name":"web"},"spec":{"a":1}}',
            '{"kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":4,"a":1}}',
            id="JSON on one line",
        ),
        pytest.param(
            '{\n  "kind": "Deployment",\n  "metadata": {"name": "web"},\n'
            '  "spec": {\n    "a": 1\n  }\n}\n',
            '{\n  "kind": "Deployment",\n  "metadata": {"name": "web"},\n'
            '  "spec": {\n    "replicas": 4,\n    "a": 1\n  }\n}\n',
            id="indented JSON",
        ),
        pytest.param(
            '{"kind": "Deployment", "metadata": {"name": "web"}, "spec": {}}',
            '{"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 4}}',
            id="JSON with an empty spec",
        ),
        pytest.param(
            "kind: List\nitems:\n- spec:\n    a: 1\n  kind: Deployment\n  metadata: {name: web}\n",
            "kind: List\nitems:\n- spec:\n    replicas: 4\n    a: 1\n"
            "  kind: Deployment\n  metadata: {name: web}\n",
            id="item of a List",
        ),
    ],
)
def test_replicas_are_inserted_in_other_shapes(text: str, expected: str) -> None:
    assert inserted(text, WEB) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "resources: [a]\n",
            "resources: [a]\nreplicas:\n- name: web\n  count: 4\n",
            id="a list of its own",
        ),
        pytest.param(
            "a: b # c", "a: b # c\nreplicas:\n- name: web\n  count: 4", id="no final newline"
        ),
        pytest.param(
            "---\na: b\n# end\n...\n",
            "---\na: b\nreplicas:\n- name: web\n  count: 4\n# end\n...\n",
            id="before the document's end",
        ),
        pytest.param(
            "replicas:\n  -  name: x\n     count: 1 # c\n\n# next\nother: 1\n",
            "replicas:\n  -  name: x\n     count: 1 # c\n  -  name: web\n     count: 4\n"
            "\n# next\nother: 1\n",
            id="an item behind the last",
        ),
        pytest.param(
            "replicas:\r\n- count: 1\r\n  name: x",
            "replicas:\r\n- count: 1\r\n  name: x\r\n- name: web\r\n  count: 4",
            id="CRLF, no final newline",
        ),
        pytest.param(
            "replicas:\n- {name: x, count: 1}\n",
            "replicas:\n- {name: x, count: 1}\n- {name: web, count: 4}\n",
            id="item in flow style",
        ),
        pytest.param(
            "replicas: [{name: x, count: 1}]\n",
            "replicas: [{name: x, count: 1}, {name: web, count: 4}]\n",
            id="list in flow style",
        ),
        pytest.param("replicas: []\n", "replicas: [{name: web, count: 4}]\n", id="empty list"),
        pytest.param(
            "s: {kustomize: {replicas: [x=1]}}", "s: {kustomize: {replicas: [x=1, web=4]}}",
            id="Argo CD's strings in flow style",
        ),
        pytest.param(
            "kustomize:\n  replicas:\n  - x=1\n", "kustomize:\n  replicas:\n  - x=1\n  - web=4\n",
            id="Argo CD's strings",
        ),
    ],
)  # fmt: skip
def test_an_entry_becomes_the_last_of_its_list(text: str, expected: str) -> None:
    assert inserted(text, ENTRY) == expected


@pytest.mark.parametrize(
    ("text", "locator", "reason"),
    [
        (f"{HEAD}spec:\n", WEB, "line 3: spec is no mapping"),
        (f"{HEAD}spec: [a]\n", WEB, "line 3: spec is no mapping"),
        (HEAD, WEB, "line 1: no spec; there: kind (line 1), metadata (line 2)"),
        (f"{HEAD}? spec\n: a: 1\n", WEB, "line 4: spec is written so that nothing fits in"),
        (f"{HEAD}spec:\n  ? a\n  : 1\n", WEB, "line 4: spec is written so that nothing fits in"),
        (
            f"{HEAD}spec: {{ # c\n  a: 1}}\n",
            WEB,
            "line 3: nothing can be inserted between comments",
        ),
        (
            f"{HEAD}spec: &s\n  a: 1\nx: *s\n",
            WEB,
            "line 3: spec is shared by an anchor or a merge key: nothing is inserted there",
        ),
        (
            f"x: &s {{replicas: 3}}\n{HEAD}spec: {{<<: *s}}\n",
            WEB,
            "line 4: spec is shared by an anchor or a merge key: nothing is inserted there",
        ),
        ("replicas:\n", ENTRY, "no kustomization to which replicas could be added"),
        ("a: 1\n---\nb: 1\n", ENTRY, "no kustomization to which replicas could be added"),
        ("", ENTRY, "no kustomization to which replicas could be added"),
        (f"{HEAD}spec:\n  a: 1\n", ENTRY, "no kustomization to which replicas could be added"),
        ("{a: 1}\n", ENTRY, "no kustomization to which replicas could be added"),
        ("a: |\n  x\n", ENTRY, "line 1: nothing is inserted behind a text block"),
        ("replicas: []\nreplicas: []\n", ENTRY, "line 2: key 'replicas' is given twice"),
        ("replicas:\n- name: web\n", ENTRY, "line 2: replicas.0 is not a number"),
        (
            "a: {kustomize: {replicas: [x=1]}}\nb: {kustomize: {replicas: [x=1]}}\n",
            ENTRY,
            "several lists of replicas, on lines 1, 2",
        ),
        ("a: 1\n", Locator(KustomizeReplicas("yes"), insert=True), "'yes' is no name that can be"),
        ("a: 1\n", Locator(KustomizeReplicas("a: b"), insert=True), "'a: b' is no name that can"),
    ],
)
def test_where_nothing_fits_in_it_is_refused(text: str, locator: Locator, reason: str) -> None:
    with pytest.raises(ManifestUnsupported) as refused:
        edited(text.encode(), "a.yaml", locator, 4)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize("locator", [WEB, ENTRY], ids=["spec.replicas", "entry"])
def test_a_count_that_is_there_is_changed(locator: Locator) -> None:
    text = f"{HEAD}spec: {{replicas: 3}}\nreplicas: [web=3]\n"
    count, result = edited(text.encode(), "a.yaml", locator, 4)
    assert count.value == 3
    assert result == text.encode()[: count.start] + b"4" + text.encode()[count.end :]
