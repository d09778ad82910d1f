"""Rows: one state each, found by words, sorted, in pages."""

from __future__ import annotations

import pytest

from bridge.observe.rows import Row, Wanted, chosen
from tests.server.given import STARTED
from tests.server.shown import decided, shown, troubled


def test_the_id_is_the_same_for_ever_and_differs_by_repo() -> None:
    row = Row(repo="", title="web", decision=None)
    assert row.id == Row(repo="", title="web", decision=decided(1, 2, 3)).id
    assert row.id != Row(repo="eu", title="web", decision=None).id
    assert len(row.id) == 16


def test_each_is_in_the_state_that_most_concerns_a_person() -> None:
    states = {row.target.rpartition("/")[2]: row.state for row in troubled(STARTED).rows()}
    assert states == {
        "web-0000": "steady",
        "api-0001": "changing",
        "worker-0002": "held",
        "cache-0003": "paused",
        "gateway-0004": "changing",
        "consumer-0005": "steady",
        "renderer-0006": "in flight",
        "indexer-0007": "unknown",
        "web-0008": "stuck",
        "api-0009": "failed",
        "worker-0010": "steady",
        "cache-0011": "steady",
        "nightly-report": "suspended",
    }


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        pytest.param(Wanted(), "worker-0002", id="what may need a person first"),
        pytest.param(Wanted(sort="target"), "indexer-0007", id="by namespace and name"),
        pytest.param(Wanted(sort="desired", descending=True), "worker-0008", id="the largest"),
        pytest.param(Wanted(words=("robin",)), "worker-0002", id="by a reason"),
        pytest.param(Wanted(words=("shop", "consumer")), "consumer-0005", id="by both words"),
    ],
)
def test_they_are_found_and_sorted(wanted: Wanted, first: str) -> None:
    found = chosen(shown(9, STARTED).rows(), wanted)
    names = [row.target.rpartition("/")[2] for row in found.rows]
    if wanted.descending:
        counts = [row.desired for row in found.rows]
        assert counts == sorted(counts, key=lambda one: one or -1, reverse=True)
    else:
        assert names[0] == first


def test_the_last_page_stands_in_for_those_beyond_it() -> None:
    found = chosen(shown(11, STARTED).rows(), Wanted(page=9, size=4))
    assert (found.page, found.pages, found.matching, len(found.rows)) == (3, 3, 11, 3)
