"""Looking, reading, committing and pushing, by file, smart HTTP and SSH."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import PushRejected, RemoteRefused
from bridge.repo.mirror import Mirror
from bridge.repo.trailers import ScaleDecision
from bridge.settings.state_repo import StateRepoSettings
from tests.parts.git import environment, git
from tests.parts.state_repo import StateRepo
from tests.repo.conftest import Open
from tests.repo.ways import BRIDGE, CHECKOUT, NOON, SEARCH, by_file, draft, pushed

UP = ScaleDecision(
    target="Deployment/shop/checkout", from_=3, to=7, policy="checkout", reason='said "é"\n→'
)


def scaling(decision: ScaleDecision) -> str:
    """A message as ours are."""
    return f"scale: checkout 3→7\n\nWhy\n\nScaled-By: scalebridge/1\n{decision.render()}\n"


def test_a_look_shows_the_tip_and_its_files(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(settings)
    snapshot = mirror.look()
    assert snapshot.tip == state_repo.tip()
    assert sorted(snapshot.files) == [CHECKOUT, SEARCH]
    blobs = snapshot.blobs()
    contents = mirror.read([blobs[SEARCH], blobs[CHECKOUT]])
    assert contents == {blobs[path]: state_repo.read(path) for path in (CHECKOUT, SEARCH)}


def test_a_commit_changes_one_file_and_nothing_else(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    before = state_repo.read(SEARCH)
    commit = pushed(opened(settings), {CHECKOUT: b"replicas: 7\r\n"}, "scale: a 3→7\n\nWhy\n")
    newest, seed = state_repo.log()
    assert (newest.sha, newest.parents, newest.paths) == (commit, (seed.sha,), (CHECKOUT,))
    assert newest.author == newest.committer == f"{BRIDGE.name} <{BRIDGE.email}>"
    assert (newest.when, newest.subject, newest.body) == (NOON, "scale: a 3→7", "Why")
    assert state_repo.read(CHECKOUT) == b"replicas: 7\r\n"
    assert state_repo.read(SEARCH) == before


def test_looks_follow_our_commits_and_those_of_others(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(settings)
    ours = pushed(mirror, {CHECKOUT: b"ours\n"})
    assert mirror.look().tip == ours
    theirs = state_repo.write({SEARCH: None, "new.yaml": "theirs\n"}, "Move")
    snapshot = mirror.look()
    assert (snapshot.tip, sorted(snapshot.files)) == (theirs, [CHECKOUT, "new.yaml"])
    assert list(mirror.read([snapshot.blobs()["new.yaml"]]).values()) == [b"theirs\n"]


def test_a_push_onto_a_moved_branch_is_rejected(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(settings)
    snapshot = mirror.look()
    commit = mirror.commit(draft(snapshot, {CHECKOUT: b"ours\n"}), snapshot)
    theirs = state_repo.write({SEARCH: "theirs\n"}, "Rival")
    with pytest.raises(PushRejected, match="stale info"):
        mirror.push(commit, snapshot.tip)
    assert state_repo.tip() == theirs
    assert mirror.look().tip == theirs


def test_of_two_instances_with_the_very_same_commit_one_has_pushed_it(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    first, second = opened(settings), opened(settings)
    snapshot = first.look()
    one, other = (
        mirror.commit(draft(mirror.look(), {CHECKOUT: b"ours\n"}), snapshot)
        for mirror in (first, second)
    )
    first.push(one, snapshot.tip)
    with pytest.raises(PushRejected, match="another instance pushed the same commit"):
        second.push(other, snapshot.tip)
    assert one == other == state_repo.tip()


def test_a_forced_push_of_a_person_is_followed(mirror: Mirror, state_repo: StateRepo) -> None:
    pushed(mirror, {CHECKOUT: b"ours\n"})
    seed = state_repo.tip("main~1")
    state_repo.git("update-ref", "refs/heads/main", seed)
    assert mirror.look().tip == seed
    pushed(mirror, {CHECKOUT: b"again\n"})
    state_repo.assert_linear()


def test_another_branch_is_left_alone(state_repo: StateRepo, tmp_path: Path, opened: Open) -> None:
    state_repo.git("branch", "live/eu")
    state_repo.git("tag", "live")
    main = state_repo.tip()
    commit = pushed(opened(by_file(state_repo, tmp_path, branch="live/eu")), {CHECKOUT: b"7\n"})
    assert state_repo.tip("live/eu") == commit
    assert state_repo.tip() == state_repo.tip("live") == main


def test_a_branch_that_vanishes_is_named_and_found_again(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(settings)
    pushed(mirror, {CHECKOUT: b"ours\n"})
    state_repo.git("branch", "--move", "main", "master")
    state_repo.git("branch", "live/eu", "master")
    told = (
        f"{settings.url}: couldn't find remote ref refs/heads/main (see state_repo.branch); "
        "the remote's branches: live/eu, master"
    )
    for one in (mirror, opened(settings)):
        with pytest.raises(RemoteRefused, match=f"^{re.escape(told)}$"):
            one.look()
    state_repo.git("branch", "--move", "master", "main")
    pushed(mirror, {CHECKOUT: b"again\n"})
    assert state_repo.read(CHECKOUT) == b"again\n"


def test_a_remote_without_any_branch_and_one_with_many(
    mirror: Mirror, state_repo: StateRepo
) -> None:
    tip = state_repo.tip()
    state_repo.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(RemoteRefused, match=r"the remote's branches: none$"):
        mirror.look()
    for number in range(10, 30):
        state_repo.git("update-ref", f"refs/heads/b{number}", tip)
    with pytest.raises(RemoteRefused, match=r"branches: b10, b11.* b19 and 10 more$"):
        mirror.look()


def test_a_branch_that_was_replaced_is_followed(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    mirror = opened(settings)
    pushed(mirror, {CHECKOUT: b"ours\n"})
    unrelated = StateRepo.create(state_repo.path.parent / "unrelated", {SEARCH: "theirs\n"})
    state_repo.git("fetch", "--quiet", unrelated.url, "+main:main")
    state_repo.git("reflog", "expire", "--expire=now", "--all")
    state_repo.git("gc", "--quiet", "--prune=now")
    snapshot = mirror.look()
    assert (snapshot.tip, list(snapshot.files)) == (unrelated.tip(), [SEARCH])
    assert list(mirror.read([snapshot.blobs()[SEARCH]]).values()) == [b"theirs\n"]
    assert len(mirror.history(snapshot.tip, NOON - timedelta(days=9999))) == 1
    pushed(mirror, {SEARCH: b"ours\n"})
    state_repo.assert_linear()


def test_a_missing_repository_is_refused(
    settings: StateRepoSettings, state_repo: StateRepo, opened: Open
) -> None:
    state_repo.path.rename(state_repo.path.with_name("other.git"))
    with pytest.raises(RemoteRefused):
        opened(settings).look()


def test_decisions_are_read_back_from_the_log(settings: StateRepoSettings, opened: Open) -> None:
    mirror = opened(settings)
    before, after = b"three\n", b"seven\n"
    reverted = f"Revert\n\nThis reverts:\n\n{UP.render()}\n\nSigned-off-by: me\n"
    shas = [
        pushed(mirror, {CHECKOUT: before}, "By hand\n\nScale-Decision: {}\nScale-Decision: [\n"),
        pushed(mirror, {CHECKOUT: after}, scaling(UP)),
        pushed(mirror, {CHECKOUT: before, SEARCH: after}, reverted),
    ]
    snapshot = mirror.look()
    newest, ours, oldest = mirror.history(snapshot.tip, NOON - timedelta(minutes=1))
    assert [newest.sha, ours.sha, oldest.sha] == shas[::-1]
    assert [newest.decisions, ours.decisions, oldest.decisions] == [(), (UP,), ()]
    assert (ours.at, ours.author) == (NOON, BRIDGE.name)
    (change,) = ours.changes
    assert change.path == CHECKOUT
    assert mirror.read([change.before or "", change.after or ""]) == {
        change.before: before,
        change.after: after,
    }
    assert sorted(one.path for one in newest.changes) == [CHECKOUT, SEARCH]
    assert mirror.history(snapshot.tip, NOON + timedelta(minutes=1)) == []


def test_the_log_tells_of_new_and_deleted_files(mirror: Mirror, state_repo: StateRepo) -> None:
    state_repo.write({SEARCH: None, "new.yaml": "new\n"}, "Move")
    newest, *_ = mirror.history(mirror.look().tip, NOON - timedelta(days=999))
    gone, came = sorted(newest.changes, key=lambda change: change.path)
    assert (gone.path, gone.after, came.path, came.before) == (SEARCH, None, "new.yaml", None)
    assert gone.before
    assert came.after


def test_a_merge_counts_as_one_commit(mirror: Mirror, state_repo: StateRepo) -> None:
    seed = state_repo.tip()
    side = state_repo.write({CHECKOUT: "side\n"}, "Side")
    given = environment({"user.name": "M", "user.email": "m@example.org"})
    tree = f"{side}^{{tree}}"
    arguments = ("commit-tree", "-m", "Merge", "-p", seed, "-p", side, tree)
    merge = git(state_repo.path, *arguments, env=given).decode().strip()
    state_repo.git("update-ref", "refs/heads/main", merge)
    newest, *_ = mirror.history(mirror.look().tip, NOON - timedelta(days=999))
    assert (newest.sha, [change.path for change in newest.changes]) == (merge, [CHECKOUT])


def test_earlier_contents_come_newest_first(mirror: Mirror, state_repo: StateRepo) -> None:
    seed = state_repo.read(CHECKOUT)
    for text in ("one\n", "two\n", None, "three\n"):
        state_repo.write({CHECKOUT: text}, "Edit")
        state_repo.write({SEARCH: f"beside {text}\n"}, "Noise")
    tip = mirror.look().tip
    blobs = mirror.earlier(tip, CHECKOUT)
    contents = mirror.read(blobs)
    assert [contents[blob] for blob in blobs] == [b"two\n", b"one\n", seed]
    assert mirror.earlier(tip, CHECKOUT, limit=2) == blobs[:1]
    assert mirror.earlier(tip, "never.yaml") == []


def test_a_commit_is_one_pack_and_no_loose_objects(state_repo: StateRepo, tmp_path: Path) -> None:
    objects = tmp_path / "mirror.git" / "objects"
    with closing(Mirror(by_file(state_repo, tmp_path))) as mirror:
        snapshot = mirror.look()
        packs, loose = set(objects.glob("pack/*.pack")), set(objects.glob("??/*"))
        mirror.commit(draft(snapshot, {CHECKOUT: b"7\n"}), snapshot)
        assert len(set(objects.glob("pack/*.pack")) - packs) == 1
        assert set(objects.glob("??/*")) == loose
