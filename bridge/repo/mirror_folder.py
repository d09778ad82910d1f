"""The mirror's folder: ours alone while we run, and marked as ours before anything is deleted."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from bridge.errors import ConfigInvalid
from bridge.settings.state_repo import StateRepoSettings

_MARK = "scalebridge-mirror"
_GITS = re.compile(
    r"HEAD|FETCH_HEAD|ORIG_HEAD|config|description|packed-refs|shallow|gc\.(?:pid|log)|"
    r"branches|hooks|info|logs|objects|refs|"
    r"(?:shallow|fast_import_crash)_\w+|[\w.-]+\.lock"
)


class MirrorFolder:
    """A claimed folder. Another process has it: a temporary one instead.

    Our git processes inherit the open file `claim`, so one that outlives us (a push after a
    SIGKILL) keeps its folder to itself. The claim's file is marked as the folder is: what such
    a git leaves in a folder that was deleted meanwhile is known for ours by it.

    Raises:
        ConfigInvalid: the folder can't be used, or holds what is not ours.
    """

    def __init__(self, settings: StateRepoSettings) -> None:
        wanted = settings.mirror or _cache_folder(settings)
        try:
            self.path, self.claim = _claimed(wanted)
            self._temporary = self.path != wanted
            with ExitStack() as failed:
                failed.callback(self.release)
                self.prepare()
                for lock in self.path.rglob("*.lock"):  # what a killed git left behind
                    lock.unlink(missing_ok=True)
                failed.pop_all()
        except OSError as error:
            raise ConfigInvalid(f"state_repo.mirror: {wanted}: {error.strerror}") from error

    def prepare(self) -> None:
        """Creates and marks the folder if it is not there."""
        self.path.mkdir(parents=True, exist_ok=True)
        if (self.path / _MARK).exists():
            return
        if any(self.path.iterdir()) and not self._left_by_our_git():
            raise ConfigInvalid(
                f"state_repo.mirror: {self.path} holds other files: name an empty folder"
            )
        os.pwrite(self.claim, _MARK.encode(), 0)
        (self.path / _MARK).touch()

    def _left_by_our_git(self) -> bool:
        """We had the folder before, and it holds no more than git makes in a mirror of ours."""
        if os.pread(self.claim, len(_MARK), 0) != _MARK.encode():
            return False
        names = [path.name for path in self.path.iterdir()]
        return all(map(_GITS.fullmatch, names)) and not self._has_branches()

    def _has_branches(self) -> bool:
        """As a repository of other people has, and a mirror of ours never."""
        with suppress(FileNotFoundError):
            if b" refs/heads/" in (self.path / "packed-refs").read_bytes():
                return True
        return any(path.is_file() for path in (self.path / "refs" / "heads").rglob("*"))

    def empty(self) -> None:
        """Deletes everything but the mark."""
        self.prepare()
        for path in self.path.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != _MARK:
                path.unlink()

    def release(self) -> None:
        """Lets others have the folder; a temporary one is deleted."""
        os.close(self.claim)
        if self._temporary:
            shutil.rmtree(self.path.parent, ignore_errors=True)


def _cache_folder(settings: StateRepoSettings) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(f"{settings.url}\n{settings.branch}".encode()).hexdigest()[:16]
    return cache / "scalebridge" / f"{name}.git"


def _claimed(folder: Path) -> tuple[Path, int]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    claim = os.open(folder.parent / f"{folder.name}.claim", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return _claimed(Path(tempfile.mkdtemp(prefix="scalebridge-")) / "mirror.git")
    return folder, claim
