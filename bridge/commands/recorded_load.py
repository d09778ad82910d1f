"""The load that `backtest` and `tune` play: a CSV, or what Prometheus recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from bridge.backtest.alert_history import AlertHistory
from bridge.backtest.load import Load
from bridge.backtest.trace import parse_trace
from bridge.commands.console import awaited
from bridge.errors import ConfigInvalid
from bridge.evaluate.alerts import minimum_rules
from bridge.evaluate.prometheus import Prometheus
from bridge.evaluate.reading import Moment
from bridge.policy.model import ScalingPolicy
from bridge.service.recording import recorded, recorded_alerts
from bridge.service.serve import utc_now
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from bridge.units import parse_duration

_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Where Prometheus is and which time is meant, as the options give it."""

    prometheus: str | None = None
    """None: the configuration's, with its credentials."""
    start: str | None = None
    end: str | None = None
    last: str = "6h"


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded: a moment per step, and the alerts where the policy asks for any."""

    moments: list[Moment]
    alerts: AlertHistory | None


def load_of_file(trace: Path) -> Load:
    """A CSV.

    Raises:
        ConfigInvalid: it can't be read.
        TraceInvalid: names file, line and column.
    """
    try:
        text = trace.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"--trace {trace}: can't be read: {error}") from error
    return parse_trace(text, str(trace))


def history(settings: Settings | None, policy: ScalingPolicy, asked: Recording) -> History:
    """From Prometheus; a URL that is given is asked without the configuration's credentials.

    Raises:
        ConfigInvalid: an option is no time or URL, or none says where to ask.
        MetricsUnavailable: see `recorded`.
    """
    if asked.prometheus:
        access = _access(asked.prometheus)
    elif settings:
        access = settings.prometheus
    else:
        raise ConfigInvalid("which load? give --trace FILE, --prometheus URL or --config FILE")
    end = time_of("--end", asked.end) if asked.end else utc_now()
    back = timedelta(seconds=seconds_of("--last", asked.last))
    start = time_of("--start", asked.start) if asked.start else end - min(back, end - _FIRST)
    if start >= end:
        raise ConfigInvalid(f"--start {start:%Y-%m-%dT%H:%M:%S} is not before --end")
    with progress("asking Prometheus") as told:
        return awaited(_history(access, policy, (start, end), told))


async def _history(
    access: PrometheusSettings,
    policy: ScalingPolicy,
    span: tuple[datetime, datetime],
    told: Callable[[float], None],
) -> History:
    async with Prometheus(access) as prometheus:
        moments = await recorded(prometheus, policy, *span, told)
        if not minimum_rules([policy]):
            return History(moments, None)
        return History(moments, await recorded_alerts(prometheus, policy, *span, told))


def _access(url: str) -> PrometheusSettings:
    try:
        return PrometheusSettings(url=url)
    except ValidationError as error:
        why = "; ".join(one["msg"] for one in error.errors())
        raise ConfigInvalid(f"--prometheus {url.rpartition('@')[2]}: {why}") from error


def time_of(option: str, text: str) -> datetime:
    """A moment as ISO 8601 has it; UTC where it names no zone.

    Raises:
        ConfigInvalid: it is none; names the option.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigInvalid(
            f"{option}: expected a time such as 2026-03-04T12:00, got {text}"
        ) from error


def seconds_of(option: str, text: str) -> float:
    """A duration.

    Raises:
        ConfigInvalid: it is none; names the option.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigInvalid(f"{option}: {error}") from error


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, told the share that is done; nothing elsewhere."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
