"""Every field may come from the environment, and is named so where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ConfigInvalid
from bridge.settings.loading import load_settings
from tests.settings.test_loading import SMALL

SECRET = "hunter2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file, small and right."""
    path = tmp_path / "scalebridge.yaml"
    path.write_text(SMALL)
    return path


def refusal(file: Path | None) -> list[str]:
    """What is wrong, a line each, the file called F."""
    with pytest.raises(ConfigInvalid) as refused:
        load_settings(file)
    return str(refused.value).replace(f"{file}:", "F:").splitlines()


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_PROMETHEUS__URL", "http://other:9090")
    monkeypatch.setenv("SCALEBRIDGE_BATCH__SCALE_UP__MAX_WAIT", "3s")
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO__SEARCH_PATHS", '["apps", "infra"]')
    monkeypatch.setenv("SCALEBRIDGE_CONFIG", str(file))  # the command line's own
    text = "batch: {quiet_period: 7s, scale_up: {quiet_period: 2s, max_wait: 9s}}\n"
    file.write_text(SMALL + text)
    read = load_settings(file)
    assert read.prometheus.url == "http://other:9090"
    assert (read.batch.quiet_period, read.batch.scale_up.max_wait) == (7.0, 3.0)
    assert read.batch.scale_up.quiet_period == 2.0
    assert read.state_repo.search_paths == ("apps", "infra")


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_PROMETHEUS__URL", "http://p")
    monkeypatch.setenv("SCALEBRIDGE_STATE_REPO", '{"url": "git@h:x"}')
    read = load_settings(None)
    assert (read.prometheus.url, read.state_repo.url) == ("http://p", "git@h:x")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "SERVER__LISTEN",
            "nope",
            r"server.listen: string should match pattern "
            r"'^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$', not 'nope'",
        ),
        (
            "PROMETHEUS__TIMEOUT",
            "soon",
            "prometheus.timeout: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m",
        ),
        ("PROMETHEUS__ULR", "http://p", "prometheus.ulr: unknown field; did you mean url?"),
        (
            "BATCH__SCALE_UP",
            '{"quiet_period": 1, "max_wait": "soon"}',
            "batch.scale_up.max_wait: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m",
        ),
        (
            "RECONCILERS",
            '[{"name": "f", "type": "flux", "url": "f"}]',
            "reconcilers.url: expected an http:// or https:// URL",
        ),
    ],
    ids=["pattern", "duration", "unknown", "a section as JSON", "a list as JSON"],
)
def test_a_variable_is_named_in_its_error(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"SCALEBRIDGE_{name}", value)
    assert refusal(file) == [f"$SCALEBRIDGE_{name}: {expected}"]


def test_without_a_file_the_environment_is_what_lacks_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_PROMETHEUS__TIMEOUT", "5s")
    assert refusal(None) == [
        "environment:1: prometheus.url: required, but missing",
        "environment:1: state_repo: required, but missing",
    ]


def test_a_variable_of_no_section_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_PROMETEUS__URL", "http://p")
    assert refusal(file) == ["$SCALEBRIDGE_PROMETEUS__URL: there is no section 'prometeus'"]


def test_a_variable_that_is_no_json_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_RECONCILERS", f"[{SECRET}")
    (told,) = refusal(file)
    assert told.startswith('environment: error parsing value for field "reconcilers"')
    assert SECRET not in told
