"""What git's words about a remote mean: refused for good, unreachable, outrun, or our own fault."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.errors import (
    BranchProtected,
    BridgeError,
    PushRejected,
    RemoteRefused,
    RemoteUnavailable,
)
from bridge.repo.git import GitFailed
from bridge.settings.state_repo import StateRepoSettings

_REFUSED = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied|"
    r"host key verification failed|returned error: (?:30[12378]|40[1347])|repository .*not found|"
    r"does not appear to be a git repository|not our ref|"
    r"protocol .* not (?:allowed|supported)|access denied|returned error: 413|"
    r"certificate (?:problem|verif)|unable to get local issuer|error setting certificate",
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
    r"index file .* is too small|cannot read existing object|packed-refs: |reference broken|"
    r"unable to create '.*\.lock'|"
    r"no space left|disk quota|file too large|out of diskspace",
    re.IGNORECASE,
)
_WANTS_ALL = re.compile(
    r"does not support (?:shallow|--depth|--filter)|not our ref|unadvertised object",
    re.IGNORECASE,
)
_HINTS = (
    (r"authentication failed|could not read (?:user|pass)|returned error: 401",
     "see state_repo.username and state_repo.password_file"),
    (r"returned error: 403|access denied|permission .*denied to",
     "may the account push there? See state_repo.username"),
    (r"permission denied \(", "see state_repo.ssh_key_file"),
    (r"host key verification failed", "see state_repo.known_hosts_file"),
    (r"certificate|local issuer", "see state_repo.ca_file"),
    (r"returned error: 407|proxy connect aborted", "see state_repo.proxy"),
    (r"returned error: 413", "the server, or a proxy before it, limits a push's size"),
    (r"returned error: (?:30[12378]|404)|repository .*not found|not appear to be a git",
     "see state_repo.url"),
)  # fmt: skip
_PROTECTED = re.compile(
    r"protected branch|GH006|GH013|repository rule violations|"  # GitHub, GitLab
    r"changes must be made through a (?:pull|merge) request|"
    r"not allowed to push (?:to|code to) (?:protected|this) branch|"  # Gitea, GitLab
    r"branch restrictions?|only be modified through pull requests",  # Bitbucket
    re.IGNORECASE,
)
_REJECTION = re.compile(r"^!\t\S+\t\[(?:remote )?rejected\] \((.*)\)$", re.MULTILINE)
_REMOTE_SAYS = re.compile(r"^remote: ?(.*?)\s*$", re.MULTILINE)
_SHOWN_BRANCHES = 10


def network_error(failure: GitFailed, url: str) -> BridgeError:
    """A failed fetch or connection, as the error it is, with the setting that may be wrong."""
    reason = " ".join(failure.error.split()) or str(failure)
    kind = RemoteRefused if _REFUSED.search(reason) else RemoteUnavailable
    return kind(f"{url}: {reason}{_hint(reason)}")


def _hint(reason: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, reason, re.IGNORECASE):
            return f" ({hint})"
    return ""


def mirror_is_broken(failure: GitFailed) -> bool:
    """The fault lies in our own objects or our own disk, not at the remote."""
    return bool(_BROKEN.search(_REMOTE_SAYS.sub("", failure.error)))


def wants_all(failure: GitFailed) -> bool:
    """The remote gives no parts of a repository: not its newest commits, or not single blobs."""
    return bool(_WANTS_ALL.search(failure.error))


def heads(listing: bytes) -> dict[str, str]:
    """The commit of each branch in what `git ls-remote --heads` prints."""
    pairs = (line.split("\t") for line in listing.decode(errors="replace").splitlines())
    return {ref.removeprefix("refs/heads/"): commit for commit, ref in pairs}


def no_such_branch(settings: StateRepoSettings, found: Sequence[str]) -> RemoteRefused:
    """The branch is gone, renamed, or was never there."""
    shown = ", ".join(found[:_SHOWN_BRANCHES]) or "none"
    more = len(found) - _SHOWN_BRANCHES
    there = f"{shown} and {more} more" if more > 0 else shown
    return RemoteRefused(
        f"{settings.url}: couldn't find remote ref refs/heads/{settings.branch} "
        f"(see state_repo.branch); the remote's branches: {there}"
    )


def push_error(failure: GitFailed, url: str) -> BridgeError:
    """A failed push, as the error it is."""
    rejection = _REJECTION.search(failure.output)
    if rejection is None:
        return network_error(failure, url)
    if _OUTRUN.search(rejection[1]):
        return PushRejected(f"{url}: {rejection[1]}")
    said = " ".join(line for line in _REMOTE_SAYS.findall(failure.error) if line)
    told = f"{url}: {rejection[1]}{f': {said}' if said else ''}"
    return BranchProtected(told) if _PROTECTED.search(told) else RemoteRefused(told)
