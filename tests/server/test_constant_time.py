"""No secret is compared but in constant time, and all of it."""

from __future__ import annotations

import ast
import hmac
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import bridge
from bridge.settings.server import GrafanaSettings, HubSignatureSettings
from tests.server.given import FIRING, GRAFANA, GRAFANA_HOOK, HOOK, serving
from tests.server.test_github import HOOK_OF_PUSHES, PUSH

SECRET = SecretStr("t0ken-canary")


@pytest.mark.parametrize(
    ("hook", "body", "headers"),
    [
        (HOOK, FIRING, {"Authorization": "Bearer t"}),
        (HOOK, FIRING, {"Authorization": "Basic YTp0"}),
        (HOOK, FIRING, {}),
        (GRAFANA_HOOK, GRAFANA, {"X-Grafana-Alerting-Signature": "t"}),
        (HOOK_OF_PUSHES, PUSH, {"X-Hub-Signature-256": "sha256=t"}),
    ],
)
async def test_each_way_in_compares_once_and_with_the_whole_secret(
    hook: str, body: bytes, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    honest = hmac.compare_digest

    def watched(given: bytes, known: bytes) -> bool:
        compared.append((given, known))
        return honest(given, known)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    own: dict[str, Any] = {
        "grafana": GrafanaSettings(secret=SECRET),
        "github": HubSignatureSettings(secret=SECRET),
    }
    async with serving(webhook_token=SECRET, **own) as http:
        assert (await http.post(hook, content=body, headers=headers)).status_code == 401
    [(_, known)] = compared
    assert len(known) in {len("t0ken-canary"), 64}


async def test_beyond_the_rate_limit_nothing_is_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[bytes] = []
    monkeypatch.setattr(hmac, "compare_digest", lambda given, _: compared.append(given))
    codes = []
    async with serving(webhook_token=SECRET, rate_limit=1) as http:
        for guess in "abcdefghijklmnopqrst":
            headers = {"Authorization": f"Bearer {guess}"}
            codes.append((await http.post(HOOK, content=FIRING, headers=headers)).status_code)
    assert set(codes) == {401, 503}
    assert len(compared) == codes.count(401) < 10


def test_who_may_come_in_is_decided_by_no_other_comparison() -> None:
    """In the files that know a secret, `==` compares none: only words of the protocol."""
    folder = Path(bridge.__file__).parent
    for name in ("server/auth.py", "trigger/flux.py", "trigger/grafana.py"):
        for node in ast.walk(ast.parse((folder / name).read_text())):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [node.left, *node.comparators]
                assert any(isinstance(side, ast.Constant) for side in sides), name
