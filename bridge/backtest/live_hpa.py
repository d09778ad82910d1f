"""A HorizontalPodAutoscaler on the live object, with the policy's targets and behaviour. Pure.

The arithmetic that conforms to the HPA's, and nothing of what scalebridge adds to it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bridge.decide.decision import Decision
from bridge.decide.memory import Memory, Recommended
from bridge.decide.normalization import Order
from bridge.decide.reconcile import Pass, reconciled, written
from bridge.decide.wishes import Wished
from bridge.evaluate.reading import Moment
from bridge.policy.behavior import Behavior
from bridge.policy.model import ScalingPolicy

PERIOD_S = 15
"""The controller's --horizontal-pod-autoscaler-sync-period."""
_BEYOND_AN_HPA = ("forecast", "activation_value")


def plain_hpa(policy: ScalingPolicy) -> ScalingPolicy:
    """The policy without what an HPA does not have; at least one replica."""
    spec = policy.spec
    hpa = type(spec)(
        scale_target_ref=spec.scale_target_ref,
        target=spec.target,
        min_replicas=max(1, spec.min_replicas),
        max_replicas=spec.max_replicas,
        polling_interval=float(PERIOD_S),
        metrics=tuple(
            metric.model_copy(update=dict.fromkeys(_BEYOND_AN_HPA)) for metric in spec.metrics
        ),
        behavior=_plain_behavior(spec.behavior),
        scaling_modifiers=spec.scaling_modifiers,
    )
    return policy.model_copy(update={"spec": hpa})


def _plain_behavior(behavior: Behavior) -> Behavior:
    """The windows' extremes, and no surge."""
    up = {"stabilization_quantile": Decimal(0), "surge": None}
    down = {"stabilization_quantile": Decimal(1)}
    return Behavior(
        scale_up=behavior.scale_up.model_copy(update=up),
        scale_down=behavior.scale_down.model_copy(update=down),
    )


class LiveHpa:
    """A pilot whose counts are applied at once; see Pilot."""

    interval = PERIOD_S
    dead_time: float | None = None

    def __init__(self, policy: ScalingPolicy, replicas: int) -> None:
        self._policy = plain_hpa(policy)
        self._wished = Wished(self._policy)
        self._order: Order = self._wished.order()
        self._count = replicas
        self._memory = Memory((Recommended(0, replicas),))
        self._pass: Pass | None = None

    def decided(self, moment: Moment) -> Decision:
        """See Pilot."""
        found = self._wished.asked(moment, self._count)
        memory = self._memory.older(self.interval)
        self._pass = reconciled(self._count, self._order, found.wishes, memory)
        self._memory = self._pass.memory
        return Decision(
            target=self._policy.target,
            policy=self._policy.name,
            current=self._count,
            desired=self._pass.desired,
        )

    def committed(self, decision: Decision, at: datetime) -> None:  # noqa: ARG002 - see Pilot
        """The scale subresource was written."""
        if self._pass is not None:
            self._memory = written(self._pass).memory
        self._count = decision.desired
