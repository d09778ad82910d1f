"""`plan` and `once` on other people's manifests: every policy's digits change, and nothing else."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.gate import shared
from tests.parts.state_repo import StateRepo
from tests.service.program import configured

SHARED = Path(os.environ.get("SCALEBRIDGE_SHARED", Path(__file__).parents[3] / "shared"))
FREE = {"policies": [{"type": "Pods", "value": 1000, "periodSeconds": 1}]}
BEHAVIOR = {"scaleUp": FREE, "scaleDown": {**FREE, "stabilizationWindowSeconds": 0}}
WANTED = 60


@dataclass(frozen=True)
class Editable:
    """One workload's count in one file of the corpus."""

    file: str
    kind: str
    name: str
    namespace: str | None
    start: int
    length: int

    @property
    def identity(self) -> tuple[str, str]:
        """What must be unique in a repo: a policy may leave the namespace open."""
        return self.kind, self.name

    def policy(self) -> str:
        """Asks for WANTED replicas."""
        reference = {"kind": self.kind, "name": self.name}
        if self.namespace:
            reference["namespace"] = self.namespace
        target = {"type": "AverageValue", "value": 1}
        spec = {
            "scaleTargetRef": reference,
            "minReplicas": 0,
            "maxReplicas": 100,
            "metrics": [{"name": "load", "query": "load", "target": target}],
            "behavior": BEHAVIOR,
        }
        name = f"{self.kind}-{self.name}-{self.namespace}".lower()
        head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy", "metadata": {"name": name}}
        return json.dumps({**head, "spec": spec})


def editable(file: dict[str, Any]) -> list[Editable]:
    """The counts of a file that stand in a workload's own `spec.replicas`."""
    return [
        Editable(
            file["file"],
            edit["selector"]["kind"],
            edit["selector"]["name"],
            edit["selector"].get("namespace"),
            edit["byte_offset"],
            edit["byte_length"],
        )
        for edit in file["edits"]
        if edit["target"] == "workload"
    ]


def repos() -> list[list[Editable]]:
    """The corpus as repos without a name given twice: what collides goes to the next repo."""
    index = SHARED / "corpus" / "index.json"
    if not index.exists():
        return []
    filled: list[list[Editable]] = []
    for file in json.loads(index.read_text())["files"]:
        found = editable(file)
        names = {one.identity for one in found}
        if not found:
            continue
        room = (repo for repo in filled if names.isdisjoint(one.identity for one in repo))
        repo = next(room, None)
        if repo is None:
            filled.append(repo := [])
        repo += found
    return filled


def test_the_corpus_is_there() -> None:
    shared("corpus")
    assert sum(map(len, repos())) > 40


@pytest.mark.parametrize("workloads", repos(), ids=lambda repo: f"{len(repo)} workloads")
def test_only_digits_change(
    run: Run, fake: FakePrometheus, tmp_path: Path, workloads: list[Editable]
) -> None:
    fake.script("load", samples(WANTED))
    sources = {one.file: (SHARED / "corpus" / one.file).read_bytes() for one in workloads}
    files: dict[str, str | bytes] = {path_of(name): text for name, text in sources.items()}
    files |= {f"policies/{n}.yaml": one.policy() for n, one in enumerate(workloads)}
    repo = StateRepo.create(tmp_path / "remote", files)
    config = configured(tmp_path, fake.url, {"url": repo.url})
    planned = run("plan", "--json", "--config", config)
    facts = json.loads(planned.stdout)
    assert (planned.exit_code, facts["problems"]) == (0, [])
    assert len(facts["decisions"]) == len(workloads)
    assert_only_digits(facts["diff"], len(workloads))
    assert run("once", "--config", config).exit_code == 0
    for name, text in sources.items():
        assert repo.read(path_of(name)) == edited(text, [w for w in workloads if w.file == name])


def path_of(name: str) -> str:
    """Each file in a folder of its own."""
    return f"apps/{Path(name).stem}/{name}"


def edited(text: bytes, workloads: list[Editable]) -> bytes:
    """As the corpus says where the digits stand."""
    for one in sorted(workloads, key=lambda one: -one.start):
        text = text[: one.start] + str(WANTED).encode() + text[one.start + one.length :]
    return text


def assert_only_digits(diff: str, changes: int) -> None:
    """Each removed line comes back with another number in it."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    removed = [line[1:] for line in lines if line.startswith("-")]
    added = [line[1:] for line in lines if line.startswith("+")]
    assert len(removed) == len(added) == changes
    for before, after in zip(removed, added, strict=True):
        head, old, tail = parts(before)
        assert parts(after) == (head, str(WANTED), tail)
        assert old != str(WANTED)


def parts(line: str) -> tuple[str, str, str]:
    """What stands before the count, the count, and what stands behind."""
    match = re.fullmatch(r"""(\s*["']?replicas["']?\s*:\s*)(\d+)(.*)""", line)
    assert match
    return match[1], match[2], match[3]
