"""The section `reconcilers`."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic import model_validator as checked

from bridge.secrecy import learn
from bridge.settings.fields import HttpUrl, RepoName, SecretFile, Section
from bridge.units import Duration

_KEY_LENGTH: Final = 16
_CALLED_KEY: Final = re.compile(r"token|key|secret|sig|pass|code|auth", re.IGNORECASE)


def _is_key(text: str) -> bool:
    """Whether it looks like one: words of a URL, such as a branch's name, stay readable."""
    return len(text) >= _KEY_LENGTH and any(one.isdigit() for one in text)


def _template(text: str) -> str:
    from jinja2 import TemplateSyntaxError  # slow, and rarely needed
    from jinja2.sandbox import SandboxedEnvironment  # the same

    try:
        SandboxedEnvironment().parse(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of the template: {error.message}") from error
    return text


class _Told(Section):
    name: str = Field(min_length=1)
    repos: tuple[RepoName, ...] = Field((), description="of state_repos; default: it hears of all")
    timeout: Duration = Field(10.0, gt=0, description="for one attempt")


class CalledSettings(_Told):
    """Over HTTP, with a secret that both sides know."""

    url: HttpUrl
    token: SecretStr | None = None
    token_file: SecretFile | None = Field(None, description="the key of the HMAC signature")

    @checked(mode="after")
    def _query_is_secret(self) -> Self:
        """Many a service has its key there."""
        query = urlsplit(self.url).query
        learn(query)
        for name, value in parse_qsl(query):
            if _is_key(value) or _CALLED_KEY.search(name):
                learn(value)
        return self


class FluxSettings(CalledSettings):
    """A Receiver of Flux."""

    type: Literal["flux"]
    receiver: Literal["generic", "generic-hmac", "github"] | None = Field(
        None, description="its spec.type; default: generic-hmac where a token is given, or generic"
    )

    @checked(mode="after")
    def _as_its_type_asks(self) -> Self:
        signed = self.token is not None or self.token_file is not None
        if self.receiver == "generic" and signed:
            raise ValueError("a generic receiver checks no token: its path is the secret")
        if self.receiver not in (None, "generic") and not signed:
            raise ValueError(f"a {self.receiver} receiver needs token_file (or token)")
        learn(self._secret_path)
        return self

    @property
    def _secret_path(self) -> str:
        """What Flux makes of the Receiver's token: with a generic one, who knows it may call."""
        path = urlsplit(self.url).path
        return path.partition("/hook/")[2] or path.rpartition("/")[2]


class ArgoCDSettings(CalledSettings):
    """Argo CD's webhook endpoint, told by a GitHub push event."""

    type: Literal["argocd"]


class JenkinsXSettings(CalledSettings):
    """The hook of Jenkins X's Lighthouse, told by a GitHub push event."""

    type: Literal["jenkins_x"]


class ArgoCDAPISettings(_Told):
    """Argo CD's API: only the applications that the push concerns are refreshed."""

    type: Literal["argocd_api"]
    url: HttpUrl = Field(description="of argocd-server")
    token: SecretStr | None = None
    token_file: SecretFile | None = Field(
        None, description="of an account or project, with the right to get its applications"
    )
    applications: tuple[str, ...] = Field(
        (), description="NAME or NAMESPACE/NAME; default: found by repo, path and revision"
    )
    sync: bool = Field(
        False, description="sync those that don't by themselves; needs the right to sync them"
    )
    confirm: bool = Field(
        True, description="read back whether a commit is live, with the right to get applications"
    )
    timeout: Duration = Field(60.0, gt=0, description="for each request; a refresh takes a while")

    @checked(mode="after")
    def _with_token(self) -> Self:
        if self.token is None and self.token_file is None:
            raise ValueError("argocd_api needs token_file (or token)")
        return self


class WebhookSettings(CalledSettings):
    """Anything that takes a POST."""

    type: Literal["webhook"]
    body: Annotated[str, AfterValidator(_template)] | None = Field(
        None, description="Jinja2 template over the push's facts; default: these facts as JSON"
    )
    content_type: str = "application/json"
    signature_header: str = Field(
        "X-Signature", min_length=1, description="gets `sha256=<hex>`, where a token is given"
    )
    bearer_token_file: SecretFile | None = Field(
        None, description="sent as Authorization: Bearer …, besides the signature"
    )

    @checked(mode="after")
    def _path_is_secret(self) -> Self:
        """Where nothing else is: who knows it may post, as with Slack's. Keys always are."""
        path = urlsplit(self.url).path
        if not (self.token or self.token_file or self.bearer_token_file):
            learn(path)
        for part in path.split("/"):
            if _is_key(part):
                learn(part)
        return self


class CommandSettings(_Told):
    """A program that gets the push's facts as JSON on its standard input."""

    type: Literal["command"]
    command: tuple[str, ...] = Field(
        min_length=1, description="the program and its arguments; no shell reads them"
    )
    pass_environment: tuple[str, ...] = Field(
        (), description="variables of the service that it gets besides PATH, HOME and LANG"
    )
    timeout: Duration = Field(600.0, gt=0, description="then it is terminated, with its children")


HttpReconcilerSettings = (
    FluxSettings | ArgoCDSettings | ArgoCDAPISettings | JenkinsXSettings | WebhookSettings
)
ReconcilerSettings = Annotated[
    HttpReconcilerSettings | CommandSettings, Field(discriminator="type")
]
