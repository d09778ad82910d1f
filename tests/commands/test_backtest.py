"""`backtest`: a load of a file through a policy, beside a live HPA, and what it can't play."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.commands.recorded import fleet, prometheus, results, trace, web
from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.service.program import configured

__all__ = ["fleet", "prometheus", "trace", "web"]


def test_one_table_for_all(run: Run, web: Path, trace: Path) -> None:
    done = run("backtest", web, "--trace", trace, "--dead-time", "30s", "--dead-time", "3m")
    assert (done.exit_code, done.stderr) == (0, "")
    head, columns, *rows = done.stdout.splitlines()
    assert head == "web: 1h of recorded load; one replica serves 110 of load"
    assert [row[:16].strip() for row in rows] == [
        "through Git, 30s",
        "through Git, 3m",
        "live HPA",
        "fixed 9 (peak)",
        "fixed 5 (mean)",
    ]
    assert columns.split()[:2] == ["too", "few"]
    assert re.search(r" 7 for \S+ +30 s$", rows[0])


def test_the_same_as_json(run: Run, web: Path, trace: Path) -> None:
    found = results(run("backtest", web, "--trace", trace, "--fixed", "4", "--json"))
    assert list(found) == ["through Git, 30s", "live HPA", "fixed 4"]
    git, live, fixed = found.values()
    assert (git["kind"], git["changes"], git["highest"], git["dead_time"]) == ("git", 3, 9, 30)
    assert git["worst_shortage"] == {"begin": 600, "seconds": 61, "lacking": 7}
    assert live["under_time"] < git["under_time"] < fixed["under_time"]
    assert fixed["replica_hours"] == 4
    assert fixed["under_time"] == pytest.approx(100 / 3)


def test_a_picture_is_drawn(run: Run, web: Path, trace: Path, tmp_path: Path) -> None:
    file = tmp_path / "web.svg"
    assert run("backtest", web, "--trace", trace, "--plot", file).exit_code == 0
    assert "through Git, 30s: 3 changes" in file.read_text()


def test_a_dead_time_that_nobody_measured(
    run: Run, web: Path, trace: Path, prometheus: str, tmp_path: Path
) -> None:
    measured = ("backtest", web, "--trace", trace, "--dead-time", "measured")
    assert "--dead-time measured needs --config" in run(*measured).stderr
    files = {"apps/web.yaml": DEPLOYMENT.format(name="web"), "policies/web.yaml": web.read_text()}
    repo = StateRepo.create(tmp_path, files)
    config = configured(tmp_path, prometheus, {"url": repo.url})
    done = run(*measured, "--config", config)
    assert done.exit_code == 1
    assert "--dead-time measured: no commit of the last day for Deployment/shop/web" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--last", "soon"), "--last: 'soon' is not a duration such as 500ms, 15s, 5m or 1h30m"),
        (("--start", "noon"), "--start: expected a time such as 2026-03-04T12:00, got noon"),
        (("--start", "0001-01-01T00:00+05:00"), "--start: expected a time such as"),
        (("--end", "0001-01-01T00:00"), "--start "),
        (
            ("--start", "2026-03-04T12:00", "--end", "2026-03-04T11:00"),
            "--start 2026-03-04T12:00:00 is not before --end",
        ),
        (("--dead-time", "late"), "--dead-time: 'late' is not a duration"),
        (
            ("--dead-time", "5s"),
            "--dead-time 5s is from commit to ready pods, and --pod-start alone is 10s of that",
        ),
        (("--plot", "web.gif"), "--plot web.gif: expected a name that ends with .svg, .html"),
        (("--trace", "lost.csv"), "--trace and --prometheus: give one of the two"),
    ],
)
def test_options_that_don_t_fit_are_explained(
    run: Run, web: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run("backtest", web, "--prometheus", "http://127.0.0.1:9", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(told)


def test_a_url_that_is_none_is_named(run: Run, web: Path) -> None:
    done = run("backtest", web, "--prometheus", "localhost")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("--prometheus localhost: ")


def test_no_error_shows_the_password_of_a_url(run: Run, web: Path) -> None:
    done = run("backtest", web, "--prometheus", "http://web:hunter2@localhost:9090")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("--prometheus localhost:9090: ")
    assert "hunter2" not in done.stderr


def test_files_that_can_t_be_read_are_named(run: Run, web: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("[]")
    (tmp_path / "bad.csv").write_text("a,b\n")
    bad = run("backtest", tmp_path / "bad.yaml", "--trace", tmp_path / "bad.csv")
    assert bad.stderr.startswith(f"{tmp_path}/bad.yaml:1: ")
    lost = run("backtest", tmp_path / "lost.yaml", "--trace", tmp_path / "bad.csv")
    assert lost.stderr == f"{tmp_path}/lost.yaml: can't be read: No such file or directory\n"
    trace = run("backtest", web, "--trace", tmp_path / "lost.csv")
    assert trace.stderr.startswith(f"--trace {tmp_path}/lost.csv: can't be read: ")
    header = run("backtest", web, "--trace", tmp_path / "bad.csv")
    assert header.stderr.startswith(f"{tmp_path}/bad.csv:1: expected the header t_seconds")


def test_a_fleet_asks_for_the_name_of_a_member(
    run: Run, fleet: Path, web: Path, trace: Path
) -> None:
    for command in ("backtest", "tune"):
        done = run(command, fleet, "--trace", trace)
        assert (done.exit_code, done.stdout) == (1, "")
        told = f"{fleet}: fleet: spec.scaleTargetSelector: a fleet: say which of its members by"
        assert done.stderr.startswith(told)
    done = run("backtest", fleet, "--trace", trace, "--member", "a/b/c")
    assert done.stderr == "--member a/b/c: expected NAMESPACE/NAME\n"
    done = run("backtest", web, "--trace", trace, "--member", "shop/other")
    assert done.stderr == f"{web}: web: no fleet: --member shop/other is not its target\n"
    for name in ("web", "shop/web", "Deployment/shop/web"):
        assert run("backtest", web, "--trace", trace, "--member", name).exit_code == 0
