"""What the page on alerts shows is what its policy decides."""

from __future__ import annotations

from bridge.evaluate.alerts import Alerts, Firing
from bridge.policy.loading import parse_policy
from tests.decide.given import ago, decided, moment
from tests.docs.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "alerts.md"


def test_the_shown_reason_is_what_we_write() -> None:
    [text] = [b.text for b in blocks("yaml") if b.page == PAGE and "ScalingPolicy" in b.text]
    [reason] = [block.text for block in blocks("") if block.page == PAGE]
    fires = Firing({"alertname": "SearchOverloaded", "severity": "page"}, ago(90))
    policy = parse_policy(text.encode(), "search.yaml")
    made = decided(policy, moment(requests=300), 4, alerts=Alerts((fires,)))
    assert (made.desired, made.reasons[-1]) == (6, reason.strip())
