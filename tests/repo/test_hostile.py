"""A state repo that means harm: what it says of filters, hooks and submodules moves nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.repo.mirror import Mirror
from tests.conftest import DEPLOYMENT
from tests.parts.state_repo import StateRepo
from tests.repo.ways import CHECKOUT, by_file, pushed

SEVEN = DEPLOYMENT.format(name="checkout").replace("replicas: 3", "replicas: 7").encode()


def planted(mark: Path) -> dict[str, str]:
    """Everything that git may read from a tree."""
    return {
        ".gitattributes": "* text eol=crlf filter=evil diff=evil merge=evil ident export-subst\n",
        "apps/.gitattributes": "*.yaml filter=evil working-tree-encoding=UTF-16\n",
        ".gitmodules": f'[submodule "x"]\n\tpath = apps\n\turl = ext::sh -c touch% {mark}\n'
        f"\tupdate = !touch {mark}\n",
        ".gitconfig": f"[core]\n\tfsmonitor = touch {mark}\n"
        f'[filter "evil"]\n\tclean = touch {mark}\n\tsmudge = touch {mark}\n',
        "config": f"[core]\n\tfsmonitor = touch {mark}\n\tsshCommand = touch {mark}\n",
        "hooks/pre-push": f"#!/bin/sh\ntouch {mark}\n",
        "apps/$Id$.yaml": "a: 1\n",
        ".mailmap": "Somebody <s@example.org> Robin Person <robin@example.org>\n",
    }


def test_nothing_in_the_tree_is_run_or_obeyed(
    state_repo: StateRepo, mirror: Mirror, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    state_repo.write(planted(mark), "Fine")
    mirror.look()
    pushed(mirror, {CHECKOUT: SEVEN})
    assert state_repo.read(CHECKOUT) == SEVEN
    assert not mark.exists()


@pytest.mark.parametrize("name", ["APPS/checkout.yaml", "apps/Checkout.yaml", "apps/CHECKOUT.YAML"])
def test_names_that_differ_by_case_are_files_of_their_own(
    state_repo: StateRepo, mirror: Mirror, name: str
) -> None:
    state_repo.write({name: "kind: Nothing\n"}, "Add a twin")
    mirror.look()
    pushed(mirror, {CHECKOUT: SEVEN})
    assert state_repo.read(CHECKOUT) == SEVEN
    assert state_repo.read(name) == b"kind: Nothing\n"


@pytest.mark.parametrize("branch", ["--upload-pack=touch", "-x", "a b", "a:b", "a^1", "a\nb", ""])
def test_branches_that_git_has_no_names_for_are_refused(
    state_repo: StateRepo, tmp_path: Path, branch: str
) -> None:
    with pytest.raises(ValueError, match="branch"):
        by_file(state_repo, tmp_path, branch=branch)


def test_a_date_beyond_the_calendar_is_one_that_nobody_believes(
    state_repo: StateRepo, mirror: Mirror
) -> None:
    who = "Robin <robin@example.org> 253402300800 +0000"  # the year 10000, which git takes
    lines = ["commit refs/heads/main", f"author {who}", f"committer {who}", "data 2", "x"]
    state_repo.git("fast-import", "--quiet", given="\n".join([*lines, "from main^0", ""]).encode())
    now = datetime.now(UTC)
    [odd, *_] = mirror.history(mirror.look().tip, now - timedelta(hours=1), now)
    assert odd.at == now
    head = mirror.at_side(lambda sides: sides.head("main", state_repo.tip()))
    assert head.at > now
