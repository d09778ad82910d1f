"""`backtest`: what a policy would have done with the load that Prometheus recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import dropwhile
from pathlib import Path

import typer

from bridge.backtest.replay import Step, replay, summary
from bridge.commands.console import DONE, awaited, give_up, print_json
from bridge.errors import MetricsUnavailable, PolicyInvalid
from bridge.evaluate.asking import Asking
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment
from bridge.observe.status import decision_facts
from bridge.policy.loading import parse_policy
from bridge.policy.model import ScalingPolicy
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings
from bridge.units import parse_duration

_MOST_POINTS = 11_000  # Prometheus' own limit for one range query


def backtest_policy(
    settings: Settings, path: Path, last: str, replicas: int | None, *, as_json: bool
) -> int:
    """Replays the policy, tells each change and the sum of it; returns the exit code."""
    policy = _read(path)
    if policy.is_fleet:
        give_up(f"{path}: a fleet: backtest replays a policy with a scaleTargetRef")
    window = _window(last, policy)
    moments = awaited(_recorded(settings, policy, window))
    start = policy.spec.min_replicas if replicas is None else replicas
    steps = list(replay(policy, moments, start))
    if as_json:
        changes = [step for step in steps if step.decision.changes]
        told = [{"at": s.at.isoformat(), **decision_facts(s.decision)} for s in changes]
        print_json({"summary": asdict(summary(steps)), "changes": told})
    else:
        _tell(steps)
    return DONE


def _read(path: Path) -> ScalingPolicy:
    try:
        return parse_policy(path.read_bytes(), str(path))
    except OSError as error:
        give_up(f"{path}: can't be read: {error.strerror}")
    except PolicyInvalid as error:
        give_up(str(error))


def _window(last: str, policy: ScalingPolicy) -> float:
    try:
        window = parse_duration(last)
    except ValueError as error:
        give_up(f"--last: {error}")
    if window / policy.spec.polling_interval > _MOST_POINTS:
        step = policy.spec.polling_interval
        give_up(f"--last: at most {_MOST_POINTS * step / 3600:.0f}h at steps of {step:g} s")
    return window


async def _recorded(settings: Settings, policy: ScalingPolicy, window: float) -> tuple[Moment, ...]:
    async with Prometheus(settings.prometheus) as prometheus:
        past = await Asking(prometheus, utc_now()).past(policy, window)
    recorded = tuple(dropwhile(_is_empty, past.moments))
    if not recorded:
        raise MetricsUnavailable(past.error or "Prometheus has no data for that time")
    return recorded


def _is_empty(moment: Moment) -> bool:
    """Before the recording began."""
    return all(reading.value is None for reading in moment.readings)


def _tell(steps: Sequence[Step]) -> None:
    for step in steps:
        if step.decision.changes:
            made = step.decision
            typer.echo(
                f"{step.at:%Y-%m-%d %H:%M:%S}  {made.current} → {made.desired}  {made.reason}"
            )
    total = summary(steps)
    typer.echo(
        f"{total.changes} changes in {total.steps} steps, {total.lowest} to {total.highest} "
        f"replicas, {total.replica_hours:.2f} replica-hours"
    )
