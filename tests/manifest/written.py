"""A grammar of manifests: every style in which a person or a tool may write one count."""

from __future__ import annotations

import json
from typing import NamedTuple

from hypothesis import strategies as st

from bridge.manifest.target import Target

WEB = Target("Deployment", "web", "shop", "apps/v1")
_HERE = "\u241f"  # stands for the count while a file is put together

_ODD = "\ufeff\u2028\u2029\x85" + _HERE
_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters=_ODD),
    max_size=12,
)
_COMMENTS = _TEXT.map(lambda text: f"# {text}\n")
_QUOTES = st.sampled_from(["", "'", '"'])
_DECOYS = (
    "kind: ConfigMap\nmetadata: {name: web}\n"
    "data:\n  x: |\n    kind: Deployment\n    replicas: 3\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: other}\n"
    "spec: {replicas: 3}\n",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\n"
    "spec: {replicas: '3'}\n",
    "a: &a {replicas: 3}\nb: *a\nc: &a [replicas, 3]\nd: !odd {spec: *a}\n",
    "- replicas: 3\n- >-\n  spec:\n  replicas: 3\n",
    "# nothing but a comment\n",
)
_TEMPLATE = "template:\n{0}metadata: {{annotations: {{replicas: '3'}}}}\n{0}spec: {{replicas: 3}}\n"
_ARGUMENTS = "command: |\n{0}spec:\n{0}  replicas: 3\n"


class Written(NamedTuple):
    """A file around a count: `head`, digits, `tail`; the target is in this document."""

    head: bytes
    tail: bytes
    document: int

    def holding(self, count: int) -> bytes:
        """The file with this count."""
        return self.head + str(count).encode() + self.tail


@st.composite
def manifests(draw: st.DrawFn) -> Written:
    """Any file that holds the Deployment shop/web once, with plain digits as its count."""
    target = draw(st.one_of(_block(), _listed(), _flow(), _json()))
    before = draw(st.lists(st.sampled_from(_DECOYS), max_size=2))
    after = draw(st.lists(st.sampled_from(_DECOYS), max_size=2))
    start = draw(st.sampled_from(["", "---\n"])) if not before else "---\n"
    documents = [draw(_COMMENTS) + document for document in (*before, target, *after)]
    text = start + draw(st.sampled_from(["---\n", "...\n---\n"])).join(documents)
    text = text.rstrip("\n") if draw(st.booleans()) else text + draw(st.sampled_from(["", "\n"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    head, tail = (draw(st.sampled_from(["", "\ufeff"])) + text).split(_HERE)
    return Written(head.encode(), tail.encode(), len(before))


@st.composite
def _block(draw: st.DrawFn) -> str:
    step = draw(st.sampled_from([" ", "  ", "    "]))
    name = draw(_quoted("web"))
    metadata = draw(st.permutations([f"name: {name}\n", f"namespace: {draw(_quoted('shop'))}\n"]))
    annotations = f"annotations:\n{step}replicas: {draw(_quoted('3'))}\n"
    spec = draw(st.permutations([draw(_count()), _TEMPLATE.format(step), _ARGUMENTS.format(step)]))
    fields = [
        "apiVersion: apps/v1\n",
        f"kind: {draw(_quoted('Deployment'))}\n",
        "metadata:\n" + _indented([*metadata, annotations], step),
        "spec:\n" + _indented([draw(_COMMENTS), *spec], step),
        "replicas: 3\n",
    ]
    return "".join(draw(st.permutations(fields)))


@st.composite
def _count(draw: st.DrawFn) -> str:
    quote = draw(_QUOTES)
    key = draw(st.sampled_from(["replicas:", "replicas :", '"replicas":', "replicas:\n  "]))
    comment = draw(st.one_of(st.just("\n"), _COMMENTS.map(lambda text: f"  {text}")))
    return f"{key} {quote}{_HERE}{quote}{comment}"


@st.composite
def _quoted(draw: st.DrawFn, text: str) -> str:
    quote = draw(_QUOTES)
    return f"{quote}{text}{quote}"


def _indented(chunks: list[str], step: str) -> str:
    lines = "".join(chunks).splitlines(keepends=True)
    return "".join(step + line for line in lines)


@st.composite
def _listed(draw: st.DrawFn) -> str:
    item = _indented([draw(_block())], "  ")[2:]
    return (
        f"apiVersion: v1\nkind: List\nitems:\n- kind: Service\n  metadata: {{name: web}}\n- {item}"
    )


@st.composite
def _flow(draw: st.DrawFn) -> str:
    quote, gap = draw(_QUOTES), draw(st.sampled_from(["", " ", "\n  "]))
    spec = f"{{replicas:{gap or ' '}{quote}{_HERE}{quote}{gap}, template: {{replicas: 3}}}}"
    metadata = "metadata: {name: web, namespace: shop}"
    return f"{{apiVersion: apps/v1,{gap}kind: Deployment, {metadata},{gap}spec: {spec}}}\n"


@st.composite
def _json(draw: st.DrawFn) -> str:
    fields = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"replicas": "3"}},
        "spec": {"template": {"spec": {"replicas": 3}}, "replicas": _HERE},
    }
    shape = draw(st.sampled_from([None, 1, 2, "\t"]))
    text = json.dumps(fields, indent=shape, ensure_ascii=False)
    return text.replace(f'"{_HERE}"', _HERE) + "\n"
