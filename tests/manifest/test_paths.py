"""Any integer in any structure, however a writer lays it out: read back by a second parser."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bridge.manifest.locator import Field, Locator
from bridge.manifest.splice import edited

KEYS = st.text("abcxyz01./~-_ é'\"#:", max_size=5).map("k{}".format)
LEAVES = st.one_of(
    st.integers(0, 99), st.booleans(), st.none(), st.text("abc 3:#'\"\n{}é", max_size=9)
)
TREES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=8,
)
Path = tuple[str, ...]


@st.composite
def holding(draw: st.DrawFn) -> tuple[Any, Path]:
    """A structure, and the path of one count in it."""
    data: Any = draw(st.integers(0, 999))
    path: Path = ()
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            beside = draw(st.lists(TREES, max_size=2))
            at = draw(st.integers(0, len(beside)))
            data, path = [*beside[:at], data, *beside[at:]], (str(at), *path)
        else:
            key, beside_it = draw(KEYS), draw(st.dictionaries(KEYS, TREES, max_size=2))
            pairs = draw(st.permutations([*{**beside_it, key: data}.items()]))
            data, path = dict(pairs), (key, *path)
    return data, path


@st.composite
def written(draw: st.DrawFn, data: Any) -> bytes:
    """The structure in one of the styles of PyYAML, ruamel or JSON."""
    if draw(st.booleans()):
        indent = draw(st.sampled_from([None, 1, 4, "\t"]))
        text = json.dumps(data, indent=indent, ensure_ascii=draw(st.booleans()))
    else:
        text = yaml.safe_dump(
            data,
            default_flow_style=draw(st.sampled_from([True, False, None])),
            indent=draw(st.integers(2, 6)),
            width=draw(st.sampled_from([20, 80, 1000])),
            allow_unicode=draw(st.booleans()),
            explicit_start=draw(st.booleans()),
            sort_keys=False,
            line_break=draw(st.sampled_from(["\n", "\r\n"])),
        )
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode()


def read(content: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(content.decode("utf-8-sig"))


def with_value(data: Any, path: Path, value: int) -> Any:
    """A copy with another value there."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, list):
        return [
            with_value(item, tuple(rest), value) if str(at) == key else item
            for at, item in enumerate(data)
        ]
    return {k: with_value(v, tuple(rest), value) if k == key else v for k, v in data.items()}


@settings(max_examples=150, deadline=None)
@given(st.data(), holding(), st.integers(0, 2**31 - 1))
def test_the_value_at_a_path_changes_and_nothing_else(
    data: st.DataObject, held: tuple[Any, Path], new: int
) -> None:
    tree, path = held
    content = data.draw(written(tree))
    count, result = edited(content, "a.yaml", Locator(Field(path)), new)
    digits = str(new).encode()
    assert result == content[: count.start] + digits + content[count.end :]
    assert read(content) == tree
    assert read(result) == with_value(tree, path, new)
