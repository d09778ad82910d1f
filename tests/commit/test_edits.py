"""Decisions that hold on a tip become splices; the others are dropped, with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.commit.edits import Dropped, Edit, edits_on, spliced
from bridge.decide.decision import Decision
from bridge.manifest.confirm import Confirming
from bridge.manifest.count import Count
from bridge.manifest.index import Catalogue, Place
from bridge.manifest.locate import located
from bridge.manifest.locator import Field, Locator
from bridge.manifest.target import Target
from tests.decide.given import decision

WEB, API, JOB = (Target("Deployment", name, "shop") for name in ("web", "api", "job"))


def manifest(*counts: tuple[Target, str]) -> bytes:
    """These Deployments in one file."""
    shape = (
        "kind: Deployment\nmetadata: {{name: {}, namespace: shop}}\nspec: {{replicas: {}}} # kept\n"
    )
    return "---\n".join(shape.format(target.name, count) for target, count in counts).encode()


def outcome(
    files: dict[str, bytes], *decisions: Decision
) -> tuple[dict[str, bytes], list[tuple[Decision, str]]]:
    """The edited files, and what was dropped and why."""
    index = Catalogue().index({path: path for path in files}, lambda _: files.items())
    edits, dropped = edits_on(index, decisions)
    contents = dict(spliced(edits, files).contents)
    return contents, [(drop.decision, drop.why) for drop in dropped]


def test_many_decisions_change_only_their_digits() -> None:
    files = {
        "a.yaml": manifest((WEB, "9"), (API, "'10'")),
        "b.yaml": manifest((JOB, "3")).replace(b"\n", b"\r\n"),
        "c.yaml": manifest((Target("Deployment", "other"), "9")),
    }
    made = (decision(9, 10, WEB), decision(10, 9, API), decision(3, 100, JOB))
    assert outcome(files, *made) == (
        {
            "a.yaml": manifest((WEB, "10"), (API, "'9'")),
            "b.yaml": manifest((JOB, "100")).replace(b"\n", b"\r\n"),
        },
        [],
    )


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("5", "Git already says 5"),
        ("4", "Git says 4 now, the decision was made on 3"),
        ("many", "Deployment/shop/web: a.yaml: line 3: 'many' is not a plain integer"),
    ],
)
def test_a_decision_that_no_longer_holds_is_dropped_with_the_reason(found: str, why: str) -> None:
    made = decision(3, 5, WEB)
    assert outcome({"a.yaml": manifest((WEB, found))}, made) == ({}, [(made, why)])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("paused: false", ""),
        ("replicas: 4", "Git already says 4"),
        ("replicas: 5", "Git says 5 now, the decision was made on no count"),
    ],
)
def test_a_count_is_inserted_only_where_there_is_still_none(spec: str, why: str) -> None:
    content = f"kind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{{spec}}}\n"
    files = {"a.yaml": content.encode()}
    target = replace(WEB, at=Locator(Field(owner=WEB), insert=True))
    made = replace(decision(4, 4, target), adopts=True)
    tree = {path: path for path in files}
    found = Catalogue().index(tree, lambda _: files.items())
    index = Confirming().located(found, tree, lambda _: files.items(), [target])
    edits, dropped = edits_on(index, [made])
    assert [drop.why for drop in dropped] == [why] * bool(why)
    expected = content.replace("{paused", "{replicas: 4, paused").encode()
    assert spliced(edits, files).contents == ({} if why else {"a.yaml": expected})


def test_a_target_that_is_gone_leaves_the_rest_of_the_batch() -> None:
    gone, made = decision(3, 5, API), decision(3, 5, WEB)
    files = {"a.yaml": manifest((WEB, "3"))}
    assert outcome(files, gone, made) == (
        {"a.yaml": manifest((WEB, "5"))},
        [(gone, "Deployment/shop/api: no such workload below search_paths")],
    )


def test_two_decisions_for_one_count_do_not_block_the_batch() -> None:
    first, second = decision(3, 5, WEB), decision(3, 8, Target("Deployment", "web"))
    other = decision(1, 2, API)
    files = {"a.yaml": manifest((WEB, "3"), (API, "1"))}
    assert outcome(files, first, second, other) == (
        {"a.yaml": manifest((WEB, "5"), (API, "2"))},
        [(second, "policy web governs the same count")],
    )


def test_an_edit_keeps_its_decision_and_place() -> None:
    content = manifest((WEB, "3"))
    start = content.index(b"3}")
    count = Count(3, start, start + 1, 3)
    index = Catalogue().index({"a.yaml": "1"}, lambda _: [("1", content)])
    made, stale = decision(3, 5, WEB), decision(4, 5, WEB)
    assert edits_on(index, [made, stale]) == (
        [
            Edit(
                made,
                Place("a.yaml", WEB, count, Locator(Field(owner=WEB, doc=0))),
            )
        ],
        [Dropped(stale, "Git says 3 now, the decision was made on 4")],
    )


@pytest.mark.parametrize(
    ("content", "count", "reason"),
    [
        pytest.param(
            b"kind: Deployment\nmetadata: {name: web3}\nspec: {replicas: 3}\n",
            Count(3, 37, 38, 2),
            "a.yaml: the edit would change more than the count",
            id="the name's digit, not the count",
        ),
        pytest.param(
            b"kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n",
            Count(3, 56, 57, 3),
            "byte 56: the count is no longer there",
            id="another count",
        ),
    ],
)
def test_an_edit_that_would_change_anything_else_is_refused(
    content: bytes, count: Count, reason: str
) -> None:
    edit = Edit(decision(3, 5, WEB), Place("a.yaml", WEB, count, Locator(Field())))
    other = b"kind: Deployment\nmetadata: {name: api}\nspec: {replicas: 3}\n"
    index = Catalogue().index({"b.yaml": "b"}, lambda _: [("b", other)])
    [fine], _ = edits_on(index, [decision(3, 5, API)])
    splice = spliced([edit, fine], {"a.yaml": content, "b.yaml": other})
    assert splice.dropped == [Dropped(edit.decision, reason)]
    assert (splice.edits, list(splice.contents)) == ([fine], ["b.yaml"])


def test_a_pattern_that_would_not_match_again_is_refused() -> None:
    locator = Locator(Field(("a",)), "a.yaml", pattern="web=3")
    count = located(b"a: web=3\n", "a.yaml", locator)
    edit = Edit(decision(3, 5, WEB), Place("a.yaml", WEB, count, locator))
    splice = spliced([edit], {"a.yaml": b"a: web=3\n"})
    assert (splice.contents, splice.edits) == ({}, [])
    [dropped] = splice.dropped
    assert dropped.why == "a.yaml: the edit would change more than the count"
