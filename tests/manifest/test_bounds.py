"""Hostile files are refused with a reason, soon, and stop nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.manifest import tree
from bridge.manifest.survey import surveyed
from bridge.repo.state_repo import StateRepo as Tip
from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file

HEAD = "kind: Deployment\nmetadata: {name: web}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f"{HEAD}x: {'[' * 1_000_000}", "line 3: nested deeper than 100", id="depth"),
        pytest.param("kind: x\n" + "? " * 500_000, "line 2: nested deeper than 100", id="keys"),
        pytest.param(f"{HEAD}a:\n{'- ' * 500_000}", "line 4: nested deeper than 100", id="dashes"),
        pytest.param(
            "---\nkind: A\n" * 100_000, "line 20001: more than 10,000 documents", id="documents"
        ),
        pytest.param(
            f"{HEAD}x: &x 1\ny: [{'*x,' * 400}]", "line 4: more than 300 values", id="aliases"
        ),
        pytest.param("n = 3 # scalebridge: a\n" * 1_001, "line 1001: more than", id="markers"),
        pytest.param(
            "# scalebridge: a " * 500_000, "line 1: more than 1,000 markers", id="one line"
        ),
        pytest.param(f"{HEAD}x: {'{a: ' * 50_000}", "line 3: nested deeper", id="mappings"),
    ],
)
def test_a_hostile_file_is_refused(monkeypatch: pytest.MonkeyPatch, text: str, reason: str) -> None:
    if "values" in reason:
        monkeypatch.setattr(tree, "MAX_NODES", 300)
    found = surveyed(text.encode(), ".txt" if "scalebridge" in text else ".yaml")
    assert found.refusal.startswith(reason)


def test_many_anchors_and_aliases_cost_no_more_than_their_number() -> None:
    item = "- {kind: Job, metadata: {name: a}, spec: &a {replicas: 3}}\n"
    text = f"kind: List\nitems:\n{item * 4_000}x: [{'*a,' * 60_000}]\n"
    found = surveyed(text.encode(), ".yaml").workloads
    assert [bool(one.count) for one in found] == [True] * 3_999 + [False]
    assert "over 200 places" in found[-1].refusal


async def test_the_loop_goes_on_while_a_repo_of_hostile_files_is_indexed(
    state_repo: StateRepo, tmp_path: Path
) -> None:
    pairs = "".join(f"k{number}: v\n" for number in range(200_000))
    bomb = "x0: &x0 boom\n" + "".join(
        f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 50)}]\n" for n in range(1, 60)
    )
    state_repo.write(
        {
            "apps/big.yaml": HEAD + "#" * 50_000_000,
            "apps/many.yaml": HEAD + pairs,
            "apps/bomb.yaml": DEPLOYMENT.format(name="bombed") + bomb,
        },
        "Hostile",
    )
    async with Tip(by_file(state_repo, tmp_path)) as tip:
        gaps, looking = [0.0], asyncio.create_task(tip.look())
        last = asyncio.get_running_loop().time()
        while not looking.done():
            await asyncio.sleep(0.01)
            now = asyncio.get_running_loop().time()
            gaps.append(now - last)
            last = now
        index = looking.result().index
    assert index.refused == {
        "apps/big.yaml": "too big to be looked at",
        "apps/many.yaml": "line 150000: more than 300,000 values",
    }
    assert {name for _, name in index.candidates} == {"bombed", "checkout", "search"}
    assert max(gaps) < 2  # a stall is as long as the whole look
