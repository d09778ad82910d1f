"""Folders of our own in the temporary one; what killed processes left of theirs is cleared away."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

_CLAIM: Final = "claim"


class Scratch:
    """One folder, locked for as long as we live; `end` ends what runs in one before it goes.

    The lock goes with its process, whatever kills it: unlike an id, nobody else can come to have
    it. So others that nobody holds are ours to clear, if they have our prefix and our user.
    """

    def __init__(self, prefix: str, end: Callable[[Path], object] | None = None) -> None:
        self._prefix, self._end = prefix, end
        for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            with suppress(OSError), _unclaimed(left):
                self._clear(left)
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        new = self.path / "new"
        self._claim = os.open(new, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._claim, fcntl.LOCK_EX)
        new.rename(self.path / _CLAIM)  # nobody ever sees it without its lock

    def _clear(self, folder: Path) -> None:
        if self._end:
            self._end(folder)
        shutil.rmtree(folder, ignore_errors=True)

    def renewed(self) -> Self:
        """Itself; or another, where whoever tidies the temporary folder has taken it."""
        if self.path.is_dir():
            return self
        self.close()
        return type(self)(self._prefix, self._end)

    def close(self) -> None:
        """Leaves nothing behind."""
        self._clear(self.path)
        os.close(self._claim)


@contextmanager
def _unclaimed(folder: Path) -> Iterator[None]:
    """Raises OSError where it is somebody else's, or its process lives."""
    claim = os.open(folder / _CLAIM, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if folder.is_symlink() or os.fstat(claim).st_uid != os.getuid():
            raise PermissionError(f"{folder} is none of ours")
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(claim)
