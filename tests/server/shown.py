"""Statuses with something to see: as many targets as wanted, in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin

from bridge.batch.budget import Budget
from bridge.decide.decision import Decision, Step
from bridge.decide.override import Hold, Override
from bridge.evaluate.reading import Reading
from bridge.manifest.target import Target
from bridge.observe.confirmation import Awaited, Verdict
from bridge.observe.rows import Seen
from bridge.observe.status import Status
from bridge.publish.push import Push
from bridge.repo.snapshot import Commit
from bridge.repo.trailers import ScaleDecision

TEAMS = ("shop", "search", "billing", "media", "platform")
PARTS = ("web", "api", "worker", "cache", "gateway", "consumer", "renderer", "indexer")


def decided(number: int, committed: int, desired: int) -> Decision:
    """Of the target of that number."""
    name = f"{PARTS[number % len(PARTS)]}-{number:04}"
    target = Target("Deployment", name, TEAMS[number % len(TEAMS)], "apps/v1")
    load = desired * 97
    steps = (
        Step(f"requests {load}/s at 100/s per replica asks for {desired}", "spec.metrics.0"),
        Step(f"at most doubled every 15 s: {committed} → {desired}", "spec.behavior.scaleUp"),
    )
    return Decision(
        target=target,
        policy=name,
        current=committed,
        desired=desired,
        steps=steps if committed != desired else steps[:1],
        dead_time=42.0,
    )


def put(
    status: Status, made: Decision, now: datetime, live: int | None = None, steps: int = 40
) -> Decision:
    """A decision with a past of so many quarters of a minute."""
    status.decisions[made.title] = made
    ready = made.current if live is None else live
    for step in range(steps):
        at = now - timedelta(seconds=15 * (steps - step))
        count = max(1, round(ready * (0.8 + 0.3 * sin(step / 7 + made.current))))
        load = 97.0 * count * (1 + 0.1 * sin(step / 2))
        status.note(made.title, _seen(made, at, count, load))
    status.note(made.title, _seen(made, now, ready, 97.0 * made.desired))
    return made


def _seen(made: Decision, at: datetime, live: int, load: float) -> Seen:
    return Seen(
        target=str(made.target),
        policy=made.policy,
        at=at,
        live=live,
        committed=made.current,
        readings=(Reading("requests", load),),
    )


def shown(many: int = 12, now: datetime | None = None) -> Status:
    """A state repo where most is well, one target is held, one paused, two scale."""
    now = now or datetime.now(UTC)
    status = Status(now - timedelta(days=2), tip="4f1c9a0b" * 5, last_pass=now, policies=many)
    status.url = "https://github.com/example/state.git"
    for number in range(many):
        count = 2 + number % 9
        put(status, decided(number, count, count), now, steps=40 if many < 100 else 2)
    up = put(status, decided(1, 4, 7), now)
    down = put(status, decided(4, 6, 5), now)
    moving = put(status, decided(6, 9, 9), now, live=5)
    status.note(
        moving.title,
        replace(status.seen[moving.title], in_flight_since=now - timedelta(seconds=31)),
    )
    order = Override(now - timedelta(minutes=9), "Robin", "0c" * 20, 5)
    held = decided(2, 5, 5)
    hold = Hold(order, now + timedelta(minutes=21))
    text = f"held at 5 until {hold.until:%H:%M} UTC: Robin set it in 0c0c0c0c0c0c"
    put(status, replace(held, hold=hold, steps=(Step(text, "spec.overrideHold"),)), now)
    until = now + timedelta(hours=2)
    pause = replace(order, count=3, paused_until=until, why="Load test", author="Kim")
    paused = decided(3, 3, 3)
    text = f"paused at 3 until {until:%H:%M} UTC: Kim asked for it in 0c0c0c0c0c0c (Load test)"
    put(status, replace(paused, hold=Hold(pause, until), steps=(Step(text),)), now)
    rise = replace(moving, current=5)
    status.waiting = [up, down]
    status.due = now + timedelta(seconds=25)
    _connected(status, now)
    status.commits = [_commit(number, now, made) for number, made in enumerate((rise, down))]
    return status


def _connected(status: Status, now: datetime) -> None:
    for kind, name, where in (
        ("prometheus", "Prometheus", "http://prometheus:9090"),
        ("alertmanager", "Alertmanager", "http://alertmanager:9093"),
        ("state repo", "state repo", status.url),
        ("reconciler", "argocd", "https://argocd.example.org"),
    ):
        status.sources.named(kind, name, where).heard("", now)  # type: ignore[arg-type] # literals


def _commit(number: int, now: datetime, made: Decision) -> Commit:
    subject = f"scale: {made.target.name} {made.current}→{made.desired}, and what else was due"
    decision = ScaleDecision(
        target=str(made.target), from_=made.current, to=made.desired, policy=made.policy, reason=""
    )
    at = now - timedelta(minutes=7 * number + 1)
    sha = f"{number + 10:x}" * 40
    return Commit(sha[:40], at, at, "scalebridge", (decision,), (), subject=subject)


def troubled(now: datetime | None = None) -> Status:
    """The same on a bad day: nothing answers, a file is broken, a rollout is stuck."""
    status = shown(12, now := now or datetime.now(UTC))
    status.remote_error = "https://github.com/example/state.git: no answer within 60 s"
    status.push_error = "pre-receive hook declined: the branch is frozen until Monday"
    status.policy_errors = {
        "policies/checkout.yaml": "policies/checkout.yaml:14: spec.maxReplica: no such field: "
        "did you mean maxReplicas?"
    }
    status.suspended = ["nightly-report"]
    status.conflicts = ["an HPA scales Deployment/shop/web-0000 as well: apps/web-0000.yaml:31"]
    status.sources.credentials.note("tls", "", (now + timedelta(days=2, minutes=1)).timestamp())
    _unconfirmed(status, now)
    unknown = decided(7, 4, 4)
    error = "requests unknown ('sum(rate(http_requests_total[2m]))': no answer within 10 s)"
    put(status, replace(unknown, errors=(error,)), now)
    stuck = "7 were committed at 11:32:10 UTC and never got ready: 4 are, after 10 minutes"
    put(status, replace(decided(8, 7, 7), stuck_rollout=stuck, steps=(Step(stuck),)), now, 4)
    lost = decided(9, 3, 3)
    status.problems[lost.title] = "no manifest of Deployment billing/api-0009 in apps"
    raised = Step("alert CheckoutOverloaded raises the minimum to 10", "spec.alerts.0.minReplicas")
    put(status, replace(decided(5, 10, 10), steps=(raised,)), now)
    status.budget = Budget(2, (now - timedelta(minutes=5), now - timedelta(minutes=30)))
    for source in status.sources.all:
        if source.kind in ("prometheus", "state repo"):
            source.heard("can't connect to http://prometheus:9090", now)
    status.pushes.append((now, Push("a" * 40, "e" * 40, "scale: cache-0003 9→3", (), (lost,))))
    return status


def _unconfirmed(status: Status, now: datetime) -> None:
    push = Push("a" * 40, "b" * 40, "scale: gateway-0004 6→5", (), ())
    awaited = Awaited(push, now - timedelta(minutes=11))
    awaited.said = {"argocd": Verdict("underway", "OutOfSync"), "ready": Verdict("live")}
    awaited.seconds = {"ready": 42.0}
    status.confirmations.awaited = [awaited]
    status.confirmations.stuck = {"argocd": "bbbbbbbbbbbb: not live after 600 s: OutOfSync"}
