"""Who watches the demo: a person at a terminal, or a log."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from bridge.demo.story import Story
from bridge.demo.view import View


class Audience(Protocol):
    """Is shown the present again and again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def look(self, elapsed: float, /) -> None:
        """The story is `elapsed` seconds old."""


class Log:
    """One plain line per event."""

    def __init__(self, console: Console, story: Story) -> None:
        self._console = console
        self._story = story
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.look(0.0)

    def look(self, _: float) -> None:
        """Prints what is new."""
        for event in self._story.events[self._told :]:
            line = f"{event.at:6.1f} s  {event.kind:<9} {event.text}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._told = len(self._story.events)


class Screen:
    """The live view; its last picture stays."""

    def __init__(self, console: Console, view: View) -> None:
        self._view = view
        # No thread of rich's own: what it draws changes between our looks alone.
        self._live = Live(view, console=console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def look(self, elapsed: float) -> None:
        """Moves the view's clock and draws."""
        self._view.tick(elapsed)
        self._live.refresh()
