"""A pull request of ours that a person merges is our change, and no order of theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bridge.settings.publish import PublishSettings
from tests.parts.github import GitHub
from tests.parts.github_pulls import Method
from tests.parts.state_repo import StateRepo
from tests.service.conftest import count
from tests.service.passes import Passes
from tests.service.test_orders import held

METHODS: list[Method] = ["merge", "squash", "rebase"]


@pytest.fixture
def hub(shop: StateRepo) -> Iterator[GitHub]:
    """GitHub, which understood all that it was asked."""
    with GitHub(shop) as hub:
        yield hub
    assert hub.misunderstood == []


async def proposed(passes: Passes, hub: GitHub) -> None:
    """One pass that proposes."""
    remote = {"url": hub.url_of(hub.repo.path), "password": SecretStr(hub.password)}
    publish = PublishSettings(forge="github", mode="pull_request")
    done = await passes.once(publish=publish, state_repo=remote)
    assert done.push is None
    assert [one.event for one in done.proposed.proposals] == ["opened"]


@pytest.mark.parametrize("method", METHODS)
async def test_however_it_is_merged_nothing_is_held(
    passes: Passes, hub: GitHub, shop: StateRepo, method: Method
) -> None:
    await proposed(passes, hub)
    hub.pulls.merge(1, method)
    assert (count(shop, "checkout"), count(shop, "search")) == (7, 7)
    assert await held(passes) == {}


async def test_what_a_person_changed_besides_is_held(
    passes: Passes, hub: GitHub, shop: StateRepo
) -> None:
    await proposed(passes, hub)
    hub.pulls.merge(1, "squash")
    text = shop.read("apps/search.yaml").replace(b"replicas: 7", b"replicas: 4")
    shop.write({"apps/search.yaml": text}, "Calm down")
    assert await held(passes) == {"search": (4, "Robin Person")}
