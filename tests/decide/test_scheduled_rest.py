"""An open window of time is an active trigger, as KEDA's cron scaler is.

Source: kedacore/keda pkg/scalers/cron_scaler.go (active while the window is open) and
pkg/scaling/executor/scale_scaledobjects.go (active by any trigger; the cooldown after it).
"""

from __future__ import annotations

import pytest

from bridge.policy.model import ScalingPolicy
from tests.decide.given import decided, every_15_s, moment
from tests.policy.importing.given import policy_of

OPEN = "0 13 * * *"
"""It is 12:00 UTC in all these tests."""


def scaled_object(counts: str, end: str = OPEN) -> ScalingPolicy:
    """As `import` makes it: a Prometheus trigger, and 2 replicas from 8:00 to the end."""
    return policy_of(f"""\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: web, namespace: shop}}
spec:
  scaleTargetRef: {{name: web}}
  {counts}
  cooldownPeriod: 60
  triggers:
    - type: prometheus
      metadata: {{serverAddress: "http://prometheus:9090", query: q, threshold: "100"}}
    - type: cron
      metadata: {{timezone: Etc/UTC, start: 0 8 * * *, end: {end}, desiredReplicas: "2"}}
""")


IDLE = "minReplicaCount: 5\n  idleReplicaCount: 0"
ZERO = "minReplicaCount: 0"


@pytest.mark.parametrize(
    ("counts", "end", "count", "desired", "reason"),
    [
        pytest.param(IDLE, OPEN, 0, 5, "schedule cron-0 is open: woken to 5", id="woken to min"),
        pytest.param(IDLE, OPEN, 7, 5, "", id="the HPA's pass while open"),
        pytest.param(ZERO, OPEN, 0, 2, "schedule cron-0 is open: woken to 1", id="then raised"),
        pytest.param(ZERO, "0 12 * * *", 2, 1, "", id="just closed: awake, at the HPA's least"),
        pytest.param(IDLE, "0 12 * * *", 5, 5, "cooling down for 60 s", id="cooling down"),
        pytest.param(IDLE, "58 11 * * *", 5, 0, "cooldown period: set to 0", id="cooled down"),
        pytest.param(ZERO, "58 11 * * *", 2, 0, "cooldown period: set to 0", id="down to zero"),
        pytest.param(IDLE, "58 11 * * *", 0, 0, "at rest at 0", id="stays at rest when closed"),
    ],
)
def test_a_window_wakes_keeps_awake_and_cools_down(
    counts: str, end: str, count: int, desired: int, reason: str
) -> None:
    policy = scaled_object(counts, end)
    quiet = {policy.spec.metrics[0].name: 0.0}
    made = decided(policy, moment(0, None, **quiet), count, every_15_s(range(15, 400, 15), **quiet))
    assert (made.desired, reason in made.reason) == (desired, True), made.reason
