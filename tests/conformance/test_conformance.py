"""Every case, one test each; and the command that runs other files of the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance import BEYOND
from tests.conformance.__main__ import main
from tests.conformance.cases import FOLDER, Case, load_cases
from tests.conformance.ops import verdict

CASES = load_cases([FOLDER])


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_counts_as_the_reference(case: Case) -> None:
    assert verdict(case) == ""


def test_the_readme_says_how_many_cases_ask_for_what_no_policy_has() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert f"checked against {len(CASES)} cases" in readme
    assert f"Of these, {sum(case.op in BEYOND for case in CASES)} ask only" in readme


def test_the_command_tells_each_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = {
        "id": "right",
        "op": "keda_milli",
        "inputs": {"value": "1.5"},
        "expected": {"value_milli": 1500},
    }
    wrong = {**right, "id": "wrong", "expected": {"value_milli": 2}}
    unknown = {**right, "id": "unknown", "op": "no_such_op"}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"schema": 1, "group": "g", "cases": [right, wrong, unknown]}))

    assert main([str(tmp_path)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pass right"
    assert lines[1] == 'FAIL wrong: expected {"value_milli": 2} got {"value_milli": 1500}'
    assert lines[2].startswith("FAIL unknown: expected")
    assert lines[3] == "1 passed, 2 failed"


def test_the_command_succeeds_where_all_pass(tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"schema": 1, "group": "g", "cases": []}))
    assert main([str(path)]) == 0


def test_a_broken_file_is_a_failure_and_the_others_are_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, old, fine = (tmp_path / f"{name}.json" for name in ("broken", "old", "small"))
    broken.write_text('{"schema": 1, "cases": [')
    old.write_text('{"schema": 2, "cases": []}')
    case = {"id": "c", "op": "keda_milli", "inputs": {"value": "1"}}
    fine.write_text(json.dumps({"schema": 1, "cases": [{**case, "expected": {}}]}))

    assert main([str(broken), str(old), str(tmp_path / "none.json"), str(fine)]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"FAIL {broken}: expected cases of schema 1 got JSONDecodeError: ")
    assert lines[1] == f"FAIL {old}: expected cases of schema 1 got schema 2"
    assert "none.json: expected cases of schema 1 got FileNotFoundError" in lines[2]
    assert lines[3:] == ["pass c", "1 passed, 3 failed"]
