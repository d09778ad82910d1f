"""The parts that several commands open alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bridge.evaluate.alertmanager import Alertmanager
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.prometheus_alerts import PrometheusAlerts
from bridge.notify.read_back import ArgoCDReadBack
from bridge.observe import metrics
from bridge.observe.sources import Sources
from bridge.policy.shard import WHOLE, Shard
from bridge.publish.branch import BranchPublisher
from bridge.publish.commit_status import CommitStatuses
from bridge.publish.drafting import Drafts
from bridge.publish.forge import Forge
from bridge.publish.github import GitHub, GitHubApi, api_token
from bridge.publish.github_app import app_tokens
from bridge.publish.github_commit import GitHubWriter
from bridge.publish.gitlab import GitLab
from bridge.publish.pull_request import PullRequests
from bridge.publish.writing import GitWriter, Writer
from bridge.repo.fast_import import Identity
from bridge.repo.state_repo import StateRepo
from bridge.service.confirming import Source
from bridge.service.rounds import Rounds
from bridge.settings.configuration import Settings
from bridge.settings.reconcilers import ArgoCDAPISettings


@dataclass(frozen=True, slots=True)
class Publishers:
    """Both ways of publishing; no pull requests where no forge is configured."""

    branch: BranchPublisher
    pull_requests: PullRequests | None


class Opening:
    """Makes the parts of one process, which share their tokens.

    Raises:
        ConfigInvalid: what is configured does not go together.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        sources: Sources | None = None,
        shard: Shard = WHOLE,
    ) -> None:
        """`sources` are told what requests to Alertmanager came to, and when tokens end."""
        self._sources = sources or Sources()
        given = settings.alertmanager
        alertmanager = given and self._sources.named("alertmanager", "Alertmanager", given.url)
        self._heard = self._sources.listening(alertmanager, clock) if alertmanager else None
        self._shard = shard
        self.settings = settings
        self.clock = clock
        self._tokens = app_tokens(settings.state_repo, self._note_token)
        self.author = Identity(settings.commit.name, settings.commit.email)

    def _note_token(self, ends: float) -> None:
        """In whatever thread it was minted, which knows of no repo."""
        repo = self.settings.state_repo.name
        self._sources.credentials.note("github_app", repo, ends)

    def state_repo(self, *, signs: bool = True) -> StateRepo:
        """The state repo, with the key and the way in that are configured."""
        signing = self.settings.commit.signing if signs else None
        return StateRepo(self.settings.state_repo, signing, self._tokens, _note_git)

    def rounds(self, repo: StateRepo, prometheus: Prometheus, at: datetime | None = None) -> Rounds:
        """Rounds over them, now or at a past moment; of past alerts only Prometheus tells."""
        limit, given = self.settings.batch.max_commits_per_hour, self.settings.alertmanager
        alerts = (
            Alertmanager(given, self._heard) if given and not at else PrometheusAlerts(prometheus)
        )
        clock = (lambda: at) if at else self.clock
        return Rounds(repo, prometheus, clock, limit, alerts).of(self._shard)

    def publishers(self, repo: StateRepo, rounds: Rounds) -> Publishers:
        """Those that write to the repo what the rounds decided."""
        writer = self.writer(repo)
        branch = BranchPublisher(repo, self.author, self.clock, rounds.policies_at, writer)
        pull_requests = self._pull_requests(repo, rounds, writer)
        careful = branch.within(rounds.budget_at).heeding(rounds.held_at)
        return Publishers(careful, pull_requests)

    def _pull_requests(
        self, repo: StateRepo, rounds: Rounds, writer: Writer
    ) -> PullRequests | None:
        forge = self.forge()
        if forge is None:
            return None
        writing = Drafts(repo, self.author, self.clock), writer
        folder = self.settings.publish.branch_prefix
        return PullRequests(repo, forge, writing, rounds.orders_at, folder)

    def sources(self) -> list[Source]:
        """Whom to ask whether a commit is live."""
        settings = self.settings
        asked: list[Source] = [
            ArgoCDReadBack(one, settings.state_repo)
            for one in settings.reconcilers
            if isinstance(one, ArgoCDAPISettings) and one.confirm
        ]
        if settings.confirm.commit_status:
            asked.append(CommitStatuses(self._api(), settings.confirm.commit_status))
        return asked

    def writer(self, repo: StateRepo) -> Writer:
        """Who makes the commits."""
        signing = self.settings.commit.signing
        if signing is None or signing.format != "github":
            return GitWriter(repo)
        return GitHubWriter(self._api(), self.settings.state_repo.branch)

    def _api(self) -> GitHubApi:
        token = api_token(self.settings, self._tokens)
        return GitHubApi(self.settings.state_repo, token)

    def forge(self) -> Forge | None:
        """Where pull requests are opened, if anywhere."""
        settings = self.settings
        if settings.publish.forge is None:
            return None
        if settings.publish.forge == "gitlab":
            remote = settings.state_repo
            return GitLab(remote.url, remote.branch, settings.publish)
        return GitHub(self._api(), settings.state_repo.branch, settings.publish)


def _note_git(operation: str, seconds: float) -> None:
    metrics.git_seconds.labels(operation).observe(seconds)
