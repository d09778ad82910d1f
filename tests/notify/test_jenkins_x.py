"""Jenkins X's Lighthouse takes what it knows from GitHub."""

from __future__ import annotations

import json
from typing import Any

from bridge.notify.told import Told
from bridge.settings.reconcilers import JenkinsXSettings
from tests.notify.given import told
from tests.parts.deployers import KEY, Lighthouse


def jenkins_x(url: str, **more: Any) -> JenkinsXSettings:
    """One called j."""
    return JenkinsXSettings(**{"name": "j", "type": "jenkins_x", "url": url, "token": KEY, **more})


async def test_lighthouse_takes_a_push_with_its_repository() -> None:
    with Lighthouse() as server:
        assert await told(jenkins_x(f"{server.url}/hook")) == [Told("j")]
    push = json.loads(server.bodies[0])
    assert (push["before"], push["after"], push["ref"]) == ("a" * 40, "b" * 40, "refs/heads/live")
    assert push["repository"] == {
        "html_url": "https://git.example.org/shop/state",
        "default_branch": "live",
        "name": "state",
        "full_name": "shop/state",
        "owner": {"login": "shop"},
        "clone_url": "https://git.example.org/shop/state.git",
    }
    assert push["head_commit"] == {"id": "b" * 40, "message": "scale: web 1→2"}
    assert push["commits"][0]["modified"] == ["apps/web.yaml"]
    assert not push["created"] | push["deleted"] | push["forced"]


async def test_a_wrong_key_is_told_as_lighthouse_says_it() -> None:
    with Lighthouse() as server:
        answers = await told(jenkins_x(f"{server.url}/hook", token="other"))
    assert answers == [Told("j", "HTTP 500: Failed to parse webhook: invalid signature")]
    assert len(server.bodies) == 1
