"""The fuzz target, for a bounded time: SCALEBRIDGE_FUZZ_SECONDS, 10 by default."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("SCALEBRIDGE_FUZZ_SECONDS", "10"))


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.timeout(SECONDS + 90)
def test_no_input_crashes_hangs_or_changes_another_byte(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    written = "import sys, tests.manifest.fuzz as f, pathlib\n" + (
        "for n, seed in enumerate(f.SEEDS):\n"
        "    (pathlib.Path(sys.argv[1]) / str(n)).write_bytes(seed)\n"
        "    f.once(seed)\n"
    )
    subprocess.run([sys.executable, "-c", written, str(seeds)], cwd=ROOT, check=True)
    limits = ("-timeout=25", "-rss_limit_mb=2048", "-max_len=2000", f"-artifact_prefix={tmp_path}/")
    command = [sys.executable, "-m", "tests.manifest.fuzz", str(seeds), *limits]
    done = subprocess.run(
        [*command, f"-max_total_time={SECONDS}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Done" in done.stderr
