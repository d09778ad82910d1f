"""A push to tell of."""

from __future__ import annotations

from bridge.decide.decision import Decision, Step
from bridge.manifest.target import Target
from bridge.notify.reconcilers import Reconcilers
from bridge.notify.told import Told
from bridge.publish.push import Push
from bridge.settings.reconcilers import ReconcilerSettings
from bridge.settings.state_repo import StateRepoSettings

REPO = StateRepoSettings(url="https://git.example.org/shop/state.git", branch="live")
CHANGED = Decision(
    target=Target("Deployment", "web", "shop"),
    policy="web",
    current=1,
    desired=2,
    steps=(Step("load 190 at 100 per replica asks for 2"),),
)
PUSH = Push("a" * 40, "b" * 40, "scale: web 1→2", ("apps/web.yaml",), (CHANGED,))
FACTS = {
    "repo": "https://git.example.org/shop/state",
    "branch": "live",
    "before": "a" * 40,
    "after": "b" * 40,
    "subject": "scale: web 1→2",
    "files": ["apps/web.yaml"],
    "changes": [
        {
            "target": "Deployment/shop/web",
            "kind": "Deployment",
            "namespace": "shop",
            "name": "web",
            "policy": "web",
            "from": 1,
            "to": 2,
            "reason": "load 190 at 100 per replica asks for 2",
        }
    ],
}


async def told(*reconcilers: ReconcilerSettings) -> list[Told]:
    """What they said of the push."""
    return await Reconcilers(reconcilers, REPO).tell(PUSH)
