"""docs/hybrid.md: each policy moves the floor that stands above it, and that is no conflict."""

from __future__ import annotations

import pytest

from bridge.manifest.splice import Change, with_counts
from bridge.policy.conflicts import Governed, Guard
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScalingPolicy
from tests.decide.given import decided, moment
from tests.docs.markdown import ROOT, page_blocks
from tests.policy.disputed import is_ours, seen

PAGE = ROOT / "docs" / "hybrid.md"
BLOCKS = [block for block in page_blocks(PAGE) if block.language == "yaml"]
FILES = {block.title: block.text for block in BLOCKS if block.title}
POLICIES = [parse_policy(b.text.encode(), str(b)) for b in BLOCKS if not b.title]
IGNORING = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source: {repoURL: '', path: hybrid}
  ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}]
"""


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_decision_moves_the_floor_and_nothing_else(policy: ScalingPolicy) -> None:
    index, _ = seen(FILES, [policy.target])
    place = index.find(policy.target)
    assert place.count.value is not None
    [metric] = policy.spec.metrics
    made = decided(policy, moment(**{metric.name: 1500}), place.count.value)
    assert made.desired > place.count.value
    before = FILES[place.path].encode()
    after = with_counts(before, place.path, [Change(place.count, made.desired, place.locator)])
    key = place.locator.where.path[-1]  # type: ignore[union-attr]  # a field, as the page shows
    line = f"{key}: {place.count.value}"
    assert after.decode() == FILES[place.path].replace(line, f"{key}: {made.desired}")


def test_what_the_page_s_numbers_come_to() -> None:
    floor = POLICIES[0]
    assert decided(floor, moment(requests=600), 3).desired == 10  # 5, but for the office's hours
    assert decided(floor, moment(requests=1500), 8).desired == 13


def test_the_floors_have_one_owner_each() -> None:
    targets = [policy.target for policy in POLICIES]
    index, claims = seen({**FILES, "argocd/shop.yaml": IGNORING}, targets)
    governed = [Governed(one.name, one.target, index.find(one.target)) for one in POLICIES]
    assert Guard(index, claims, is_ours).conflicts(governed) == []
