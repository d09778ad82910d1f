"""The status holds the facts, and the page shows them to people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.batch.budget import Budget
from bridge.decide.override import Hold, Override
from bridge.observe.status import Status
from bridge.publish.push import Push
from tests.decide.given import decision

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
UP = decision(4, 7, decision(0, 0).target, "load 640 at 100 per replica asks for 7", "really")
DOWN = replace(decision(4, 2), policy="api", errors=("busy unknown",))


def pushed(number: int) -> Push:
    """One of many pushes."""
    return Push("a" * 40, f"{number:040}", f"scale: web {number}", ("apps/web.yaml",), (UP,))


def status() -> Status:
    """A status with something of everything."""
    seen = Status(
        started=NOON,
        tip="0123456789abcdef",
        remote_error="timeout",
        push_error="frozen",
        policy_errors={"bad.yaml": "bad.yaml:3: spec: wrong"},
        suspended=["job"],
        decisions={"web": UP, "api": DOWN},
        problems={"lost": "no such workload <b>"},
        waiting=[UP],
        last_pass=NOON + timedelta(seconds=5),
        budget=Budget(2, tuple(NOON - timedelta(minutes=age) for age in (5, 30, 70))),
    )
    seen.pushes.append((NOON, pushed(1)))
    seen.pushes.append((NOON + timedelta(hours=1), pushed(2)))
    return seen


def test_a_new_status_knows_nothing() -> None:
    fresh = Status(NOON)
    assert fresh.unready == "the state repo was not read yet"
    assert fresh.facts() == {
        "started": "2026-03-04T12:00:00+00:00",
        "shard": "1/1",
        "elsewhere": 0,
        "lastPass": None,
        "tip": None,
        "remoteError": None,
        "pushError": None,
        "proposalError": None,
        "proposals": [],
        "brokenPolicies": {},
        "suspended": [],
        "problems": {},
        "conflicts": [],
        "decisions": [],
        "waiting": [],
        "budget": None,
        "confirmations": {"commits": [], "stuck": {}},
        "pushes": [],
    }


def test_facts_are_the_same_for_programs() -> None:
    up = {
        "policy": "web",
        "target": "Deployment/shop/web",
        "current": 4,
        "desired": 7,
        "reasons": ["load 640 at 100 per replica asks for 7", "really"],
        "errors": [],
        "hold": None,
    }
    down = {
        **up,
        "policy": "api",
        "desired": 2,
        "reasons": [],
        "errors": ["busy unknown"],
    }
    assert replace(status(), policies=1).unready == ""
    assert json.loads(json.dumps(status().facts())) == {
        "started": "2026-03-04T12:00:00+00:00",
        "shard": "1/1",
        "elsewhere": 0,
        "lastPass": "2026-03-04T12:00:05+00:00",
        "tip": "0123456789abcdef",
        "remoteError": "timeout",
        "pushError": "frozen",
        "proposalError": None,
        "proposals": [],
        "brokenPolicies": {"bad.yaml": "bad.yaml:3: spec: wrong"},
        "suspended": ["job"],
        "problems": {"lost": "no such workload <b>"},
        "conflicts": [],
        "decisions": [down, up],
        "waiting": [up],
        "budget": {
            "commitsPerHour": 2,
            "usedLastHour": 2,
            "scaleUpsWaitUntil": None,
            "scaleDownsWaitUntil": "2026-03-04T12:30:00+00:00",
        },
        "confirmations": {"commits": [], "stuck": {}},
        "pushes": [
            {
                "at": f"2026-03-04T{hour}:00:00+00:00",
                "commit": f"{number:040}",
                "subject": f"scale: web {number}",
                "files": ["apps/web.yaml"],
            }
            for hour, number in ((13, 2), (12, 1))
        ],
    }


def test_what_is_not_governed_any_more_is_forgotten() -> None:
    seen = status()
    seen.keep(["web", "new"])
    assert (seen.decisions, seen.problems) == ({"web": UP}, {})


def test_only_the_last_pushes_are_kept() -> None:
    seen = Status(NOON)
    for number in range(30):
        seen.pushes.append((NOON, pushed(number)))
    commits = [push["commit"] for push in seen.facts()["pushes"]]
    assert commits == [f"{number:040}" for number in range(29, 9, -1)]


def test_a_hold_is_told_with_its_end() -> None:
    order = Override(NOON, "Robin", "0123456789abcdef", 4)
    text = "held at 4 until 12:30 UTC: Robin set it in 0123456789ab"
    hold = Hold(order, NOON + timedelta(minutes=30))
    seen = Status(NOON, decisions={"web": replace(decision(4, 4), hold=hold).because(text)})
    assert seen.facts()["decisions"][0]["hold"] == {
        "count": 4,
        "since": "2026-03-04T12:00:00+00:00",
        "until": "2026-03-04T12:30:00+00:00",
        "by": "Robin",
        "commit": "0123456789abcdef",
        "rivals": [],
        "pause": False,
    }
