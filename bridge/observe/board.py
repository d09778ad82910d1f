"""The facts of all state repos of a process, read off their status for the page and the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bridge import __version__
from bridge.decide.decision import Decision
from bridge.decide.override import Hold
from bridge.observe import facts, target_facts
from bridge.observe.commits import commits_of, confirmations_of
from bridge.observe.forges import commit_page
from bridge.observe.rows import Row, Shown, Wanted, chosen
from bridge.observe.samples import Sample
from bridge.observe.status import Status, Statuses, budget_facts, told_proposal

_CHANGES_SHOWN = 20
_COMMITS_SHOWN = 20
_RAISING = ("spec.alerts.", "spec.schedules.")


class Board:
    """Answers what is asked of it, as things stand."""

    def __init__(
        self, status: Status | Statuses, clock: Callable[[], datetime], hung_after: float
    ) -> None:
        self.each = [status] if isinstance(status, Status) else list(status.each)
        self._urls = {one.repo: one.url for one in self.each}
        self._status = status
        self._clock = clock
        self._hung_after = hung_after

    @property
    def hung(self) -> list[str]:
        """What a loop is at for longer than the limit, as /healthz tells it."""
        return self._status.hung(self._hung_after)

    def overview(self, shown: Shown | None = None) -> facts.Overview:
        """The service as a whole, and its state repos; of many targets, count the states once."""
        rows = (row for one in self.each for row in one.rows())
        states = shown.states if shown else Counter(row.state for row in rows)
        return facts.Overview(
            version=__version__,
            started=min(one.started for one in self.each),
            shard=str(self.each[0].shard),
            elsewhere=sum(one.elsewhere for one in self.each),
            now=self._clock(),
            ready=not self._status.unready,
            hung=tuple(self.hung),
            total=sum(states.values()),
            states=dict(states),
            repos=tuple(_repo(one) for one in self.each),
            broken_policies=tuple(
                facts.BrokenPolicy(repo=one.repo, path=path, error=error)
                for one in self.each
                for path, error in sorted(one.policy_errors.items())
            ),
            proposals=tuple(
                facts.ProposalFacts(
                    repo=one.repo,
                    text=told_proposal(proposal),
                    url=proposal.request.url if proposal.request else None,
                )
                for one in self.each
                for proposal in one.proposals
            ),
        )

    def shown(self, wanted: Wanted) -> Shown:
        """A page of the targets' rows."""
        return chosen([row for one in self.each for row in one.rows()], wanted)

    def samples(self, row: Row) -> Sequence[Sample]:
        """For its chart."""
        statuses = (one for one in self.each if one.repo == row.repo)
        kept = next(statuses).samples.get(row.title)
        return kept.all() if kept else ()

    def targets(self, shown: Shown) -> target_facts.TargetPage:
        """The same as facts."""
        return target_facts.TargetPage(
            targets=tuple(_target(row, self._urls[row.repo]) for row in shown.rows),
            page=shown.page,
            pages=shown.pages,
            matching=shown.matching,
            total=shown.total,
            states=dict(shown.states),
        )

    def found(self, key: str) -> tuple[Status, Row] | None:
        """The target of that id; None where there is none (any more)."""
        rows = ((one, row) for one in self.each for row in one.rows())
        return next(((one, row) for one, row in rows if row.id == key), None)

    def target(self, key: str) -> target_facts.TargetDetail | None:
        """All of one target."""
        found = self.found(key)
        return self.detail(*found) if found else None

    def detail(self, status: Status, row: Row) -> target_facts.TargetDetail:
        """The same of what was found."""
        readings = row.seen.readings if row.seen else ()
        steps = row.decision.steps if row.decision and not row.suspended else ()
        return target_facts.TargetDetail(
            target=_target(row, status.url),
            steps=tuple(target_facts.StepFacts(text=one.text, field=one.field) for one in steps),
            metrics=tuple(
                target_facts.MetricFacts(name=one.metric, value=one.value, error=one.error)
                for one in readings
            ),
            chart=tuple(
                target_facts.SampleFacts(
                    at=one.at,
                    live=one.live,
                    committed=one.committed,
                    desired=one.desired,
                    load=one.load,
                )
                for one in self.samples(row)
            ),
            commits=tuple(one for one in commits_of(status) if row.target in one.targets),
        )

    def commits(self) -> target_facts.CommitList:
        """The newest ones of all state repos."""
        every = [commit for one in self.each for commit in commits_of(one)]
        every.sort(key=lambda commit: commit.at, reverse=True)
        return target_facts.CommitList(commits=tuple(every[:_COMMITS_SHOWN]))

    def sources(self) -> facts.SourceList:
        """All that the state repos have, each once."""
        every = {id(source): source for one in self.each for source in one.sources.all}
        found = (
            facts.SourceFacts(
                kind=source.kind,
                name=source.name,
                where=source.where,
                health=source.health,
                answered=source.answered,
                failed=source.failed,
                error=source.error,
            )
            for source in every.values()
        )
        return facts.SourceList(sources=tuple(found))

    def credentials(self) -> facts.CredentialList:
        """Those whose ends are known; all state repos share them."""
        found = (
            facts.CredentialFacts(
                credential=one.credential, repo=one.repo, ends=one.ends, renewed=one.renewed
            )
            for one in self.each[0].sources.credentials.all
        )
        return facts.CredentialList(credentials=tuple(found))

    def confirmations(self) -> facts.ConfirmationList:
        """Of all state repos."""
        every = (found for one in self.each for found in confirmations_of(one))
        return facts.ConfirmationList(confirmations=tuple(every))

    def batches(self) -> facts.BatchList:
        """What waits, for each state repo."""
        return facts.BatchList(batches=tuple(self._batch(one) for one in self.each))

    def _batch(self, status: Status) -> facts.BatchFacts:
        given = budget_facts(status.budget, self._clock())
        return facts.BatchFacts(
            repo=status.repo,
            due=status.due,
            size=len(status.waiting),
            changes=tuple(_change(status, one) for one in status.waiting[:_CHANGES_SHOWN]),
            budget=facts.BudgetFacts.model_validate(given) if given else None,
        )


