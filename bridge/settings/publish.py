"""The section `publish`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr
from pydantic import model_validator as checked

from bridge.settings.fields import SecretFile, Section
from bridge.units import Duration


class PublishSettings(Section):
    """Straight to the branch, or by pull requests that people merge."""

    mode: Literal["branch", "pull_request"] = Field(
        "branch", description="for policies without an approval of their own"
    )
    if_protected: Literal["refuse", "pull_request"] = Field(
        "refuse", description="what a branch that takes no pushes leads to"
    )
    forge: Literal["github", "gitlab"] | None = Field(
        None, description="where pull requests are opened; needed wherever one is asked for"
    )
    token: SecretStr | None = Field(None, description="default: the state repo's own password")
    token_file: SecretFile | None = None
    branch_prefix: str = Field(
        "scalebridge", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="of our own branches"
    )
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    auto_merge: Literal["merge", "squash", "rebase"] | None = Field(
        None, description="let the forge merge once its own conditions are met"
    )
    poll_interval: Duration = Field(30.0, gt=0, description="open ones are looked at so often")

    @checked(mode="after")
    def _somewhere(self) -> Self:
        if self.forge is None and "pull_request" in (self.mode, self.if_protected):
            raise ValueError("pull requests need forge: github or gitlab")
        return self
