"""What docs/results.md says is what the code gives, on the short cuts; and the pages agree."""

from __future__ import annotations

import os

import pytest
import yaml

from tests.docs.markdown import ROOT, blocks
from tests.docs.results import FOLDER, LEVEL, PAGE, SHORT_CUT_S, STRETCHES, Stretch

from tests.docs.results import loaded, outcomes, rows  # isort: skip

LINES = PAGE.read_text("utf-8").splitlines()


@pytest.fixture(autouse=True)
def traces(request: pytest.FixtureRequest) -> None:
    """The public traces are no part of this repository."""
    if "stretch" in request.fixturenames and not FOLDER.is_dir():
        why = f"no folder {FOLDER} with the public traces: name it in TRACES"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("stretch", STRETCHES, ids=lambda stretch: stretch.name)
def test_the_short_cuts_are_what_the_code_gives(stretch: Stretch) -> None:
    found = list(outcomes(loaded(stretch, SHORT_CUT_S)))
    for row in rows(stretch, found):
        assert row in LINES, "run `make results`"


def test_the_page_shows_the_policy_that_played() -> None:
    (shown,) = [block for block in blocks("yaml") if block.page == PAGE]
    assert yaml.safe_load(shown.text)["spec"]["behavior"] == LEVEL


def test_every_trace_has_a_picture_a_source_and_a_licence() -> None:
    text = PAGE.read_text("utf-8")
    for stretch in [one for one in STRETCHES if "," not in one.name]:
        assert f"(pictures/{stretch.name}.svg)" in text
        picture = (PAGE.parent / "pictures" / f"{stretch.name}.svg").read_text("utf-8")
        assert picture.startswith("<svg ")
    for source in ("NASA-HTTP", "Numenta", "CC-BY 4.0", "MIT"):
        assert source in text


def test_the_front_page_agrees_on_when_not_to_use_it() -> None:
    front = (ROOT / "README.md").read_text("utf-8")
    assert "docs/results.md#when-not-to-use-scalebridge" in front
    assert "## When not to use scalebridge" in LINES
