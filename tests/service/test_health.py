"""A loop that hangs fails the health, whichever it is, and a good end mends it."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest

from tests.parts.deployers import KEY, ArgoCD
from tests.parts.fake_prometheus import ANY, FakePrometheus, hanging, samples
from tests.parts.git_http import GitHttp
from tests.parts.http_client import client
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.repo.relay import Relay, Weather
from tests.service.program import configured, running, through

pytestmark = pytest.mark.timeout(60)

IMPATIENT = {"listen": "127.0.0.1:0", "hung_after": "500ms"}


def hung(url: str) -> set[str]:
    """The work that takes too long; others may wait for it, and hang as well."""
    answer = client().get(f"{url}/healthz")
    if answer.status_code == 200:
        assert answer.text == "ok\n"
        return set()
    assert answer.status_code == 503
    return set(re.findall(r"(\w+): for ", answer.text))


def test_a_round_that_never_ends_fails_it(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, hanging())
    remote = {"url": shop.url}
    config = configured(tmp_path, fake.url, remote, timeout="4s", server=IMPATIENT)
    with running(config) as program:
        until(lambda: "round" in hung(program.url))
        assert client().get(f"{program.url}/readyz").status_code == 200
        fake.script(ANY, samples(300))
        until(lambda: not hung(program.url))


def test_a_remote_that_swallows_requests_fails_it_and_the_page_says_so(
    git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(300))
    with Relay(git_http.address) as relay:
        url = git_http.url_of(shop.path).replace(git_http.address, relay.address)
        remote = through(git_http, shop, url=url, timeout="40s")
        with running(configured(tmp_path, fake.url, remote, server=IMPATIENT)) as program:
            program.until("steady")
            assert not hung(program.url)
            relay.turn(Weather(answers=0, requests=False))
            until(lambda: "look" in hung(program.url))
            page = program.page("/")
            assert "<title>The service hangs" in page
            assert "<strong>A loop hangs:</strong> look: for " in page
            relay.forward()
            until(lambda: not hung(program.url))
            assert "The service hangs" not in program.page("/")


def test_a_publish_that_never_ends_fails_it(
    git_http: GitHttp, shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    goes_on = Event()

    def hang() -> None:
        goes_on.wait(30)

    git_http.before_receive = hang
    remote = through(git_http, shop, timeout="40s", poll_interval="1h")
    with running(configured(tmp_path, fake.url, remote, server=IMPATIENT)) as program:
        until(lambda: "publish" in hung(program.url))
        goes_on.set()
        program.until("committed")
        until(lambda: not hung(program.url))
        ended = 'scalebridge_last_success_timestamp_seconds{loop="publish",repo=""}'
        assert ended in program.page("/metrics")


def test_a_deployer_that_swallows_requests_fails_it_and_delays_no_commit(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, samples(700))
    with ArgoCD([{"metadata": {"name": "shop"}}]) as argocd, Relay(argocd.address) as relay:
        relay.turn(Weather(answers=0, requests=False))
        argo = {"name": "argo", "type": "argocd_api", "url": f"http://{relay.address}"}
        given = {"token": KEY, "applications": ["shop"], "timeout": "40s"}
        config = configured(
            tmp_path,
            fake.url,
            {"url": shop.url},
            server=IMPATIENT,
            reconcilers=[argo | given],
            confirm={"poll_interval": "300ms"},
        )
        with running(config) as program:
            until(lambda: "confirm" in hung(program.url))
            fake.script(ANY, samples(900))
            program.until("committed", subject="scale: checkout 7→9, search 7→9")
            relay.forward()
            until(lambda: not hung(program.url))
