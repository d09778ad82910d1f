"""Secrets that others echo at us: no line of the log, no page and no metric shows one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest

from bridge.server.api import OPERATIONS
from tests.parts.fake_prometheus import ANY, FakePrometheus, samples, status
from tests.parts.git_http import GitHttp
from tests.parts.http_client import client
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.ways import hook
from tests.service.conftest import subjects
from tests.service.program import configured, policy, running, through

pytestmark = pytest.mark.timeout(60)

GIT, METRICS, HOOK, KEY = (f"canary-{name}-äß7f3a" for name in ("git", "metrics", "hook", "key"))
RECEIVER = "canary-receiver-7f3a" * 3
SLACK, ASKED = "canary-slack-7f3a", "canary-asked-7f3a"
PAIR = base64.b64encode(f"bridge:{GIT}".encode()).decode()
PAGES = ("/", "/api/v1/status", "/metrics", "/readyz", "/healthz", "/api/v1/openapi.json")


def spelt(secret: str) -> set[str]:
    """As it is, and as JSON and HTML may have it."""
    return {secret, json.dumps(secret)[1:-1], secret.encode("ascii", "xmlcharrefreplace").decode()}


def _shown(url: str) -> list[str]:
    """All that can be read there, with the page and facts of each target; an event, a refusal."""
    targets = client().get(f"{url}/api/v1/targets").raise_for_status().json()["targets"]
    keys = [one["id"] for one in targets]
    assert len(keys) == 2
    reads = [one.path for one in OPERATIONS if one.method == "get"]
    wanted = [path.replace("{id}", key) for path in reads for key in keys]
    pages = dict.fromkeys([*PAGES, *wanted, *(f"/targets/{key}" for key in keys)])
    with httpx.stream("GET", f"{url}/api/v1/events") as events:
        event = next(events.iter_text())
    wrong = client().post(f"{url}/webhooks/alertmanager", headers={"Authorization": "no"})
    read = [client().get(f"{url}{page}").raise_for_status().text for page in pages]
    return [*read, event, wrong.text]


def test_no_line_page_or_metric_shows_a_secret(
    git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    git_http.password, git_http.username = GIT, "bridge"
    for name, secret in {"git": GIT, "metrics": METRICS, "hook": HOOK, "key": KEY}.items():
        (tmp_path / name).write_text(secret)
    fake.script("checkout", samples(700))
    fake.script("search", status(401, f"Who are you? You sent Bearer {METRICS}"))
    says = f"echo {GIT} {PAIR} {METRICS} {HOOK} {KEY}"
    remote = through(git_http, shop, password=None, password_file="git")
    config = configured(
        tmp_path,
        fake.url,
        {name: value for name, value in remote.items() if value is not None},
        server={"listen": "127.0.0.1:0", "webhook_token_file": "hook"},
        reconcilers=[
            {"name": "teller", "type": "command", "command": ["sh", "-c", says]},
            {"name": "hook", "type": "webhook", "url": f"{fake.url}/404", "token_file": "key"},
            {"name": "flux", "type": "flux", "url": f"{fake.url}/hook/{RECEIVER}?for={ASKED}"},
            {"name": "slack", "type": "webhook", "url": f"{fake.url}/services/T0/{SLACK}"},
        ],
    )
    asked, by_token = '"prometheus": {', '"prometheus": {"bearer_token_file": "metrics", '
    config.write_text(config.read_text().replace(asked, by_token))
    with running(config) as program:
        program.until("notice_accepted", reconciler="teller", output="[secret] " * 4 + "[secret]")
        for name in ("hook", "flux", "slack"):
            program.until("notice_failed", reconciler=name)
        unknown = program.until("metrics_unknown", policy="search")
        hook(shop, "pre-receive", f"{says} >&2; exit 1")
        fake.script("checkout", samples(900))
        program.until("publish_failed")
        shown = _shown(program.url)
    assert "Bearer [secret]" in unknown["reason"]
    everything = "\n".join([program.transcript, *shown])
    for secret in (GIT, PAIR, METRICS, HOOK, KEY, RECEIVER, SLACK, ASKED, "/services/T0"):
        assert not [one for one in spelt(secret) if one in everything]
    assert "[secret]" in shown[0]
    assert f"{fake.url}/hook/[secret]" in everything
    assert f"{fake.url}[secret]" in everything, "of a webhook without a token the host is shown"
    assert subjects(shop) == ["scale: checkout 3→7"]


def test_a_prometheus_that_goes_and_comes_is_told_once_each(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("steady", policy="search")
        fake.script(ANY, status(401, "no"))
        lost = program.until("prometheus_lost")
        program.until("metrics_unknown", policy="checkout", times=3)
        fake.script(ANY, samples(300))
        program.until("prometheus_back")
        program.until("steady", policy="search", times=2)
    hint = "see prometheus.bearer_token_file, or prometheus.username and prometheus.password_file"
    assert lost["error"].endswith(f"({hint})")
    assert len(program.seen("prometheus_lost")) == len(program.seen("prometheus_back")) == 1
    assert program.seen("metrics_unknown", level="warning") == []


def test_a_remote_that_goes_and_comes_is_told_once_each(
    git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(300))
    fake.script("search", samples(300))
    right = git_http.password
    with running(configured(tmp_path, fake.url, through(git_http, shop))) as program:
        program.until("steady", policy="search")
        git_http.password = "another"
        failed = program.until("look_failed")
        git_http.password = right
        program.until("look_recovered")
        shop.git("branch", "-m", "main", "trunk")
        gone = program.until("look_failed", times=2)
        shop.git("branch", "-m", "trunk", "main")
        program.until("look_recovered", times=2)
    assert "see state_repo.username and state_repo.password_file" in failed["error"]
    assert "(see state_repo.branch); the remote's branches: trunk" in gone["error"]
    assert len(program.seen("look_failed")) == 2


@pytest.mark.parametrize("path", ["policy", "nowhere/at/all"])
def test_a_mistyped_path_of_policies_is_told(
    path: str, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    remote = {"url": shop.url, "policies_path": path}
    with running(configured(tmp_path, fake.url, remote)) as program:
        told = program.until("policy_broken")
        ready = client().get(f"{program.url}/readyz")
        shop.write({f"{path}/checkout.yaml": policy("checkout")}, "Move")
        program.until("policy_mended")
        until(lambda: client().get(f"{program.url}/readyz").status_code == 200)
    assert (ready.status_code, ready.text) == (503, f"{told['error']}\n")
    assert told["error"] == (
        f"{path} of the branch main: no policy file (*.yaml, *.yml) is there; "
        "see state_repo.policies_path; policies are in: policies"
    )


def test_a_hold_is_told_when_it_begins_and_when_it_ends(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    held = policy("checkout", query="checkout", overrideHold="3s")
    shop.write({"policies/checkout.yaml": held}, "Hold briefly")
    fake.script("checkout", samples(700))
    fake.script("search", samples(300))
    with running(configured(tmp_path, fake.url, {"url": shop.url})) as program:
        program.until("committed")
        text = shop.read("apps/checkout.yaml").decode().replace("replicas: 7", "replicas: 5")
        shop.write({"apps/checkout.yaml": text}, "Five, please")
        begun = program.until("held", policy="checkout")
        ended = program.until("hold_ended", policy="checkout")
    assert (begun["level"], ended["level"], ended["held_at"]) == ("info", "info", 5)
