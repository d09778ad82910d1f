"""A GitHub App's tokens open the remote, are renewed in time, and are minted anew when revoked."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.errors import ConfigInvalid, RemoteRefused, RemoteUnavailable
from bridge.publish.github import GitHub as GitHubForge
from bridge.publish.github import GitHubApi
from bridge.publish.github_api import api_of, repository_of
from bridge.publish.github_app import app_tokens
from bridge.repo.state_repo import StateRepo as Tip
from bridge.settings.publish import PublishSettings
from bridge.settings.state_repo import GitHubAppSettings, StateRepoSettings
from tests.parts.github import Fault, GitHub
from tests.parts.state_repo import StateRepo
from tests.repo.relay import Relay
from tests.repo.test_ways_there import Proxy, certificate
from tests.repo.ways import CHECKOUT, draft

MINT = "POST /app/installations/34/access_tokens"


def private_key(file: Path) -> str:
    """Writes an RSA key as GitHub generates it; returns its public part."""
    key = rsa.generate_private_key(65537, 2048)
    pem, pkcs1 = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    file.write_bytes(key.private_bytes(pem, pkcs1, serialization.NoEncryption()))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(pem, spki).decode()


@pytest.fixture
def hub(state_repo: StateRepo, tmp_path: Path) -> Iterator[GitHub]:
    """GitHub with an App installed, whose key is in `app.pem`."""
    with GitHub(state_repo) as hub:
        hub.app_key = private_key(tmp_path / "app.pem")
        yield hub
    assert hub.misunderstood == []


@pytest.fixture
def settings(hub: GitHub, state_repo: StateRepo, tmp_path: Path) -> StateRepoSettings:
    """The state repo by that App."""
    app = GitHubAppSettings(app_id=12, installation_id=34, private_key_file=tmp_path / "app.pem")
    url = hub.url_of(state_repo.path)
    return StateRepoSettings(url=url, github_app=app, mirror=tmp_path / "mirror.git")


async def committed(repo: Tip, count: int) -> str:
    snapshot = await repo.look()
    commit = await repo.commit(draft(snapshot, {CHECKOUT: b"%d\n" % count}), snapshot)
    await repo.push(commit, snapshot.tip)
    return commit


async def test_one_token_fetches_and_pushes(
    hub: GitHub, settings: StateRepoSettings, state_repo: StateRepo
) -> None:
    async with Tip(settings, tokens=app_tokens(settings)) as repo:
        await committed(repo, 5)
        assert await committed(repo, 6) == state_repo.tip()
    assert hub.calls == [MINT]
    assert all(request.status < 400 for request in hub.requests)


def test_when_its_token_ends_is_a_metric(settings: StateRepoSettings) -> None:
    ends: list[float] = []
    tokens = app_tokens(settings, ends.append)
    assert tokens
    tokens.token()
    tokens.token()
    [end] = ends
    assert 0 < end - time.time() <= 3_700


async def test_a_token_near_its_end_is_renewed(hub: GitHub, settings: StateRepoSettings) -> None:
    hub.token_lasts_s = 599
    async with Tip(settings, tokens=app_tokens(settings)) as repo:
        await repo.look()
        minted = len(hub.calls)
        await repo.look()
    assert hub.calls == [MINT] * (minted + 1)


async def test_a_revoked_token_is_replaced(
    hub: GitHub, settings: StateRepoSettings, state_repo: StateRepo
) -> None:
    async with Tip(settings, tokens=app_tokens(settings)) as repo:
        await repo.look()
        hub.minted.clear()
        with pytest.raises(RemoteRefused, match="Authentication failed"):
            await repo.look()
        assert (await repo.look()).tip == state_repo.tip()


def test_a_key_that_rotates_is_read_anew(
    hub: GitHub, settings: StateRepoSettings, tmp_path: Path
) -> None:
    tokens = app_tokens(settings)
    assert tokens
    first = tokens.token()
    hub.app_key = private_key(tmp_path / "app.pem")
    tokens.forget()
    assert tokens.token() != first


def test_a_key_that_github_doesn_t_know_is_told(
    settings: StateRepoSettings, tmp_path: Path
) -> None:
    private_key(tmp_path / "app.pem")
    tokens = app_tokens(settings)
    assert tokens
    with pytest.raises(RemoteRefused, match=r"401: .*\(see state_repo\.github_app\)") as told:
        tokens.token()
    assert "ey" not in str(told.value).replace("key", "")


@pytest.mark.parametrize("content", ["no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "ä"])
def test_a_file_that_is_no_key_is_told(
    settings: StateRepoSettings, tmp_path: Path, content: str
) -> None:
    (tmp_path / "app.pem").write_text(content, encoding="utf-8")
    tokens = app_tokens(settings)
    assert tokens
    with pytest.raises(ConfigInvalid, match=r"github_app\.private_key_file"):
        tokens.token()


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (Fault(403, "API rate limit exceeded", {"Retry-After": "7"}), 7),
        (Fault(429, "Slow down"), 60),
        (Fault(403, "You have exceeded a secondary rate limit"), 60),
        (Fault(502, "Bad gateway"), 0),
    ],
)
def test_github_s_wish_for_patience_is_told(
    hub: GitHub, settings: StateRepoSettings, fault: Fault, waits: float
) -> None:
    tokens = app_tokens(settings)
    assert tokens
    hub.faulty("*", fault)
    with pytest.raises(RemoteUnavailable) as told:
        tokens.token()
    assert told.value.retry_after == waits
    assert tokens.token().startswith("ghs_")


def test_github_s_rate_limit_is_waited_for_until_its_reset(
    hub: GitHub, settings: StateRepoSettings
) -> None:
    tokens = app_tokens(settings)
    assert tokens
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{time.time() + 300:.0f}"}
    hub.faulty("*", Fault(403, "API rate limit exceeded for installation ID 34.", headers))
    with pytest.raises(RemoteUnavailable) as told:
        tokens.token()
    assert told.value.retry_after is not None
    assert 240 < told.value.retry_after <= 301


def test_an_api_that_is_not_there_is_no_refusal(settings: StateRepoSettings) -> None:
    tokens = app_tokens(settings.model_copy(update={"url": "http://127.0.0.1:1/remote/state.git"}))
    assert tokens
    with pytest.raises(RemoteUnavailable, match="ConnectionError"):
        tokens.token()


def test_minted_tokens_and_keys_stay_out_of_the_libraries_logs(
    hub: GitHub, settings: StateRepoSettings, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = app_tokens(settings)
    assert tokens
    with caplog.at_level(logging.DEBUG):
        token = tokens.token()
        forge = GitHubForge(GitHubApi(settings, tokens.token), "main", PublishSettings())
        forge.seen("scalebridge/main/scaling", exists=False)
        hub.minted.clear()
        with pytest.raises(RemoteRefused, match="401: Bad credentials") as told:
            forge.seen("scalebridge/main/scaling", exists=False)
    assert "POST /api/v3/app/installations" in caplog.text, "urllib3 tells of its requests"
    for secret in (token, "Bearer", "PRIVATE KEY"):
        assert secret not in caplog.text + str(told.value) + repr(told.value.__cause__)


def test_a_private_authority_is_trusted_by_the_api_s_client_too(
    hub: GitHub, settings: StateRepoSettings, tmp_path: Path
) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Relay(hub.address, context) as relay:
        url = f"https://{relay.address.replace('127.0.0.1', 'localhost')}/remote/state.git"
        there = settings.model_copy(update={"url": url, "ca_file": pem})
        tokens = app_tokens(there)
        assert tokens
        forge = GitHubForge(GitHubApi(there, tokens.token), "main", PublishSettings())
        assert forge.seen("scalebridge/main/scaling", exists=False).open is None
        elsewhere = app_tokens(there.model_copy(update={"ca_file": None}))
        assert elsewhere
        with pytest.raises(RemoteUnavailable, match="certificate"):
            elsewhere.token()


def test_the_api_is_asked_through_the_state_repo_s_proxy(
    hub: GitHub, settings: StateRepoSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever proxy the environment names; a repo without one goes the environment's way."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Relay(hub.address, context) as relay, Proxy(relay.address) as proxy:
        place = relay.address.replace("127.0.0.1", "localhost")
        given = {"url": f"https://{place}/remote/state.git", "ca_file": pem}
        here = settings.model_copy(update={**given, "proxy": f"http://{proxy.address}"})
        tokens, elsewhere = app_tokens(here), app_tokens(settings.model_copy(update=given))
        assert tokens
        assert elsewhere
        forge = GitHubForge(GitHubApi(here, tokens.token), "main", PublishSettings())
        assert forge.seen("scalebridge/main/scaling", exists=False).open is None
        with pytest.raises(RemoteUnavailable, match="ProxyError"):
            elsewhere.token()
    asked = [line.rpartition(" ")[0] for line in proxy.asked]  # HTTP's version is Python's
    assert asked == [f"CONNECT {place}"] * 2, "for a token, and for the API"


@pytest.mark.parametrize(
    ("remote", "api", "repository"),
    [
        ("https://github.com/acme/state.git", "https://api.github.com", ("acme", "state")),
        ("https://github.com/acme/state", "https://api.github.com", ("acme", "state")),
        ("git@github.com:acme/state.git", "https://api.github.com", ("acme", "state")),
        ("ssh://git@ssh.github.com:443/acme/state", "https://api.github.com", ("acme", "state")),
        ("https://ghe.example/a/b.git", "https://ghe.example/api/v3", ("a", "b")),
        ("http://127.0.0.1:80/a/b.git", "http://127.0.0.1:80/api/v3", ("a", "b")),
        ("ssh://git@ghe.example/a/b.git", "https://ghe.example/api/v3", ("a", "b")),
    ],
)
def test_the_remote_tells_where_the_api_is(
    remote: str, api: str, repository: tuple[str, str]
) -> None:
    assert api_of(remote) == api
    assert repository_of(remote) == repository
