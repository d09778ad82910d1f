"""What can go wrong, as a tree that tells who must act.

BridgeError
├── a person must act
│   ├── ConfigInvalid         the service's own configuration
│   ├── PolicyInvalid         one policy file
│   ├── TraceInvalid          a file of recorded load
│   ├── ManifestUnsupported   a count that can't be found or changed safely
│   ├── PayloadInvalid        a webhook body that is not what it claims to be
│   └── RemoteRefused         the Git remote understood us and said no
│       └── BranchProtected   the branch takes no pushes, or none of ours
└── transient: the next tick tries again
    ├── MetricsUnavailable    no trustworthy number from Prometheus
    ├── RemoteUnavailable     the Git remote did not answer, or not in time
    └── PushRejected          somebody else moved the branch first
"""

from __future__ import annotations

from typing import Literal

from bridge.secrecy import redacted

Failure = Literal["no_value", "timeout", "unreachable", "refused", "failed", "malformed"]
"""Why a query has no answer; `no_value`: Prometheus answered, but with no single finite number."""


class BridgeError(Exception):
    """Base of every error that scalebridge expects; anything else is a bug and may crash."""

    transient = False

    def __init__(self, text: str) -> None:
        super().__init__(redacted(text))  # a remote's answer may echo what it was sent


class ConfigInvalid(BridgeError):
    """The service's configuration can't be used; the text names file, line and field."""


class PolicyInvalid(BridgeError):
    """One policy file can't be used; the text names file, line and field."""


class TraceInvalid(BridgeError):
    """A file of recorded load can't be read; the text names file, line and column."""


class ManifestUnsupported(BridgeError):
    """A count can't be found, or not changed without touching something else."""


class PayloadInvalid(BridgeError):
    """A webhook body is not a payload of the kind that was expected."""


class RemoteRefused(BridgeError):
    """The Git remote refused for good: credentials, a protected branch, a hook."""


class BranchProtected(RemoteRefused):
    """The branch takes changes by pull requests only, or from others only."""


class MetricsUnavailable(BridgeError):
    """A query gave no single finite number."""

    transient = True

    def __init__(self, text: str, kind: Failure = "no_value") -> None:
        super().__init__(text)
        self.kind: Failure = kind


class RemoteUnavailable(BridgeError):
    """The Git remote could not be reached, did not answer in time, or asked for patience."""

    transient = True

    def __init__(self, text: str, *, retry_after: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds that the remote asked us to stay away."""


class PushRejected(BridgeError):
    """The branch moved between our fetch and our push."""

    transient = True
