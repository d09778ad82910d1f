"""Random policies, of all that a policy may ask for; every one is valid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

FLEET = {"scale": "by-load"}
ALERTS = ("QueueDeep", "Overloaded")
_BUSY = ("busy{}", "busy{}", "avg_over_time(busy{}[1m])", "avg_over_time(busy{}[3m])")
"""As it is, or averaged, which holds a ratio's raise for as long."""
_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
_FALLBACKS = ("static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower")


@dataclass(frozen=True, slots=True)
class Governed:
    """Whom a policy is for: the app of its name in a run, or the run's fleet."""

    run: str
    name: str
    fleet: bool = False

    @property
    def target(self) -> dict[str, Any]:
        """What the policy says of it; a fleet's ready replicas are kube-state-metrics'."""
        place = f"shop-{self.run}"
        if self.fleet:
            return {"scaleTargetSelector": {"kind": "Deployment", "matchLabels": FLEET}}
        ready = (
            f'kube_deployment_status_replicas_ready{{namespace="{place}",deployment="{self.name}"}}'
        )
        ref = {"kind": "Deployment", "name": self.name, "namespace": place}
        return {"scaleTargetRef": ref, "readyReplicasQuery": f"max({ready})"}

    @property
    def labels(self) -> dict[str, str]:
        """Of its series; a fleet's are told apart by more."""
        return {"run": self.run} if self.fleet else {"run": self.run, "deployment": self.name}

    def query(self, function: str, selected: str) -> str:
        """The series, whose labels stand for `{}`, made one; or one for each member."""
        by = " by (namespace, deployment)" if self.fleet else ""
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{function}{by} ({selected.replace('{}', f'{{{labels}}}')})"


def policy_file(rng: Random, governed: Governed, interval: int) -> str:
    """A policy, asked at every tick or every other one."""
    spec: dict[str, Any] = {
        **governed.target,
        "pollingInterval": f"{interval * rng.choice([1, 1, 2])}s",
        "minReplicas": rng.randint(0, 3),
        "maxReplicas": rng.randint(5, 25),
        "metrics": _metrics(rng, governed),
        "behavior": _behavior(rng),
        "inFlightTimeout": f"{rng.choice([0, 60, 600])}s",
        "overrideHold": f"{rng.choice([0, 120, 600, 1800])}s",
    }
    for extra in (_modifiers, _forecast, _fallback, _schedules, _rest, _pauses):
        if rng.random() < 0.3:
            spec |= extra(rng, spec)
    if "scalingModifiers" not in spec:
        spec["metrics"] = [_foreseeing(rng, metric) for metric in spec["metrics"]]
    if rng.random() < 0.7:
        spec["alerts"] = _alerts(rng, governed)
    head = {"apiVersion": "scalebridge/v1", "kind": "ScalingPolicy"}
    return json.dumps({**head, "metadata": {"name": governed.name}, "spec": spec}, indent=1)


def _metrics(rng: Random, governed: Governed) -> list[dict[str, Any]]:
    load = {"type": "AverageValue", "value": rng.randint(60, 140)}
    busy = {"type": "Value", "value": f"{rng.randint(500, 1200)}m"}
    both: list[dict[str, Any]] = [
        {"name": "load", "query": governed.query("sum", "load{}"), "target": load},
        {"name": "busy", "query": governed.query("max", rng.choice(_BUSY)), "target": busy},
    ]
    for metric in both:
        if rng.random() < 0.3:
            metric["activationValue"] = rng.choice([0, "200m", 50])
    return rng.choice([both, both[:1], both[1:]])


def _alerts(rng: Random, governed: Governed) -> list[dict[str, Any]]:
    """What each of the alerts asks for while it fires; some only wake."""
    rules = [
        {"match": {"alertname": alert_name(kind, governed.run), **governed.labels}}
        for kind in rng.sample(ALERTS, rng.randint(1, len(ALERTS)))
    ]
    asked = ["+10%", "+50%", "+200%", rng.randint(1, 12), None]
    return [rule | {"minReplicas": rng.choice(asked)} for rule in rules]


def alert_name(kind: str, run: str) -> str:
    """Alerts of one name are asked for together: each run has its own."""
    return f"{kind}{run}"


def _foreseeing(rng: Random, metric: dict[str, Any]) -> dict[str, Any]:
    """Some totals look ahead; there are no other days, so a line is all there is."""
    if metric["target"]["type"] != "AverageValue" or rng.random() < 0.6:
        return metric
    line = {"type": "linear", "window": f"{rng.choice([60, 180, 600])}s", "horizon": "45s"}
    return {**metric, "forecast": line}


