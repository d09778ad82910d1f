"""A loop that hangs fails the health, whichever it is, and a good end mends it."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.parts.fake_prometheus import ANY, FakePrometheus, hanging, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.repo.processes import until
from tests.service.program import configured, running, through

pytestmark = pytest.mark.timeout(60)

IMPATIENT = {"listen": "127.0.0.1:0", "hung_after": "500ms"}


def health(url: str) -> tuple[int, str]:
    """The status, and what it says up to how long it hangs."""
    answer = httpx.get(f"{url}/healthz")
    return answer.status_code, answer.text.partition(": for ")[0]


def test_a_round_that_never_ends_fails_it(
    shop: StateRepo, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script(ANY, hanging())
    remote = {"url": shop.url}
    config = configured(tmp_path, fake.url, remote, timeout="4s", server=IMPATIENT)
    with running(config) as program:
        until(lambda: health(program.url) == (503, "hung: round"))
        assert httpx.get(f"{program.url}/readyz").status_code == 200
        fake.script(ANY, samples(300))
        until(lambda: health(program.url) == (200, "ok\n"))


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
        until(lambda: health(program.url) == (503, "hung: publish"))
        goes_on.set()
        program.until("committed")
        until(lambda: health(program.url) == (200, "ok\n"))
        ended = 'scalebridge_last_success_timestamp_seconds{loop="publish",repo=""}'
        assert ended in program.page("/metrics")
