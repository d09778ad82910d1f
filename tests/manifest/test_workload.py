"""Workloads are found in whatever shape a file has, and the count's bytes are known."""

from __future__ import annotations

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count
from bridge.manifest.locator import Field, Locator
from bridge.manifest.splice import Change, with_counts
from bridge.manifest.target import Target
from bridge.manifest.workload import workloads
from tests.manifest.given import scaled

WEB = Target("Deployment", "web")
PLAIN = b"kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: @@\n"
OTHER = b"kind: ConfigMap\nmetadata: {name: web}\ndata: {replicas: '9'}\n"


def edited(shape: bytes, target: Target = WEB) -> bytes:
    """The file with 12 where it had 3 at the `@@`, put back to the `@@`."""
    changed = scaled(shape.replace(b"@@", b"3"), target, 12)
    assert changed.count(b"12") == 1
    return changed.replace(b"12", b"@@")


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(OTHER + b"---\n" + PLAIN, id="second document"),
        pytest.param(b"---\n" + PLAIN + b"...\n---\n" + OTHER, id="first document of two"),
        pytest.param(b"---\n---\n\n" + PLAIN + b"---\n", id="empty documents around it"),
        pytest.param(PLAIN.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(PLAIN.replace(b"\n", b"\r"), id="CR alone"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN, id="BOM"),
        pytest.param("\ufeff# Größe 🚀\n".encode() + PLAIN, id="BOM and non-ASCII before it"),
        pytest.param("# Größe 🚀\n".encode() + PLAIN, id="non-ASCII before it"),
        pytest.param(PLAIN + "# größer\n".encode(), id="non-ASCII after it"),
        pytest.param(PLAIN.rstrip(), id="missing final newline"),
        pytest.param(PLAIN.replace(b"@@", b"@@   # kept 3 high"), id="comment behind it"),
        pytest.param(PLAIN.replace(b"@@", b"'@@'"), id="single quotes stay"),
        pytest.param(PLAIN.replace(b"@@", b'"@@" # "9"'), id="double quotes stay"),
        pytest.param(PLAIN.replace(b": @@", b" :    @@   "), id="spaces around it"),
        pytest.param(PLAIN.replace(b"@@", b"\n    @@"), id="number on the next line"),
        pytest.param(PLAIN.replace(b"replicas", b'"replicas"'), id="quoted key"),
        pytest.param(PLAIN.replace(b"spec:", b"? spec\n:"), id="complex key syntax"),
        pytest.param(b"%YAML 1.1\n---\n" + PLAIN, id="directive"),
        pytest.param(
            b"{kind: Deployment, metadata: {name: web}, spec: {replicas: @@, paused: false}}",
            id="flow style",
        ),
        pytest.param(
            b'{"kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":@@}}', id="JSON"
        ),
        pytest.param(
            b'{\n\t"kind": "Deployment",\n\t"metadata": {"name": "web"},\n'
            b'\t"spec": {\n\t\t"replicas":\t@@\n\t}\n}\n',
            id="JSON with tabs",
        ),
        pytest.param(
            b"kind: List\nitems:\n- kind: Service\n  metadata: {name: web}\n"
            b"- kind: Deployment\n  metadata: {name: web}\n  spec: {replicas: @@}\n",
            id="item of a List",
        ),
        pytest.param(
            b"kind: DeploymentList\nitems: [{kind: List, items: [{kind: Deployment,"
            b" metadata: {name: web}, spec: {replicas: @@}}]}]",
            id="item of a List in a typed List",
        ),
        pytest.param(
            b"kind: Deployment\nmetadata:\n  name: web\n  annotations: {replicas: '3'}\nspec:\n"
            b"  template: {spec: {replicas: 3}}\n  replicas: @@\n  strategy: {replicas: 3}\n"
            b"status: {replicas: 3}\nreplicas: 3\n",
            id="decoys stay",
        ),
        pytest.param(
            b"x: &l {app: web}\nkind: Deployment\nmetadata: {name: web, labels: *l}\n"
            b"spec:\n  replicas: @@\n  selector: &l {matchLabels: *l}\n  template: *l\n",
            id="re-used anchor name elsewhere",
        ),
        pytest.param(
            b"n: &n web\nm: &m {name: *n}\nkind: Deployment\nmetadata: *m\nspec: {replicas: @@}",
            id="a name that is an alias",
        ),
        pytest.param(
            b"kind: Deployment\nmetadata: {name: web}\nspec: {<<: {replicas: 5}, replicas: @@}",
            id="own count beside a merge key",
        ),
        pytest.param(
            b"kind: Deployment\nmetadata: {name: web, x: 1, x: 2}\nspec: {replicas: @@}",
            id="duplicate key elsewhere",
        ),
    ],
)
def test_only_the_digits_change(shape: bytes) -> None:
    assert edited(shape) == shape


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [
        ("Deployment", "apps/v1"),
        ("StatefulSet", "apps/v1"),
        ("ReplicationController", "v1"),
        ("Rollout", "argoproj.io/v1alpha1"),
        ("SpinApp", "core.spinkube.dev/v1alpha1"),
    ],
)
def test_any_kind_with_spec_replicas_is_a_workload(kind: str, api_version: str) -> None:
    head = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\n"
    target = Target(kind, "web", "shop", api_version)
    assert edited(f"{head}spec: {{replicas: @@}}\n".encode(), target) == (
        f"{head}spec: {{replicas: @@}}\n".encode()
    )


