"""`schema`: what it describes is what is accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.commands.conftest import Run
from tests.service.program import configured, policy

OURS = sorted((Path(__file__).parents[2] / "policies").glob("*.yaml"))


def schema(run: Run, *of: str) -> dict[str, Any]:
    """The schema as printed."""
    done = run("schema", *of)
    assert (done.exit_code, done.stderr) == (0, "")
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.mark.parametrize("of", [(), ("policy",), ("config",)])
def test_it_is_a_schema(run: Run, of: tuple[str, ...]) -> None:
    printed = schema(run, *of)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(printed)


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.name))
def test_our_policies_are_as_described(run: Run, path: Path) -> None:
    Draft202012Validator(schema(run)).validate(yaml.safe_load(path.read_bytes()))


def test_a_configuration_is_as_described(run: Run, tmp_path: Path) -> None:
    config = configured(tmp_path, "http://127.0.0.1:9090", {"url": "/srv/git/state.git"})
    Draft202012Validator(schema(run, "config")).validate(json.loads(config.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        {"maxReplica": 7},
        {"maxReplicas": "seven"},
        {"maxReplicas": None},
        {"pollingInterval": "soon"},
        {"metrics": []},
        {"suspend": "maybe"},
        {"scaleTargetSelector": {"matchLabels": {"app": "web"}}},
    ],
)
def test_it_says_no_where_validate_does(run: Run, tmp_path: Path, change: dict[str, Any]) -> None:
    text = policy("web", **change)
    (tmp_path / "web.yaml").write_text(text)
    assert run("validate", tmp_path).exit_code == 1
    assert not Draft202012Validator(schema(run)).is_valid(json.loads(text))
