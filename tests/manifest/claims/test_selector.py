"""Which objects selectors mean: kustomize's expressions and Argo CD's globs."""

from __future__ import annotations

import pytest

from bridge.manifest.claims.selector import Selector
from bridge.manifest.claims.subject import Subject
from bridge.manifest.target import Target

WEB = Subject(Target("Deployment", "web", "shop", "apps/v1"), labels={"app": "web", "tier": "x"})


@pytest.mark.parametrize(
    ("selector", "selects"),
    [
        (Selector(), True),
        (Selector(group="apps", kind="Deployment", name="web", namespace="shop"), True),
        (Selector(kind="Deploy"), False),
        (Selector(kind="Deployment|StatefulSet"), True),
        (Selector(name="we"), False),
        (Selector(name="w.b"), True),
        (Selector(name="(unclosed"), False),
        (Selector(name="(a+)+b", kind="Deployment"), False),
        (Selector(kind="Deploy*", globs=True), True),
        (Selector(kind="Deploy*", name="w*", globs=True), False),
        (Selector(labels="app=web,tier=x"), True),
        (Selector(labels="app==web"), True),
        (Selector(labels="app=api"), False),
        (Selector(labels="app!=api,app in (a, b)"), True),
        (Selector(labels="app != web"), False),
        (Selector(labels="!app"), False),
        (Selector(labels="!zone, app"), True),
        (Selector(version="v1"), True),
        (Selector(version="v2"), False),
    ],
)
def test_a_selector(selector: Selector, selects: bool) -> None:
    assert selector.selects(WEB, {"web"}) is selects


def test_labels_that_were_not_seen_may_fit() -> None:
    unseen = Subject(WEB.object)
    assert Selector(labels="app=api").selects(unseen, {"web"})


def test_an_expression_without_end_selects_nothing() -> None:
    long = Subject(Target("Deployment", "a" * 60))
    assert not Selector(name="(a|aa)+$b").selects(long, {"a" * 60})
