"""What is known of the branch: whether it takes our pushes, refuses them, or was not tried yet."""

from __future__ import annotations

from typing import Final

_TRIED_AGAIN_S: Final = 600.0


class Protection:
    """Learnt from pushes alone. Where nothing falls back to pull requests, it does not matter."""

    def __init__(self, *, falls_back: bool) -> None:
        self._takes_pushes: bool | None = None if falls_back else True
        self._try_at = float("-inf")

    @property
    def unknown(self) -> bool:
        """Not tried yet: a pull request of a former process may still be due."""
        return self._takes_pushes is None

    @property
    def reason(self) -> str:
        """Why every change needs an approval; empty where they don't."""
        return "the branch takes no pushes" if self._takes_pushes is False else ""

    def reason_now(self, now: float) -> str:
        """The same for a push; every now and then one tries the branch again."""
        return self.reason if now < self._try_at else ""

    def pushed(self) -> None:
        """It took one."""
        self._takes_pushes = True

    def refused(self, now: float) -> None:
        """It refused one."""
        self._takes_pushes = False
        self._try_at = now + _TRIED_AGAIN_S
