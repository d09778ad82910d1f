"""The other way to the branch: decisions that a person approves wait in pull requests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from bridge.decide.decision import Decision
from bridge.errors import BranchProtected, BridgeError, ConfigInvalid, RemoteUnavailable
from bridge.manifest.target import Target
from bridge.observe import metrics
from bridge.observe.status import Status
from bridge.policy.model import ScalingPolicy
from bridge.publish.pull_request import Proposal
from bridge.publish.push import Published
from bridge.service.approvals import Approvals
from bridge.service.opening import Publishers
from bridge.service.rounds import Outcome
from bridge.settings import PublishSettings

log = structlog.get_logger()

_PROTECTED_S: Final = 600.0  # then the branch is tried again
_PROTECTED: Final = "the branch takes no pushes"
_ADVICE: Final = "let the account push there, or set publish.if_protected: pull_request"
_NO_FORGE: Final = "a policy asks for an approval: set publish.forge, or remove the approval"


class Proposing:
    """A `Publisher` that keeps back what needs an approval, and settles the pull requests."""

    def __init__(self, publishers: Publishers, settings: PublishSettings, status: Status) -> None:
        self._branch = publishers.branch
        self._pull_requests = publishers.pull_requests
        self._settings = settings
        self._status = status
        self._approvals = Approvals(settings)
        self._wake = asyncio.Event()
        self._protected_until = float("-inf")
        self._told: dict[str, Proposal] = {}

    def take_in(self, governed: Collection[Target], outcomes: Sequence[Outcome]) -> None:
        """A round's outcomes, also those that ask for nothing: they void what is open."""
        self._approvals.take_in(governed, outcomes)

    async def publish(
        self, decisions: Sequence[Decision], policies: Mapping[str, ScalingPolicy]
    ) -> Published:
        """Those that need no approval go to the branch; the others are proposed soon."""
        direct = self._direct(decisions, policies)
        if not direct:
            return Published(None)
        try:
            return await self._branch.publish(direct, policies)
        except BranchProtected as error:
            self._take_over(error)
            return Published(None)

    def _direct(
        self, decisions: Sequence[Decision], policies: Mapping[str, ScalingPolicy]
    ) -> list[Decision]:
        why = self._otherwise()
        direct = [d for d in decisions if not self._approvals.asked_for(d, policies[d.title], why)]
        if len(direct) < len(decisions):
            self._wake.set()
        return direct

    def _take_over(self, error: BranchProtected) -> None:
        """What a protected branch refused goes to pull requests for a while, if it may."""
        if self._settings.if_protected == "refuse":
            raise BranchProtected(f"{error} ({_ADVICE})") from error
        log.warning("branch_protected", error=str(error))
        self._protected_until = asyncio.get_running_loop().time() + _PROTECTED_S
        self._wake.set()

    def _otherwise(self) -> str:
        lasts = asyncio.get_running_loop().time() < self._protected_until
        return _PROTECTED if lasts else ""

    async def run(self) -> None:
        """For ever: settle when something is to be proposed, and in any case now and then."""
        while True:
            self._wake.clear()
            rest = await self._settled()
            await asyncio.sleep(rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._settings.poll_interval - rest)):
                    await self._wake.wait()

    async def settle(self) -> list[Proposal]:
        """Brings the pull requests in line with what was decided of late.

        Raises:
            ConfigInvalid, PushRejected, RemoteRefused, RemoteUnavailable: some were not reached.
        """
        wanted = self._approvals.wanted(self._otherwise())
        if self._pull_requests is None and wanted.decisions:
            raise ConfigInvalid(_NO_FORGE)
        if self._pull_requests is None or not wanted.known:
            return []
        return await self._pull_requests.settle(wanted)

    async def _settled(self) -> float:
        """How long not to ask again, in seconds."""
        try:
            with self._status.progress.at("propose"):
                proposals = await self.settle()
        except BridgeError as error:
            return self._failed(error)
        self._status.proposal_error = ""
        self._note(proposals)
        return 0.0

    def _failed(self, error: BridgeError) -> float:
        if str(error) != self._status.proposal_error:
            log.warning("proposal_failed", error=str(error), transient=error.transient)
        self._status.proposal_error = str(error)
        metrics.publish_failures.labels(type(error).__name__).inc()
        asked = error.retry_after if isinstance(error, RemoteUnavailable) else 0.0
        return max(asked, 0.0 if error.transient else self._settings.poll_interval)

    def _note(self, proposals: Sequence[Proposal]) -> None:
        self._status.proposals = [one for one in proposals if one.event != "closed"]
        for one in proposals:
            before = self._told.get(one.group)
            news = before is None or (before.event, before.note) != (one.event, one.note)
            tell = log.info if news and one.event != "waiting" else log.debug
            url = one.request.url if one.request else ""
            targets = [str(decision.target) for decision in one.decisions]
            tell(f"proposal_{one.event}", group=one.group, url=url, targets=targets, why=one.note)
        self._told = {one.group: one for one in proposals}
