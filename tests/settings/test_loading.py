"""The configuration is one file and the environment, checked to the last field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bridge.errors import ConfigInvalid
from bridge.settings.configuration import Settings
from bridge.settings.loading import load_settings
from bridge.settings.secret import secret_text
from bridge.settings.server import ServerSettings

SMALL = "prometheus: {url: 'http://p:9090'}\nstate_repo: {url: /srv/state.git}\n"
DEPLOYED = Path(__file__).parents[2] / "deploy" / "scalebridge.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration file, small and right."""
    path = tmp_path / "config" / "scalebridge.yaml"
    path.parent.mkdir()
    path.write_text(SMALL)
    return path


def loaded(file: Path, text: str) -> Settings:
    """The settings in a file that holds this besides the two sections that must be."""
    file.write_text(SMALL + text)
    return load_settings(file)


def test_defaults_are_the_documented_ones(file: Path) -> None:
    read = load_settings(file)
    assert (read.prometheus.timeout, read.prometheus.concurrency) == (10.0, 8)
    assert (read.state_repo.branch, read.state_repo.search_paths) == ("main", (".",))
    assert (read.state_repo.policies_path, read.state_repo.poll_interval) == ("policies", 10.0)
    assert (read.commit.name, read.commit.email) == ("scalebridge", "scalebridge@localhost")
    assert (read.batch.quiet_period, read.batch.max_wait) == (10.0, 30.0)
    assert (read.batch.scale_up.quiet_period, read.batch.scale_up.max_wait) == (1.0, 5.0)
    assert (read.state_repo.timeout, read.server.max_body) == (60.0, 2**20)
    assert (read.server.listen, read.server.address) == ("127.0.0.1:8080", ("127.0.0.1", 8080))
    assert (read.reconcilers, read.log.format, read.log.level) == ((), "console", "info")


def test_a_value_is_what_it_says(file: Path) -> None:
    read = loaded(
        file,
        "batch: {quiet_period: 1m, max_wait: 90}\n"
        "reconcilers: [{name: f, type: flux, url: 'http://f/hook/', token: x}]\n",
    )
    assert (read.batch.quiet_period, read.batch.max_wait) == (60.0, 90.0)
    assert read.reconcilers[0].model_dump()["url"] == "http://f/hook"
    file.write_text(
        "prometheus: {url: 'http://p/'}\nstate_repo: {url: x, search_paths: [./a//b/, .]}"
    )
    assert load_settings(file).prometheus.url == "http://p"
    assert load_settings(file).state_repo.search_paths == ("a/b", "")


def test_a_window_may_be_as_short_as_its_quiet(file: Path) -> None:
    assert loaded(file, "batch: {quiet_period: 5s, max_wait: 5s}\n").batch.max_wait == 5.0


def test_what_was_loaded_stays(file: Path) -> None:
    read = load_settings(file)
    with pytest.raises(ValidationError, match="frozen"):
        read.log = read.log  # type: ignore[misc]  # mypy knows it too
    with pytest.raises(ValidationError, match="frozen"):
        read.server.queue = 1  # type: ignore[misc]  # mypy knows it too


def test_relative_paths_count_from_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    key, folder = file.parent / "key", file.parent
    key.write_text("k")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text("t")
    file.write_text(
        "prometheus: {url: 'http://p', bearer_token_file: ~/token}\n"
        "state_repo: {url: ../state.git, ssh_key_file: ./key, policies_folder: p, mirror: ../m}\n"
        f"server: {{webhook_token_file: {key}}}\n"
        "reconcilers: [{name: f, type: flux, url: 'http://f', token_file: key}]\n"
    )
    read = load_settings(file)
    assert read.state_repo.url == str(tmp_path / "state.git")
    assert read.state_repo.ssh_key_file == read.reconcilers[0].model_dump()["token_file"] == key
    assert read.server.webhook_token_file == key
    assert (read.state_repo.policies_folder, read.state_repo.mirror) == (
        folder / "p",
        tmp_path / "m",
    )
    assert read.prometheus.bearer_token_file == tmp_path / "home" / "token"


@pytest.mark.parametrize(
    "url",
    ["https://h/x.git", "ssh://git@h/x", "git@h:x.git", "h:x/y", "file:///srv/x.git", "/srv/x"],
)
def test_a_url_that_is_no_relative_path_stays(file: Path, url: str) -> None:
    file.write_text(f"prometheus: {{url: 'http://p'}}\nstate_repo: {{url: '{url}'}}\n")
    assert load_settings(file).state_repo.url == url


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("localhost:80", ("localhost", 80)),
        ("127.9.9.9:0", ("127.9.9.9", 0)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_loopback_needs_no_token(listen: str, address: tuple[str, int]) -> None:
    assert ServerSettings(listen=listen).address == address


def test_a_secret_is_given_or_read_from_its_file_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    given = ServerSettings.model_validate({"webhook_token": "s3cr3t", "webhook_token_file": path})
    assert secret_text(given.webhook_token, None) == "s3cr3t"
    assert secret_text(given.webhook_token, given.webhook_token_file) == "one"
    path.write_text("two")
    assert secret_text(None, path) == "two"
    assert secret_text(None, None) is None
    assert "s3cr3t" not in f"{given!r} {given} {given.model_dump()} {given.model_dump_json()}"


@pytest.mark.parametrize("content", ["", " \n", "one\ntwo\n", "a\x00b"])
def test_a_secret_is_one_line_of_text(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(ConfigInvalid, match="does not hold one line of text"):
        secret_text(None, path)
    path.unlink()
    with pytest.raises(ConfigInvalid, match="can't be read"):
        secret_text(None, path)


def test_the_deployments_configuration_is_valid(tmp_path: Path) -> None:
    data: dict[str, Any] = yaml.safe_load(DEPLOYED.read_text("utf-8"))

    def planted(value: Any, key: str = "") -> Any:
        """The files that the cluster mounts, here."""
        if isinstance(value, dict):
            return {name: planted(below, name) for name, below in value.items()}
        if isinstance(value, list):
            return [planted(below) for below in value]
        if not key.endswith("_file"):
            return value
        mounted = tmp_path / key
        mounted.write_text("x")
        return str(mounted)

    config = tmp_path / "scalebridge.yaml"
    config.write_text(yaml.safe_dump(planted(data)))
    assert load_settings(config).state_repo.url == data["state_repo"]["url"]
