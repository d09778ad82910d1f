"""A broken policy file is told of, and takes no other policy down."""

from __future__ import annotations

import gc
import weakref
from unittest.mock import Mock

import pytest
import yaml

from bridge.errors import PolicyInvalid
from bridge.policy.loading import Policies, is_policy_file, load_policies, parse_policy
from bridge.policy.model import ScaleTargetRef, ScalingPolicy
from tests.policy.given import described, policy

BROKEN = b"kind: [\n"


def written(name: str, target: str = "", **spec: object) -> bytes:
    """A policy file, by default with a target of the policy's name."""
    ref = {"apiVersion": "apps/v1", "name": target or name, "namespace": "shop"}
    return yaml.safe_dump(described(name, scaleTargetRef=ref, **spec)).encode()


def test_each_file_gives_its_policy_and_its_path() -> None:
    files = {"b.yaml": written("web"), "a.yaml": written("api", maxReplicas=5)}
    assert load_policies(files) == Policies(
        {"api": policy("api", maxReplicas=5), "web": policy("web")},
        {},
        {"api": "a.yaml", "web": "b.yaml"},
    )


def test_files_that_stay_are_read_once_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a cache for so many, none would be left when the first comes again."""
    files = {f"{number}.yaml": b"" for number in range(20_001)}
    template, read = policy(), 0

    def parsed(_: object) -> ScalingPolicy:
        nonlocal read
        read += 1
        metadata = template.metadata.model_copy(update={"name": str(read)})
        ref = ScaleTargetRef(name=str(read))
        spec = template.spec.model_copy(update={"scale_target_ref": ref})
        return template.model_copy(update={"metadata": metadata, "spec": spec})

    monkeypatch.setattr(ScalingPolicy, "model_validate", parsed)
    document = Mock()
    monkeypatch.setattr("bridge.policy.loading.load_document", lambda *_: document)
    first = load_policies(files)
    assert load_policies(files) == first
    assert (len(first.by_name), read) == (20_001, 20_001)


def test_a_policy_that_nobody_holds_is_forgotten() -> None:
    known = weakref.ref(parse_policy(written("gone"), "gone.yaml"))
    gc.collect()
    assert known() is None


def test_a_broken_file_leaves_the_others_running() -> None:
    loaded = load_policies({"a.yaml": BROKEN, "b.yaml": written("web"), "c.yaml": b"# \n\xff"})
    assert loaded.by_name == {"web": policy("web")}
    assert loaded.errors == {
        "a.yaml": "a.yaml:2: did not find expected node content",
        "c.yaml": "c.yaml:2: not a YAML file: invalid leading UTF-8 octet",
    }


def test_a_broken_file_goes_on_with_its_last_good_version() -> None:
    earlier = {"a.yaml": [b"x: 1", written("web", maxReplicas=7), written("web", maxReplicas=9)]}
    loaded = load_policies({"a.yaml": BROKEN}, earlier)
    assert loaded.by_name == {"web": policy("web", maxReplicas=7)}
    assert loaded.paths == {"web": "a.yaml"}
    assert list(loaded.errors) == ["a.yaml"]


def test_a_broken_file_that_was_never_good_governs_nothing() -> None:
    assert load_policies({"a.yaml": BROKEN}, {"a.yaml": [BROKEN]}).by_name == {}


def test_a_good_file_with_a_past_uses_its_present() -> None:
    loaded = load_policies({"a.yaml": written("web")}, {"a.yaml": [written("old")]})
    assert list(loaded.by_name) == ["web"]


def test_what_is_past_displaces_nothing_that_holds() -> None:
    moved = {"a.yaml": BROKEN, "b.yaml": written("web", maxReplicas=9)}
    loaded = load_policies(moved, {"a.yaml": [written("web", maxReplicas=3)]})
    assert loaded.by_name == {"web": policy("web", maxReplicas=9)}
    assert list(loaded.errors) == ["a.yaml"]


@pytest.mark.parametrize(
    ("second", "error"),
    [
        pytest.param(
            written("web", target="api"),
            "b.yaml:4: metadata.name: web is the name of a.yaml",
            id="name",
        ),
        pytest.param(
            written("other", target="web"),
            "b.yaml:13: spec.scaleTargetRef: Deployment/shop/web is governed by a.yaml",
            id="target",
        ),
        pytest.param(
            written("other", target="web").replace(b"apps/v1", b"apps/v1beta1"),
            "b.yaml:13: spec.scaleTargetRef: Deployment/shop/web is governed by a.yaml",
            id="target in another version",
        ),
    ],
)
def test_two_policies_never_fight_over_one_count(second: bytes, error: str) -> None:
    loaded = load_policies({"b.yaml": second, "a.yaml": written("web")})
    assert (list(loaded.by_name), loaded.errors) == (["web"], {"b.yaml": error})


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"", "p.yaml:1: document: expected a mapping, not nothing", id="empty"),
        pytest.param(b"- a\n", "p.yaml:1: document: expected a mapping, not a list", id="a list"),
        pytest.param(
            written("web") + b"---\n" + written("api"),
            "p.yaml:17: but found another document",
            id="two documents",
        ),
        pytest.param(
            b"#" * 1_000_001, "p.yaml:1: over 1,000,000 bytes", id="too big to be written by hand"
        ),
        pytest.param(
            b"apiVersion: scalebridge/v1\nkind: ScalingPolicy\nmetadata: {name: web}\nspec:\n"
            b"  maxReplicas: many\n  scaleTargetRef: {}\n  metrics:\n  - {name: m, query: q}\n"
            b"  suspend: !!bool maybe\n",
            "p.yaml:1: a value does not fit its tag: 'maybe'",
            id="a tag that does not fit",
        ),
    ],
)
def test_a_file_that_holds_no_single_policy_is_refused(content: bytes, error: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(content, "p.yaml")
    assert str(refused.value) == error


def test_every_finding_has_its_file_line_and_field() -> None:
    content = (
        b"apiVersion: scalebridge/v1\nkind: ScalingPolicy\nmetadata:\n  name: web\nspec:\n"
        b"  maxReplicas: many\n  scaleTargetRef: {}\n  metrics:\n  - name: m\n"
        b"    query: ''\n    target:\n      value: fast\n  metricss: []\n"
    )
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(content, "shop/web.yaml")
    assert str(refused.value).splitlines() == [
        "shop/web.yaml:6: spec.maxReplicas: input should be a valid integer, "
        "unable to parse string as an integer, not 'many'",
        "shop/web.yaml:7: spec.scaleTargetRef.name: required, but missing",
        "shop/web.yaml:10: spec.metrics.0.query: string should have at least 1 character, not ''",
        "shop/web.yaml:12: spec.metrics.0.target.value: 'fast' is not a quantity such as "
        "100, 250m, 1.5k or 2Gi",
        "shop/web.yaml:13: spec.metricss: unknown field; did you mean metrics?",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("policies/web.yaml", True),
        ("web.yml", True),
        ("web.json", False),
        ("README.md", False),
        (".hidden.yaml", False),
        ("policies/.web.yaml", False),
    ],
)
def test_policy_files_are_yaml_and_not_hidden(path: str, expected: bool) -> None:
    assert is_policy_file(path) is expected
