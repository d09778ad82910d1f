"""A target is found once in a tree, or refused with every place that it might be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.count import Count
from bridge.manifest.index import Catalogue, Index, Place
from bridge.manifest.locate import counts_in
from bridge.manifest.locator import Field, Locator
from bridge.manifest.target import Target

WEB = Target("Deployment", "web", "shop", "apps/v1")


def deployment(namespace: str = "shop", group: str = "apps/v1", count: str = "3") -> bytes:
    """A Deployment named web; an empty text leaves a field out."""
    place = f", namespace: {namespace}" if namespace else ""
    version = f"apiVersion: {group}\n" if group else ""
    return (
        f"{version}kind: Deployment\nmetadata: {{name: web{place}}}\nspec: {{replicas: {count}}}\n"
    ).encode()


def indexed(files: Mapping[str, bytes], *search_paths: str) -> Index:
    """An index of these files, each its own blob."""
    tree = {path: path for path in files}
    return Catalogue(search_paths or (".",)).index(tree, lambda _: files.items())


def refusal(index: Index, target: Target = WEB) -> str:
    """Why the target has no one place."""
    with pytest.raises(ManifestUnsupported) as refused:
        index.find(target)
    return str(refused.value)


def test_a_target_is_found_with_path_line_and_count() -> None:
    content = b"kind: Service\nmetadata: {name: web}\n---\n" + deployment()
    start = content.index(b"3}")
    assert indexed({"apps/web.yaml": content, "README.md": content}).find(WEB) == Place(
        "apps/web.yaml", WEB, Count(3, start, start + 1, 7), Locator(Field(owner=WEB, doc=1))
    )


@pytest.mark.parametrize(
    ("target", "namespace", "group", "found"),
    [
        pytest.param(WEB, "shop", "apps/v1", True, id="all given and equal"),
        pytest.param(WEB, "", "apps/v1", True, id="a manifest without namespace fits any"),
        pytest.param(WEB, "shop", "apps/v1beta1", True, id="another version of the group"),
        pytest.param(WEB, "other", "apps/v1", False, id="another namespace"),
        pytest.param(WEB, "shop", "extensions/v1beta1", False, id="another group"),
        pytest.param(WEB, "shop", "v1", False, id="the core group"),
        pytest.param(WEB, "shop", "", False, id="no group is no match"),
        pytest.param(
            Target("Deployment", "web"), "other", "", True, id="a target without both fits any"
        ),
        pytest.param(Target("Deployment", "api"), "shop", "apps/v1", False, id="another name"),
        pytest.param(Target("StatefulSet", "web"), "shop", "apps/v1", False, id="another kind"),
    ],
)
def test_group_and_namespace_narrow_where_given(
    target: Target, namespace: str, group: str, found: bool
) -> None:
    index = indexed({"a.yaml": deployment(namespace, group)})
    if found:
        assert index.find(target).path == "a.yaml"
    else:
        assert refusal(index, target) == f"{target}: no such workload below search_paths"


def test_the_exact_namespace_wins_over_none() -> None:
    files = {"base.yaml": deployment(""), "shop.yaml": deployment(), "b.yaml": deployment("b")}
    assert indexed(files).find(WEB).path == "shop.yaml"


def test_ambiguity_lists_the_candidates_with_file_and_line() -> None:
    files = {
        "b/web.yml": deployment(),
        "a.yaml": b"# top\n" + deployment() + b"---\n" + deployment(),
    }
    assert refusal(indexed(files)) == (
        "Deployment/shop/web: stands in several places: a.yaml:2, a.yaml:7, b/web.yml:1"
    )
    fallen_back = {"base.yaml": deployment(""), "patch.yaml": deployment("")}
    assert refusal(indexed(fallen_back)) == (
        "Deployment/shop/web: stands in several places: base.yaml:1, patch.yaml:1"
    )


def test_an_unsafe_count_is_refused_with_file_and_line() -> None:
    assert refusal(indexed({"a.yaml": deployment(count="010")})) == (
        "Deployment/shop/web: a.yaml: line 4: '010' is not a plain integer"
    )


def test_files_that_cannot_be_read_are_named_where_nothing_is_found() -> None:
    files = {f"{name}.yaml": b"kind: [" for name in "abcde"}
    broken = "line 2: not YAML: did not find expected node content"
    assert refusal(indexed({"a.yaml": b"kind: ["})).endswith(
        f"no such workload below search_paths (files that can't be read: a.yaml: {broken})"
    )
    assert refusal(indexed(files)).endswith(
        f"(files that can't be read: a.yaml: {broken}; b.yaml: {broken}; c.yaml: {broken}"
        " and 2 more)"
    )
    assert refusal(indexed(dict(list(files.items())[:4]))).endswith("and 1 more)")
    assert indexed({**files, "web.yaml": deployment()}).find(WEB).path == "web.yaml"


@pytest.mark.parametrize(
    ("path", "search_paths", "inside"),
    [
        ("web.yaml", (".",), True),
        ("web.yaml", ("",), True),
        ("apps/web.yaml", ("apps",), True),
        ("apps/deep/web.json", ("apps",), True),
        ("apps/web.yml", ("infra", "apps/"), True),
        ("apps/web.yaml", ("apps/web.yaml",), True),
        ("apps-old/web.yaml", ("apps",), False),
        ("web.yaml", ("apps",), False),
        ("apps/web.txt", ("apps",), False),
        ("apps/yaml", ("apps",), False),
    ],
)
def test_only_manifests_below_the_search_paths_count(
    path: str, search_paths: tuple[str, ...], inside: bool
) -> None:
    index = indexed({path: deployment()}, *search_paths)
    if inside:
        assert index.find(WEB).path == path
    else:
        assert refusal(index) == "Deployment/shop/web: no such workload below search_paths"


def test_a_blob_is_read_once_however_often_the_branch_moves() -> None:
    blobs = {"one": deployment(), "two": deployment("other"), "bad": b"kind: ["}
    asked: list[list[str]] = []

    def read(wanted: list[str]) -> list[tuple[str, bytes | None]]:
        asked.append(wanted)
        return [(blob, blobs[blob]) for blob in wanted]

    catalogue = Catalogue()
    first = catalogue.index({"a.yaml": "one", "copy.yaml": "one", "b.yaml": "bad"}, read)
    assert "several places: a.yaml:1, copy.yaml:1" in refusal(first)
    assert catalogue.index({"a.yaml": "one", "b.yaml": "two"}, read).find(WEB).path == "a.yaml"
    assert catalogue.index({"moved.yaml": "one"}, read).find(WEB).path == "moved.yaml"
    assert catalogue.index({}, read) == Index()
    assert catalogue.index({"a.yaml": "one"}, read).find(WEB).path == "a.yaml"
    assert asked == [["bad", "one"], ["two"], ["one"]]
    assert "several places" in refusal(first)  # an index stays what it was


@pytest.mark.parametrize(
    ("content", "count"),
    [
        pytest.param(deployment(), 3, id="there"),
        pytest.param(deployment(""), 3, id="there, without a namespace"),
        pytest.param(deployment("other"), None, id="in another namespace"),
        pytest.param(deployment() + b"---\n" + deployment(), None, id="there twice"),
        pytest.param(deployment(count="many"), None, id="no number"),
        pytest.param(b"kind: [", None, id="not YAML"),
        pytest.param(b"kind: Service\nmetadata: {name: web}\n", None, id="another kind"),
    ],
)
def test_a_count_is_known_in_a_file_that_holds_it_once(content: bytes, count: int | None) -> None:
    assert counts_in(content, "a.yaml", [WEB]).get(WEB) == count


@pytest.mark.parametrize(
    ("target", "text", "group"),
    [
        (WEB, "Deployment/shop/web", "apps"),
        (Target("Deployment", "web"), "Deployment/web", None),
        (Target("ReplicationController", "web", api_version="v1"), "ReplicationController/web", ""),
    ],
)
def test_a_target_tells_its_name_and_group(target: Target, text: str, group: str | None) -> None:
    assert (str(target), target.group) == (text, group)
