"""The edit itself: one count's digits, and not another byte."""

from __future__ import annotations

from bridge.errors import ManifestUnsupported
from bridge.manifest.target import Target
from bridge.manifest.workload import Count, Workload, workloads


def with_count(content: bytes, count: Count, value: int) -> bytes:
    """The file with `value` where `count` stands.

    Raises:
        ManifestUnsupported: other bytes than the count's stand there.
    """
    if content[count.start : count.end] != str(count.value).encode():
        raise ManifestUnsupported(f"byte {count.start}: the count is no longer there")
    if value < 0:
        raise ValueError(f"a count can't be {value}")
    return content[: count.start] + str(value).encode() + content[count.end :]


def scaled(content: bytes, target: Target, value: int) -> bytes:
    """The file with the one workload that is exactly `target` at `value` replicas.

    Raises:
        ManifestUnsupported: no such workload, several, or one whose count can't be changed.
    """
    found = [workload for workload in workloads(content) if workload.target == target]
    if len(found) != 1:
        lines = ", ".join(str(workload.line) for workload in found) or "none"
        raise ManifestUnsupported(f"expected {target} once, found it on lines: {lines}")
    return with_count(content, _countable(found[0]), value)


def _countable(workload: Workload) -> Count:
    if workload.count is None:
        raise ManifestUnsupported(workload.refusal)
    return workload.count
