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


def lived(shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, folder: Path) -> str:
    """A service scaled, and Robin took a part of it back; why that is held."""
    with running(configured(folder, fake.url, through(git_http, shop))) as program:
        program.until("committed")
        robin = Person.cloning(shop.url, folder)
        robin.replace("apps/checkout.yaml", "replicas: 7", "replicas: 5")
        robin.commit("Calm down")
        robin.push()
        held = program.until("held", policy="checkout")
        program.until("steady", policy="search", current=9)
    return str(held["reason"])


async def test_a_clone_and_one_pass_restore_the_very_counts_and_holds(
    shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> None:
    fake.script("checkout", samples(640))
    fake.script("search", samples(900))
    (old := tmp_path / "old").mkdir()
    (new := tmp_path / "new").mkdir()
    reason = lived(shop, git_http, fake, old)
    clone = StateRepo(new / "state.git")
    git(new, "clone", "--quiet", "--bare", shop.url, str(clone.path))
    shutil.rmtree(old)
    shutil.rmtree(shop.path)
    passes = Passes(clone, fake)
    done = await passes.once()
    made = made_by(done.found)
    assert done.push is None, "nothing is scaled anew"
    assert {name: count(clone, name) for name in NAMES} == {"checkout": 5, "search": 9}
    assert {name: made[name].desired for name in NAMES} == {"checkout": 5, "search": 9}
    assert made["checkout"].reason == reason
    fake.script("search", samples(300))
    await passes.once()
    assert {name: count(clone, name) for name in NAMES} == {"checkout": 5, "search": 3}
