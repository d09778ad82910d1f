"""What can't be changed safely is refused, with the reason and the line."""

from __future__ import annotations

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest import tree
from bridge.manifest.target import Target
from bridge.manifest.workload import workloads
from tests.manifest.given import scaled

WEB = Target("Deployment", "web")
HEAD = "kind: Deployment\nmetadata: {name: web}\n"


def refusal(content: bytes) -> str:
    """Why the Deployment can't be scaled."""
    with pytest.raises(ManifestUnsupported) as refused:
        scaled(content, WEB, 4)
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("010", "'010'", id="octal"),
        pytest.param("0o10", "'0o10'", id="octal of YAML 1.2"),
        pytest.param("0x10", "'0x10'", id="hexadecimal"),
        pytest.param("1_000", "'1_000'", id="underscore"),
        pytest.param("+3", "'+3'", id="plus"),
        pytest.param("-3", "'-3'", id="minus"),
        pytest.param("3.0", "'3.0'", id="fraction"),
        pytest.param("1e1", "'1e1'", id="exponent"),
        pytest.param("1:30", "'1:30'", id="sexagesimal"),
        pytest.param("2147483648", "'2147483648'", id="beyond 32 bits"),
        pytest.param("", "''", id="empty"),
        pytest.param("~", "'~'", id="null"),
        pytest.param("many", "'many'", id="a word"),
        pytest.param("٣", "'٣'", id="another script's digit"),
        pytest.param(r'"\x33"', r"'\\x33'", id="escaped digit"),
        pytest.param("' 3'", "' 3'", id="space in quotes"),
        pytest.param("3\n    4", r"'3\n    4'", id="over two lines"),
        pytest.param("x" * 50, repr("x" * 40), id="cut where it is long"),
    ],
)
def test_what_is_not_plain_digits_is_refused(written: str, shown: str) -> None:
    content = f"{HEAD}spec:\n  replicas: {written}\n".encode()
    assert refusal(content) == f"line 4: {shown} is not a plain integer"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(
            f"{HEAD}spec:\n  replicas: &r 3\n",
            "line 4: spec.replicas stands at an anchor; allowAnchors permits it",
            id="anchor on the count",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: !!int 3\n",
            "line 4: spec.replicas carries the tag tag:yaml.org,2002:int",
            id="tag on the count",
        ),
        pytest.param(
            f"x: &r 3\n{HEAD}spec:\n  replicas: *r\n",
            "line 5: spec.replicas is the alias *r: the count stands on line 1"
            " (allowAnchors changes it there)",
            id="alias",
        ),
        pytest.param(
            f"{HEAD}spec: &s\n  replicas: 3\nstatus: *s\n",
            "line 4: spec.replicas stands at an anchor, which also changes status.replicas"
            " (line 5); allowAnchors permits it",
            id="spec is aliased elsewhere",
        ),
        pytest.param(
            f"x: &s {{replicas: 3}}\n{HEAD}spec: *s\n",
            "line 4: spec is the alias *s: what stands below it stands on line 1",
            id="spec is an alias",
        ),
        pytest.param(
            f"x: &s {{replicas: 3}}\n{HEAD}spec: {{<<: *s}}\n",
            "line 4: no spec.replicas; spec has: << (line 4)",
            id="count comes from a merge key",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: {{{{ .Values.replicas }}}}\n",
            "line 4: a template ({{ … }}), not YAML",
            id="template that parses",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: [3]\n",
            "line 4: spec.replicas is not a number",
            id="list",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: 3\n  paused: true\n  replicas: 4\n",
            "line 6: key 'replicas' is given twice",
            id="count given twice",
        ),
        pytest.param(
            f"{HEAD}spec: {{replicas: 3}}\nspec: {{replicas: 3}}\n",
            "line 4: key 'spec' is given twice",
            id="spec given twice",
        ),
        pytest.param(
            f"# top\n---\n{HEAD}spec: [replicas]\n",
            "line 5: no spec.replicas; spec has: 1 items",
            id="spec is a list",
        ),
        pytest.param(
            f"{HEAD}",
            "line 1: no spec.replicas; there: kind (line 1), metadata (line 2)",
            id="no spec",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: ${{REPLICAS}}\n",
            "line 4: '${REPLICAS}' is a template, not a number",
            id="substitution",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: ${{REPLICAS:=3}}\n",
            "line 4: '${REPLICAS:=3}' is a template, not a number",
            id="substitution with default",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: '{{{{ .Values.replicas }}}}'\n",
            "line 4: '{{ .Values.replicas }}' is a template, not a number",
            id="quoted template",
        ),
        pytest.param(
            f"{HEAD}spec:\n  replicas: |\n    3\n",
            "line 4: spec.replicas is a block of text: a pattern or a marker has to say which"
            " number in it",
            id="block scalar",
        ),
    ],
)
def test_a_count_that_may_stand_for_more_is_refused(content: str, reason: str) -> None:
    assert refusal(content.encode()) == reason