def _repo(status: Status) -> facts.RepoFacts:
    given = {
        "The state repo can't be read": status.remote_error,
        "The last commit was not pushed": status.push_error,
        "Pull requests": status.proposal_error,
    }
    stuck = (f"{source}: {why}" for source, why in sorted(status.confirmations.stuck.items()))
    return facts.RepoFacts(
        name=status.repo,
        tip=status.tip,
        url=commit_page(status.url, status.tip) if status.tip else None,
        last_pass=status.last_pass,
        lost=bool(status.remote_error),
        unpushed=bool(status.push_error),
        troubles=(*(f"{what}: {error}" for what, error in given.items() if error), *stuck),
        conflicts=tuple(status.conflicts),
    )


def _target(row: Row, url: str) -> target_facts.TargetFacts:
    made, seen = row.decision, row.seen
    return target_facts.TargetFacts(
        id=row.id,
        repo=row.repo,
        target=row.target,
        policy=row.policy,
        state=row.state,
        live=row.live,
        live_error=seen.live_error if seen else "",
        committed=row.committed,
        desired=row.desired,
        reasons=made.reasons if made and not row.suspended else (),
        errors=made.errors if made else (),
        problem=row.problem,
        hold=_hold(made.hold, url) if made and made.hold else None,
        in_flight_since=seen.in_flight_since if seen else None,
        waiting=row.waiting,
        raised_by=tuple(_raising(made)) if made else (),
        dead_time=made.dead_time if made else None,
        stuck_rollout=made.stuck_rollout if made else "",
        at=seen.at if seen else None,
    )


def _raising(made: Decision) -> Iterator[str]:
    """The steps by which an alert or a schedule raised the minimum."""
    return (step.text for step in made.steps if step.field.startswith(_RAISING))


def _hold(hold: Hold, url: str) -> target_facts.HoldFacts:
    order = hold.override
    return target_facts.HoldFacts(
        count=order.count,
        since=order.at,
        until=hold.until,
        by=order.author,
        commit=order.sha,
        url=commit_page(url, order.sha),
        pause=order.paused_until is not None,
        rivals=order.rivals,
    )


def _change(status: Status, made: Decision) -> facts.ChangeFacts:
    row = Row(repo=status.repo, title=made.title, decision=made)
    return facts.ChangeFacts(
        id=row.id, target=row.target, committed=made.committed, desired=made.desired
    )
