"""A view is a value: it goes with its tip."""

from __future__ import annotations

import weakref

import pytest

from bridge.policy.loading import Policies
from bridge.policy.shard import Shard
from bridge.repo.snapshot import Snapshot
from bridge.service.placing import Places
from bridge.service.view import View


@pytest.mark.usefixtures("no_collector")
def test_nothing_keeps_a_view_and_its_files_but_who_uses_it() -> None:
    view = View(Snapshot("1" * 40, {}), Policies(), Places())
    assert view.whole is view
    assert view.elsewhere == 0
    gone = weakref.ref(view)
    del view
    assert gone() is None


def test_the_whole_of_a_share_is_made_once() -> None:
    share = Places().of_shard(Shard(1, 2))
    view = View(Snapshot("1" * 40, {}), Policies(), share)
    assert view.whole.places is share.whole
    assert view.whole is view.whole
