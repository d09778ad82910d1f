"""`plan` shows and changes nothing; `once` does what `plan` showed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples, status
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.ways import hook, plant
from tests.service.conftest import count, subjects
from tests.service.program import configured, policy

DIFF = """\
--- a/apps/checkout.yaml
+++ b/apps/checkout.yaml
@@ -4,5 +4,5 @@
   name: checkout
   namespace: shop
 spec:
-  replicas: 3  # kept by scalebridge
+  replicas: 7  # kept by scalebridge
   selector: {matchLabels: {app: checkout}}
"""
REASONS = """\
checkout: Deployment/shop/checkout 3 → 7
  load 700 at 100 per replica asks for 7
"""


@pytest.fixture(autouse=True)
def _load(fake: FakePrometheus) -> None:
    """Much for one, enough for the other."""
    fake.script("checkout", samples(700))
    fake.script("search", samples(300))


def test_plan_shows_the_diff_and_the_reasons_and_changes_nothing(
    run: Run, config: Path, shop: StateRepo
) -> None:
    tip = shop.tip()
    done = run("plan", "--config", config)
    assert (done.exit_code, done.stdout, done.stderr) == (0, DIFF + REASONS, "")
    assert shop.tip() == tip
    assert shop.git("for-each-ref", "--format=%(refname)").split() == [b"refs/heads/main"]


def test_the_diff_is_one_that_git_applies(
    run: Run, config: Path, shop: StateRepo, tmp_path: Path
) -> None:
    plan = json.loads(run("plan", "--json", "--config", config).stdout)
    shop.git("worktree", "add", "--quiet", str(tmp_path / "work"), "main")
    shop.git("-C", str(tmp_path / "work"), "apply", given=plan["diff"].encode())
    assert b"replicas: 7" in (tmp_path / "work" / "apps" / "checkout.yaml").read_bytes()
    assert plan["diff"] == DIFF
    assert plan["tip"] == shop.tip()
    assert [(one["policy"], one["current"], one["desired"]) for one in plan["decisions"]] == [
        ("checkout", 3, 7),
        ("search", 3, 3),
    ]
    assert (plan["problems"], plan["suspended"]) == ([], [])


def test_once_commits_what_plan_showed(run: Run, config: Path, shop: StateRepo) -> None:
    done = run("once", "--config", config)
    newest, *_ = shop.log()
    assert done.exit_code == 0
    assert done.stdout == f"{REASONS}committed {newest.sha[:12]}: scale: checkout 3→7\n"
    assert (newest.subject, newest.paths) == ("scale: checkout 3→7", ("apps/checkout.yaml",))
    assert count(shop, "checkout") == 7


def test_once_as_json_names_the_commit(run: Run, config: Path, shop: StateRepo) -> None:
    facts = json.loads(run("once", "--json", "--config", config).stdout)
    assert (facts["commit"], facts["subject"]) == (shop.tip(), "scale: checkout 3→7")
    assert (facts["dropped"], facts["told"], facts["problems"]) == ([], [], [])


@pytest.mark.parametrize("command", ["plan", "once"])
def test_nothing_to_do_is_said_with_reasons(
    run: Run, config: Path, shop: StateRepo, fake: FakePrometheus, command: str
) -> None:
    fake.script("checkout", samples(300))
    suspended = policy("search", query="search", suspend=True)
    tip = shop.write({"policies/search.yaml": suspended}, "Suspend")
    done = run(command, "--config", config)
    assert done.exit_code == 0
    assert done.stdout == (
        "nothing to commit; targets looked at: 1; policies suspended: 1\n"
        "checkout: Deployment/shop/checkout stays at 3\n"
        "  load 300 at 100 per replica asks for 3\n"
    )
    facts = json.loads(run(command, "--json", "--config", config).stdout)
    assert (facts["suspended"], facts.get("commit")) == (["search"], None)
    assert shop.tip() == tip


@pytest.mark.parametrize("command", ["plan", "once"])
def test_problems_go_to_stderr_and_into_the_exit_code_and_hinder_no_other(
    run: Run, config: Path, shop: StateRepo, fake: FakePrometheus, command: str
) -> None:
    fake.script("search", status(500))
    shop.write({"policies/bad.yaml": "x: 1\n", "policies/gone.yaml": policy("gone")}, "Break")
    done = run(command, "--config", config)
    assert done.exit_code == 1
    assert REASONS in done.stdout
    assert "problem: policies/bad.yaml:1: " in done.stderr
    assert (
        "problem: gone: Deployment/shop/gone: no such workload below search_paths\n" in done.stderr
    )
    assert "problem: search: load unknown ('search': HTTP Status Code 500" in done.stderr
    assert count(shop, "checkout") == (7 if command == "once" else 3)


def test_problems_as_json(run: Run, config: Path, shop: StateRepo) -> None:
    shop.write({"policies/gone.yaml": policy("gone")}, "Add")
    done = run("plan", "--json", "--config", config)
    problems = ["gone: Deployment/shop/gone: no such workload below search_paths"]
    assert (done.exit_code, done.stderr) == (1, "")
    assert json.loads(done.stdout)["problems"] == problems


@pytest.mark.parametrize("command", ["plan", "once", "validate"])
def test_a_remote_that_says_no_is_one_line_and_a_one(
    run: Run, fake: FakePrometheus, tmp_path: Path, command: str
) -> None:
    config = configured(tmp_path, fake.url, {"url": "file:///nowhere/state.git"})
    done = run(command, "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("file:///nowhere/state.git: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_hook_that_says_no_is_quoted(run: Run, config: Path, shop: StateRepo) -> None:
    hook(shop, "pre-receive", "echo Frozen. >&2; exit 1")
    done = run("once", "--config", config)
    assert done.exit_code == 1
    assert done.stderr == f"{shop.url}: pre-receive hook declined: Frozen.\n"
    assert "Suspend" not in subjects(shop)


NAMES = {
    "größe": "größe",
    "new\nline": r"new\012line",
    'a"b\\c': r"a\042b\134c",
    "gr\udcf6\udcdfe": r"gr\366\337e",
}


@pytest.mark.parametrize("name", NAMES)
def test_files_of_odd_names_are_shown_as_git_does(
    run: Run, config: Path, shop: StateRepo, fake: FakePrometheus, name: str
) -> None:
    fake.script(ANY, samples(700))
    path = f"apps/{name}.yaml".encode(errors="surrogateescape")
    text = shop.read("apps/checkout.yaml").replace(b"name: checkout", b"name: odd")
    plant(shop, {path: ("100644", text)})
    shop.write({"policies/odd.yaml": policy("odd")}, "Add")
    shown = f"b/apps/{NAMES[name]}.yaml"
    planned = run("plan", "--config", config)
    facts = json.loads(run("plan", "--json", "--config", config).stdout)
    for diff in (planned.stdout, facts["diff"]):
        assert f"+++ {shown}\n" in diff or f'+++ "{shown}"\n' in diff
    assert run("once", "--config", config).exit_code == 0
    changed = shop.git("diff-tree", "-r", "-z", "--name-only", "main~", "main").split(b"\0")
    assert path in changed


def test_plan_says_what_needs_an_approval(run: Run, config: Path, shop: StateRepo) -> None:
    rule = {"whenChangeExceeds": "100%", "group": "shop"}
    asking = policy("checkout", query="checkout", approval=rule)
    shop.write({"policies/checkout.yaml": asking}, "Ask")
    done = run("plan", "--config", config)
    told = "needs an approval, in pull request shop: Deployment/shop/checkout\n"
    assert (done.exit_code, done.stdout) == (0, DIFF + REASONS + told)
    assert json.loads(run("plan", "--json", "--config", config).stdout)["approvals"] == {
        "shop": ["Deployment/shop/checkout"]
    }


@pytest.mark.parametrize("command", ["plan", "once"])
def test_an_unknown_metric_is_told_once(
    run: Run, config: Path, fake: FakePrometheus, command: str
) -> None:
    for name in ("checkout", "search"):
        fake.script(name, samples())
    done = run(command, "--config", config)
    assert done.exit_code == 1
    assert done.stdout == (
        "nothing to commit; targets looked at: 2\n"
        "checkout: Deployment/shop/checkout stays at 3\n  no metric is known: held at 3\n"
        "search: Deployment/shop/search stays at 3\n  no metric is known: held at 3\n"
    )
    assert done.stderr == "".join(
        f"problem: {name}: load unknown ('{name}': expected one sample, got no data)\n"
        for name in ("checkout", "search")
    )


@pytest.mark.parametrize("command", ["plan", "once", "validate"])
def test_a_path_without_policies_is_told(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path, command: str
) -> None:
    """A mistyped one would look like peace."""
    config = configured(tmp_path, fake.url, {"url": shop.url, "policies_path": "polices"})
    done = run(command, "--config", config)
    why = "polices of the branch main: no policy file (*.yaml, *.yml) is there"
    assert done.exit_code == 1
    assert f"{why}; see state_repo.policies_path; policies are in: policies\n" in done.stderr


def test_an_empty_local_folder_of_policies_is_told(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    config = configured(tmp_path, fake.url, {"url": shop.url, "policies_folder": str(folder)})
    done = run("plan", "--config", config)
    assert done.exit_code == 1
    assert "no policy file (*.yaml, *.yml) is there; see state_repo.policies_folder" in done.stderr


def test_once_proposes_what_needs_an_approval(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    with GitHub(shop) as hub:
        remote = {"url": hub.url_of(shop.path), "password": hub.password}
        given = {"forge": "github", "mode": "pull_request"}
        config = configured(tmp_path, fake.url, remote, publish=given)
        done = run("once", "--config", config)
        url = f"{hub.url}/remote/state/pull/1"
        what = "Deployment/shop/checkout 3 → 7"
        assert f"waiting for approval (opened): {url}: {what}\n" in done.stdout
        again = json.loads(run("once", "--json", "--config", config).stdout)
        assert [(one["state"], one["url"]) for one in again["proposals"]] == [("waiting", url)]
        assert (again["commit"], again["problems"]) == (None, [])
        hub.faulty("*", Fault(403, "Resource not accessible"))
        failed = run("once", "--config", config)
        assert (failed.exit_code, "403: Resource not accessible" in failed.stderr) == (1, True)
    assert subjects(shop) == []
