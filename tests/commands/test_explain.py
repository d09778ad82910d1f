"""`explain`, on a real Prometheus' past and a real log: why this count, by which line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.commit.message import commit_message
from bridge.demo.servers import PROMETHEUS
from tests.commands.conftest import Run
from tests.parts.backfill import PROMTOOL, Backfilled, Series, every, firing, ready
from tests.parts.gate import needs
from tests.parts.state_repo import StateRepo
from tests.publish.conftest import decision
from tests.service.program import configured

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
CHECKOUT = """\
apiVersion: scalebridge/v1
kind: ScalingPolicy
metadata: {name: checkout}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: checkout, namespace: shop}
  minReplicas: 2
  maxReplicas: 40
  pollingInterval: 15s
  metrics:
    - name: requests
      query: sum(rate(http_requests_total{service="checkout"}[2m]))
      target: {type: AverageValue, value: 100}
    - name: latency
      query: max(latency_seconds{service="checkout"})
      target: {type: Value, value: 250m}
  behavior:
    scaleUp:
      policies:
        - {type: Pods, value: 2, periodSeconds: 60}
        - {type: Percent, value: 50, periodSeconds: 60}
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{type: Percent, value: 50, periodSeconds: 60}]
  schedules:
    - {name: office-hours, timezone: UTC, start: "0 8 * * *", end: "0 11 * * *", minReplicas: 3}
  alerts:
    - {match: {alertname: QueueDeep, team: shop}, minReplicas: "+50%"}
    - {match: {alertname: Sale}, minReplicas: 12}
"""


def load() -> dict[float, float]:
    """Requests per second around noon: 350, 760 from 11:50 on, 350 again from 12:10 on."""
    ages = range(-3600, 3600, 15)
    counted, samples = 0.0, dict[float, float]()
    for age in ages:
        counted += 15 * (760 if -600 <= age < 600 else 350)
        samples[NOON.timestamp() + age] = counted
    return samples


def always(value: float) -> dict[float, float]:
    """The same for both hours."""
    return every(15, NOON - timedelta(hours=1), [value] * 480)


PAST = (
    Series("http_requests_total", load(), {"service": "checkout"}),
    Series("latency_seconds", always(0.2), {"service": "checkout"}),
    ready("Deployment", "shop", "checkout", always(4)),
    firing("QueueDeep", NOON - timedelta(minutes=2), NOON + timedelta(minutes=1), team="shop"),
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Remembers two hours of one workload."""
    needs(PROMETHEUS, PROMTOOL)
    with Backfilled(tmp_path_factory.mktemp("past"), PAST) as server:
        yield server.url


@pytest.fixture
def config(state_repo: StateRepo, prometheus: str, tmp_path: Path) -> Path:
    """Between that and a repo that has had the policy since ten o'clock."""
    when = NOON - timedelta(hours=2)
    state_repo.write({"policies/checkout.yaml": CHECKOUT}, "Add a policy", when=when)
    return configured(tmp_path, prometheus, {"url": state_repo.url})


def scaled(repo: StateRepo, old: int, new: int, when: datetime) -> str:
    """A commit of ours."""
    text = repo.read("apps/checkout.yaml").decode()
    files = {"apps/checkout.yaml": text.replace(f"replicas: {old}", f"replicas: {new}")}
    return repo.write(files, commit_message([decision("checkout", old, new)]), when=when)


