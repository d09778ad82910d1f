"""What is wrong with a configuration is told with file, line, field and what was expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigInvalid
from bridge.settings.loading import load_settings
from tests.settings.test_loading import SMALL

SECRET = "hunter2"
INSIDE = "must be a path inside the state repo, without '..'"


def refusal(file: Path | None) -> list[str]:
    """What is wrong, a line each, the file called F."""
    with pytest.raises(ConfigInvalid) as refused:
        load_settings(file)
    return str(refused.value).replace(f"{file}:", "F:").splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that lacks nothing but what a test writes."""
    path = tmp_path / "scalebridge.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "servr: {}\n", "servr: unknown field; did you mean server?", id="unknown section"
        ),
        pytest.param(
            "log: {lvl: info}\n",
            "log.lvl: unknown field; did you mean level?",
            id="unknown field",
        ),
        pytest.param("_file: x\n", "_file: unknown field", id="unknown, with an underscore"),
        pytest.param("log: loud\n", "log: expected a mapping, not text", id="no mapping"),
        pytest.param("log:\n", "log: expected a mapping, not nothing", id="nothing"),
        pytest.param(
            "log: {level: loud}\n",
            "log.level: input should be 'debug', 'info', 'warning' or 'error', not 'loud'",
            id="no such level",
        ),
        pytest.param(
            "publish: {mode: pull_request}\n",
            "publish: pull requests need forge: github or gitlab",
            id="no forge",
        ),
        pytest.param(
            "publish: {if_protected: pull_request}\n",
            "publish: pull requests need forge: github or gitlab",
            id="no forge to fall back to",
        ),
        pytest.param(
            "commit: {signing: {format: ssh}}\n",
            "commit.signing: format ssh needs a key_file",
            id="no signing key",
        ),
        pytest.param(
            "commit: {signing: {format: github, key_file: scalebridge.yaml}}\n",
            "commit.signing: format github signs with GitHub's key: remove key_file",
            id="a key for nothing",
        ),
        pytest.param(
            "batch: {quiet_period: soon}\n",
            "batch.quiet_period: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m",
            id="no duration",
        ),
        pytest.param(
            "batch: {quiet_period: 40s}\n",
            "batch: max_wait must not be shorter than quiet_period",
            id="never quiet",
        ),
        pytest.param(
            "batch: {scale_up: {quiet_period: 9s, max_wait: 3s}}\n",
            "batch.scale_up: max_wait must not be shorter than quiet_period",
            id="never quiet, going up",
        ),
        pytest.param(
            "server: {listen: '127.0.0.1:65536'}\n",
            "server: listen: no such port: 65536",
            id="no such port",
        ),
        pytest.param(
            "server: {max_body: lots}\n",
            "server.max_body: input should be a valid integer, unable to parse string as an "
            "integer, not 'lots'",
            id="no number",
        ),
        pytest.param(
            "commit: {name: 'a <b>'}\n",
            r"commit.name: string should match pattern '^[^<>\n\x00]+$', not 'a <b>'",
            id="a name that would break the commit",
        ),
        pytest.param(
            "reconcilers: {}\n", "reconcilers: expected a list, not a mapping", id="a list"
        ),
        pytest.param(
            "reconcilers: [{name: f, type: jenkins, url: 'http://f'}]\n",
            "reconcilers.0: 'type' must be one of 'flux', 'argocd', 'argocd_api', 'jenkins_x', "
            "'webhook', 'command', not 'jenkins'",
            id="no such reconciler",
        ),
        pytest.param(
            "reconcilers: [{name: a, type: argocd_api, url: 'http://a'}]\n",
            "reconcilers.0: argocd_api needs token_file (or token)",
            id="nobody who may ask",
        ),
        pytest.param(
            "reconcilers: [{name: f, type: flux, url: 'http://f', receiver: github}]\n",
            "reconcilers.0: a github receiver needs token_file (or token)",
            id="a signature without a key",
        ),
        pytest.param(
            "reconcilers: [{name: f, type: flux, url: 'http://f', receiver: generic, token: t}]\n",
            "reconcilers.0: a generic receiver checks no token: its path is the secret",
            id="a key that nobody checks",
        ),
        pytest.param(
            "reconcilers: [{name: f, type: flux, url: 'http://f:99999'}]\n",
            "reconcilers.0.url: Port out of range 0-65535",
            id="no such port to call",
        ),
        pytest.param(
            "reconcilers: [{name: f, type: flux, url: 'f/hook'}]\n",
            "reconcilers.0.url: expected an http:// or https:// URL",
            id="no web address",
        ),
        pytest.param(
            "reconcilers: [{name: f, type: flux, url: 'http:///hook'}]\n",
            "reconcilers.0.url: expected an http:// or https:// URL",
            id="nobody's web address",
        ),
    ],
)
def test_a_finding_has_file_line_and_field(file: Path, text: str, expected: str) -> None:
    file.write_text(f"{SMALL}\n# a comment\n{text}")
    assert refusal(file) == [f"F:5: {expected}"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            "branch: -x",
            r"branch: string should match pattern '^[^-\s~^:?*\[\\][^\s~^:?*\[\\]*$', not '-x'",
        ),
        ("policies_path: /etc", f"policies_path: '/etc' {INSIDE}"),
        ("search_paths: [a/../..]", f"search_paths.0: 'a/../..' {INSIDE}"),
        ("search_paths: []", "search_paths: expected at least 1 item"),
        ("timeout: 0", "timeout: input should be greater than 0, not 0.0"),
    ],
)
def test_the_state_repo_is_checked(file: Path, field: str, expected: str) -> None:
    file.write_text(f"prometheus: {{url: 'http://p'}}\nstate_repo:\n  url: x\n  {field}\n")
    assert refusal(file) == [f"F:4: state_repo.{expected}"]


