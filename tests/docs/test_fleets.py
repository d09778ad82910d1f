"""The fleet of docs/fleets.md: its policy governs its manifest, annotations and all."""

from __future__ import annotations

import re

import yaml

from bridge.manifest.index import Catalogue
from bridge.policy.annotations import ANNOTATIONS
from bridge.policy.loading import parse_policy
from bridge.policy.members import members_of
from tests.docs.markdown import ROOT, Block, blocks

PAGE = ROOT / "docs" / "fleets.md"


def shown(kind: str) -> Block:
    """The page's only block of a kind."""
    [found] = [
        block
        for block in blocks("yaml")
        if block.page == PAGE and yaml.safe_load(block.text)["kind"] == kind
    ]
    return found


def test_the_shown_policy_governs_the_shown_workload() -> None:
    manifest = shown("Deployment").text.encode()
    index = Catalogue().index({"apps/checkout.yaml": "1"}, lambda _: [("1", manifest)])
    policy = parse_policy(shown("ScalingPolicy").text.encode(), "policies/shop-web.yaml")
    [member] = members_of(policy, index)
    assert (member.policy.title, member.problem) == ("shop-web: Deployment/shop/checkout", "")
    spec = member.policy.spec
    assert (spec.min_replicas, spec.max_replicas, spec.metrics[0].target.milli) == (4, 40, 50_000)


def test_every_annotation_is_listed() -> None:
    listed = set(re.findall(r"`(scalebridge/[a-z-]+)(?:\.METRIC)?`", PAGE.read_text("utf-8")))
    assert listed == set(ANNOTATIONS)
