"""`doctor` on a real Prometheus and a running service: each failure provoked, each named."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.service.checkup import Trials, checkup
from bridge.service.opening import Opening
from bridge.service.serve import utc_now
from bridge.settings.loading import load_settings
from tests.commands.conftest import Run
from tests.commands.test_doctor import lines
from tests.conftest import DEPLOYMENT
from tests.parts.fake_prometheus import ANY, FakePrometheus, hanging, samples
from tests.parts.git_http import GitHttp
from tests.parts.monitoring import Monitoring
from tests.parts.state_repo import StateRepo
from tests.server.test_tls import issued
from tests.service.program import Program, configured, policy, running, through

pytestmark = pytest.mark.timeout(90)

QUERIES = {
    "fine": "tried",
    "absent": "no_such_series",
    "several": "doubled",
    "nan": "tried / 0 * 0",
    "wrong": "sum(tried",
}
"""Of series that no other test has: some look at the past of the Prometheus that they share."""
MANY = int(os.environ.get("DOCTOR_POLICIES", "150"))


def governed(queries: dict[str, str], **spec: Any) -> dict[str, str]:
    """A workload and a policy of each query, by path."""
    files = {}
    for name, query in queries.items():
        files[f"apps/{name}.yaml"] = DEPLOYMENT.format(name=name)
        files[f"policies/{name}.yaml"] = policy(name, query=query, **spec)
    return files


def failures(run: Run, config: Path, check: str) -> list[str]:
    """What was told of this check's failures."""
    done = run("doctor", "--config", config)
    head = f"FAILED {check}: "
    told = done.stdout.splitlines()
    return [line.removeprefix(head) for line in told if line.startswith(head)]


def test_each_query_that_fails_is_named_with_its_line(
    run: Run, state_repo: StateRepo, monitoring: Monitoring, tmp_path: Path
) -> None:
    state_repo.write(governed(QUERIES), "Add")
    monitoring.exporter.set("tried", 640)
    for number in "12":
        monitoring.exporter.set("doubled", 1, of=number)
    monitoring.until("count(doubled)", "2")
    config = configured(tmp_path, monitoring.prometheus, {"url": state_repo.url})
    told = sorted(failures(run, config, "queries"))
    line = policy("x").splitlines().index('    "query": "load",') + 1
    reasons = {one.split(":")[2].strip(): one for one in told}
    assert set(reasons) == QUERIES.keys() - {"fine"}
    assert all(one.startswith(f"policies/{name}.yaml:{line}: ") for name, one in reasons.items())
    for name, told_of in {
        "absent": "expected one sample, got no data; is it scraped? Where none means zero, end it "
        "with `or vector(0)`",
        "several": "expected one sample, got 2 series; make one of them by sum() or max()",
        "nan": "expected a finite number, got NaN; guard it: divide by `(… > 0)`, and end it with "
        "`or vector(0)`",
    }.items():
        assert reasons[name].endswith(told_of)
    assert reasons["wrong"].endswith(
        "parse error: unclosed left parenthesis; try it on Prometheus' own page"
    )


def test_live_replicas_that_a_ratio_needs_are_named_where_they_are_missing(
    run: Run, state_repo: StateRepo, monitoring: Monitoring, tmp_path: Path
) -> None:
    ratio: dict[str, Any] = {"type": "Value", "value": 1}
    metrics = [{"name": "busy", "query": "busy", "target": ratio}]
    names = {"checkout": "", "search": ""}
    state_repo.write(governed(names, metrics=metrics), "By ratio")
    monitoring.exporter.set("busy", 0.5)
    labels = {"deployment": "checkout", "namespace": "shop"}
    monitoring.exporter.set("kube_deployment_status_replicas_ready", 3, **labels)
    monitoring.until("count(busy)", "1")
    config = configured(tmp_path, monitoring.prometheus, {"url": state_repo.url})
    [told] = failures(run, config, "ready replicas")
    line = policy("x").splitlines().index('  "scaleTargetRef": {') + 1
    assert told.startswith(
        f"policies/search.yaml:{line}: search: a Value metric needs live ready replicas: "
    )
    assert told.endswith("; is kube-state-metrics scraped? Otherwise give spec.readyReplicasQuery")
    told_all = lines(run, config, 1)
    assert (told_all["queries"][0], told_all["prometheus clock"]) == (
        "ok",
        ("ok", "ours agrees with Prometheus'"),
    )


@contextmanager
def service(config: Path) -> Iterator[Program]:
    """The service of a configuration, up."""
    with running(config) as program:
        program.until("listening")
        yield program


