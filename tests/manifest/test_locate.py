"""Every kind of place: `@3@` is the count that is meant, and everything else stays."""

# ruff: noqa: E501 - in the tables each row is a case

from __future__ import annotations

import pytest

from bridge.errors import ManifestUnsupported
from bridge.manifest.locator import Field, KustomizeReplicas, Locator, Marker
from bridge.manifest.path import parse_path
from bridge.manifest.splice import edited
from bridge.manifest.target import Target


def at(path: str, **chosen: object) -> Locator:
    """A locator for a path; the pattern and the rest as they are."""
    inside = {key: chosen.pop(key) for key in ("pattern", "allow_anchors") if key in chosen}
    return Locator(Field(parse_path(path), **chosen), **inside)  # type: ignore[arg-type]  # a row's keywords


def marked(name: str, **inside: str) -> Locator:
    return Locator(Marker(name), **inside)  # type: ignore[arg-type]  # a row's keywords


def changed(text: str, path: str, locator: Locator) -> str:
    """The file with 12 for its 3, and the 12 between @ again."""
    assert text.count("@3@") == 1
    content = text.replace("@3@", "3").encode()
    count, result = edited(content, path, locator, 12)
    assert count.value == 3
    head, tail = content[: count.start], content[count.end :]
    assert result == head + b"12" + tail
    return (head + b"@3@" + tail).decode()


HELM = "web:\n  replicaCount: @3@ # two zones\n  minReplicas: 3\nreplicaCount: 3\n"
COMPOSE = (
    "services:\n  web: {image: 'a:3', deploy: {replicas: @3@}}\n  api: {deploy: {replicas: 3}}\n"
)
HPA = "kind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {minReplicas: @3@, maxReplicas: 3}\n"
ECS = (
    '{"Resources":{"A":{"Properties":{"DesiredCount":3}},"B":{"Properties":{"DesiredCount":@3@}}}}'
)
PATCH = (
    "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n"
    "      value: @3@\n- patch: |-\n    - value: 3\n"
)
FOLDED = "args: >-\n  --name=web3\n  --replicas=@3@\n  --max=33\n"
KUSTOMIZATION = "replicas:\n- name: web\n  count: @3@\n- {name: api, count: 3}\n"
TOML = '# 3 = 3\n[web]\nname = "3"\nreplicas = @3@ # not 3\n[api]\nreplicas = 3\nat = 3.3\n'
TERRAFORM = 'module "web3" {\n  count = @3@ # scalebridge: web\n  max = 3 # scalebridge: api\n}\n'


