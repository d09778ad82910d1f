"""The picture of a backtest: well-formed, small, and with what has to be seen."""

from __future__ import annotations

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.errors import ConfigInvalid
from bridge.observe.load_plot import Plot, Supply, page, suffix_of, svg, write_plot

BEGIN = datetime(2026, 3, 4, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
PLOT = Plot(
    "shop & co",
    BEGIN,
    1000,
    [(0, 2.0), (300, 5.0), (600, None), (700, 1.0)],
    [
        Supply("through <Git>", [(0, 2), (400, 5)], [350, 351], [(300, 400, 2, 5.0)]),
        Supply("live HPA", [(0, 5)], []),
    ],
)


def drawn(plot: Plot, fill: str) -> str:
    """The first path with that colour; the key has another."""
    root = ElementTree.fromstring(svg(plot))  # noqa: S314 - our own
    path, *_key = [one for one in root.iter(f"{SVG}path") if one.get("fill") == fill]
    return path.get("d") or ""


def columns(path: str) -> list[int]:
    """Where its bars stand: `M50 368V48h3V368z` is three of them."""
    bars = re.findall(r"M(\d+) [\d.]+V[\d.]+h(\d+)V", path)
    return [int(x) - 50 + n for x, wide in bars for n in range(int(wide))]


def test_need_is_an_area_with_its_gap() -> None:
    assert columns(drawn(PLOT, "#d9d9d9")) == [*range(600), *range(700, 1000)]


def test_red_is_where_fewer_were_ready_than_needed() -> None:
    assert columns(drawn(PLOT, "#d55e00")) == list(range(300, 400))


def test_each_contestant_is_named_with_its_changes() -> None:
    texts = [one.text for one in ElementTree.fromstring(svg(PLOT)).iter(f"{SVG}text")]  # noqa: S314
    assert texts[0] == "shop & co"
    assert "through <Git>: 2 changes" in texts
    assert "live HPA: no changes" in texts
    assert {"replicas", "replicas needed", "12:00:00", "12:16:40 UTC"} <= set(texts)


def test_contestants_differ_in_colour_and_dashes_and_the_first_is_on_top() -> None:
    root = ElementTree.fromstring(svg(PLOT))  # noqa: S314 - our own
    lines = [one for one in root.iter(f"{SVG}path") if one.get("fill") == "none"]
    looks = [(one.get("stroke"), one.get("stroke-dasharray")) for one in lines]
    assert looks == [("#e69f00", "7 3"), ("#0072b2", "none")]
    assert lines[1].get("d") == "M50 246.1H450V63.2V63.2H1050"


def test_a_month_is_no_larger_than_a_screen() -> None:
    month = [(15 * n, float(n % 7)) for n in range(172_800)]
    many = Plot(
        "month", BEGIN, 2_592_000, month, [Supply("Git", [(0, 3)], range(0, 2_592_000, 60))]
    )
    assert len(svg(many)) < 60_000


def test_a_page_holds_the_picture() -> None:
    assert "<h1>shop &amp; co</h1>\n<svg " in page(PLOT)


@pytest.mark.parametrize("kind", [".svg", ".html", ".png"])
def test_the_suffix_says_what_is_written(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"plot{kind}"
    write_plot(PLOT, file)
    starts = {".svg": b"<svg", ".html": b"<!doctype html>", ".png": b"\x89PNG"}
    assert file.read_bytes().startswith(starts[kind])


def test_other_names_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"expected a name that ends with \.svg"):
        suffix_of(tmp_path / "plot.gif")
    with pytest.raises(ConfigInvalid, match="can't be written: No such file"):
        write_plot(PLOT, tmp_path / "lost" / "plot.svg")


def test_png_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("bridge.observe.curve.find_spec", lambda _: None)
    with pytest.raises(ConfigInvalid, match=r"pip install 'scalebridge\[plot\]'"):
        suffix_of(Path("plot.png"))
