from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bridge.demo.audience import Log, Screen
from bridge.demo.chart import Chart
from bridge.demo.load import Sale
from bridge.demo.monitoring import ActiveAlert
from bridge.demo.simulator import WORKLOADS, Shop
from bridge.demo.story import Story
from bridge.demo.view import View
from tests.demo.test_story import committed


def console(width: int = 100, height: int = 30, *, terminal: bool = False) -> Console:
    """A screen to read from."""
    return Console(
        file=StringIO(), width=width, height=height, force_terminal=terminal, color_system=None
    )


def shown(view: View, screen: Console) -> list[str]:
    """The picture's lines."""
    with screen.capture() as capture:
        screen.print(view)
    return capture.get().splitlines()


@pytest.fixture
def story() -> Story:
    """Alerts fire, and one commit answered."""
    story = Story()
    story.see_alerts(
        21,
        [
            ActiveAlert(name="ShopSlow", service="checkout", state="firing"),
            ActiveAlert(name="OrdersPileUp", service="worker", state="pending"),
        ],
    )
    story.see_commit(24, committed(2, 6))
    return story


@pytest.fixture
def view(story: Story) -> View:
    """Thirty seconds in, the sale is on, pods start."""
    shop = Shop(WORKLOADS)
    shop.sale = Sale(opens=18)
    view = View(shop, story, "real Prometheus and Alertmanager", Path("/demo"))
    for second in range(31):
        shop.advance(second, 1)
        view.tick(second)
    shop.apply(("Deployment", "shop", "checkout"), 6)
    return view


def test_the_picture_tells_the_whole_story(view: View) -> None:
    lines = shown(view, console())
    text = "\n".join(lines)
    assert lines[0].startswith(" scalebridge ")
    assert "real Prometheus and Alertmanager" in lines[0]
    assert "0:30 / 1:45" in lines[1]
    checkout = next(line for line in lines if line.startswith("│ checkout"))
    assert "▂▂▂▂▂▂▆▆▆▆▆···" in checkout
    assert "2 +4 starting" in checkout
    assert checkout.split()[-3:-1] == ["6", "291%"]
    assert "●●○○○○" in text
    assert " wait " in text
    assert "● ShopSlow checkout" in text
    assert "◌ OrdersPileUp worker …" in text
    assert "c0ffeec scale: checkout 2→6" in text
    assert "0:21  alert    ShopSlow fires for checkout" in text
    assert "/demo/shop.git" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50)])
def test_the_picture_fits_the_terminal(view: View, width: int, height: int) -> None:
    lines = shown(view, console(width, height))
    assert len(lines) < height
    assert {len(line) for line in lines[2:]} == {width}


def test_a_stand_in_is_named_in_the_picture() -> None:
    view = View(Shop(WORKLOADS), Story(), "STAND-IN for Prometheus and Alertmanager", Path("/demo"))
    lines = shown(view, console())
    assert "STAND-IN for Prometheus and Alertmanager" in lines[0]
    assert any("nothing fires" in line for line in lines)
    assert any("(the shop's first commit)" in line for line in lines)


def test_a_chart_keeps_the_largest_value_of_a_cell_and_its_style() -> None:
    chart = Chart(seconds=10)
    for at, value, style in ((0, 1, "a"), (0.5, 8, "b"), (2, 4, "c"), (10, 99, "d")):
        chart.add(at, value, style)
    line = chart.draw(10, 8)
    assert line.plain == "█ ▄      █"
    assert [span.style for span in line.spans] == ["b", "c", "d"]


def test_a_charts_future_is_dotted() -> None:
    chart = Chart(seconds=10)
    assert chart.draw(4, 1).plain == "····"
    chart.add(0, 0, "a")
    assert chart.draw(4, 1).plain == "▁···"


def test_a_log_has_a_line_for_each_event(story: Story) -> None:
    screen = console(20)
    with screen.capture() as capture, Log(screen, story) as log:
        log.look(1)
        log.look(2)
        story.tell(30, "note", "[the end] of a line that is longer than the terminal")
    assert capture.get().splitlines() == [
        "  21.0 s  alert     ShopSlow fires for checkout",
        "  24.0 s  commit    c0ffeec scale: checkout 2→6",
        "  30.0 s  note      [the end] of a line that is longer than the terminal",
    ]


def test_a_screen_shows_the_last_picture(view: View) -> None:
    terminal = console(terminal=True)
    with Screen(terminal, view) as screen:
        screen.look(105)
    assert isinstance(terminal.file, StringIO)
    assert "1:45 / 1:45" in terminal.file.getvalue()
