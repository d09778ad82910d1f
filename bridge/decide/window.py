"""How far back a decision looks into the metrics' past: what is asked of Prometheus, no more."""

from __future__ import annotations

from bridge.decide.ratio import ratio_window
from bridge.decide.rest import cooldown_of, rest_rules
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Moment
from bridge.policy.model import ScalingPolicy


def window_to_know(
    policy: ScalingPolicy,
    now: Moment,
    committed: int,
    dead_time: float | None = None,
    wished: Wished | None = None,
) -> float:
    """Seconds of the metrics' past that the decision depends on; 0 where it needs none."""
    wished = wished or Wished(policy)
    spec, found, needed = policy.spec, wished.at(now, committed), [0.0]
    windows = wished.order(dead_time).windows
    if spec.fallback and any(reading.value is None for reading in now.readings):
        counted = (spec.fallback.failure_threshold + 2) * spec.polling_interval
        needed += [counted, windows.up, windows.down]
    if wished.rests and not found.active and committed > rest_rules(policy).rest:
        needed.append(cooldown_of(policy) + 2 * spec.polling_interval)
    if found.highest is not None and (windows.steps or found.highest != committed):
        needed.append(windows.up if found.highest > committed else windows.down)
    needed.append(ratio_window(policy, found, committed))
    return max(needed)
