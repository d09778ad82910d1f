"""Every place that docs/targets.md shows is found by the policy that it shows for it."""

from __future__ import annotations

from itertools import takewhile

import pytest
import yaml

from bridge.manifest.confirm import Confirming
from bridge.manifest.index import Catalogue
from bridge.manifest.splice import Change, with_counts
from tests.docs.markdown import Block, titled
from tests.policy.given import policy

SHOWN = [block for block in titled() if block.page.name == "targets.md"]
FILES = {block.title: block.text.encode() for block in SHOWN if block.title != "spec.target"}
TARGETS = [block for block in SHOWN if block.title == "spec.target"]
MISSING = (
    b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    b"spec: {paused: false}\n"
)


def test_each_kind_of_place_is_shown() -> None:
    fields = {field for block in TARGETS for field in yaml.safe_load(block.text)}
    assert fields | {"doc"} == {
        "allowAnchors",
        "doc",
        "file",
        "insert",
        "kustomizeReplicas",
        "marker",
        "path",
        "pattern",
    }


@pytest.mark.parametrize("block", TARGETS, ids=str)
def test_the_policy_finds_the_count_that_is_shown(block: Block) -> None:
    target = yaml.safe_load(block.text)
    files = {"a.yaml": MISSING} if target.get("insert") else FILES
    governed = policy(target=target).target
    tree = {path: path for path in files}
    found = Catalogue().index(tree, lambda _: files.items())
    place = Confirming().located(found, tree, lambda _: files.items(), [governed]).find(governed)
    before = files[place.path]
    after = with_counts(before, place.path, [Change(place.count, 12, place.locator)])
    if target.get("insert"):
        assert after == MISSING.replace(b"{paused", b"{replicas: 12, paused")
    else:
        assert place.path == block_before(block).title
        assert after == before.replace(b"3", b"12", 1)


def block_before(block: Block) -> Block:
    """The file that is shown above a target."""
    *_, last = takewhile(lambda other: other is not block, SHOWN)
    return last
