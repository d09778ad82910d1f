"""Whole files: several documents, Lists, templates, other objects, and names met twice."""

from __future__ import annotations

import pytest

from bridge.policy.importing.files import import_files
from bridge.policy.importing.surroundings import Surroundings
from bridge.policy.loading import parse_policy
from tests.policy.importing.given import HPA, SCALED_OBJECT, changed, imported, policy_of

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def test_other_documents_are_passed_over_and_lines_are_those_of_the_file() -> None:
    broken = changed(HPA, metadata={"name": "api"}, maxReplicas="many")
    text = f"# head\n---\n{DEPLOYMENT}---\n{HPA}---\n{broken}...\n---\n"
    result = imported(text)
    assert [policy.name for policy in result.policies] == ["web"]
    assert (result.refused, result.passed_over) == (1, 1)
    [refusal] = [finding for finding in result.findings if finding.level == "refused"]
    assert text.splitlines()[refusal.line - 1] == "  maxReplicas: many"


@pytest.mark.parametrize("kind", ["List", "HorizontalPodAutoscalerList"])
def test_items_of_a_list_are_objects(kind: str) -> None:
    version = "v1" if kind == "List" else "autoscaling/v2"
    item = HPA if kind == "List" else HPA.split("\n", 2)[2]  # of a typed list, items lack theirs
    items = f"- {item}".replace("\n", "\n  ")
    broken = items.replace("maxReplicas: 10", "maxReplicas: many").replace("name: web", "name: b")
    result = imported(f"apiVersion: {version}\nkind: {kind}\nitems:\n{items}\n{broken}")
    assert [policy.name for policy in result.policies] == ["web"]
    assert [finding.field for finding in result.findings if finding.level == "refused"] == [
        "items.1.spec.maxReplicas"
    ]


def test_a_document_that_is_no_yaml_leaves_the_others_as_they_are() -> None:
    result = imported(f"{HPA}---\na: {{\n---\n{SCALED_OBJECT.replace('name: web', 'name: api')}")
    assert [policy.name for policy in result.policies] == ["web", "api"]
    assert result.refused == 1
    assert result.findings[0].field == "document"


def test_a_broken_file_without_autoscalers_is_passed_over() -> None:
    result = imported("kind: Service\na: {{ .Values.a }}\n")
    assert (result.refused, result.passed_over) == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "field", "line"),
    [
        pytest.param("name: web}", "name: '{{ .Release.Name }}'}", "name", 5, id="Helm, quoted"),
        pytest.param("maxReplicas: 10", "maxReplicas: {{ .Values.max }}", "document", 7, id="Helm"),
        pytest.param("apiVersion", "{{- if .Values.on }}\napiVersion", "document", 1, id="Helm if"),
        pytest.param("name: web}\n  min", "name: '${APP}'}\n  min", "name", 5, id="Flux"),
        pytest.param("name: web}\n  min", "name: $APP}\n  min", "name", 5, id="a variable"),
        pytest.param("name: web}\n  min", "name: $(APP)}\n  min", "name", 5, id="kustomize"),
        pytest.param("minReplicas: 2", "minReplicas: #{min}#", "minReplicas", 6, id="a comment"),
        pytest.param("minReplicas: 2", "minReplicas: #@ min", "minReplicas", 6, id="ytt"),
    ],
)
def test_a_template_is_refused_with_its_line(old: str, new: str, field: str, line: int) -> None:
    result = imported(HPA.replace(old, new))
    assert (result.policies, result.refused) == ([], 1)
    [refusal] = result.findings
    assert (refusal.level, refusal.field.split(".")[-1], refusal.line) == ("refused", field, line)
    assert "render the file first" in refusal.why


def test_labels_and_queries_are_not_templates() -> None:
    object_ = SCALED_OBJECT.replace("requests_total", 'requests_total{path=~"/a$|/b"}')
    policy_of(changed(object_, metadata={"labels": {"chart": "{{ .Chart }}"}}))


def test_one_name_in_several_namespaces_gets_theirs() -> None:
    result = imported(f"{HPA}---\n{HPA.replace('shop', 'stage')}")
    assert [policy.name for policy in result.policies] == ["web-shop", "web-stage"]


def test_one_name_twice_is_refused() -> None:
    other = changed(HPA, scaleTargetRef={"kind": "Deployment", "name": "api"})
    files = {"a.yaml": HPA.encode(), "b.yaml": other.encode()}
    result = import_files(files, Surroundings())
    assert [policy.file for policy in result.policies] == ["a.yaml"]
    assert [str(finding) for finding in result.findings if finding.level == "refused"] == [
        "refused: b.yaml:4: metadata.name: web is the name of the policy of a.yaml:1"
    ]


def test_bounds_that_cross_are_named_and_claim_no_target() -> None:
    crossed = changed(HPA, minReplicas=11)
    files = {"a.yaml": crossed.encode(), "b.yaml": HPA.encode()}
    result = import_files(files, Surroundings())
    assert [policy.file for policy in result.policies] == ["b.yaml"]
    assert [str(finding) for finding in result.findings if finding.level == "refused"] == [
        "refused: a.yaml:12: spec.maxReplicas: 10 is below minReplicas, 11"
    ]


def test_one_target_twice_is_refused() -> None:
    result = imported(f"{HPA}---\n{SCALED_OBJECT.replace('name: web,', 'name: too,')}")
    assert [policy.name for policy in result.policies] == ["web"]
    [refusal] = [finding for finding in result.findings if finding.level == "refused"]
    assert refusal.why == "Deployment/shop/web is scaled by in.yaml:1"


def test_a_namespace_is_given_to_those_without() -> None:
    text = HPA.replace(", namespace: shop", "")
    assert policy_of(text).target.namespace is None
    assert 'namespace="' not in policy_of(text).spec.metrics[0].query
    assert policy_of(text, namespace="prod").target.namespace == "prod"
    assert policy_of(HPA, namespace="prod").target.namespace == "shop"


def test_the_policy_says_where_it_comes_from_and_what_it_assumes() -> None:
    [policy] = imported(changed(HPA, metrics=None)).policies
    head = [line for line in policy.text.splitlines() if line.startswith("#")]
    assert (
        head[0] == "# Imported from in.yaml:1, HorizontalPodAutoscaler shop/web (autoscaling/v2)."
    )
    assert "80 %" in " ".join(head)
    assert parse_policy(policy.text.encode(), "web.yaml").name == "web"


def test_jobs_have_no_count() -> None:
    result = imported(SCALED_OBJECT.replace("ScaledObject", "ScaledJob"))
    assert [finding.field for finding in result.findings] == ["kind"]
    assert result.refused == 1


@pytest.mark.parametrize("text", ["", "---\n", "[1, 2]\n", "just text\n", "kind: [HPA]\n"])
def test_what_is_no_object_is_none_of_ours(text: str) -> None:
    result = imported(text)
    assert (result.policies, result.findings, result.refused) == ([], [], 0)