@pytest.mark.parametrize(
    ("text", "path", "locator"),
    [
        pytest.param(HELM, "values.yaml", at("web.replicaCount"), id="Helm value, dotted"),
        pytest.param(HELM, "values.yaml", at("/web/replicaCount"), id="Helm value, pointer"),
        pytest.param(COMPOSE, "compose.yml", at("services.web.deploy.replicas"), id="Compose"),
        pytest.param(HPA, "hpa.yaml", at("spec.minReplicas"), id="bound of an HPA"),
        pytest.param(
            HPA,
            "hpa.yaml",
            at("spec.minReplicas", owner=Target("HorizontalPodAutoscaler", "web")),
            id="another field of a named object",
        ),
        pytest.param(
            "- op: replace\n  path: /spec/replicas\n  value: @3@\n", "p.yaml", at("/0/value"),
            id="JSON6902 patch in a file",
        ),
        pytest.param(ECS, "ecs.json", at("/Resources/B/Properties/DesiredCount"), id="CloudFormation"),
        pytest.param('{"😀": "\\ud83d\\ude00", "n": @3@}', "a.json", at("/n"), id="emoji in JSON"),
        pytest.param("a:\n  values.replicaCount: '@3@'\n", "a.yaml", at("/a/values.replicaCount"), id="dot in a key"),
        pytest.param('a:\n  "b/c~d": @3@\n', "a.yaml", at("/a/b~1c~0d"), id="escapes of a pointer"),
        pytest.param("a: [{b: 3}, {b: @3@}]\n", "a.yaml", at("a[1].b"), id="index in brackets"),
        pytest.param('"a.b": {c: @3@}\n', "a.yaml", at('["a.b"].c'), id="key in brackets"),
        pytest.param("n: 3\n---\n---\nn: @3@\n", "a.yaml", at("n", doc=2), id="third document"),
        pytest.param("m: 3\n---\nn: @3@\n", "a.yaml", at("n"), id="the only document that has it"),
        pytest.param(
            "kind: List\nitems:\n- {kind: A, metadata: {name: x}, n: 3}\n- {kind: B, metadata: {name: x}, n: @3@}\n",
            "a.yaml", at("n", owner=Target("B", "x")), id="field of a List's item",
        ),
        pytest.param(
            "kind: List\nitems:\n- {kind: B, metadata: {name: x}, n: @3@}\n",
            "a.yaml", at("/items/0/n", owner=Target("B", "x")), id="an item's field from the root",
        ),
        pytest.param("kind: A\nn: @3@\n---\nkind: B\nn: 3\n", "a.yaml", at("n", owner=Target("A", "")), id="only a kind"),
        pytest.param(PATCH, "k.yaml", at("/patches/0/patch", pattern=r"^\s+value: (\d+)$"), id="block scalar"),
        pytest.param(PATCH.replace("\n", "\r\n"), "k.yaml", at("/patches/0/patch", pattern=r"value: \d+"), id="block scalar, CRLF"),
        pytest.param("p: |\r\n  x=3\r\n  y=@3@\r\nq: 3\r\n", "k.yaml", at("p", pattern=r"^y=(\d+)$"), id="end of a line with CRLF"),
        pytest.param('p: "x=3\r\n\r\n  y=@3@\r\n\r\n  z=3"\r\n', "k.yaml", at("p", pattern=r"y=(\d+)$"), id="end of a line of a string with CRLF"),
        pytest.param("p: |2-\n    n: 3\n  m: @3@\n", "k.yaml", at("p", pattern=r"^m: (\d+)$"), id="indentation indicator"),
        pytest.param("p: |\n\n  ä: 1\n  n: @3@", "k.yaml", at("p", pattern=r"^n: (\d+)$"), id="blank line in a block"),
        pytest.param(FOLDED, "a.yaml", at("args", pattern=r"--replicas=\d+"), id="folded block"),
        pytest.param("r:\n- web=@3@\n", "a.yaml", at("/r/0", pattern="^web=([0-9]+)$"), id="string"),
        pytest.param("r: web=@3@\n", "a.yaml", at("r", pattern="web=3"), id="pattern with the number in it"),
        pytest.param("r: web=@3@\n", "a.yaml", at("r", pattern="(?<=web=)3"), id="pattern that looks behind"),
        pytest.param('r: "\\tweb=@3@ \\\n  more"\n', "a.yaml", at("r", pattern=r"web=(\d+)"), id="escapes"),
        pytest.param(KUSTOMIZATION, "kustomization.yaml", Locator(KustomizeReplicas("web")), id="kustomize"),
        pytest.param("replicas:\n- {count: '@3@', name: web}\n", "Kustomization", Locator(KustomizeReplicas("web")), id="kustomize, flow"),
        pytest.param(
            "spec: {source: {kustomize: {replicas: [api=3, web=@3@]}}}\n",
            "app.yaml", Locator(KustomizeReplicas("web")), id="Argo CD's strings",
        ),
        pytest.param(
            "spec: {sources: [{kustomize: {replicas: [{name: web, count: @3@}]}}]}\n",
            "app.yaml", Locator(KustomizeReplicas("web")), id="Argo CD's objects",
        ),
        pytest.param(TOML, "a.toml", at("web.replicas"), id="TOML"),
        pytest.param(TOML.replace("\n", "\r\n"), "a.toml", at("web.replicas"), id="TOML, CRLF"),
        pytest.param("\ufeff'ä' = 'ö'\n[[s]]\nn = 3\n[[s]]\nn = '@3@'", "a.toml", at("/s/1/n"), id="TOML, list of tables"),
        pytest.param('a = {b.c = [3, @3@, 3]}\n', "a.toml", at("a.b.c[1]"), id="TOML, inline"),
        pytest.param('a = """\nweb=@3@\napi=3"""\n', "a.toml", at("a", pattern=r"^web=(\d+)$"), id="TOML, text"),
        pytest.param(TERRAFORM, "a.tf", marked("web"), id="Terraform"),
        pytest.param("web_count=@3@ # scalebridge: web", "a.tfvars", marked("web"), id="tfvars"),
        pytest.param("count = @3@ // scalebridge: web\n", "a.nomad.hcl", marked("web"), id="HCL"),
        pytest.param("[web3]\r\nn = @3@ ; scalebridge: web\r\n", "a.ini", marked("web"), id="INI"),
        pytest.param("export WEB2_COUNT='@3@' # scalebridge: a/web-2\n", "a.sh", marked("a/web-2"), id="shell"),
        pytest.param("run --replicas=@3@ --max=9 # scalebridge: web\n", "a.sh", marked("web", pattern=r"replicas=(\d+)"), id="pattern on the line"),
        pytest.param("<n>@3@</n> <!-- scalebridge: web -->\n", "a.xml", marked("web"), id="XML"),
        pytest.param("a: 3\nb: '@3@' # scalebridge: web\n", "a.yaml", marked("web"), id="marker in YAML"),
        pytest.param("n = @3@ # scalebridge: web\nm = 3\n", "a.toml", marked("web"), id="marker in TOML"),
        pytest.param("p: |\n  n = 3\n  m = @3@ # scalebridge: web\n", "a.yaml", marked("web"), id="marker in a block"),
        pytest.param(
            "p: |\n  n = 3 # scalebridge: web\nq: |\n  n = @3@ # scalebridge: web\n",
            "a.yaml", Locator(Marker("web", Field(("q",)))), id="marker in one of two blocks",
        ),
    ],
)  # fmt: skip
def test_only_the_digits_of_the_place_change(text: str, path: str, locator: Locator) -> None:
    assert changed(text, path, locator) == text


