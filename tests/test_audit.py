"""`make audit` fails where it should, and says so where it could not look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown import ROOT

FINE: dict[str, Any] = {"name": "jinja2", "version": "3.1.6", "vulns": []}
WEAK = {**FINE, "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.7"], "aliases": []}]}
SKIPPED = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI"}
YARL = {"name": "yarl", "version": "1.25.1", "vulns": []}


def audited(folder: Path, report: list[Any] | None, installed: str = "3.1.6", **env: str) -> Any:
    """What the tool says where pip and pip-audit say this."""
    (folder / "constraints.txt").write_text("# pins\nJinja2==3.1.6\nyarl==1.25.1 ; x\n")
    told = json.dumps({"dependencies": report}) if report is not None else "Traceback"
    listed = json.dumps([{"name": "jinja2", "version": installed}])
    (folder / "bin").mkdir()
    for name, text in {
        "pip-audit": f"print('''{told}''')",
        "python": f"import sys; 'list' in sys.argv and print('''{listed}''')",
    }.items():
        (folder / "bin" / name).write_text(f"#!{sys.executable}\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    return subprocess.run(
        (sys.executable, ROOT / "tools" / "audit", folder),
        cwd=folder,
        env={**os.environ, "AUDIT": "", **env},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_all_is_well(tmp_path: Path) -> None:
    done = audited(tmp_path, [FINE, YARL])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "audited: 2 packages, by the advisories as they are now\n"


@pytest.mark.parametrize(
    ("report", "installed", "told"),
    [
        ([WEAK, YARL], "3.1.6", "jinja2 3.1.6: PYSEC-1, fixed in 3.1.7"),
        ([SKIPPED, YARL], "3.1.6", "jinja2: Dependency not found on PyPI"),
        ([FINE, YARL], "3.1.5", "jinja2 3.1.5 is installed, and 3.1.6 pinned"),
    ],
)
def test_what_a_person_must_see_fails(
    report: list[Any], installed: str, told: str, tmp_path: Path
) -> None:
    done = audited(tmp_path, report, installed)
    assert (done.returncode, done.stderr) == (1, f"audit: {told}\n")


@pytest.mark.parametrize("report", [None, [SKIPPED, {**SKIPPED, "name": "yarl"}]])
def test_where_no_service_answers_it_is_loud_and_fails_where_it_is_required(
    report: list[Any] | None, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    loud = audited(here, report)
    assert loud.returncode == 0
    assert "!!! NOT AUDITED: no advisory service answers here" in loud.stderr
    required = audited(there, report, AUDIT="required")
    assert required.returncode == 1
    assert "audit: not audited: no advisory service answers" in required.stderr


def test_ci_requires_it() -> None:
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    assert "AUDIT: required" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
