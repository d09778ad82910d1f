"""Which policies can be used, and whether each of their counts can be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bridge.policy.conflicts import Conflict
from bridge.policy.loading import Policies
from bridge.repo.snapshot import Snapshot
from bridge.repo.state_repo import StateRepo
from bridge.service.guarding import checked
from bridge.service.placing import Places, placed, targets_of
from bridge.service.policies import read_policies


@dataclass(frozen=True, slots=True)
class Validated:
    """What validation came to."""

    policies: Policies
    places: Places = field(default_factory=Places)
    conflicts: Sequence[Conflict] = ()

    @property
    def problems(self) -> list[str]:
        """What a person must act on."""
        lost = (f"{title}: {why}" for title, why in self.places.problems.items())
        disputed = (str(conflict) for conflict in self.conflicts if conflict.is_error)
        return [*self.policies.errors.values(), *lost, *disputed]

    @property
    def warnings(self) -> list[str]:
        """What a person may have meant."""
        return [str(conflict) for conflict in self.conflicts if not conflict.is_error]


async def validated(repo: StateRepo, given: Policies | None = None) -> Validated:
    """The repo's own policies unless others are given, where their targets stand, and who else
    has a say over these.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: nothing could be read.
    """
    snapshot, found = await found_in(repo, given)
    return replace(found, conflicts=await checked(repo, snapshot, found.places))


async def found_in(repo: StateRepo, given: Policies | None = None) -> tuple[Snapshot, Validated]:
    """The same without a look for others.

    Raises:
        RemoteRefused, RemoteUnavailable, PolicyInvalid: nothing could be read.
    """
    snapshot = await repo.look()
    policies = await read_policies(repo, snapshot) if given is None else given
    index = await repo.located(snapshot, targets_of(policies.by_name))
    places = placed(policies.by_name, index)
    return replace(snapshot, index=index), Validated(policies, places)
