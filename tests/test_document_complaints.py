"""What a model finds wrong is told with the line and field of the file."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bridge.documents import load_document


class Part(BaseModel):
    """A part of the model that the tests check files against."""

    model_config = ConfigDict(extra="forbid")

    count: int
    tags: tuple[str, ...] = ()


class Whole(BaseModel):
    """The model."""

    model_config = ConfigDict(extra="forbid")

    name: str
    parts: tuple[Part, ...] = Field((), min_length=1)
    labels: dict[str, str] = Field({}, min_length=1)
    token: SecretStr | None = None
    either: int | bool = 0

    @field_validator("name")
    @classmethod
    def _lower(cls, name: str) -> str:
        if not name.islower():
            raise ValueError("no capitals")
        return name


def complaints(text: bytes) -> list[str]:
    """What is wrong with a file that shall be a Whole."""
    document = load_document(text, "f.yaml")
    with pytest.raises(ValidationError) as refused:
        Whole.model_validate(document.data)
    return document.complaints(refused.value, Whole).splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "parts:\n- counts: 3\n  tags: x\nlabels: {}\nname: Web\n",
            [
                "f.yaml:2: parts.0.count: required, but missing",
                "f.yaml:2: parts.0.counts: unknown field; did you mean count?",
                "f.yaml:3: parts.0.tags: expected a list, not text",
                "f.yaml:4: labels: expected at least 1 item",
                "f.yaml:5: name: no capitals",
            ],
            id="each finding, by line",
        ),
        pytest.param(
            "name: 5\nparts: []\nlabels: [a]\n",
            [
                "f.yaml:1: name: input should be a valid string, not 5",
                "f.yaml:2: parts: expected at least 1 item",
                "f.yaml:3: labels: expected a mapping, not a list",
            ],
            id="what was given",
        ),
        pytest.param("- 1", ["f.yaml:1: document: expected a mapping, not a list"], id="a list"),
        pytest.param("", ["f.yaml:1: document: expected a mapping, not nothing"], id="empty"),
        pytest.param(
            "name: web\ntoken: 12345\n",
            ["f.yaml:2: token: input should be a valid string, not an integer"],
            id="a secret is not told",
        ),
        pytest.param(
            f"name: web\nparts: [{{count: {'9' * 20}x}}]\nlabels: {{a: 0.5}}\n",
            [
                "f.yaml:2: parts.0.count: input should be a valid integer, unable to parse string "
                f"as an integer, not '{'9' * 20}x'",
                "f.yaml:3: labels.a: input should be a valid string, not 0.5",
            ],
            id="plain values are told",
        ),
        pytest.param(
            f"name: web\nparts: [{{count: {'x' * 200}}}]\n",
            [
                "f.yaml:2: parts.0.count: input should be a valid integer, unable to parse string "
                f"as an integer, not '{'x' * 99}"
            ],
            id="long values are cut",
        ),
        pytest.param(
            "name: web\neither: [x]\n",
            [
                "f.yaml:2: either.int: input should be a valid integer, not a list",
                "f.yaml:2: either.bool: input should be a valid boolean, not a list",
            ],
            id="a choice of types",
        ),
    ],
)
def test_complaints_have_line_field_and_what_was_expected(text: str, expected: list[str]) -> None:
    assert complaints(text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "elsewhere", "expected"),
    [
        pytest.param(
            "name: web\n",
            {("name",): "$NAME"},
            "$NAME: name: no capitals",
            id="in place of the file",
        ),
        pytest.param(
            "parts: []\n", {("name",): "$NAME"}, "$NAME: name: no capitals", id="besides it"
        ),
        pytest.param("", {("name",): "$NAME"}, "$NAME: name: no capitals", id="without it"),
    ],
)
def test_a_field_from_elsewhere_is_named_so(
    text: str, elsewhere: dict[tuple[str | int, ...], str], expected: str
) -> None:
    document = load_document(text.encode(), "f.yaml")
    with pytest.raises(ValidationError) as refused:
        Whole.model_validate({**(document.data or {}), "name": "Web", "parts": ({"count": 1},)})
    assert document.complaints(refused.value, Whole, elsewhere) == expected


def test_a_part_from_elsewhere_names_what_brought_it_along() -> None:
    document = load_document(b"name: web\n", "f.yaml")
    with pytest.raises(ValidationError) as refused:
        Whole.model_validate({"name": "web", "parts": [{"count": "x"}]})
    assert document.complaints(refused.value, Whole, {("parts",): "$PARTS"}).startswith(
        "$PARTS: parts.count: input should be a valid integer"
    )
    assert document.complaints(refused.value, Whole, {("parts", "0", "tags"): "$TAGS"}).startswith(
        "f.yaml:1: parts.count: input should be a valid integer"
    )
