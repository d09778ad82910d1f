"""At most so many commits an hour: what the log says was spent, and when the next may be made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """Each commit takes one of `limit` tokens, which comes back an hour later.

    `spent` holds when commits were made of late. Scale-ups may overdraw the
    budget by half as many commits more; scale-downs then wait until that is made good.
    """

    limit: int
    spent: tuple[datetime, ...] = ()

    @property
    def overdraft(self) -> int:
        """How many commits more a scale-up may make."""
        return (self.limit + 1) // 2

    def used(self, now: datetime) -> int:
        """The commits of the last hour."""
        return sum(at + HOUR > now for at in self.spent)

    def opens_at(self, now: datetime, *, raises: bool) -> datetime | None:
        """When the next commit may be made, by its having a scale-up or not; None: now."""
        most = self.limit + (self.overdraft if raises else 0)
        if self.used(now) < most:
            return None
        return sorted(self.spent, reverse=True)[most - 1] + HOUR
