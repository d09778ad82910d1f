"""A push is told as GitHub tells one."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from bridge.notify.push_event import browser_url, push_event, signature
from bridge.publish.push import Push

PUSH = Push("a" * 40, "b" * 40, "scale: web 1→2", ("apps/api.yaml", "apps/grün.yaml"), ())


def test_an_event_lists_every_changed_file_between_the_two_tips() -> None:
    assert json.loads(push_event(PUSH, "git@git.example.org:shop/state.git", "live")) == {
        "ref": "refs/heads/live",
        "before": "a" * 40,
        "after": "b" * 40,
        "repository": {
            "html_url": "https://git.example.org/shop/state",
            "default_branch": "live",
        },
        "commits": [
            {
                "id": "b" * 40,
                "added": [],
                "removed": [],
                "modified": ["apps/api.yaml", "apps/grün.yaml"],
            }
        ],
    }


def test_a_path_that_is_not_utf_8_is_no_reason_to_fail() -> None:
    odd = Push("a", "b", "", ("gr\udcf6n.yaml",), ())
    assert b'"modified": ["gr\\udcf6n.yaml"]' in push_event(odd, "/srv/state.git", "main")


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://git.example.org/shop/state.git", "https://git.example.org/shop/state"),
        ("https://git.example.org/shop/state", "https://git.example.org/shop/state"),
        ("https://robin@git.example.org:8443/state.git", "https://git.example.org:8443/state"),
        ("http://127.0.0.1:3000/state.git", "http://127.0.0.1:3000/state"),
        ("git@git.example.org:shop/state.git", "https://git.example.org/shop/state"),
        ("git.example.org:state", "https://git.example.org/state"),
        ("ssh://git@git.example.org:2222/shop/state.git", "https://git.example.org/shop/state"),
        ("file:///srv/state.git", "https:///srv/state"),
        ("/srv/state.git", "https:///srv/state"),
    ],
)
def test_a_repo_has_a_page_for_browsers(url: str, page: str) -> None:
    assert browser_url(url) == page


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_signature_is_an_hmac_over_the_raw_body(algorithm: str) -> None:
    expected = hmac.digest("schlüssel".encode(), b"body\xff", algorithm).hex()
    assert signature(b"body\xff", "schlüssel", algorithm) == f"{algorithm}={expected}"
    # RFC 4231, test case 2
    assert signature(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert hashlib.new(algorithm).digest_size * 2 == len(expected)
