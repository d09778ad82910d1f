"""What tuning turns: fields of a policy and the batch's wait, within bounds. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.backtest.load import Load
from bridge.documents import Place
from bridge.policy.editing import Value
from bridge.policy.model import ScalingPolicy
from bridge.units import plain

_UP = ("spec", "behavior", "scaleUp")
_DOWN = ("spec", "behavior", "scaleDown")
_LEVEL = ("spec", "behavior", "level")
_UP_QUANTILES = (0, 0.25, 0.5)
_DOWN_QUANTILES = (0.8, 0.9, 0.95, 1)
_SURGES = (0.5, 1)
_LEVEL_QUANTILES = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_LEVEL_SURGES = (0.5, 1, 1.5, 2)
_SHORTEST_LEVEL_S = 60
_LINES = ("5m", "10m")
_SEASONS = {"1d": 86_400, "1w": 7 * 86_400}


@dataclass(frozen=True, slots=True)
class Range:
    """From least to most, both included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far each knob may be turned."""

    target: Range = Range(0.8, 1.25)
    """As a share of the target that the policy has."""
    window_up: Range = Range(0, 300)
    window_down: Range = Range(60, 3600)
    """Seconds, as of the HPA's stabilization windows."""
    tolerance: Range = Range(0.05, 0.5)
    debounce: Range = Range(1, 30)
    """Seconds that a scale-up waits for company."""
    forecasts: tuple[Mapping[str, Value], ...] = tuple(
        {"type": "linear", "window": window} for window in _LINES
    )
    """Tried beside none, where the policy has none."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """One setting of all knobs: fields by their place in the file, and the wait in seconds."""

    fields: Mapping[Place, Value] = field(default_factory=dict)
    debounce: float = 1.0

    def of(self, document: Mapping[str, Any]) -> ScalingPolicy:
        """The policy of this document with these fields."""
        data = deepcopy(dict(document))
        for place, value in self.fields.items():
            inner: Any = data
            for part in place[:-1]:
                inner = inner[part] if isinstance(part, int) else inner.setdefault(part, {})
            inner[place[-1]] = value
        return ScalingPolicy.model_validate(data)


def with_seasons(reach: Reach, loads: Sequence[Load]) -> Reach:
    """Seasonal forecasts too, of seasons that even the kept third of each load has twice."""
    shortest = min(load.end for load in loads) / 3
    seasons = [name for name, seconds in _SEASONS.items() if shortest >= 2 * seconds]
    if not reach.forecasts:
        return reach
    tried = [{"type": "seasonal", "period": name} for name in seasons]
    return replace(reach, forecasts=(*reach.forecasts, *tried))


class Drawing:
    """Draws settings; the same seed draws the same."""

    def __init__(self, policy: ScalingPolicy, metric: int, reach: Reach, seed: int) -> None:
        self._policy = policy
        self._metric = metric
        self._reach = reach
        self._random = random.Random(seed)  # noqa: S311 - nothing secret

    def anywhere(self) -> Knobs:
        """All knobs anew."""
        fields: dict[Place, Value] = {}
        for turn in self._turns:
            fields.update(turn())
        return Knobs(fields, self._debounce())

    def beside(self, knobs: Knobs) -> Knobs:
        """The same with one or two knobs anew."""
        fields = dict(knobs.fields)
        for turn in self._random.sample(self._turns, self._random.choice((1, 2))):
            turned = turn()
            fields.update(turned)
            if not turned:  # a forecast was turned off
                fields.pop(self._forecast_place, None)
        anew = self._random.random() < 1 / len(self._turns)
        return Knobs(fields, self._debounce() if anew else knobs.debounce)

    def one_of(self, several: list[Knobs]) -> Knobs:
        """Any of them."""
        return self._random.choice(several)

    @property
    def _turns(self) -> list[Callable[[], dict[Place, Value]]]:
        windows = [self._up, self._down, self._tolerances, self._quantiles, self._surge]
        level = [self._level_window, self._level_steps, self._level_quantile, self._level_surge]
        turns = [self._target, *(level if self._policy.spec.behavior.level else windows)]
        return [*turns, self._forecast] if self._may_forecast else turns

    @property
    def _may_forecast(self) -> bool:
        metric = self._policy.spec.metrics[self._metric]
        return (
            bool(self._reach.forecasts)
            and not metric.forecast
            and (metric.target.type == "AverageValue" and not self._policy.spec.scaling_modifiers)
        )

    @property
    def _forecast_place(self) -> Place:
        return ("spec", "metrics", self._metric, "forecast")

    def _target(self) -> dict[Place, Value]:
        share = self._random.uniform(self._reach.target.least, self._reach.target.most)
        given = self._policy.spec.metrics[self._metric].target.milli
        return {("spec", "metrics", self._metric, "target", "value"): _short(given * share)}

    def _up(self) -> dict[Place, Value]:
        return {(*_UP, "stabilizationWindowSeconds"): self._window(self._reach.window_up)}

    def _down(self) -> dict[Place, Value]:
        return {(*_DOWN, "stabilizationWindowSeconds"): self._window(self._reach.window_down)}

    def _tolerances(self) -> dict[Place, Value]:
        up, down = self._shares()
        return {(*_UP, "tolerance"): up, (*_DOWN, "tolerance"): down}

    def _shares(self) -> tuple[float, float]:
        share = self._reach.tolerance
        up, down = (self._random.uniform(share.least, share.most) for _ in range(2))
        return round(up * 20) / 20, round(down * 20) / 20

    def _quantiles(self) -> dict[Place, Value]:
        return {
            (*_UP, "stabilizationQuantile"): self._random.choice(_UP_QUANTILES),
            (*_DOWN, "stabilizationQuantile"): self._random.choice(_DOWN_QUANTILES),
        }

    def _surge(self) -> dict[Place, Value]:
        return {(*_UP, "surge"): self._random.choice(_SURGES)}

    def _level_window(self) -> dict[Place, Value]:
        drawn = self._window(self._reach.window_down)
        return {(*_LEVEL, "window"): f"{max(_SHORTEST_LEVEL_S, drawn)}s"}

    def _level_steps(self) -> dict[Place, Value]:
        up, down = self._shares()
        return {(*_LEVEL, "up"): up, (*_LEVEL, "down"): min(down, 0.95)}

    def _level_quantile(self) -> dict[Place, Value]:
        return {(*_LEVEL, "quantile"): self._random.choice(_LEVEL_QUANTILES)}

    def _level_surge(self) -> dict[Place, Value]:
        return {(*_LEVEL, "surge"): self._random.choice(_LEVEL_SURGES)}

    def _forecast(self) -> dict[Place, Value]:
        drawn = self._random.choice((None, *self._reach.forecasts))
        return {} if drawn is None else {self._forecast_place: drawn}

    def _debounce(self) -> float:
        least, most = self._reach.debounce.least, self._reach.debounce.most
        return float(round(self._random.uniform(least, most)))

    def _window(self, seconds: Range) -> int:
        """Evenly by its logarithm, in whole quarters of a minute."""
        least, most = math.log(seconds.least + 15), math.log(seconds.most + 15)
        drawn = math.exp(self._random.uniform(least, most)) - 15
        return round(min(seconds.most, max(seconds.least, round(drawn / 15) * 15)))


def _short(milli: float) -> str:
    """A quantity with two digits that count."""
    digits = max(0, math.floor(math.log10(milli)) - 1) if milli >= 1 else 0
    return plain(max(1, round(milli / 10**digits) * 10**digits))
