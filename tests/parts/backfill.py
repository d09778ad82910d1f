"""A real Prometheus whose past is made up: series are backfilled before it starts.

One server carries the past of many tests: give each its own label. It scrapes nothing and its data
never expires, so that the past may lie at any fixed date.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bridge.demo import servers
from tests.parts.threads import Context, LoopThread

PROMTOOL: Final = "promtool"
_KEPT_FOR_EVER: Final = "--storage.tsdb.retention.time=100y"
_NO_SCRAPES: Final = "{}\n"


@dataclass(frozen=True, slots=True)
class Series:
    """A metric's name, its labels, and its values by Unix time; NaN and infinities too."""

    name: str
    samples: Mapping[float, float]
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def every(seconds: float, start: datetime, values: Sequence[float | None]) -> dict[float, float]:
    """Samples from `start` on, one each `seconds`; None leaves a gap."""
    first = start.timestamp()
    return {first + n * seconds: value for n, value in enumerate(values) if value is not None}


def ready(kind: str, namespace: str, name: str, samples: Mapping[float, float]) -> Series:
    """kube-state-metrics' count of a Deployment's or StatefulSet's ready replicas."""
    labels = {"namespace": namespace, kind.lower(): name}
    return Series(f"kube_{kind.lower()}_status_replicas_ready", samples, labels)


def firing(alert: str, start: datetime, end: datetime, **labels: str) -> Series:
    """ALERTS as Prometheus writes it for an alert that fires from `start` to before `end`.

    Evaluated every 15 s; there is no stale marker, so it is still seen for the server's `lookback`.
    """
    ticks = int((end - start) / timedelta(seconds=15))
    named = {"alertname": alert, "alertstate": "firing", **labels}
    return Series("ALERTS", every(15, start, [1.0] * ticks), named)


def open_metrics(series: Iterable[Series]) -> Iterator[str]:
    """The exposition that promtool imports: the series of one name together, each oldest first."""
    for name, group in groupby(sorted(series, key=attrgetter("name")), attrgetter("name")):
        yield f"# TYPE {name} gauge\n"
        for one in group:
            labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in one.labels.items())
            for at, value in sorted(one.samples.items()):
                yield f"{name}{{{labels}}} {value!r} {at:.3f}\n"
    yield "# EOF\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def backfill(folder: Path, series: Iterable[Series]) -> None:
    """Writes the series as blocks into the data folder that `servers.prometheus(folder)` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    recording = folder / "recording.txt"
    with recording.open("w", encoding="utf-8") as lines:
        lines.writelines(open_metrics(series))
    program = servers.binary(PROMTOOL)
    if program is None:
        raise servers.PartMissing([PROMTOOL])
    command = (program, "tsdb", "create-blocks-from", "openmetrics", "--quiet", recording)
    done = subprocess.run(
        (*command, folder / "prometheus-data"), capture_output=True, timeout=60, check=False
    )
    if done.returncode:
        raise servers.PartFailed(f"promtool: {done.stderr.decode(errors='replace')}")


class Backfilled(Context):
    """A real Prometheus that remembers these series and nothing else; a context manager."""

    url: str

    def __init__(self, folder: Path, series: Iterable[Series], *, lookback: str = "5m") -> None:
        self._folder = folder
        self._series = series
        self._lookback = lookback

    def _enter(self, stack: ExitStack) -> None:
        backfill(self._folder, self._series)
        thread = stack.enter_context(LoopThread())
        running = thread.run(self._start(), within=45)
        stack.callback(lambda: thread.run(running.aclose(), within=20))

    async def _start(self) -> AsyncExitStack:
        flags = (_KEPT_FOR_EVER, f"--query.lookback-delta={self._lookback}")
        async with AsyncExitStack() as stack:
            serving = servers.prometheus(self._folder, _NO_SCRAPES, arguments=flags)
            self.url = await stack.enter_async_context(serving)
            return stack.pop_all()
