"""`doctor` tries each connection and right, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples, status
from tests.parts.git_http import GitHttp
from tests.parts.github import GitHub
from tests.parts.keys import ssh_key
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, policy, through


def lines(run: Run, config: Path, code: int) -> dict[str, tuple[str, str]]:
    """By check: whether it is ok, and what was told; of several findings, the last."""
    done = run("doctor", "--config", config)
    assert (done.exit_code, done.stderr) == (code, "")
    parted = [line.partition(": ") for line in done.stdout.splitlines()]
    return {head[7:]: (head[:6].strip(), text) for head, _, text in parted}


def test_all_is_well(run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> None:
    key = ssh_key(tmp_path / "keys").settings
    with GitHub(shop) as hub:
        remote = {"url": hub.url_of(shop.path), "password": hub.password}
        signing = {"format": "ssh", "key_file": str(key.key_file)}
        more: dict[str, Any] = {"publish": {"forge": "github"}, "commit": {"signing": signing}}
        config = configured(tmp_path, fake.url, remote, **more)
        fake.script(ANY, samples(700))
        refs = shop.git("for-each-ref")
        told = lines(run, config, 0)
    assert {check: ok for check, (ok, _) in told.items()} == {
        "prometheus": "ok",
        "alerts": "ok",
        "signing": "ok",
        "fetch": "ok",
        "policies": "ok",
        "conflicts": "ok",
        "push": "ok",
        "pull requests": "ok",
        "prometheus clock": "ok",
        "git clock": "ok",
        "webhook": "ok",
        "queries": "ok",
        "ready replicas": "ok",
    }
    assert told["queries"][1] == "2 have one finite sample for each of 2 targets"
    assert told["ready replicas"][1] == "known of 2 of 2 targets"
    assert told["git clock"][1] == "ours agrees with the Git host's"
    assert told["webhook"][1].startswith("not tried: the port is chosen when the service starts")
    assert told["prometheus"][1] == f"{fake.url} answers queries"
    assert told["policies"][1] == "2 valid, which govern 2 counts"
    assert told["signing"][1].startswith("the ssh key of ")
    assert told["fetch"][1] == f"main is at {shop.tip()[:12]}, with 4 files"
    assert shop.git("for-each-ref") == refs
    assert hub.misunderstood == []


def test_what_is_not_configured_is_said_and_fine(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    told = lines(run, configured(tmp_path, fake.url, {"url": shop.url}), 0)
    assert told["git clock"] == ("ok", "not tried: the remote speaks no HTTP")
    assert told["alerts"] == ("ok", "not configured: Prometheus tells which ones fire")
    assert told["signing"] == ("ok", "not configured: commits are not signed")
    assert told["pull requests"] == ("ok", "not configured: everything goes straight to the branch")


def test_one_fault_hides_no_other(
    run: Run, git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("no key")
    remote = {"url": git_http.url_of(shop.path), "password": "wrong"}
    signing = {"format": "openpgp", "key_file": "key"}
    config = configured(tmp_path, fake.url, remote, commit={"signing": signing})
    told = lines(run, config, 1)
    failed = [check for check, (ok, _) in told.items() if ok == "FAILED"]
    assert failed == ["signing", "fetch"]
    untried = ("policies", "conflicts", "push", "git clock", "queries")
    assert {told[check] for check in untried} == {("-", "not tried, since fetch failed")}
    assert [ok for ok, _ in told.values()].count("-") == len(untried)
    assert "see commit.signing.key_file" in told["signing"][1]
    assert "see state_repo.username and state_repo.password_file" in told["fetch"][1]


def test_who_gives_no_numbers_is_told_with_the_setting(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, status(401, "who are you?"))
    alertmanager = {"url": f"{fake.url}/nothing"}
    config = configured(tmp_path, fake.url, {"url": shop.url}, alertmanager=alertmanager)
    told = lines(run, config, 1)
    assert told["prometheus"][0] == "FAILED"
    assert "401" in told["prometheus"][1]
    assert told["prometheus"][1].startswith(
        "HTTP Status Code 401 (b'who are you?') (see prometheus"
    )
    assert told["alerts"] == (
        "FAILED",
        f"{fake.url}/nothing/api/v2/alerts: HTTP 404; see alertmanager.url and its credentials",
    )
    assert told["push"][0] == "ok"
    for check in ("prometheus clock", "queries"):
        assert told[check] == ("-", "not tried, since prometheus failed")


def test_a_remote_that_nobody_answers_at_is_told_with_the_setting(
    run: Run, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    config = configured(tmp_path, fake.url, {"url": "http://127.0.0.1:1/state.git"})
    told = lines(run, config, 1)
    assert told["fetch"][0] == "FAILED"
    assert told["fetch"][1].endswith("; see state_repo.url and state_repo.proxy")
    found = json.loads(run("doctor", "--json", "--config", config).stdout)["checks"]
    [push] = [one for one in found if one["check"] == "push"]
    assert push == {
        "check": "push",
        "ok": False,
        "text": "not tried, since fetch failed",
        "tried": False,
    }


def test_policies_in_trouble_are_counted(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    shop.write({"policies/bad.yaml": "x: 1\n", "policies/gone.yaml": policy("gone")}, "Break")
    told = lines(run, configured(tmp_path, fake.url, {"url": shop.url}), 1)
    assert told["policies"] == (
        "FAILED",
        "2, the first: policies/bad.yaml:1: apiVersion: required, but missing; "
        "`scalebridge validate` tells each of them",
    )


class ReadOnly(GitHttp):
    """As a forge treats an account without the right to write."""

    async def _backed(self, request: web.Request) -> web.StreamResponse:
        if "git-receive-pack" in request.path_qs:
            return web.Response(status=403)
        return await super()._backed(request)


def test_a_remote_that_may_only_be_read_fails_the_push(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    with ReadOnly(shop.path.parent) as server:
        config = configured(tmp_path, fake.url, through(server, shop))
        told = lines(run, config, 1)
    assert (told["fetch"][0], told["push"][0]) == ("ok", "FAILED")
    assert "may the account push there?" in told["push"][1]


def test_each_reconciler_has_a_line(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    reconcilers = [
        {"name": "apply", "type": "command", "command": ["sh", "apply.sh"]},
        {"name": "down", "type": "argocd", "url": "http://127.0.0.1:1/api/webhook"},
    ]
    config = configured(tmp_path, fake.url, {"url": shop.url}, reconcilers=reconcilers)
    told = lines(run, config, 1)
    assert told["reconciler apply"][0] == "ok"
    assert told["reconciler down"] == (
        "FAILED",
        "http://127.0.0.1:1/api/webhook: ConnectError: All connection attempts failed; see url",
    )


def test_for_programs(run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path) -> None:
    fake.script(ANY, samples(700))
    config = configured(tmp_path, fake.url, {"url": shop.url})
    found = json.loads(run("doctor", "--json", "--config", config).stdout)
    assert [(one["check"], one["ok"]) for one in found["checks"]] == [
        ("prometheus", True),
        ("alerts", True),
        ("signing", True),
        ("fetch", True),
        ("policies", True),
        ("conflicts", True),
        ("push", True),
        ("pull requests", True),
        ("prometheus clock", True),
        ("git clock", True),
        ("webhook", True),
        ("queries", True),
        ("ready replicas", True),
    ]


def test_a_forge_without_a_token_is_told(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    config = configured(tmp_path, fake.url, {"url": shop.url}, publish={"forge": "github"})
    told = lines(run, config, 1)
    assert told["pull requests"] == (
        "FAILED",
        "publish.forge: github needs a token: publish.token_file",
    )
