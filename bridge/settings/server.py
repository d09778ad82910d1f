"""The section `server`."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import Self

from pydantic import Field, SecretStr
from pydantic import model_validator as checked

from bridge.settings.fields import SecretFile, Section
from bridge.units import Duration


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether this is this machine for certain, and no name that anybody may point at it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class GrafanaSettings(Section):
    """The HMAC signature that Grafana's webhook contact point adds."""

    secret: SecretStr | None = None
    secret_file: SecretFile | None = None
    signature_header: str = Field("X-Grafana-Alerting-Signature", min_length=1)
    timestamp_header: str | None = Field(
        None, min_length=1, description="as in the contact point: the time is signed as well"
    )
    replay_window: Duration = Field(300.0, gt=0, description="how far from now that time may be")

    @checked(mode="after")
    def _has_a_secret(self) -> Self:
        if not (self.secret or self.secret_file):
            raise ValueError("needs secret_file (or secret)")
        return self


class HubSignatureSettings(Section):
    """The HMAC signature of Git hosts' webhooks, and of Flux' Provider of type `generic-hmac`."""

    secret: SecretStr | None = None
    secret_file: SecretFile | None = Field(
        None, description="the webhook's secret; for Flux, the `token` of the Provider's secretRef"
    )

    @checked(mode="after")
    def _has_a_secret(self) -> Self:
        if not (self.secret or self.secret_file):
            raise ValueError("needs secret_file (or secret)")
        return self


class TlsSettings(Section):
    """HTTPS instead of HTTP, read at the start."""

    cert_file: SecretFile = Field(description="PEM, with the chain")
    key_file: SecretFile
    client_ca_file: SecretFile | None = Field(
        None, description="only clients with a certificate of these authorities (mTLS)"
    )


class ServerSettings(Section):
    """Webhooks in, status, health and metrics out."""

    listen: str = Field("127.0.0.1:8080", pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$")
    webhook_token: SecretStr | None = None
    webhook_token_file: SecretFile | None = Field(
        None, description="sent as `Bearer` token, or as the password of basic auth"
    )
    grafana: GrafanaSettings | None = Field(
        None, description="default: Grafana sends the webhook token, too"
    )
    flux: HubSignatureSettings | None = Field(
        None, description="default: Flux' Provider sends the webhook token, as a header"
    )
    github: HubSignatureSettings | None = Field(
        None, description="default: who sends push events sends the webhook token, too"
    )
    tls: TlsSettings | None = None
    allow_unauthenticated: bool = Field(
        False, description="listen off loopback without a token (something else keeps others out)"
    )
    host_names: tuple[str, ...] = Field(
        (),
        description="names by which a proxy on this machine asks, where `listen` is loopback",
    )
    max_body: int = Field(1_048_576, ge=1024, description="bytes of a webhook body")
    max_connections: int = Field(1_000, ge=1, description="open at once; more are closed")
    read_timeout: Duration = Field(10.0, gt=0, description="for the body of a request")
    idle_timeout: Duration = Field(
        30.0, gt=0, description="for the headers of a request, or for the next one"
    )
    rate_limit: int = Field(
        1_000, ge=0, description="webhooks (or actions) per second from one address; 0: no limit"
    )
    queue: int = Field(10_000, ge=1, description="alerts waiting; a full queue answers 503")
    target_series: int = Field(
        1_000, ge=0, description="targets of each state repo with series of their own in /metrics"
    )
    hung_after: Duration = Field(
        600.0,
        gt=0,
        description="work that takes longer, or a loop so silent, fails /healthz",
    )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to bind."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets in."""
        return is_loopback(self.address[0])

    @property
    def has_token(self) -> bool:
        """Whether a webhook token is asked for."""
        return bool(self.webhook_token or self.webhook_token_file)

    @property
    def _is_authenticated(self) -> bool:
        mutual = self.tls is not None and self.tls.client_ca_file is not None
        return mutual or self.has_token

    @checked(mode="after")
    def _authenticated(self) -> Self:
        host, port = self.address
        if port > 65535:
            raise ValueError(f"listen: no such port: {port}")
        if not (self.is_loopback or self._is_authenticated or self.allow_unauthenticated):
            raise ValueError(
                f"listening on {host} needs webhook_token_file (or webhook_token, or "
                "tls.client_ca_file)"
            )
        return self
