"""The live view in the terminal: load, pods, alerts, the Git log and what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bridge.demo.chart import Chart
from bridge.demo.simulator import Running, Shop
from bridge.demo.story import TOLERANCE, Event, Kind, Story

STYLES: Final[dict[Kind, str]] = {
    "load": "yellow",
    "alert": "bold red",
    "decision": "cyan",
    "commit": "bold blue",
    "applied": "magenta",
    "calm": "bold green",
    "note": "dim",
}
_SAMPLE_SECONDS: Final = 0.5
_FRAME: Final = 20  # lines of everything but the story's
_COMMITS: Final = 4
_BESIDE_CHART: Final = 64  # columns of everything but the charts


class View:
    """Draws the present from the simulator and the story; keeps only the charts itself."""

    def __init__(self, shop: Shop, story: Story, caption: str, folder: Path) -> None:
        self._shop = shop
        self._story = story
        self._caption = caption
        self._folder = folder
        self._elapsed = 0.0
        self._sampled = -_SAMPLE_SECONDS
        self._loads = {running.workload.key: Chart(shop.seconds) for running in shop}
        self._pods = {running.workload.key: Chart(shop.seconds) for running in shop}

    def tick(self, elapsed: float) -> None:
        """Moves the clock; the charts take a sample now and then."""
        self._elapsed = elapsed
        if elapsed - self._sampled >= _SAMPLE_SECONDS:
            self._sampled = elapsed
            for running in self._shop:
                key = running.workload.key
                self._loads[key].add(elapsed, running.load, _strain_style(running))
                self._pods[key].add(elapsed, running.ready, "blue")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        rows = max(4, console.height - _FRAME)
        below = Table.grid(expand=True)
        below.add_column(ratio=2)
        below.add_column(ratio=5)
        below.add_row(self._alerts(), self._log())
        yield Group(self._header(width), self._workloads(width), below, self._events(rows))

    def _header(self, width: int) -> Group:
        clock = f"{_clock(self._elapsed)} / {_clock(self._shop.seconds)}"
        top = Table.grid(expand=True)
        top.add_column()
        top.add_column(justify="right")
        real = "STAND-IN" not in self._caption
        top.add_row(
            Text.assemble((" scalebridge ", "bold white on blue"), "  a shop on the day of a sale"),
            Text(self._caption, "dim" if real else "bold black on yellow"),
        )
        bar = ProgressBar(
            total=self._shop.seconds, completed=self._elapsed, width=width - len(clock) - 1
        )
        progress = Table.grid(padding=(0, 1))
        progress.add_row(bar, Text(clock, "bold"))
        return Group(top, progress)

    def _workloads(self, width: int) -> Panel:
        table = Table.grid(expand=True, padding=(0, 2, 0, 0))
        table.add_column(min_width=11, no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", min_width=12, no_wrap=True)
        table.add_column(min_width=13, no_wrap=True)
        for _ in range(2):
            table.add_column(justify="right", no_wrap=True)
        heads = ("workload", "load and pods over the run", "load", "live", "Git", "of target")
        table.add_row(*(Text(head, "dim") for head in heads))
        chart = max(12, width - _BESIDE_CHART)
        for row in (row for running in self._shop for row in self._rows(running, chart)):
            table.add_row(*row)
        return Panel(table, title="workloads", title_align="left", border_style="grey50")

    def _rows(self, running: Running, chart: int) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
        workload, style = running.workload, _strain_style(running)
        asked = self._story.committed.get(workload.name, workload.replicas)
        most = max(9.0, *(value for _, value, _ in self._pods[workload.key].points), asked)
        moving = "bold blue" if asked != len(running.pods) else "bold"
        first = (
            Text(workload.name, "bold"),
            self._loads[workload.key].draw(chart, workload.demand.peak * 1.03),
            Text(f"{running.load:.0f} {workload.unit}"),
            _counted(running),
            Text(str(asked), moving),
            Text(f"{running.strain:.0%}", style),
        )
        second = (
            Text(workload.kind, "dim"),
            self._pods[workload.key].draw(chart, most),
            Text(f"{running.backlog:.0f} wait", "dim") if running.backlog >= 1 else Text(),
            _dots(running),
            Text(),
            Text(),
        )
        return first, second

    def _alerts(self) -> Panel:
        lines = [
            Text.assemble(("● ", "bold red"), (name, "red"), f" {service}", no_wrap=True)
            for name, service in sorted(self._story.firing)
        ]
        lines += [
            Text.assemble(("◌ ", "yellow"), (name, "yellow"), f" {service} …", no_wrap=True)
            for name, service in sorted(self._story.pending)
        ]
        calm = [Text("○ nothing fires", "green")]
        lines = (lines or calm)[:_COMMITS]
        lines += [Text()] * (_COMMITS - len(lines))
        style = "red" if self._story.firing else "grey50"
        return Panel(Group(*lines), title="alerts", title_align="left", border_style=style)

    def _log(self) -> Panel:
        lines = [
            Text.assemble((commit.sha[:7], "yellow"), f" {commit.subject}", overflow="ellipsis")
            for _, commit in reversed(self._story.commits[-_COMMITS:])
        ]
        for line in lines:
            line.no_wrap = True
        lines += [Text("(the shop's first commit)", "dim")] * (len(lines) < _COMMITS)
        lines += [Text()] * (_COMMITS - len(lines))
        return Panel(Group(*lines), title="git log", title_align="left", border_style="grey50")

    def _events(self, rows: int) -> Panel:
        lines = [event_line(event) for event in self._story.events[-rows:]]
        lines += [Text()] * (rows - len(lines))
        where = f"[dim]{self._folder / 'shop.git'}[/]"
        return Panel(
            Group(*lines),
            title="what happened",
            title_align="left",
            subtitle=where,
            subtitle_align="right",
            border_style="grey50",
        )


def event_line(event: Event) -> Text:
    """One event, for the view."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{_clock(event.at)}  ", "dim")
    line.append(f"{event.kind:<9}", STYLES[event.kind])
    return line.append(event.text)


def _counted(running: Running) -> Text:
    starting = len(running.pods) - running.ready
    extra = (f" +{starting} starting", "yellow") if starting else ("", "")
    return Text.assemble((str(running.ready), "bold"), extra)


def _dots(running: Running) -> Text:
    ready = running.ready
    return Text.assemble(("●" * ready, "green"), ("○" * (len(running.pods) - ready), "yellow"))


def _strain_style(running: Running) -> str:
    if running.load > running.ready * running.workload.capacity:
        return "bold red"
    return "yellow" if running.strain > TOLERANCE else "green"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
