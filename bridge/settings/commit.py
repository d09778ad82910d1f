"""The section `commit`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field
from pydantic import model_validator as checked

from bridge.settings.fields import SecretFile, Section


class SigningSettings(Section):
    """What commits are signed with: a key, or GitHub's own, which then makes the commits."""

    format: Literal["ssh", "openpgp", "github"] = Field(
        description="as git's own gpg.format names them; github: they show as Verified there"
    )
    key_file: SecretFile | None = Field(
        None, description="the private key; armored or binary for openpgp"
    )
    passphrase_file: SecretFile | None = Field(None, description="where the key has one")

    @checked(mode="after")
    def _whose_key(self) -> Self:
        if self.format == "github" and (self.key_file or self.passphrase_file):
            raise ValueError("format github signs with GitHub's key: remove key_file")
        if self.format != "github" and not self.key_file:
            raise ValueError(f"format {self.format} needs a key_file")
        return self


class CommitSettings(Section):
    """Who the commits are by."""

    name: str = Field("scalebridge", min_length=1, pattern=r"^[^<>\n\x00]+$")
    email: str = Field("scalebridge@localhost", pattern=r"^[^<>\s\x00]+$")
    signing: SigningSettings | None = Field(None, description="default: commits are not signed")
