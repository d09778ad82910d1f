"""The status holds the facts, and the page shows them to people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.batch.budget import Budget
from bridge.decide.override import Hold, Override
from bridge.manifest.target import Target
from bridge.observe.page import page
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


def test_the_page_shows_every_fact() -> None:
    shown = page(status())
    for text in (
        "<code>0123456789ab</code>, last pass 12:00:05 UTC",
        "Remote: timeout",
        "Push: frozen",
        "Policy: bad.yaml:3: spec: wrong",
        '<td>Deployment/shop/web</td><td>web</td><td class="n">4</td><td class="n">7 ↑</td>'
        "<td>load 640 at 100 per replica asks for 7; really</td>",
        '<td class="n">2 ↓</td>',
        '<td>job</td><td colspan="3">suspended</td>',
        "1 waiting for the next commit.",
        "2 of 2 commits of the last hour used; scale-downs wait until 12:30 UTC, scale-ups don't.",
        "<td>scale: web 2</td>",
    ):
        assert text in shown
    assert shown.index("scale: web 2") < shown.index("scale: web 1")


def test_the_page_trusts_no_text() -> None:
    shown = page(status())
    assert "lost: no such workload &lt;b&gt;" in shown
    assert "<b>" not in shown


def test_a_hold_is_shown_with_its_end() -> None:
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
    }
    end = "To end it: <code>scalebridge release Deployment/shop/web</code>"
    assert f"Deployment/shop/web is {text}. {end}" in page(seen)


def test_the_page_says_when_nothing_may_be_committed() -> None:
    seen = Status(NOON, budget=Budget(1, (NOON, NOON)))
    assert "2 of 1 commits of the last hour used; every scaling waits until 13:00 UTC." in page(
        seen
    )


def test_an_empty_page_says_so() -> None:
    shown = page(Status(NOON))
    for text in (
        "not read yet",
        "No policy was evaluated yet.",
        "None since this process started.",
    ):
        assert text in shown
    assert "Remote:" not in shown
    assert "Push:" not in shown


def test_the_page_of_a_large_fleet_shows_what_moves_or_is_in_doubt() -> None:
    seen = Status(NOON)
    for number in range(1000):
        target = Target("Deployment", f"web-{number:03}", "shop")
        made = replace(decision(4, 7 if number == 998 else 4, target), policy="all", fleet=True)
        if number == 999:
            made = replace(made, errors=("busy unknown",))
        seen.decisions[made.title] = made
        seen.problems[f"p-{number}"] = "no such workload"
    shown = page(seen)
    assert shown.count("<td>Deployment/shop/web-") == 200
    for text in (
        "web-000",
        "web-197",
        "web-998",
        "web-999",
        "800 more targets",
        "900 more problems",
    ):
        assert text in shown
    assert "web-198" not in shown