EXPLAINED = """\
checkout: Deployment/shop/checkout 4 → 5
  at 2026-03-04 12:00:00 UTC; {place} says 4 at {tip}; 4 ready
  committed after 0.1 s without news, at the latest after 1 s (batch.scale_up)

metric                                says   target             asks for   asked by
────────────────────────────────────────────────────────────────────────────────────────────────────
requests                              760    AverageValue 100   8          policies/checkout.yaml:10
sum(rate(http_requests_total{{servic
e="checkout"}}[2m]))
latency                               0.2    Value 0.25         4          policies/checkout.yaml:13
max(latency_seconds{{service="checko
ut"}})

window        holds        last wished   until      asked by
─────────────────────────────────────────────────────────────────────────────
down, 300 s   at least 8   12:00:00      12:05:00   policies/checkout.yaml:22

rate                  from   lets go to   counts   asked by
────────────────────────────────────────────────────────────────────────────
up, 2 pods per 60 s   3      5            yes      policies/checkout.yaml:19
up, 50 % per 60 s     3      5                     policies/checkout.yaml:20
down, 50 % per 60 s   3      1            yes      policies/checkout.yaml:23

schedule       minimum   now      asked by
───────────────────────────────────────────────────────────
office-hours   3         closed   policies/checkout.yaml:25

alert                            minimum   fires since               asked by
──────────────────────────────────────────────────────────────────────────────────────────────
alertname=QueueDeep, team=shop   +50%: 5   2026-03-04 11:57:55 UTC   policies/checkout.yaml:27
alertname=Sale                   12        does not fire             policies/checkout.yaml:28

change in Git             by   made by
──────────────────────────────────────────
2026-03-04 11:59:30 UTC   +1   scalebridge

step   why                                                asked by
──────────────────────────────────────────────────────────────────────────────────────────
1      requests 760 at 100 per replica asks for 8         policies/checkout.yaml:10
                                                          spec.metrics.0
2      latency 0.2 against 0.25 with 4 ready asks for 4   policies/checkout.yaml:13
                                                          spec.metrics.1
3      limited by 2 pods per 60 s to 5                    policies/checkout.yaml:19
                                                          spec.behavior.scaleUp.policies.0
"""


def test_a_past_decision_is_explained_from_git_and_prometheus_alone(
    run: Run, config: Path, state_repo: StateRepo
) -> None:
    tip = scaled(state_repo, 3, 4, NOON - timedelta(seconds=30))
    scaled(state_repo, 4, 8, NOON + timedelta(seconds=30))
    done = run("explain", "checkout", "--at", "2026-03-04T12:00", "--config", config)
    place = done.stdout.split("; ")[1].split(" says")[0]
    assert place.startswith("apps/checkout.yaml:")
    assert done.stdout == EXPLAINED.format(tip=tip[:12], place=place)
    assert (done.exit_code, done.stderr) == (0, "")


def test_the_wish_that_holds_is_told_with_its_time_and_its_end(
    run: Run, config: Path, state_repo: StateRepo
) -> None:
    scaled(state_repo, 3, 8, NOON)
    done = run("explain", "checkout", "--at", "2026-03-04T13:14+01:00", "--config", config)
    at = "2026-03-04T12:14:00Z"
    held = json.loads(run("explain", "checkout", "--json", "--at", at, "--config", config).stdout)
    row = "down, 300 s   at least 8   12:10:00      12:15:00   policies/checkout.yaml:22"
    assert row in done.stdout
    assert (held["current"], held["desired"], held["ready"]) == (8, 8, 4)
    assert held["windows"][1] == {
        "direction": "down",
        "seconds": 300,
        "wish": 8,
        "at": "2026-03-04T12:10:00+00:00",
        "until": "2026-03-04T12:15:00+00:00",
        "unknown": "",
        "field": "spec.behavior.scaleDown.stabilizationWindowSeconds",
        "where": "policies/checkout.yaml:22",
    }
    assert {
        "text": "held by the stabilization window at 8",
        "field": held["windows"][1]["field"],
        "where": "policies/checkout.yaml:22",
    } in held["steps"]
    assert [change["by"] for change in held["changes"]] == [5]


def test_a_policy_that_is_not_there_lists_the_names(run: Run, config: Path) -> None:
    done = run("explain", "checkot", "--at", "2026-03-04T12:00", "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "no policy is named checkot; there are: checkout\n"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        pytest.param(
            "2025-03-04", "has no commit as old as 2025-03-04T00:00:00+00:00", id="too old"
        ),
        pytest.param("2125-03-04", "--at: 2125-03-04 is yet to come", id="the future"),
        pytest.param("noon", "--at: expected a time such as", id="no time"),
    ],
)
def test_a_moment_that_cannot_be_explained_says_why(
    run: Run, config: Path, at: str, why: str
) -> None:
    done = run("explain", "checkout", "--at", at, "--config", config)
    assert (done.exit_code, done.stdout) == (1, "")
    assert why in done.stderr


def test_before_the_policy_there_was_none(run: Run, config: Path) -> None:
    done = run("explain", "checkout", "--at", "2026-03-04T09:00", "--config", config)
    assert done.exit_code == 1
    assert done.stderr == (
        "no policy is named checkout; there are: none\npolicies of the branch main: "
        "no policy file (*.yaml, *.yml) is there; see state_repo.policies_path\n"
    )