ANCHORS = "a: &n 3\nb: {c: *n}\nd: *n\ne: &n 3\nf: *n\n"


@pytest.mark.parametrize(
    ("text", "path", "locator", "reason"),
    [
        ("a: 1\nb: {c: 2, d: 3}\n", "v.yaml", at("b.e"), "line 2: no b.e; b has: c (line 2), d (line 2)"),
        ("a: 1\n", "v.yaml", at("b.c"), "line 1: no b.c; there: a (line 1)"),
        ("a: 1\n", "v.yaml", at("a.c"), "line 1: no a.c; a has: nothing below"),
        ("a: [1]\n", "v.yaml", at("a[1]"), "line 1: no a.1; a has: 1 items"),
        ("a: [1]\n", "v.yaml", at("/a/00"), "line 1: no a.00; a has: 1 items"),
        ("a: 1\n", "v.yaml", at("a", doc=1), "no document 1: the file has 1"),
        ("a: 1\n---\na: 2\n", "v.yaml", at("a"), "a stands in several places, on lines 1, 3"),
        ("a: {b: 1}\n", "v.yaml", at("a"), "line 1: a is not a number"),
        ("a: 1\na: 2\n", "v.yaml", at("a"), "line 2: key 'a' is given twice"),
        ("a: {b: 1}\na: {b: 2}\n", "v.yaml", at("a.b"), "line 2: key 'a' is given twice"),
        ("a: name=4\n", "v.yaml", at("a"), "line 1: 'name=4' is not a plain integer"),
        ("a: x=4 y=5\n", "v.yaml", at("a", pattern=r"=(\d)"), "line 1: a: pattern =(\\d) has to match once, not 2 times: '=4', '=5'"),
        ("a: x=45\n", "v.yaml", at("a", pattern=r"=(\d)"), "line 1: a: pattern =(\\d) cuts a part out of 'x=45'"),
        ("a: x=-4\n", "v.yaml", at("a", pattern=r"(\d)"), "line 1: a: pattern (\\d) cuts a part out of 'x=-4'"),
        ("a: x=4.5\n", "v.yaml", at("a", pattern=r"=(\d)"), "line 1: a: pattern =(\\d) cuts a part out of 'x=4.5'"),
        ("a: x2=4\n", "v.yaml", at("a", pattern=r"x2=4"), "line 1: a: 'x2=4' has 2 numbers: put (…) around the count"),
        ("a: x=y\n", "v.yaml", at("a", pattern=r"=(.)"), "line 1: 'y' is not a plain integer"),
        ("a: x=04\n", "v.yaml", at("a", pattern=r"=(\d+)"), "line 1: '04' is not a plain integer"),
        ("a: 3\n", "v.yaml", at("a", pattern="(3)("), "pattern (3)( is no expression: missing ) at position 4"),
        ("a: 3\n", "v.yaml", at("a", pattern="((3))"), "pattern ((3)): only one group, around the number: use (?:…)"),
        ("", "v.yaml", at("a"), "no a: the file is empty"),
        ("replicas: [{name: a, count: 1}]\n", "k.yaml", Locator(KustomizeReplicas("b")), "no replicas entry named b; there: a (line 1)"),
        ("replicas: []\n", "k.yaml", Locator(KustomizeReplicas("b")), "no replicas entry named b; there: no entries"),
        ("replicas:\n- {name: a, count: 1}\n- name: a\n  count: 1\n", "k.yaml", Locator(KustomizeReplicas("a")), "replicas of a stand in several places, on lines 2, 4"),
        ("a = 3\n", "v.toml", at("b"), "no b; there: a"),
        ("[a]\nc = 3\n", "v.toml", at("a.b"), "no a.b; below a: c"),
        ("a = 3\n", "v.toml", at("a.b"), "no a.b; below a: no keys"),
        ("a = 1_000\n", "v.toml", at("a"), "a is 1000, but not written as plain digits"),
        ("a = 0x3\n", "v.toml", at("a"), "a is 3, but not written as plain digits"),
        ("a = -3\n", "v.toml", at("a"), "a is not a count"),
        ("a = true\n", "v.toml", at("a"), "a is not a count"),
        pytest.param(f"a = {'1' * 5_000}\n", "v.toml", at("a"), "not TOML: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit", id="TOML, digits without end"),
        ("a: {b: &rw}\n", "v.yaml", at("a.b", allow_anchors=True), "line 1: '' is not a plain integer"),
        ("a = 3.0\n", "v.toml", at("a"), "a: pattern \\A([0-9]+)\\Z has to match once, not 0 times: none"),
        ("a = 3\n", "v.toml", at("a", pattern="3"), "a is a number: it needs no pattern"),
        ("a = \n", "v.toml", at("a"), "not TOML: Invalid value (at line 1, column 5)"),
        ("a = 3\n", "v.toml", Locator(Field()), "no spec.replicas; there: a"),
        ("a = 3\n", "v.toml", Locator(Field(owner=Target("A", "b"))), "a TOML file has neither objects nor documents: give a path"),
        ("n = 3 # scalebridge: a\n", "a.tf", marked("b"), "no marker b; there: a (line 1)"),
        ("n = 3\n", "a.tf", marked("b"), "no marker b; there: no markers"),
        ("n = 3 # scalebridge: a\n" * 2, "a.tf", marked("a"), "marker a stands in several places, on lines 1, 2"),
        ("# scalebridge: a\nn = 3\n", "a.tf", marked("a"), "line 1: marker a: expected one integer before it, found none"),
        ("a(1, 2) # scalebridge: a\n", "a.tf", marked("a"), "line 1: marker a: expected one integer before it, found 1, 2: a pattern has to say which"),
        ("n = v2.1 -3 3s $3 x3 # scalebridge: a\n", "a.tf", marked("a"), "line 1: marker a: expected one integer before it, found none"),
        ("  # n = 3 # scalebridge: a\n", "a.tf", marked("a"), "line 1: marker a stands on a line that is a comment"),
        ("n = 03 # scalebridge: a\n", "a.tf", marked("a"), "line 1: '03' is not a plain integer"),
        ("n: &x 3 # scalebridge: a\nm: *x\n", "a.yaml", marked("a"), "line 1: n stands at an anchor, which also changes m (line 2); allowAnchors permits it"),
        ("n: 3 # scalebridge: a\nn: 4\n", "a.yaml", marked("a"), "line 2: key 'n' is given twice"),
        ("n: x # 3 # scalebridge: a\n", "a.yaml", marked("a"), "line 1: the marked number is no value of the file"),
        ("n: [ # scalebridge: a\n", "a.yaml", marked("a"), "line 1: marker a: expected one integer before it, found none"),
        ("{{ if x }}\nn: 3 # scalebridge: a\n", "a.yaml", marked("a"), "line 1: a template ({{ … }}), not YAML"),
        (ANCHORS, "a.yaml", at("a"), "line 1: a stands at an anchor, which also changes b.c (line 2), d (line 3); allowAnchors permits it"),
        (ANCHORS, "a.yaml", at("f"), "line 5: f is the alias *n: the count stands on line 4 (allowAnchors changes it there)"),
        ("a: *n\n", "a.yaml", at("a", allow_anchors=True), "line 1: not YAML: no anchor before *n has that name"),
        ("a: &x {b: 3}\nc: *x\n", "a.yaml", at("c.b", allow_anchors=True), "line 2: c is the alias *x: what stands below it stands on line 1"),
    ],
)  # fmt: skip
def test_what_is_not_one_safe_place_is_refused_with_what_is_there(
    text: str, path: str, locator: Locator, reason: str
) -> None:
    with pytest.raises(ManifestUnsupported) as refused:
        edited(text.encode(), path, locator, 12)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "path", "moves"),
    [
        pytest.param(ANCHORS, "a", ["b.c (line 2)", "d (line 3)"], id="at the anchor"),
        pytest.param(ANCHORS, "b.c", ["a (line 1)", "d (line 3)"], id="at an alias"),
        pytest.param(ANCHORS, "f", ["e (line 4)"], id="the name used again"),
        pytest.param("a: &n 3\n", "a", [], id="nobody refers to it"),
        pytest.param("a: &x {n: 3}\nb: *x\n", "a.n", ["b.n (line 2)"], id="below an anchor"),
        pytest.param(
            "a: &x {n: 3}\nb: {<<: *x, m: 1}\nc: {<<: [*x], n: 4}\n",
            "a.n", ["b.n (line 2)"], id="merged, and overridden",
        ),
        pytest.param(
            "a: &x {n: &n 3}\nb: &y {c: *x}\nd: [*y, *n]\n",
            "a.n", ["b.c.n (line 2)", "d.0.c.n (line 3)", "d.1 (line 3)"], id="through several",
        ),
        pytest.param(
            "a: &x {n: 3}\nb: &y {<<: *x}\nc: {<<: [*y]}\nd: {<<: *y, n: 4}\n",
            "a.n", ["b.n (line 2)", "c.n (line 3)"], id="merged, and that merged again",
        ),
    ],
)  # fmt: skip
def test_everything_that_moves_with_an_anchor_is_named(
    text: str, path: str, moves: list[str]
) -> None:
    count, result = edited(text.encode(), "a.yaml", at(path, allow_anchors=True), 12)
    assert list(count.moves) == moves
    assert result == text.encode()[: count.start] + b"12" + text.encode()[count.end :]
    assert text[count.start : count.end] == "3"