def _rule(rng: Random) -> dict[str, Any]:
    kind = rng.choice(["Pods", "Percent"])
    value = rng.randint(1, 5) if kind == "Pods" else rng.choice([10, 50, 100])
    return {"type": kind, "value": value, "periodSeconds": rng.choice([15, 60, 180, 600])}


def _behavior(rng: Random) -> dict[str, Any]:
    """By the HPA's windows, or by a level in their place."""
    if rng.random() < 0.75:
        return {"scaleUp": _up(rng), "scaleDown": _down(rng)}
    window = f"{rng.choice([60, 180, 600])}s"
    level = {"window": window, "quantile": rng.choice(["500m", "800m", 1])}
    for step, sizes in (("up", [0, "100m"]), ("down", [0, "300m"]), ("surge", ["200m", "1500m"])):
        if rng.random() < 0.6:
            level[step] = rng.choice(sizes)
    return {"scaleUp": _rules(rng), "scaleDown": _rules(rng), "level": level}


def _up(rng: Random) -> dict[str, Any]:
    rules = {"stabilizationWindowSeconds": rng.choice([0, 45, 120, 600]), **_rules(rng)}
    if rng.random() < 0.5:
        rules["stabilizationQuantile"] = rng.choice([0, "250m", "500m", 1])
    if rng.random() < 0.4:
        rules["surge"] = rng.choice([0, "500m", 1])
    return rules


def _down(rng: Random) -> dict[str, Any]:
    rules = {"stabilizationWindowSeconds": rng.choice([None, 0, 60, 300, 600]), **_rules(rng)}
    if rng.random() < 0.5:
        rules["stabilizationQuantile"] = rng.choice(["500m", "900m", "950m", 1])
    return rules


def _rules(rng: Random) -> dict[str, Any]:
    rules: dict[str, Any] = {"policies": [_rule(rng) for _ in range(rng.randint(1, 3))]}
    rules["selectPolicy"] = rng.choice(["Max", "Max", "Min", "Disabled"])
    if rng.random() < 0.3:
        rules["tolerance"] = rng.choice([0, "50m", "200m"])
    return rules


def _modifiers(rng: Random, spec: dict[str, Any]) -> dict[str, Any]:
    names = [metric["name"] for metric in spec["metrics"]]
    formula = " + ".join(names) if rng.random() < 0.5 else f"max([{', '.join(names)}])"
    return {"scalingModifiers": {"formula": formula, "target": str(rng.randint(50, 150))}}


def _forecast(rng: Random, spec: dict[str, Any]) -> dict[str, Any]:
    """Of the total, where there is one and no formula."""
    kinds = [{"type": "linear", "window": "5m"}, {"type": "seasonal", "period": "2h"}]
    ahead = {**rng.choice(kinds), "horizon": f"{rng.choice([30, 300])}s"}
    first, *others = spec["metrics"]
    if first["name"] != "load" or "scalingModifiers" in spec:
        return {}
    return {"metrics": [{**first, "forecast": ahead}, *others]}


def _fallback(rng: Random, _: dict[str, Any]) -> dict[str, Any]:
    replicas, threshold = rng.randint(1, 8), rng.randint(0, 4)
    given = {"failureThreshold": threshold, "replicas": replicas}
    return {"fallback": {**given, "behavior": rng.choice(_FALLBACKS)}}


def _schedules(rng: Random, spec: dict[str, Any]) -> dict[str, Any]:
    begin = rng.randint(0, 40)
    window = {
        "name": "rush",
        "timezone": rng.choice(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
        "start": f"{begin} * * * *",
        "end": f"{begin + rng.randint(2, 19)} * * * *",
        "minReplicas": rng.randint(1, spec["maxReplicas"]),
    }
    return {"schedules": [window]}


def _rest(rng: Random, _: dict[str, Any]) -> dict[str, Any]:
    """Rest at 0 or an idle count after a while without activity."""
    least = rng.randint(0, 2)
    cooling = {"cooldownPeriod": f"{rng.choice([60, 300])}s", "minReplicas": least}
    return {**cooling, "idleReplicas": rng.randrange(least)} if least else cooling


def _pauses(rng: Random, _: dict[str, Any]) -> dict[str, Any]:
    until = _NOON + timedelta(minutes=rng.randint(0, 60))
    return rng.choice(
        [
            {"pausedScaleIn": True},
            {"pausedScaleOut": True},
            {"pausedUntil": until.isoformat()},
            {"pausedUntil": until.isoformat(), "pausedReplicas": rng.randint(0, 5)},
            {"paused": True},
            {"suspend": True},
        ]
    )
