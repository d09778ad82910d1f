"""Status, health and metrics out, over real HTTP."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from bridge.observe.progress import Progress
from bridge.observe.status import Status
from bridge.publish.push import Push
from tests.server.given import FIRING, HOOK, STARTED, serving

SCRIPT = "<script>alert('x')</script>"


async def test_healthy_at_once_and_ready_after_the_first_look() -> None:
    status = Status(STARTED)
    async with serving(status=status) as http:
        assert (await http.get("/healthz")).status_code == 200
        early = await http.get("/readyz")
        status.remote_error = "https://git.example.org/: down"
        told = await http.get("/readyz")
        status.tip = "1" * 40
        late = await http.get("/readyz")
    assert (early.status_code, early.text) == (503, "the state repo was not read yet\n")
    assert (told.status_code, told.text) == (503, "https://git.example.org/: down\n")
    assert (late.status_code, late.text) == (200, "ready\n")


async def test_it_is_not_ready_without_any_policy_that_can_be_used() -> None:
    status = Status(STARTED, tip="1" * 40, policy_errors={"a.yaml": "a.yaml:1: spec: wrong"})
    async with serving(status=status) as http:
        broken = await http.get("/readyz")
        status.policies = 1
        again = await http.get("/readyz")
    assert (broken.status_code, broken.text) == (503, "a.yaml:1: spec: wrong\n")
    assert again.status_code == 200


async def test_it_is_not_healthy_while_a_loop_hangs() -> None:
    now = 0.0
    status = Status(STARTED, progress=Progress(lambda: now))
    async with serving(status=status, hung_after=60) as http:
        with status.progress.at("look"):
            fine = await http.get("/healthz")
            now = 61
            hung = await http.get("/healthz")
        over = await http.get("/healthz")
    assert [fine.status_code, hung.status_code, over.status_code] == [200, 503, 200]
    assert hung.text == "hung: look: for 61 s\n"


async def test_webhooks_are_counted_by_their_reply() -> None:
    def counted(text: str) -> dict[tuple[str, str], float]:
        families = text_string_to_metric_families(text)
        samples = [s for family in families for s in family.samples]
        found = [s for s in samples if s.name == "scalebridge_webhooks_total"]
        return {(s.labels["receiver"], s.labels["code"]): s.value for s in found}

    async with serving(max_body=10_000) as http:
        before = counted((await http.get("/metrics")).text)
        for method, body in (
            ("POST", FIRING),
            ("POST", b"?"),
            ("POST", b" " * 20_000),
            ("GET", b""),
        ):
            await http.request(method, HOOK, content=body)
        answer = await http.get("/metrics")
    after = counted(answer.text)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    grown = {code: value - before.get(code, 0) for code, value in after.items()}
    taken = {("alertmanager", code) for code in ("202", "400", "413")}
    assert {one for one, by in grown.items() if by == 1} == {*taken, ("none", "405")}


def busy_status() -> Status:
    """Everything that the page shows, with hostile texts in it."""
    target = Target("Deployment", "checkout", "shop", "apps/v1")
    decision = Decision(
        target=target, policy=SCRIPT, current=3, desired=7, steps=(Step(SCRIPT),), errors=(SCRIPT,)
    )
    status = Status(STARTED, tip="1" * 40, remote_error=SCRIPT, last_pass=STARTED)
    status.policy_errors = {"policies/bad.yaml": f"policies/bad.yaml:1: {SCRIPT}"}
    status.suspended = [SCRIPT]
    status.problems = {SCRIPT: SCRIPT}
    status.decisions = {SCRIPT: decision}
    status.waiting = [decision]
    push = Push("1" * 40, "2" * 40, f"scale: {SCRIPT}", ("apps/checkout.yaml",), (decision,))
    status.pushes.append((STARTED, push))
    return status


async def test_the_same_facts_for_programs() -> None:
    async with serving(status=busy_status()) as http:
        facts = (await http.get("/api/v1/status")).json()
        empty = Status(STARTED).facts()
    assert facts.keys() == empty.keys()
    assert (facts["tip"], facts["lastPass"]) == ("1" * 40, STARTED.isoformat())
    assert facts["decisions"] == facts["waiting"]
    assert facts["decisions"][0]["target"] == "Deployment/shop/checkout"
    assert facts["pushes"][0]["files"] == ["apps/checkout.yaml"]
