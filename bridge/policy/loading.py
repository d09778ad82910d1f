"""Policy files to policies: a broken file is reported and leaves the others running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from weakref import WeakValueDictionary

from pydantic import ValidationError

from bridge.documents import DocumentInvalid, Place, load_document
from bridge.errors import PolicyInvalid
from bridge.manifest.target import Target
from bridge.policy.model import ScalingPolicy

SUFFIXES = (".yaml", ".yml")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Policies:
    """What was read: good policies by name, and one error for each broken file."""

    by_name: Mapping[str, ScalingPolicy] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    """The file of each policy, by name."""


def is_policy_file(path: str) -> bool:
    """By its suffix; hidden files are left alone."""
    name = PurePosixPath(path)
    return name.suffix in SUFFIXES and not name.name.startswith(".")


_known: WeakValueDictionary[tuple[bytes, str], ScalingPolicy] = WeakValueDictionary()
"""The same contents come again with every look: however many, as long as anyone holds them."""


def parse_policy(content: bytes, path: str) -> ScalingPolicy:
    """One file, one policy.

    Raises:
        PolicyInvalid: a line for each finding, as `file:line: field: what was expected`.
    """
    known = _known.get((content, path))
    if known is None:
        known = _known[content, path] = _parsed(content, path)
    return known


def _parsed(content: bytes, path: str) -> ScalingPolicy:
    if len(content) > _MAX_BYTES:
        raise PolicyInvalid(f"{path}:1: over {_MAX_BYTES:,} bytes")
    try:
        document = load_document(content, path)
    except DocumentInvalid as error:
        raise PolicyInvalid(str(error)) from error
    try:
        return ScalingPolicy.model_validate(document.data)
    except ValidationError as error:
        raise PolicyInvalid(document.complaints(error, ScalingPolicy)) from error


def load_policies(
    files: Mapping[str, bytes], earlier: Mapping[str, Sequence[bytes]] = MappingProxyType({})
) -> Policies:
    """The policies in `files`.

    A broken file is an error and leaves the others running; it goes on itself with the first
    of its `earlier` contents (newest first) that is a policy.
    """
    loading = _Loading()
    broken = [path for path in sorted(files) if not loading.takes(path, files[path])]
    for path in broken:  # after all good files: what is past displaces nothing that holds
        loading.take_last_good(path, earlier.get(path, ()))
    return Policies(loading.policies, loading.errors, loading.paths)


class _Loading:
    def __init__(self) -> None:
        self.policies: dict[str, ScalingPolicy] = {}
        self.errors: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self._targets: dict[Target, str] = {}

    def takes(self, path: str, content: bytes) -> bool:
        try:
            self._take(path, content)
        except PolicyInvalid as error:
            self.errors[path] = str(error)
            return False
        return True

    def take_last_good(self, path: str, earlier: Sequence[bytes]) -> None:
        for content in earlier:
            with suppress(PolicyInvalid):
                self._take(path, content)
                return

    def _take(self, path: str, content: bytes) -> None:
        """One policy per name and per target, else two would fight over a count."""
        policy = parse_policy(content, path)
        if first := self.paths.get(policy.name):
            why = f"{policy.name} is the name of {first}"
            raise _taken(path, content, ("metadata", "name"), why)
        if not policy.is_fleet:
            self._claim(replace(policy.target, api_version=None), path, content)
        self.paths[policy.name] = path
        self.policies[policy.name] = policy

    def _claim(self, target: Target, path: str, content: bytes) -> None:
        if first := self._targets.get(target):
            named = "scaleTargetRef" if target.kind else "target"
            raise _taken(path, content, ("spec", named), f"{target} is governed by {first}")
        self._targets[target] = path


def _taken(path: str, content: bytes, place: Place, why: str) -> PolicyInvalid:
    line = load_document(content, path).line(place)
    return PolicyInvalid(f"{path}:{line}: {'.'.join(map(str, place))}: {why}")