def test_every_finding_is_told_at_once(file: Path) -> None:
    file.write_text("prometheus: {concurrency: 0}\nlog: {format: xml}\n")
    assert refusal(file) == [
        "F:1: prometheus.url: required, but missing",
        "F:1: prometheus.concurrency: input should be greater than or equal to 1, not 0",
        "F:1: state_repo: required, but missing",
        "F:2: log.format: input should be 'console' or 'json', not 'xml'",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("- a\n", "F:1: expected a mapping of sections", id="a list"),
        pytest.param("a\n", "F:1: expected a mapping of sections", id="a word"),
        pytest.param("a: [\n", "F:2: did not find expected node content", id="not YAML"),
        pytest.param("log: {}\nlog: {}\n", "F:2: log: key given twice", id="given twice"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(file: Path, text: str, expected: str) -> None:
    file.write_text(text)
    assert refusal(file) == [expected]


def test_an_empty_file_lacks_what_must_be(file: Path) -> None:
    file.write_text("# nothing yet\n")
    lacking = ["F:1: prometheus: required, but missing", "F:1: state_repo: required, but missing"]
    assert refusal(file) == lacking


def test_a_missing_file_is_told(file: Path) -> None:
    file.unlink()
    assert refusal(file) == ["F: can't be read: No such file or directory"]
    assert refusal(file.parent) == ["F: can't be read: Is a directory"]


@pytest.mark.parametrize("given", ["token", "~nobody-of-that-name/token"])
def test_a_missing_secret_file_is_told(file: Path, given: str) -> None:
    file.write_text(f"{SMALL}server: {{webhook_token_file: {given}}}\n")
    path = file.parent / given
    assert refusal(file) == [f"F:3: server.webhook_token_file: no such file: {path}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"prometheus: {{url: 'http://u:{SECRET}@p'}}\nstate_repo: {{url: x}}\n",
            "F:1: prometheus.url: a URL may not hold credentials: use username and password_file",
        ),
        (
            f"prometheus: {{url: 'http://p'}}\nstate_repo: {{url: 'https://u:{SECRET}@h/x'}}\n",
            "F:2: state_repo.url: a URL may not hold credentials: use username and password_file",
        ),
        (
            "prometheus: {url: 'http://p'}\n"
            f"state_repo: {{url: 'https://h/x', proxy: 'http://u:{SECRET}@p:3128'}}\n",
            "F:2: state_repo.proxy: a URL may not hold credentials: set HTTPS_PROXY for a proxy "
            "that asks for them, and no proxy here",
        ),
        (
            f"{SMALL}server: {{webhook_token: [{SECRET}]}}\n",
            "F:3: server.webhook_token: input should be a valid string, not a list",
        ),
        (
            "prometheus: {url: 'http://p', password: 12345}\nstate_repo: {url: x}\n",
            "F:1: prometheus.password: input should be a valid string, not an integer",
        ),
        (
            f"{SMALL}reconcilers: ['http://u:{SECRET}@f']\n",
            "F:3: reconcilers.0: expected a mapping, not text",
        ),
        (
            f"{SMALL}reconcilers: http://u:{SECRET}@f\n",
            "F:3: reconcilers: expected a list, not text",
        ),
        (
            f"state_repo: 'https://u:{SECRET}@h/x'\nprometheus: {{url: 'http://p'}}\n",
            "F:1: state_repo: expected a mapping, not text",
        ),
        (f"{SMALL}webhook_token: {SECRET}\n", "F:3: webhook_token: unknown field"),
    ],
    ids=[
        "Prometheus' URL",
        "the repo's URL",
        "the proxy's URL",
        "a token in a list",
        "a number",
        "a reconciler",
        "reconcilers",
        "a section",
        "a misplaced token",
    ],
)
def test_a_secret_never_stands_in_an_error(file: Path, text: str, expected: str) -> None:
    file.write_text(text)
    assert refusal(file) == [expected]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "two are named c"),
        ({"name": "d", "repos": ["eu"]}, "d: repos: no such state repo: eu; there are: "),
    ],
)
def test_reconcilers_have_names_and_repos_that_exist(
    file: Path, more: dict[str, object], expected: str
) -> None:
    command = {"name": "c", "type": "command", "command": ["x"]}
    file.write_text(f"{SMALL}reconcilers: {json.dumps([command, {**command, **more}])}\n")
    [told] = refusal(file)
    assert told.startswith(f"F:1: document: reconcilers: {expected}")


def test_commit_statuses_are_github_s(file: Path) -> None:
    sections = {"publish": {"forge": "gitlab"}, "confirm": {"commit_status": ["kustomization/*"]}}
    text = "".join(f"{name}: {json.dumps(given)}\n" for name, given in sections.items())
    file.write_text(SMALL + text)
    told = "confirm.commit_status: only GitHub's are read, not GitLab's"
    assert refusal(file) == [f"F:1: document: {told}"]


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "shop.example.org:80"])
def test_elsewhere_a_token_is_required(file: Path, listen: str) -> None:
    host = listen.rpartition(":")[0].strip("[]")
    needed = "webhook_token_file (or webhook_token, or tls.client_ca_file)"
    expected = f"F:3: server: listening on {host} needs {needed}"
    for more in ("", ", webhook_token: ''"):
        file.write_text(f"{SMALL}server: {{listen: '{listen}'{more}}}\n")
        assert refusal(file) == [expected]
    for told in ("webhook_token: x", "allow_unauthenticated: true"):
        file.write_text(f"{SMALL}server: {{listen: '{listen}', {told}}}\n")
        assert load_settings(file).server.listen == listen