def test_an_item_that_is_aliased_is_refused() -> None:
    item = "{kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}"
    content = f"kind: List\nitems:\n- &web {item}\n- *web\n"
    assert refusal(content.encode()) == (
        "line 3: items.0.spec.replicas stands at an anchor, which also changes"
        " items.1.spec.replicas (line 4); allowAnchors permits it"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"\n# kind\n\xff\n", "line 3: not UTF-8", id="Latin-1"),
        pytest.param(
            "\ufeffkind: Ä".encode("utf-16-le") + b"\nkind", "line 1: not UTF-8", id="UTF-16"
        ),
        pytest.param(
            "\n# ä\nkind: a\n\x01\n".encode(),
            "line 4: not YAML: control characters are not allowed",
            id="control character",
        ),
        pytest.param(
            b"kind: Deployment\n\x00",
            "line 2: not YAML: control characters are not allowed",
            id="NUL",
        ),
        pytest.param(
            b"kind: Deployment\nspec:\n\treplicas: 3\n",
            "line 3: not YAML: found character that cannot start any token",
            id="tab as indentation",
        ),
        pytest.param(
            f"{HEAD}spec: {{replicas: 3}}\n---\nkind: [\n".encode(),
            "line 6: not YAML: did not find expected node content",
            id="broken second document",
        ),
        pytest.param(
            b"{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n",
            "line 1: a template ({{ … }}), not YAML",
            id="Go template",
        ),
        pytest.param(
            f"{HEAD}spec: {{replicas: ${{N}}}}\n".encode(),
            "line 3: not YAML: did not find expected ',' or '}'",
            id="substitution in flow style",
        ),
        pytest.param(
            b"kind: a\nkind: b\n", "line 2: key 'kind' is given twice", id="kind given twice"
        ),
        pytest.param(
            b"\nkind: " + b"[" * 100 + b"]" * 100,
            f"line 2: nested deeper than {tree.MAX_DEPTH} levels",
            id="deep list",
        ),
        pytest.param(
            b"kind: " + b"{a: " * 100_000, "line 1: nested deeper than 100 levels", id="deep map"
        ),
        pytest.param(
            b"kind: Deployment\n" + b"#" * (tree.MAX_BYTES - 16),
            "over 10,000,000 bytes: too big for a manifest",
            id="too big",
        ),
    ],
)
def test_a_file_that_cannot_be_read_safely_is_refused_as_a_whole(
    content: bytes, reason: str
) -> None:
    with pytest.raises(ManifestUnsupported) as refused:
        workloads(content)
    assert str(refused.value) == reason
    assert refusal(content) == reason


def test_a_file_may_be_as_deep_and_as_big_as_the_limits_say() -> None:
    assert workloads(b"kind: " + b"[" * 99 + b"]" * 99) == []
    assert workloads(b"kind: Deployment\n" + b"#" * (tree.MAX_BYTES - 17)) == []


def test_an_alias_bomb_is_harmless() -> None:
    levels = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 50)}]\n" for n in range(1, 40))
    content = f"x0: &x0 boom\n{levels}{HEAD}spec: {{replicas: 3}}\n".encode()
    assert scaled(content, WEB, 4) == content.replace(b"s: 3}", b"s: 4}")
