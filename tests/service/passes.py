"""One pass after the other, each as a process would make it that starts on an empty disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.decide.decision import Decision
from bridge.service.once import Done, Pass, once, plan
from bridge.settings.configuration import Settings
from bridge.settings.prometheus import PrometheusSettings
from tests.parts.fake_prometheus import FakePrometheus, samples
from tests.parts.state_repo import StateRepo
from tests.repo.ways import by_file


@dataclass
class Passes:
    """`loads` is what Prometheus says now; `now` is the time of passes, the real one if None."""

    repo: StateRepo
    prometheus: FakePrometheus
    now: datetime | None = None
    remote: Mapping[str, Any] = field(default_factory=dict)

    def load(self, **loads: float) -> None:
        """From now on Prometheus answers so."""
        for query, value in loads.items():
            self.prometheus.script(query, samples(value))

    async def once(self, **sections: Any) -> Done:
        """Decides and commits."""
        with TemporaryDirectory(prefix="scalebridge-test-") as folder:
            return await once(self._settings(Path(folder), sections), self._clock)

    async def decisions(self, **sections: Any) -> dict[str, Decision]:
        """What would be decided, by policy; nothing is committed."""
        with TemporaryDirectory(prefix="scalebridge-test-") as folder:
            planned = await plan(self._settings(Path(folder), sections), self._clock)
        return made_by(planned.found)

    def _settings(self, folder: Path, sections: Mapping[str, Any]) -> Settings:
        given = dict(sections)
        remote = by_file(self.repo, folder, **{**self.remote, **given.pop("state_repo", {})})
        source = PrometheusSettings(url=self.prometheus.url)
        return Settings(prometheus=source, state_repo=remote, **given)

    def _clock(self) -> datetime:
        return self.now or datetime.now(UTC)


def made_by(found: Pass) -> dict[str, Decision]:
    """The decisions of a pass, by policy."""
    return {one.policy.name: one.decision for one in found.outcomes if one.decision}
