"""`make audit` fails where it should, and says so where it could not look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.docs.markdown import ROOT

FINE: dict[str, Any] = {"name": "jinja2", "version": "3.1.6", "vulns": []}
WEAK = {**FINE, "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.7"], "aliases": []}]}
SKIPPED = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI"}
ADVISORY = {
    "id": "PYSEC-2099-1",
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "summary": "Weak",
    "details": "Very",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
            "versions": ["3.1.6"],
        }
    ],
}
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


class Advisories(BaseHTTPRequestHandler):
    """OSV's API, with one advisory: https://google.github.io/osv.dev/post-v1-query/."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        weak = asked["package"]["name"].lower() == "jinja2" and asked["version"] == "3.1.6"
        body = json.dumps({"vulns": [ADVISORY]} if weak else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.timeout(120)
@pytest.mark.skipif(find_spec("pip_audit") is None, reason="`make audit` installs it")
@pytest.mark.parametrize(("version", "code"), [("3.1.6", 1), ("3.1.7", 0)])
def test_pip_audit_itself_finds_a_served_advisory(version: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text(f"Jinja2=={version}\nyarl==1.25.1\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip-audit").symlink_to(Path(sys.executable).parent / "pip-audit")
    told = tmp_path / "bin" / "python"
    told.write_text(f"#!{sys.executable}\nimport sys; 'list' in sys.argv and print('[]')\n")
    told.chmod(0o755)
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1/query"
        given = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}
        done = subprocess.run(
            (sys.executable, ROOT / "tools" / "audit", tmp_path),
            cwd=tmp_path,
            env={**os.environ, **given, "AUDIT": "required"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        server.shutdown()
    weak = "audit: jinja2 3.1.6: PYSEC-2099-1, fixed in 99.0\n"
    assert (done.returncode, done.stderr) == (code, weak if code else "")
    assert done.stdout == "audited: 2 packages, by the advisories as they are now\n"


def test_ci_requires_it() -> None:
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    assert "AUDIT: required" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
