"""The parts that several commands open alike."""

from __future__ import annotations

from bridge.publish.github_app import app_tokens
from bridge.repo.state_repo import StateRepo
from bridge.settings import Settings


def state_repo(settings: Settings) -> StateRepo:
    """The state repo, with the key and the way in that are configured."""
    tokens = app_tokens(settings.state_repo)
    return StateRepo(settings.state_repo, settings.commit.signing, tokens)
