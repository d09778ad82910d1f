"""A secret that was read shows in no text of ours."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from bridge.errors import BridgeError, MetricsUnavailable, RemoteUnavailable
from bridge.secrecy import _known, learn, redacted
from bridge.settings.reconcilers import CalledSettings, WebhookSettings


def test_what_was_learnt_is_blotted_out_wherever_it_stands() -> None:
    learn("hunter2-canary")
    assert redacted("a hunter2-canary, hunter2-canary!") == "a [secret], [secret]!"


def test_a_secret_within_another_leaves_no_rest() -> None:
    learn("canary")
    learn("canary-and-more")
    assert redacted("canary-and-more canary") == "[secret] [secret]"


def test_each_line_of_a_key_is_one_but_not_its_frame() -> None:
    learn("-----BEGIN KEY-----\nMIIEpAIB\n  AAKCAQEA\n-----END KEY-----\n")
    told = redacted("-----BEGIN KEY----- MIIEpAIB AAKCAQEA")
    assert told == "-----BEGIN KEY----- [secret] [secret]"


def test_so_are_its_other_spellings() -> None:
    secret = 'pa55/äß "word"'
    learn(secret)
    for spelling in (str(secret.encode()), json.dumps(secret), quote(secret, safe="")):
        told = redacted(f"you sent {spelling}")
        assert "pa55" not in told
        assert "word" not in told


def test_a_short_word_is_no_secret() -> None:
    learn("main")
    learn("")
    assert redacted("main is at 1") == "main is at 1"


def test_the_oldest_are_forgotten() -> None:
    for number in range(2_000):
        learn(f"token-{number:05}")
    assert len(_known) == 1_000
    assert redacted("token-00001 token-01999") == "token-00001 [secret]"


@pytest.mark.parametrize("kind", [BridgeError, MetricsUnavailable, RemoteUnavailable])
def test_no_error_shows_it(kind: type[BridgeError]) -> None:
    learn("hunter2-canary")
    error = kind("HTTP 401 (you sent hunter2-canary)")
    assert "hunter2" not in f"{error} {error!r} {error.args}"


def test_words_of_a_reconciler_s_url_stay_readable_and_its_keys_do_not() -> None:
    CalledSettings(
        name="deployer",
        url="https://ci.example.org/hook?branch=main-line&key=abcdefg&x=0a1b2c3d4e5f6071",
    )
    assert redacted("main-line got abcdefg and 0a1b2c3d4e5f6071") == (
        "main-line got [secret] and [secret]"
    )
    assert "main-line" not in redacted("GET /hook?branch=main-line&key=abcdefg&x=0a1b2c3d4e5f6071")


@pytest.mark.parametrize(
    ("part", "shown"), [("production-cluster", True), ("0a1b2c3d4e5f6071", False)]
)
def test_a_path_with_a_token_beside_it_hides_keys_alone(part: str, *, shown: bool) -> None:
    url = f"https://ci.example.org/{part}/deploy"
    WebhookSettings(name="deployer", type="webhook", url=url, token=SecretStr("0a1b2c3d-token"))
    assert (part in redacted(f"{part} deploys")) is shown
