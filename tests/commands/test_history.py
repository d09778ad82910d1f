"""`history` tells what Git knows of the counts, for people, spreadsheets, programs and the eye."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands.conftest import Run
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.git_http import GitHttp
from tests.parts.state_repo import StateRepo
from tests.service.program import configured, through

TARGET = "Deployment/shop/checkout"


@pytest.fixture
def told(
    run: Run, shop: StateRepo, git_http: GitHttp, fake: FakePrometheus, tmp_path: Path
) -> Path:
    """The configuration, over smart HTTP, of a shop where we scaled and Robin took it back."""
    config = configured(tmp_path, fake.url, through(git_http, shop))
    fake.script("checkout", samples(700))
    fake.script("search", samples(400))
    assert run("once", "--config", config).exit_code == 0
    text = shop.read("apps/checkout.yaml").replace(b"replicas: 7", b"replicas: 5")
    shop.write({"apps/checkout.yaml": text}, "=Calm, down", author="Robin <robin@example.org>")
    return config


def columns(lines: Iterator[dict[str, str]] | list[dict[str, str]]) -> list[list[str]]:
    names = ("target", "kind", "from", "to", "who", "why")
    return [[str(line[name]) for name in names] for line in lines]


def test_text_is_told_newest_first(run: Run, told: Path, shop: StateRepo) -> None:
    done = run("history", "--config", told)
    assert (done.exit_code, done.stderr) == (0, "")
    newest, scaled, _, _ = shop.log()
    stamps = [f"{commit.when:%Y-%m-%d %H:%M:%S}  " for commit in (newest, scaled)]
    reason = "at 100 per replica asks for"
    assert done.stdout.splitlines() == [
        f"{stamps[0]}{TARGET}  7 → 5  Robin: =Calm, down  ({newest.sha[:12]})",
        f"{stamps[1]}Deployment/shop/search  3 → 4  policy search: load 400 {reason} 4"
        f"  ({scaled.sha[:12]})",
        f"{stamps[1]}{TARGET}  3 → 7  policy checkout: load 700 {reason} 7  ({scaled.sha[:12]})",
    ]
    assert run("history", "--target", "Deployment/shop/search", "--config", told).stdout == (
        f"{done.stdout.splitlines()[1]}\n"
    )


def test_csv_and_json_say_the_same(run: Run, told: Path) -> None:
    table = run("history", "--csv", "--config", told).stdout
    objects = [
        json.loads(line) for line in run("history", "--json", "--config", told).stdout.splitlines()
    ]
    rows = list(csv.DictReader(table.splitlines()))
    assert columns(rows)[0] == [TARGET, "changed", "7", "5", "Robin", "'=Calm, down"]
    assert columns(rows)[1:] == columns(objects)[1:]
    assert [(one["from"], one["to"]) for one in objects] == [(7, 5), (3, 4), (3, 7)]
    assert [row["at"] for row in rows] == [one["at"] for one in objects]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_replicas_are_drawn(run: Run, told: Path, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"replicas.{suffix}"
    done = run("history", "--plot", file, "--config", told)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{file}: 3 changes since 20")
    if suffix == "png":
        assert file.read_bytes().startswith(b"\x89PNG")
    else:
        lines = ElementTree.parse(file).iter("{http://www.w3.org/2000/svg}g")  # noqa: S314 - ours
        assert len([one for one in lines if one.get("id", "").startswith("line2d")]) > 2


def test_without_matplotlib_only_the_drawing_fails_and_at_once(
    run: Run, told: Path, git_http: GitHttp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("history", "--config", told).exit_code == 0
    asked = len(git_http.requests)
    done = run("history", "--plot", tmp_path / "x.svg", "--config", told)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "--plot needs matplotlib: pip install 'scalebridge[plot]'\n"
    assert len(git_http.requests) == asked


def test_nothing_is_said_to_be_nothing(run: Run, config: Path) -> None:
    done = run("history", "--since", "1m", "--config", config)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("no change in the 2 commits since 20")
    assert run("history", "--target", TARGET, "--config", config).exit_code == 0


def test_a_target_that_nobody_knows_is_a_mistake(run: Run, told: Path) -> None:
    done = run("history", "--target", "checkout", "--config", told)
    assert done.exit_code == 1
    assert done.stderr.endswith(
        f"no policy governs it; governed are: {TARGET}, Deployment/shop/search\n"
    )


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--since", "soon"], 1, "--since: 'soon' is not a duration"),
        (["--csv", "--json"], 2, "give one of --json, --csv and --plot"),
        (["--plot", "/nowhere/x.svg"], 1, "--plot /nowhere/x.svg: "),
    ],
)
def test_wrong_options_are_named(
    run: Run, told: Path, options: list[str], code: int, said: str
) -> None:
    done = run("history", *options, "--config", told)
    assert done.exit_code == code
    assert said in done.stderr
