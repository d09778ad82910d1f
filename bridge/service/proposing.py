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
from bridge.publish.case import Proposal
from bridge.publish.push import Published
from bridge.service.approvals import Approvals
from bridge.service.opening import Publishers
from bridge.service.outcome import Outcome
from bridge.service.protection import Protection
from bridge.settings.publish import PublishSettings

log = structlog.get_logger()

Ask = tuple[str, int, int]

EVENT_OF: Final = {
    "opened": "proposal_opened",
    "updated": "proposal_updated",
    "waiting": "proposal_waiting",
    "refused": "proposal_refused",
    "taken_over": "proposal_taken_over",
    "closed": "proposal_closed",
}
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
        self._protection = Protection(falls_back=settings.if_protected == "pull_request")
        self._proposed: frozenset[Ask] = frozenset()
        self._told: dict[tuple[str, str], str] = {}

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
            published = await self._branch.publish(direct, policies)
        except BranchProtected as error:
            self._take_over(error)
            return Published(None)
        if published.push:
            self._protection.pushed()
        return published

    def _direct(
        self, decisions: Sequence[Decision], policies: Mapping[str, ScalingPolicy]
    ) -> list[Decision]:
        why = self._protection.reason_now(asyncio.get_running_loop().time())
        direct: list[Decision] = []
        asking: set[Ask] = set()
        for one in decisions:
            if self._approvals.asked_for(one, policies[one.title], why):
                asking.add(_ask(one))
            else:
                direct.append(one)
        if asking - self._proposed:
            self._wake.set()
        return direct

    def _take_over(self, error: BranchProtected) -> None:
        """What a protected branch refused goes to pull requests for a while, if it may."""
        if self._settings.if_protected == "refuse":
            raise BranchProtected(f"{error} ({_ADVICE})") from error
        if not self._protection.reason:
            log.warning("branch_protected", error=str(error))
        self._protection.refused(asyncio.get_running_loop().time())
        self._wake.set()

    async def run(self) -> None:
        """For ever: settle when something is to be proposed, and in any case now and then."""
        while True:
            self._wake.clear()
            self._status.progress.alive("propose")
            rest = await self._settled()
            most = max(rest, self._settings.poll_interval)
            self._status.progress.alive("propose", rests=most)
            await asyncio.sleep(rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._settings.poll_interval - rest)):
                    await self._wake.wait()

    async def settle(self) -> list[Proposal]:
        """Brings the pull requests in line with what was decided of late.

        Raises:
            ConfigInvalid, PushRejected, RemoteRefused, RemoteUnavailable: some were not reached.
        """
        protection = self._protection
        wanted = self._approvals.wanted(protection.reason, untried=protection.unknown)
        if self._pull_requests is None and wanted.decisions:
            raise ConfigInvalid(_NO_FORGE)
        if self._pull_requests is None or not wanted.known:
            return []
        proposals = await self._pull_requests.settle(wanted)
        self._proposed = frozenset(_ask(d) for some in wanted.decisions.values() for d in some)
        return proposals

    async def _settled(self) -> float:
        """How long not to ask again, in seconds."""
        try:
            with self._status.progress.at("propose"):
                proposals = await self.settle()
        except BridgeError as error:
            return self._failed([error])
        self._note(proposals)
        return self._failed([one.error for one in proposals if one.error])

    def _failed(self, errors: Sequence[BridgeError]) -> float:
        told = "; ".join(str(error) for error in errors)
        if told and told != self._status.proposal_error:
            log.warning("proposal_failed", error=told, transient=errors[0].transient)
        self._status.proposal_error = told
        for error in errors:
            metrics.publish_failures.labels(type(error).__name__).inc()
        refused = any(not error.transient for error in errors)
        asked = [one.retry_after for one in errors if isinstance(one, RemoteUnavailable)]
        return max([*asked, self._settings.poll_interval if refused else 0.0])

    def _note(self, proposals: Sequence[Proposal]) -> None:
        """Each group's news once."""
        self._status.proposals = [one for one in proposals if one.event not in ("closed", "failed")]
        told: dict[tuple[str, str], str] = {}
        for one in proposals:
            if one.error:
                continue
            told[one.group, one.event] = one.note
            known = one.event == "waiting" or self._told.get((one.group, one.event)) == one.note
            targets = [str(decision.target) for decision in one.decisions]
            tell = log.debug if known else log.info
            url = one.request.url if one.request else ""
            event = EVENT_OF[one.event]
            tell(event, group=one.group, url=url, targets=targets, why=one.note)
        self._told = told


def _ask(decision: Decision) -> Ask:
    return decision.title, decision.current, decision.desired
