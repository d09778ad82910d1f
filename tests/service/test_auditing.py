"""The log tells who did what to the counts, page by page, as far back as one asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.evaluate.prometheus import Prometheus
from bridge.observe.audit import Event
from bridge.repo import state_repo as module
from bridge.repo.state_repo import StateRepo as Tip
from bridge.repo.trailers import ScaleDecision
from bridge.service.auditing import stretches
from bridge.service.rounds import Rounds
from bridge.settings.prometheus import PrometheusSettings
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git_http import GitHttp
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file, by_http
from tests.service.passes import Passes

CHECKOUT, SEARCH = "Deployment/shop/checkout", "Deployment/shop/search"
FILE = "apps/checkout.yaml"

Line = tuple[str, str, int | None, int | None, str]


async def read(
    settings: StateRepoSettings, since: timedelta = timedelta(days=7), only: str | None = None
) -> list[Event]:
    now = datetime.now(UTC)
    source = PrometheusSettings(url="http://127.0.0.1:1")
    async with Tip(settings) as repo, Prometheus(source) as prometheus:
        view = await Rounds(repo, prometheus, lambda: now).look()
        managed = [one for one in view.managed if only in (None, str(one.target))]
        found = stretches(repo, view.snapshot, managed, now - since)
        return [event async for stretch in found for event in stretch.events]


def lines(events: Sequence[Event]) -> list[Line]:
    """Oldest first, without times, reasons and commits."""
    return [(e.kind, e.target, e.before, e.after, e.who) for e in reversed(events)]


async def story(passes: Passes, robin: Person) -> list[Line]:
    """Some scalings, orders and a move; what the log has to tell of them."""
    await passes.once()
    robin.pull()
    robin.replace(FILE, "replicas: 7", "replicas: 5")
    robin.commit("Calm down")
    robin.git("mv", FILE, "apps/shop.yaml")
    robin.commit("Move")
    trailer = f'Scale-Release: {{"target":"{CHECKOUT}","by":"robin"}}'
    robin.git("commit", "--quiet", "--allow-empty", "-m", "Go on", "-m", trailer)
    robin.push()
    passes.load(search=640, checkout=900)
    await passes.once()
    return [
        ("scaled", CHECKOUT, 3, 7, "checkout"),
        ("scaled", SEARCH, 3, 7, "search"),
        ("changed", CHECKOUT, 7, 5, "Robin"),
        ("released", CHECKOUT, None, None, "robin"),
        ("scaled", CHECKOUT, 5, 9, "checkout"),
    ]


@pytest.fixture(params=[500, 2, 1])
def _pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of so many commits."""
    monkeypatch.setattr(module, "_PAGE", request.param)


@pytest.mark.usefixtures("_pages")
async def test_each_change_is_told_however_long_the_pages_are(
    passes: Passes, robin: Person, git_http: GitHttp, tmp_path: Path
) -> None:
    expected = await story(passes, robin)
    told = await read(by_http(git_http, passes.repo, tmp_path))
    assert lines(told) == expected
    assert [event.at for event in told] == sorted((e.at for e in told), reverse=True)
    newest, _, order, *_ = told
    assert newest.why == "load 900 at 100 per replica asks for 9"
    assert newest.commit == passes.repo.tip()
    assert order.why == "Calm down"


async def test_a_mirror_that_begins_late_fetches_what_is_asked_for(
    passes: Passes, robin: Person, git_http: GitHttp, tmp_path: Path
) -> None:
    expected = await story(passes, robin)
    robin.pull()
    for number in range(150):
        robin.git("commit", "--quiet", "--allow-empty", "-m", f"Noise {number}")
    robin.push()
    assert lines(await read(by_http(git_http, passes.repo, tmp_path))) == expected
    assert (tmp_path / "mirror.git" / "shallow").exists() is False


async def test_one_target_alone(passes: Passes, robin: Person, tmp_path: Path) -> None:
    expected = await story(passes, robin)
    told = await read(by_file(passes.repo, tmp_path), only=CHECKOUT)
    mine = [event for event in told if event.target == CHECKOUT]
    assert lines(mine) == [line for line in expected if line[1] == CHECKOUT]


async def test_trailers_alone_tell_of_what_no_policy_governs_any_more(
    passes: Passes, robin: Person, tmp_path: Path
) -> None:
    expected = await story(passes, robin)
    robin.pull()
    robin.git("rm", "--quiet", "policies/checkout.yaml")
    robin.commit("Retire")
    robin.push()
    told = await read(by_file(passes.repo, tmp_path))
    unseen_line = ("changed", CHECKOUT, 7, 5, "")
    assert lines(told) == [expected[0], unseen_line, expected[1], *expected[3:]]
    [unseen] = [event for event in told if not event.who]
    assert unseen.commit == ""
    assert unseen.why == f"by {told[0].at:%Y-%m-%d %H:%M:%S}; no commit of the log shows it"


async def test_only_what_was_since_then(passes: Passes, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    passes.now = now + timedelta(hours=1)
    await passes.once()
    passes.now = now + timedelta(hours=2)
    passes.load(checkout=900)
    await passes.once()
    told = await read(by_file(passes.repo, tmp_path), since=timedelta(minutes=-90))
    assert lines(told) == [("scaled", CHECKOUT, 7, 9, "checkout")]


async def test_a_first_count_is_told_by_its_trailer(shop: StateRepo, tmp_path: Path) -> None:
    first = ScaleDecision(target=CHECKOUT, from_=None, to=3, policy="checkout", reason="3 run")
    text = shop.read(FILE)
    shop.write({FILE: text.replace(b"replicas: 3", b"paused: false")}, "Without a count")
    shop.write({FILE: text}, f"scale: checkout 3\n\n{first.render()}\n")
    [told] = await read(by_file(shop, tmp_path))
    assert lines([told]) == [("scaled", CHECKOUT, None, 3, "checkout")]
    assert "  none → 3  policy checkout: 3 run" in told.line()
