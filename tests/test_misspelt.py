"""Which known field is meant by a mistyped one."""

from __future__ import annotations

import pytest

from bridge.misspelt import nearest_field
from bridge.policy.model import ScalingPolicy
from bridge.settings.configuration import Settings


@pytest.mark.parametrize(
    ("loc", "nearest"),
    [
        pytest.param(("metdata",), "metadata", id="at the top"),
        pytest.param(("spec", "minReplica"), "minReplicas", id="below a field"),
        pytest.param(("spec", "metrics", 1, "qery"), "query", id="in a list"),
        pytest.param(("spec", "fallback", "failureTreshold"), "failureThreshold", id="optional"),
        pytest.param(
            ("spec", "metrics", 0, "forecast", "linear", "windw"), "window", id="in a union"
        ),
        pytest.param(("spec", "behavior", "pollingInterval"), None, id="known elsewhere only"),
        pytest.param(("spec", "colour"), None, id="like nothing"),
    ],
)
def test_the_nearest_field_of_a_policy(loc: tuple[str | int, ...], nearest: str | None) -> None:
    assert nearest_field(ScalingPolicy, loc) == nearest


@pytest.mark.parametrize(
    ("loc", "nearest"),
    [
        pytest.param(("promethues",), "prometheus", id="a section"),
        pytest.param(("state_repos", "shop", "branhc"), "branch", id="in a section of many"),
    ],
)
def test_the_nearest_field_of_the_configuration(loc: tuple[str | int, ...], nearest: str) -> None:
    assert nearest_field(Settings, loc) == nearest
