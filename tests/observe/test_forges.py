"""Links to commits, where a forge is known by its name."""

from __future__ import annotations

import pytest

from bridge.observe.forges import commit_page


@pytest.mark.parametrize(
    ("repo", "page"),
    [
        ("https://github.com/acme/state.git", "https://github.com/acme/state/commit/abc"),
        ("git@github.com:acme/state.git", "https://github.com/acme/state/commit/abc"),
        ("ssh://git@gitlab.com:2222/a/b/c.git", "https://gitlab.com/a/b/c/-/commit/abc"),
        ("https://gitlab.example.org/a/b", "https://gitlab.example.org/a/b/-/commit/abc"),
        ("https://bitbucket.org/a/b.git", "https://bitbucket.org/a/b/commits/abc"),
        ("https://codeberg.org/a/b.git", "https://codeberg.org/a/b/commit/abc"),
        ('https://github.com/a/"><b>', "https://github.com/a/%22%3E%3Cb%3E/commit/abc"),
        ("https://git.example.org/a/b", None),
        ("file:///srv/state.git", None),
        ("/srv/state.git", None),
        ("https://github.com/", None),
    ],
)
def test_the_page_of_a_commit(repo: str, page: str | None) -> None:
    assert commit_page(repo, "abc") == page
