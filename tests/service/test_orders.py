"""Whatever way of git a person takes to change a count, it is respected; what is ours is ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.evaluate.prometheus import Prometheus
from bridge.service.opening import Opening
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file
from tests.service.conftest import count
from tests.service.passes import Passes

CHECKOUT = "apps/checkout.yaml"
SEARCH = "apps/search.yaml"


async def scaled(passes: Passes, robin: Person) -> str:
    """Both were scaled from 3 to 7 by one commit of ours, which the person has."""
    done = await passes.once()
    assert done.push
    robin.pull()
    return done.push.after


async def held(passes: Passes) -> dict[str, tuple[int, str]]:
    """The count and the person of each hold, as a fresh process sees them."""
    made = await passes.decisions()
    holds = {name: one.hold.override for name, one in made.items() if one.hold}
    assert all(made[name].desired == made[name].current for name in holds)
    return {name: (order.count, order.author) for name, order in holds.items()}


async def test_a_commit_of_ours_holds_nothing(passes: Passes, robin: Person) -> None:
    await scaled(passes, robin)
    assert await held(passes) == {}


async def test_a_revert_holds_what_it_touches(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    robin.git("revert", "--no-edit", batch)
    robin.push()
    assert await held(passes) == {"checkout": (3, "Robin"), "search": (3, "Robin")}


async def test_a_partial_revert_holds_its_part(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    robin.git("revert", "--no-commit", batch)
    robin.git("checkout", "--quiet", "HEAD", "--", SEARCH)
    robin.commit("Revert the half of it")
    robin.push()
    assert await held(passes) == {"checkout": (3, "Robin")}


async def test_a_revert_of_a_revert_is_an_order_too(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    robin.git("revert", "--no-edit", batch)
    robin.git("revert", "--no-edit", "HEAD")
    robin.push()
    passes.load(checkout=100, search=100)
    assert await held(passes) == {"checkout": (7, "Robin"), "search": (7, "Robin")}


async def test_reverts_that_quote_our_trailers_are_orders_all_the_same(
    passes: Passes, robin: Person
) -> None:
    """Above a sign-off, as projects ask for it; the second one does just what the trailers say."""
    passes.now = datetime.now(UTC) - timedelta(minutes=2)
    ours = robin.git("show", "--no-patch", "--format=%b", await scaled(passes, robin))
    robin.now, passes.now = passes.now + timedelta(minutes=1), None
    said = ("--quiet", "--amend", "--signoff", "-m", f'Revert "scale"\n\nThis undoes:\n\n{ours}')
    for order in (3, 7):
        robin.git("revert", "--no-edit", "HEAD")
        robin.git("commit", *said)
        robin.push()
        passes.load(checkout=100, search=100)
        assert await held(passes) == {"checkout": (order, "Robin"), "search": (order, "Robin")}
        robin.now = None


@pytest.mark.parametrize("way", ["--no-ff", "--squash"])
async def test_a_revert_by_a_merged_branch_holds(passes: Passes, robin: Person, way: str) -> None:
    batch = await scaled(passes, robin)
    robin.git("checkout", "--quiet", "-b", "calm")
    robin.git("revert", "--no-edit", batch)
    robin.git("checkout", "--quiet", "-")
    robin.git("merge", "--quiet", way, "-mMerge calm" if way == "--no-ff" else "-q", "calm")
    if way == "--squash":
        robin.commit("Calm down (#1)")
    robin.push()
    assert await held(passes) == {"checkout": (3, "Robin"), "search": (3, "Robin")}


async def test_a_picked_commit_of_ours_is_the_pickers(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    passes.load(checkout=290, search=640)
    await passes.once()
    robin.pull()
    robin.git("cherry-pick", "--no-commit", batch, "--strategy-option=theirs")
    robin.git("commit", "--quiet", "-C", batch)
    robin.push()
    assert count(passes.repo, "checkout") == 7
    assert await held(passes) == {"checkout": (7, "Robin")}


async def test_an_amended_commit_of_ours_is_the_amenders(passes: Passes, robin: Person) -> None:
    await scaled(passes, robin)
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 5")
    robin.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    robin.push("--force")
    assert await held(passes) == {"checkout": (5, "Robin")}


async def test_our_commit_reworded_or_rebased_stays_ours(passes: Passes, robin: Person) -> None:
    await scaled(passes, robin)
    robin.git("commit", "--quiet", "--amend", "--no-edit", "--date=now")
    robin.push("--force")
    assert await held(passes) == {}


@pytest.mark.parametrize("name", ["scalebridge", "Robin"])
async def test_a_name_makes_no_decision(passes: Passes, robin: Person, name: str) -> None:
    await scaled(passes, robin)
    robin.name = name
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 5")
    robin.commit("scale: checkout 7→5")
    robin.push()
    assert await held(passes) == {"checkout": (5, name)}


async def test_copied_trailers_make_no_decision(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    robin.replace(SEARCH, "replicas: 7", "replicas: 9")
    robin.git("commit", "--quiet", "--all", "-C", batch, "--reset-author")
    robin.push()
    assert await held(passes) == {"search": (9, "Robin")}


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
async def test_a_merged_proposal_of_ours_is_ours(
    passes: Passes, robin: Person, shop: StateRepo, way: str
) -> None:
    shop.git("branch", "proposal")
    await passes.once(state_repo={"branch": "proposal"})
    robin.replace("policies/search.yaml", "100", "99")
    robin.commit("Meanwhile")
    robin.git("fetch", "--quiet", "origin")
    match way:
        case "merge":
            robin.git("merge", "--quiet", "--no-ff", "-m", "Merge #1", "origin/proposal")
        case "squash":
            robin.git("merge", "--quiet", "--squash", "origin/proposal")
            robin.git("commit", "--quiet", "-C", "origin/proposal", "--reset-author")
        case _:
            robin.git("cherry-pick", "origin/proposal")
    robin.push()
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)
    assert await held(passes) == {}


async def test_a_proposal_that_a_person_corrected_is_the_persons(
    passes: Passes, robin: Person, shop: StateRepo
) -> None:
    shop.git("branch", "proposal")
    await passes.once(state_repo={"branch": "proposal"})
    robin.git("fetch", "--quiet", "origin")
    robin.git("checkout", "--quiet", "-b", "proposal", "origin/proposal")
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 6")
    robin.commit("Not so fast")
    robin.git("checkout", "--quiet", "-")
    robin.git("merge", "--quiet", "--no-ff", "-m", "Merge #1", "proposal")
    robin.push()
    assert await held(passes) == {"checkout": (6, "Robin")}


async def test_what_we_did_before_a_persons_pull_stays_ours(
    passes: Passes, robin: Person, shop: StateRepo
) -> None:
    robin.replace(SEARCH, "replicas: 3", "replicas: 5")
    robin.commit("Five, for the sale")
    passes.load(search=300)
    await passes.once()
    robin.pull()
    robin.push()
    assert len(shop.log()[0].parents) == 2
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 5)
    assert await held(passes) == {"search": (5, "Robin")}


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_moved_file_keeps_its_order(passes: Passes, robin: Person, at_once: bool) -> None:
    await scaled(passes, robin)
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 5")
    if not at_once:
        robin.commit("Calm down")
    robin.git("mv", CHECKOUT, "apps/shop.yaml")
    robin.commit("Move")
    robin.push()
    assert await held(passes) == {"checkout": (5, "Robin")}


async def test_an_order_pushed_late_counts_from_its_commit(passes: Passes, robin: Person) -> None:
    passes.now = datetime.now(UTC) + timedelta(hours=1)
    robin.now = passes.now - timedelta(minutes=31)
    robin.replace(CHECKOUT, "replicas: 3", "replicas: 5")
    robin.commit("Calm down")
    robin.replace(SEARCH, "replicas: 3", "replicas: 5")
    robin.now += timedelta(minutes=2)
    robin.commit("Everywhere")
    robin.push()
    assert await held(passes) == {"search": (5, "Robin")}


async def test_an_order_is_no_older_than_what_it_was_given_on(
    passes: Passes, robin: Person
) -> None:
    await scaled(passes, robin)
    robin.now = datetime.now(UTC) - timedelta(days=1)
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 5")
    robin.commit("By a slow clock")
    robin.push()
    assert await held(passes) == {"checkout": (5, "Robin")}


async def test_a_clock_ahead_holds_no_longer_than_others(
    passes: Passes, robin: Person, shop: StateRepo
) -> None:
    await scaled(passes, robin)
    robin.now = datetime.now(UTC) + timedelta(days=365)
    robin.replace(CHECKOUT, "replicas: 7", "replicas: 5")
    robin.commit("From the future")
    robin.push()
    assert await held(passes) == {"checkout": (5, "Robin")}
    shop.write({"note.txt": "x"}, "Of today")
    assert await held(passes) == {"checkout": (5, "Robin")}
    passes.now = datetime.now(UTC) + timedelta(minutes=31)
    assert await held(passes) == {}


async def test_a_release_ends_the_hold_it_names(passes: Passes, robin: Person) -> None:
    batch = await scaled(passes, robin)
    robin.git("revert", "--no-edit", batch)
    trailer = 'Scale-Release: {"target":"Deployment/shop/checkout"}'
    robin.git("commit", "--quiet", "--allow-empty", "-m", "Go on", "-m", trailer)
    robin.push()
    assert await held(passes) == {"search": (3, "Robin")}
    robin.replace(CHECKOUT, "replicas: 3", "replicas: 4")
    robin.commit("Four")
    robin.push()
    assert await held(passes) == {"checkout": (4, "Robin"), "search": (3, "Robin")}


@pytest.mark.parametrize("looked", [True, False], ids=["seen", "found out by the push"])
async def test_an_order_given_between_decision_and_push_is_heeded(
    passes: Passes, robin: Person, shop: StateRepo, tmp_path: Path, looked: bool
) -> None:
    """A rival's commit and its revert leave the count that our decision was made on."""
    source = PrometheusSettings(url=passes.prometheus.url)
    settings = Settings(prometheus=source, state_repo=by_file(shop, tmp_path))
    opening = Opening(settings, lambda: datetime.now(UTC))
    async with opening.state_repo() as repo, Prometheus(source) as prometheus:
        rounds = opening.rounds(repo, prometheus)
        view = await rounds.look()
        outcomes = await rounds.decide(view)
        made = [one.decision for one in outcomes if one.decision and one.decision.changes]
        batch = await scaled(passes, robin)
        robin.git("revert", "--no-commit", batch)
        robin.git("checkout", "--quiet", "HEAD", "--", SEARCH)
        robin.commit("Not checkout")
        robin.replace(SEARCH, "replicas: 7", "replicas: 3")
        robin.commit("Nor search")
        tip = robin.push()
        if looked:
            await rounds.look()
        publisher = opening.publishers(repo, rounds).branch
        published = await publisher.publish(made, view.places.governing)
    assert (published.push, shop.tip()) == (None, tip)
    assert len(published.dropped) == 2
    for dropped in published.dropped:
        assert re.match(r"held at 3 until .* UTC: Robin set it in ", dropped.why)
