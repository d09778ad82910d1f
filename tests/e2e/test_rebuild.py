"""Delete everything, rebuild: a clone on a new machine and one pass restore counts and holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git import git
from tests.parts.git_http import GitHttp
from tests.parts.person import Person
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count, fake, shop
from tests.service.passes import Passes, made_by
from tests.service.program import configured, running, through

__all__ = ["fake", "shop"]

NAMES = ("checkout", "search")


async def test_a_clone_and_one_pass_restore_the_very_counts_and_holds(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(900))
    old = tmp_path / "old"
    old.mkdir()
    with running(configured(old, fake.url, through(git_http, shop))) as program:
        program.until("committed")
        robin = Person.cloning(shop.url, tmp_path)
        robin.replace("apps/checkout.yaml", "replicas: 7", "replicas: 5")
        robin.commit("Calm down")
        robin.push()
        held = program.until("held", policy="checkout")
        program.until("steady", policy="search", current=9)
    shutil.rmtree(old)
    clone = StateRepo(tmp_path / "new-machine" / "state.git")
    clone.path.parent.mkdir()
    git(tmp_path, "clone", "--quiet", "--bare", shop.url, str(clone.path))
    shutil.rmtree(shop.path)
    passes = Passes(clone, fake)
    done = await passes.once()
    made = made_by(done.found)
    assert done.push is None, "nothing is scaled anew"
    assert {name: count(clone, name) for name in NAMES} == {"checkout": 5, "search": 9}
    assert {name: one.desired for name, one in made.items()} == {"checkout": 5, "search": 9}
    assert made["checkout"].reason == held["reason"]
    fake.script("search", samples(300))
    assert made_by((await passes.once()).found)["search"].desired == 3
    assert count(clone, "search") == 3
