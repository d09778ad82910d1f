"""The status page over real HTTP, as it is without its script."""

from __future__ import annotations

import re
from datetime import timedelta

from bridge.batch.budget import Budget
from bridge.observe.progress import Progress
from bridge.observe.status import Status
from bridge.policy.shard import Shard
from tests.server.given import STARTED, serving
from tests.server.shown import decided, put, shown, troubled
from tests.server.test_pages import SCRIPT, busy_status

ESCAPED = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"


def key_of(html: str, name: str) -> str:
    """The id of the target of that name in the page."""
    found = re.search(rf'href="targets/([0-9a-f]+)">{name}<', html)
    assert found
    return found[1]


async def test_the_page_shows_all_and_runs_nothing_of_others() -> None:
    async with serving(status=busy_status()) as http:
        answer = await http.get("/")
        one = await http.get(f"/targets/{key_of(answer.text, 'checkout')}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for text in (answer.text, one.text):
        assert SCRIPT not in text
        assert ESCAPED in text
        assert re.findall(r"<script[^>]*>", text) == re.findall(r'<script src="[^"]+" defer>', text)
        assert not re.search(r"<style|\sstyle=|\son\w+=", text)


async def test_no_part_of_the_page_comes_from_elsewhere() -> None:
    async with serving(status=shown(3)) as http:
        text = (await http.get("/")).text
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', text)
        answers = {path: await http.get(f"/{path}") for path in loaded}
        missing = await http.get("/static/../http.py")
        other = await http.get("/static/page.html")
    assert len(loaded) == 3
    assert all(path.startswith("static/") for path in loaded)
    assert {one.status_code for one in answers.values()} == {200}
    assert all("immutable" in one.headers["Cache-Control"] for one in answers.values())
    assert (missing.status_code, other.status_code) == (404, 404)


async def test_an_empty_page_says_so() -> None:
    async with serving() as http:
        text = (await http.get("/")).text
    for said in ("not read yet", "No policy was evaluated yet.", "Nothing waits.", "None in the"):
        assert said in text


async def test_troubles_come_first_with_file_line_and_field() -> None:
    async with serving(status=troubled()) as http:
        text = (await http.get("/")).text
    head = text[: text.index('id="targets-title"')]
    for said in (
        "<title>The state repo is out of reach; Prometheus does not answer; "
        "3 of 13 targets need a look; 1 broken policy: scalebridge</title>",
        "The state repo can&#39;t be read:</strong> https://github.com/example/state.git: ",
        "The last commit was not pushed:</strong> pre-receive hook declined: the branch is frozen",
        "policies/checkout.yaml:14: spec.maxReplica: no such field: did you mean maxReplicas?",
        "an HPA scales Deployment/shop/web-0000 as well: apps/web-0000.yaml:31",
        "argocd:</strong> bbbbbbbbbbbb: not live after 600 s: OutOfSync",
    ):
        assert said in head
    rows = re.findall(r'class="pill ([\w-]+)"', text)
    assert rows == [
        *("failed", "stuck", "unknown", "held", "paused", "changing", "changing", "in-flight"),
        *["steady"] * 4,
        "suspended",
    ]
    for said in (
        "no manifest of Deployment billing/api-0009 in apps",
        "7 were committed at 11:32:10 UTC and never got ready: 4 are, after 10 minutes",
        "nightly-report",
        "2 of 2 commits of the last hour used; scale-downs wait until",
        "raises the minimum to 10",
        "scale: cache-0003 9→3",
        f'href="https://github.com/example/state/commit/{"e" * 40}"',
    ):
        assert said in text


async def test_why_comes_before_the_query_that_it_is_of() -> None:
    async with serving(status=troubled(STARTED)) as http:
        text = (await http.get("/")).text
        [key] = re.findall(r'href="targets/(\w+)">indexer-0007<', text)
        whole = (await http.get(f"/targets/{key}")).text
    assert '<span class="bad">requests unknown (no answer within 10 s)</span>' in text
    assert '<p class="notice bad">requests unknown (no answer within 10 s)</p>' in whole


async def test_a_share_says_that_there_are_others() -> None:
    status = shown(4, STARTED)
    status.shard, status.elsewhere = Shard(2, 3), 1008
    async with serving(status=status) as http:
        text = (await http.get("/")).text
        nothing = (await http.get("/", params={"q": "of-another-share"})).text
        overview = (await http.get("/api/v1/overview")).json()
        facts = (await http.get("/api/v1/status")).json()
    assert "Shard <strong>2/3</strong> of the targets: 1,008 more are decided by other" in text
    assert "No target matches here; 1,008 are decided by other instances." in nothing
    assert (overview["shard"], overview["elsewhere"], overview["total"]) == ("2/3", 1008, 6)
    assert (facts["shard"], facts["elsewhere"]) == ("2/3", 1008)


async def test_who_decides_all_says_nothing_of_shares() -> None:
    async with serving(status=shown(4, STARTED)) as http:
        assert "Shard" not in (await http.get("/")).text


async def test_of_many_troubles_of_a_kind_three_are_told_and_the_rest_on_demand() -> None:
    status = shown(4, STARTED)
    status.conflicts = [f"conflict {number} of many" for number in range(70)]
    async with serving(status=status) as http:
        text = (await http.get("/")).text
    head, _, rest = text.partition('<details id="more-conflicts">')
    assert (head.count("of many"), rest.count("of many")) == (3, 47)
    assert "<summary>and 67 more conflicts</summary>" in rest
    assert "and 20 more: see" in rest


async def test_a_loop_that_hangs_is_told() -> None:
    now = 0.0
    status = Status(STARTED, tip="4f1c", progress=Progress(lambda: now))
    with status.progress.at("look"):
        now = 1000.0
        async with serving(status=status) as http:
            text = (await http.get("/")).text
    assert "<title>The service hangs: scalebridge</title>" in text
    assert "<strong>A loop hangs:</strong> look: for 1000 s." in text


async def test_what_ends_is_told_in_time() -> None:
    status = Status(STARTED)
    ends = status.sources.credentials
    ends.note("github_app", "state", (STARTED + timedelta(minutes=40)).timestamp())
    ends.note("tls", "", (STARTED + timedelta(days=15)).timestamp())
    async with serving(status=status) as http:
        calm = (await http.get("/")).text
        ends.note("tls", "", (STARTED - timedelta(hours=1)).timestamp())
        status.pulse.beat()
        late = (await http.get("/")).text
    assert "ends in 40m, is renewed before" in calm
    assert "ends in 15d" in calm
    assert 'aria-label="Troubles"' not in calm
    assert "The TLS certificate ended 1h ago:" in late


async def test_who_confirms_a_commit_has_a_row() -> None:
    async with serving(status=troubled(STARTED)) as http:
        text = (await http.get("/")).text
    section = text[text.index('id="confirmations"') : text.index('id="sources"')]
    assert '<strong>argocd</strong> <span class="health">stuck</span>' in section
    assert '<strong>ready</strong> <span class="health">live after 42s</span>' in section
    assert f"https://github.com/example/state/commit/{'b' * 40}" in section


async def test_no_commit_is_budgeted_for_a_scale_up_either() -> None:
    status = Status(STARTED, budget=Budget(1, (STARTED, STARTED)))
    async with serving(status=status) as http:
        text = (await http.get("/")).text
    assert "2 of 1 commits of the last hour used; every scaling waits until 13:00 UTC." in text


async def test_what_waits_is_listed_with_its_time() -> None:
    status = shown(6, STARTED)
    async with serving(status=status) as http:
        text = (await http.get("/")).text
    batch = re.sub(r"<[^>]+>|\s+", " ", text[text.index('id="batch"') : text.index('id="sources"')])
    assert "2 changes in 25s" in " ".join(batch.split())
    assert "api-0001 4 → 7" in " ".join(batch.split())


async def test_thousands_are_searched_sorted_and_paged_on_the_server() -> None:
    async with serving(status=shown(5000, STARTED)) as http:
        first = await http.get("/")
        found = await http.get("/", params={"q": "BILLING web", "size": "500"})
        highest = await http.get("/", params={"sort": "live", "order": "desc", "size": "5"})
        last = await http.get("/", params={"sort": "target", "page": "100"})
        beyond = await http.get("/", params={"sort": "target", "page": "999"})
        nonsense = await http.get("/", params={"sort": "colour", "page": "-1"})
    assert len(first.content) < 120_000
    assert "1–50 of 5,000" in first.text
    names = re.findall(r'href="targets/\w+">([^<]+)</a> <span class="where">([^<]+)<', found.text)
    assert len(names) == 125
    assert all(name.startswith("web-") and "billing" in where for name, where in names)
    lives = re.findall(r'data-label="live">(\d+)<', highest.text)
    assert lives == ["10"] * 5
    assert "4,951–5,000 of 5,000" in last.text
    assert beyond.text.count('href="targets/') == last.text.count('href="targets/')
    assert (nonsense.status_code, "1–50 of 5,000" in nonsense.text) == (200, True)


async def test_a_state_is_chosen_by_its_tile() -> None:
    async with serving(status=troubled(STARTED)) as http:
        every = (await http.get("/")).text
        tile = re.search(r'href="(\?state=[^"]+)">stuck', every)
        assert tile
        stuck = (await http.get(f"/{tile[1]}")).text
        trouble = (await http.get("/?state=trouble")).text
    assert re.findall(r'class="pill (\w+)"', stuck) == ["stuck"]
    assert re.findall(r'class="pill (\w+)"', trouble) == ["failed", "stuck", "unknown"]


async def test_a_target_s_page_tells_all_of_it() -> None:
    status = shown(12, STARTED)
    made = put(status, decided(2, 4, 7), STARTED, live=3)
    async with serving(status=status) as http:
        html = (await http.get("/")).text
        text = (await http.get(f"/targets/{key_of(html, made.target.name)}")).text
        held = (await http.get(f"/targets/{key_of(html, 'cache-0003')}")).text
        gone = await http.get("/targets/0123456789abcdef")
    assert re.findall(r"<dd[^>]*>([^<]+)</dd>", text) == ["3", "4", "7", "679"]
    assert '<svg class="chart"' in text
    assert 'aria-label="The last 10 minutes: committed from 4 to 4; now live 3, desired 7' in text
    steps = re.findall(r'<li><span>([^<]+)</span> <code class="field">([^<]+)</code></li>', text)
    assert steps == [(step.text, step.field) for step in made.steps]
    assert "Paused at 3 until 2026-03-04 14:00 UTC by Kim" in held
    assert (gone.status_code, "No such target" in gone.text) == (404, True)


async def test_in_flight_is_told_with_the_time_it_takes_as_a_rule() -> None:
    status = shown(12, STARTED)
    async with serving(status=status) as http:
        html = (await http.get("/")).text
        text = (await http.get(f"/targets/{key_of(html, 'renderer-0006')}")).text
    since = STARTED - timedelta(seconds=31)
    assert f"In flight since {since:%H:%M:%S} UTC" in text
    assert "it takes 42s as a rule" in text
