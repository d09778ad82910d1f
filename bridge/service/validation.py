"""Which policies can be used, and whether each of their counts can be found."""

from __future__ import annotations

from bridge.policy.loading import Policies
from bridge.repo.state_repo import StateRepo
from bridge.service.placing import Places, placed, targets_of
from bridge.service.policies import read_policies


async def validated(repo: StateRepo, given: Policies | None = None) -> tuple[Policies, Places]:
    """The repo's own policies unless others are given, and where their targets stand.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: nothing could be read.
    """
    snapshot = await repo.look()
    policies = await read_policies(repo, snapshot) if given is None else given
    index = await repo.located(snapshot, targets_of(policies.by_name))
    return policies, placed(policies.by_name, index)
