"""What git's words about a remote mean: refused for good, unreachable, or outrun."""

from __future__ import annotations

import re

from bridge.errors import BridgeError, PushRejected, RemoteRefused, RemoteUnavailable
from bridge.repo.git import GitFailed

_REFUSED = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied|"
    r"host key verification failed|returned error: (?:30[12378]|40[134])|repository .*not found|"
    r"does not appear to be a git repository|couldn't find remote ref|not our ref|"
    r"protocol .* not (?:allowed|supported)|access denied|returned error: 413",
    re.IGNORECASE,
)
_OUTRUN = re.compile(
    r"fetch first|non-fast-forward|failed to update ref|cannot lock ref|failed to lock|"
    r"incorrect old value|stale info|reference already exists|is at .* but expected",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"bad object|corrupt|invalid sha1 pointer|unable to read|missing (?:blob|tree|commit)|"
    r"bad config|not a git repository: |loose object|packfile .* (?:cannot|does not)|"
    r"packed-refs: |reference broken|unable to create '.*\.lock'",
    re.IGNORECASE,
)
_REJECTION = re.compile(r"^!\t\S+\t\[(?:remote )?rejected\] \((.*)\)$", re.MULTILINE)
_REMOTE_SAYS = re.compile(r"^remote: ?(.*?)\s*$", re.MULTILINE)


def network_error(failure: GitFailed, url: str) -> BridgeError:
    """A failed fetch or connection, as the error it is."""
    reason = " ".join(failure.error.split()) or str(failure)
    kind = RemoteRefused if _REFUSED.search(reason) else RemoteUnavailable
    return kind(f"{url}: {reason}")


def mirror_is_broken(failure: GitFailed) -> bool:
    """The fault lies in our own objects, not at the remote."""
    return bool(_BROKEN.search(failure.error))


def push_error(failure: GitFailed, url: str) -> BridgeError:
    """A failed push, as the error it is."""
    rejection = _REJECTION.search(failure.output)
    if rejection is None:
        return network_error(failure, url)
    if _OUTRUN.search(rejection[1]):
        return PushRejected(f"{url}: {rejection[1]}")
    said = " ".join(line for line in _REMOTE_SAYS.findall(failure.error) if line)
    return RemoteRefused(f"{url}: {rejection[1]}{f': {said}' if said else ''}")