def test_a_running_service_takes_a_test_alert_and_nothing_scales(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("t0ken-canary")
    fake.script(ANY, samples(300))
    server = {"listen": "127.0.0.1:0", "webhook_token_file": "token"}
    config = configured(tmp_path, fake.url, {"url": shop.url, "mirror": None}, server=server)
    with service(config) as program:
        by_token = run("doctor", "--config", config, "--url", program.url).stdout
        hook = f"{program.url}/webhooks/alertmanager"
        assert f"ok     webhook: {hook} took a test alert by the token\n" in by_token
        elsewhere = run("doctor", "--config", config, "--url", f"{program.url}/hook").stdout
        assert "FAILED webhook: " in elsewhere
        assert "HTTP 404" in elsewhere
        other = tmp_path / "other"
        other.mkdir()
        (other / "token").write_text("another")
        wrong = configured(other, fake.url, {"url": shop.url}, server=server)
        told = run("doctor", "--config", wrong, "--url", program.url)
        assert told.exit_code == 1
        refused = "HTTP 401: webhook token missing or wrong; is server.webhook_token_file the"
        assert f"FAILED webhook: {hook}: {refused}" in told.stdout
        taken = 'scalebridge_webhooks_total{code="202",receiver="alertmanager"} 1.0'
        assert taken in httpx.get(f"{program.url}/metrics").text
        assert program.seen("woken") == []
    dead = run("doctor", "--config", config, "--url", program.url)
    assert f"FAILED webhook: {hook}: Cannot connect" in dead.stdout
    assert "; does the service listen there? See --url\n" in dead.stdout


def test_a_service_behind_its_own_certificate_is_known(
    run: Run, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    issued(tmp_path, "server")
    tls = {"cert_file": "server.pem", "key_file": "server.key"}
    with FakePrometheus() as free:
        port = int(free.address.rpartition(":")[2])  # free as soon as this one has gone
    server = {"listen": f"127.0.0.1:{port}", "tls": tls}
    config = configured(tmp_path, fake.url, {"url": shop.url, "mirror": None}, server=server)
    with service(config):
        told = lines(run, config, 0)
    assert told["webhook"] == (
        "ok",
        f"https://127.0.0.1:{port}/webhooks/alertmanager took a test alert",
    )
    gone = lines(run, config, 0)
    assert gone["webhook"][1].startswith("not tried: the service does not run here (https://")


@pytest.mark.parametrize("by", [120, -120], ids=["ahead of", "behind"])
async def test_clocks_that_differ_are_told(
    by: float, git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    settings = load_settings(configured(tmp_path, fake.url, through(git_http, shop)))
    opening = Opening(settings, lambda: utc_now() + timedelta(seconds=by))
    where = "ahead of" if by > 0 else "behind"
    told = {one.check: one.text async for one in checkup(opening) if not one.ok}
    assert told.keys() == {"prometheus clock", "git clock"}
    for whose, text in told.items():
        assert f" s {where} {'the Git host' if whose == 'git clock' else 'Prometheus'}" in text
        assert 90 < int(text.split()[2]) <= 121


async def test_many_policies_are_tried_with_progress(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    state_repo.write(governed({f"p{n}": f"load_{n}" for n in range(MANY)}), "Many")
    settings = load_settings(configured(tmp_path, fake.url, {"url": state_repo.url}))
    told: list[tuple[int, int]] = []
    trials = Trials(progress=lambda done, of: told.append((done, of)))
    begun = time.monotonic()
    found = [one async for one in checkup(Opening(settings, utc_now), trials)]
    print(f"{MANY} policies in {time.monotonic() - begun:.1f} s")  # noqa: T201  # for -s
    assert [one for one in found if not one.ok] == []
    assert found[-2].text == f"{MANY} have one finite sample for each of {MANY} targets"
    assert told == [(n + 1, MANY) for n in range(MANY)]


async def test_a_prometheus_that_hangs_takes_no_longer_than_the_limit(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", hanging())
    fake.script("search", samples(1))
    settings = load_settings(configured(tmp_path, fake.url, {"url": shop.url}, timeout="5s"))
    begun = time.monotonic()
    found = [one async for one in checkup(Opening(settings, utc_now), Trials(limit=1))]
    assert time.monotonic() - begun < 20
    [late] = [one.text for one in found if not one.ok]
    assert late.startswith("1 of 2 targets were not asked for within 1 s")


async def test_very_many_failures_are_cut_short(
    state_repo: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    state_repo.write(governed({f"p{n}": f"load_{n}" for n in range(60)}), "Many")
    settings = load_settings(configured(tmp_path, fake.url, {"url": state_repo.url}))
    found = [one async for one in checkup(Opening(settings, utc_now)) if not one.ok]
    assert [one.check for one in found] == ["queries"] * 51
    assert found[-1].text == "and 10 more"