def test_every_object_with_kind_and_name_is_found_with_its_line_and_place() -> None:
    content = OTHER + b"---\n" + PLAIN.replace(b"@@", b"40")
    config, web = workloads(content)
    assert (config.target, config.line, config.count) == (Target("ConfigMap", "web"), 1, None)
    assert config.refusal == "line 1: has no spec.replicas of its own"
    start = content.index(b"40")
    assert (web.target, web.line, web.count) == (WEB, 5, Count(40, start, start + 2, 8))
    assert web.refusal == ""


@pytest.mark.parametrize(
    ("metadata", "labels", "annotations"),
    [
        pytest.param("name: web", {}, {}, id="none"),
        pytest.param("name: web, labels: [a], annotations: 3", {}, {}, id="other shapes"),
        pytest.param(
            "name: web, labels: {app: web, 'tier': \"1\", odd: [x]}",
            {"app": "web", "tier": "1"},
            {},
            id="labels, quoted or not",
        ),
        pytest.param(
            "name: web, annotations: {scalebridge/min: '2', other/min: '3', scalebridge: x}",
            {},
            {"scalebridge/min": "2"},
            id="only our own annotations",
        ),
    ],
)
def test_labels_and_our_annotations_are_kept(
    metadata: str, labels: dict[str, str], annotations: dict[str, str]
) -> None:
    content = f"kind: Deployment\nmetadata: {{{metadata}}}\nspec: {{replicas: 3}}\n"
    [web] = workloads(content.encode())
    assert (dict(web.labels), dict(web.annotations)) == (labels, annotations)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"replicas: 3\n", id="without a kind"),
        pytest.param(b"\xff\xfe\x00", id="binary without a kind"),
        pytest.param(b"# kind\n", id="only a comment"),
        pytest.param(b"kind", id="a bare word"),
        pytest.param(b"- kind: Deployment\n  metadata: {name: web}\n", id="a bare list"),
        pytest.param(b"kind: Deployment\nmetadata: [name]\n", id="metadata is a list"),
        pytest.param(b"kind: Deployment\nmetadata: {name: }\n", id="no name"),
        pytest.param(b"kind: [Deployment]\nmetadata: {name: web}\n", id="kind is a list"),
        pytest.param(b"kind: List\nitems: [a, &b b, *b, [c]]\n", id="a List of other things"),
        pytest.param(b"[kind]: Deployment\nmetadata: {name: web}\n", id="a key that is a list"),
    ],
)
def test_what_is_no_object_holds_no_workload(content: bytes) -> None:
    assert workloads(content) == []


def test_an_object_that_only_looks_like_a_list_is_an_object() -> None:
    content = b"kind: AllowList\nmetadata: {name: ips}\nitems: 3\nspec: {replicas: 3}\n"
    assert scaled(content, Target("AllowList", "ips"), 4) == content.replace(b"s: 3}", b"s: 4}")


def test_a_file_that_holds_the_target_twice_is_refused() -> None:
    content = PLAIN.replace(b"@@", b"3")
    with pytest.raises(ManifestUnsupported) as refused:
        scaled(content + b"---\n" + content, WEB, 4)
    assert str(refused.value) == "Deployment/web stands in several places, on lines 1, 6"
    with pytest.raises(ManifestUnsupported) as missing:
        scaled(OTHER, WEB, 4)
    assert str(missing.value) == "no Deployment/web; there: ConfigMap/web (line 1)"


def test_a_count_that_moved_is_refused() -> None:
    with pytest.raises(ManifestUnsupported, match="byte 2: the count is no longer there"):
        with_counts(b"a 4 b", "a", [Change(Count(3, 2, 3, 1), 5, Locator(Field()))])


def test_no_count_is_negative() -> None:
    with pytest.raises(ValueError, match="a count can't be -1"):
        with_counts(b"3", "a", [Change(Count(3, 0, 1, 1), -1, Locator(Field()))])
