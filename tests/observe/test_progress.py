"""Work that never ends is told, and what ends, however it ends, is not."""

from __future__ import annotations

import pytest

from bridge.observe.progress import Progress


def test_work_that_takes_too_long_is_hung_until_it_ends() -> None:
    now = 0.0
    progress = Progress(lambda: now)
    with progress.at("look"):
        now = 10
        with progress.at("publish"):
            now = 21
            assert progress.hung(30) == []
            assert progress.hung(20) == ["look: for 21 s"]
            assert progress.hung(10) == ["look: for 21 s", "publish: for 11 s"]
    assert progress.hung(0) == []


def test_work_that_fails_has_ended() -> None:
    now = 0.0
    progress = Progress(lambda: now)
    with pytest.raises(ValueError, match="x"), progress.at("look"):
        raise ValueError("x")
    now = 100
    assert progress.hung(1) == []
