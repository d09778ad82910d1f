"""A group of alerts as Alertmanager and Grafana post it, as far as waking policies needs it."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import PayloadInvalid

Status = Literal["firing", "resolved"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # newer versions add fields


class Alert(_Part):
    """One alert of a notification."""

    status: Status
    labels: dict[str, str]

    @property
    def name(self) -> str:
        """As people call it."""
        return self.labels.get("alertname", "unnamed")

    def may_match(self, match: dict[str, str]) -> bool:
        """Whether it is one that a policy's rule means."""
        return match.items() <= self.labels.items()


class LeftOut(_Part):
    """Alerts of a group that the sender left out; of their labels, only the group's are known."""

    labels: dict[str, str]
    count: int

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.labels.get('alertname', 'unnamed')} ({self.count} left out)"

    def may_match(self, match: dict[str, str]) -> bool:
        """Whether a rule that means one of them is not ruled out."""
        return all(self.labels.get(name, value) == value for name, value in match.items())


Signal = Alert | LeftOut


class Notification(_Part):
    """A group of alerts; `status` and common labels are those of the alerts that it holds."""

    version: Literal["1", "4"]
    status: Status
    alerts: tuple[Alert, ...]
    truncated_alerts: int = Field(0, alias="truncatedAlerts", ge=0)
    group_labels: dict[str, str] = Field(default_factory=dict, alias="groupLabels")

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What may wake a policy: firing alerts, and those left out, which may fire as well."""
        firing = tuple(alert for alert in self.alerts if alert.status == "firing")
        if not self.truncated_alerts:
            return firing
        return (*firing, LeftOut(labels=self.group_labels, count=self.truncated_alerts))


_Given = TypeVar("_Given", bound=BaseModel)


def parsed(kind: type[_Given], body: bytes, what: str) -> _Given:
    """A webhook body of that kind.

    Raises:
        PayloadInvalid: what is wrong with it, for the sender's log.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PayloadInvalid(f"not {what}: {place or 'body'}: {first['msg']}") from error
