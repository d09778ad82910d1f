"""Grafana's webhooks over real HTTP: right, wrong and replayed signatures."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.settings.server import GrafanaSettings
from tests.server.given import FIRING, GRAFANA, GRAFANA_HOOK, HOOK, STARTED, Intake, serving

SIGNATURE = "X-Grafana-Alerting-Signature"
TIMESTAMP = "X-Grafana-Alerting-Timestamp"
SECRET = "s3cret"
SIGNED = GrafanaSettings(secret=SecretStr(SECRET))
TIMED = GrafanaSettings(secret=SecretStr(SECRET), timestamp_header=TIMESTAMP)


def signature(body: bytes, secret: str = SECRET) -> str:
    """As Grafana makes it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def timed(age: float) -> dict[str, str]:
    """The headers of a body that was signed that many seconds ago."""
    time = str(int((STARTED - timedelta(seconds=age)).timestamp()))
    return {SIGNATURE: signature(f"{time}:".encode() + GRAFANA), TIMESTAMP: time}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({SIGNATURE: signature(GRAFANA)}, 202),
        ({SIGNATURE: signature(GRAFANA, "wrong")}, 401),
        ({SIGNATURE: signature(b"{}")}, 401),
        ({}, 401),
        ({"Authorization": "Bearer t0ken"}, 401),
    ],
)
async def test_its_signature_opens_and_nothing_else(headers: dict[str, str], status: int) -> None:
    intake = Intake()
    async with serving(intake, grafana=SIGNED, webhook_token=SecretStr("t0ken")) as http:
        answer = await http.post(GRAFANA_HOOK, content=GRAFANA, headers=headers)
        other = await http.post(HOOK, content=FIRING, headers={SIGNATURE: signature(FIRING)})
    assert (answer.status_code, len(intake.taken)) == (status, 1 if status == 202 else 0)
    assert other.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param(timed(0), 202, id="now"),
        pytest.param(timed(299), 202, id="within the window"),
        pytest.param(timed(301), 401, id="replayed later"),
        pytest.param(timed(-301), 401, id="from the future"),
        pytest.param({**timed(301), TIMESTAMP: timed(0)[TIMESTAMP]}, 401, id="a newer time"),
        pytest.param({SIGNATURE: signature(GRAFANA)}, 401, id="without a time"),
        pytest.param({**timed(0), TIMESTAMP: "1e9"}, 401, id="a time of other digits"),
    ],
)
async def test_with_a_signed_time_a_replay_is_refused(headers: dict[str, str], status: int) -> None:
    async with serving(grafana=TIMED) as http:
        answer = await http.post(GRAFANA_HOOK, content=GRAFANA, headers=headers)
    assert answer.status_code == status


async def test_a_time_that_is_no_text_is_wrong() -> None:
    async with serving(grafana=TIMED) as http:
        headers = {SIGNATURE.encode(): signature(GRAFANA).encode(), TIMESTAMP.encode(): b"\xff"}
        answer = await http.post(GRAFANA_HOOK, content=GRAFANA, headers=headers)
    assert answer.status_code == 401


async def test_a_replay_within_the_window_only_wakes_again() -> None:
    intake = Intake()
    async with serving(intake, grafana=TIMED) as http:
        for _ in range(3):
            await http.post(GRAFANA_HOOK, content=GRAFANA, headers=timed(10))
    first, *others = intake.taken
    assert others == [first, first]


async def test_without_a_secret_it_has_to_know_the_token() -> None:
    async with serving(webhook_token=SecretStr("t0ken")) as http:
        known = {"Authorization": "Bearer t0ken"}
        answers = [
            await http.post(GRAFANA_HOOK, content=body, headers=headers)
            for body, headers in ((GRAFANA, known), (GRAFANA, {}), (FIRING, known))
        ]
    assert [answer.status_code for answer in answers] == [202, 401, 400]


async def test_the_secret_may_change_while_we_run(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("one")
    codes = []
    async with serving(grafana=GrafanaSettings(secret_file=file)) as http:
        for text in ("one", "two", ""):
            file.write_text(text)
            headers = {SIGNATURE: signature(GRAFANA, "one")}
            answer = await http.post(GRAFANA_HOOK, content=GRAFANA, headers=headers)
            codes.append(answer.status_code)
    assert codes == [202, 401, 503]