@pytest.mark.parametrize("path", ["", "a..b", "a[b", "a b", "/a~2", "[x]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ManifestUnsupported, match=r"~1|neither a JSON pointer nor a dotted path"):
        parse_path(path)


def test_an_alias_bomb_around_the_count_is_refused() -> None:
    bomb = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(ManifestUnsupported, match="over 200 places through aliases"):
        edited(f"x0: &x0 3\n{bomb}".encode(), "a.yaml", at("x0", allow_anchors=True), 4)


def test_an_anchor_inside_itself_is_refused() -> None:
    with pytest.raises(ManifestUnsupported, match="places through aliases"):
        edited(b"a: &a {n: 3, b: *a}\n", "a.yaml", at("a.n", allow_anchors=True), 4)


def test_a_pattern_that_never_ends_is_refused() -> None:
    endless = at("a", pattern=r"(a|aa)+$")
    with pytest.raises(ManifestUnsupported, match=r"line 1: a: pattern .* takes over 2 s"):
        edited(f"a: {'a' * 80}3\n".encode(), "a.yaml", endless, 4)


@pytest.mark.parametrize("value", [12, 41])
def test_digits_of_an_escape_are_no_count(value: int) -> None:
    with pytest.raises(ManifestUnsupported, match="would change more than the count"):
        edited(rb'a: "\x61"', "a.yaml", at("a", pattern=r"\d+"), value)
