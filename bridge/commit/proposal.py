"""What a pull request says: its title, its text for people, and what we find in it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.commit.message import commit_message
from bridge.decide.decision import Decision
from bridge.repo.trailers import ScaleDecision, scale_decisions

_LONGEST = 60_000  # bytes; GitHub takes 65,536 characters, a push option 65,515 bytes
_VOID = "<!-- scalebridge: void -->"


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body, in Markdown."""

    title: str
    body: str


def proposal_text(decisions: Sequence[Decision], group: str) -> Text:
    """The decisions as a table with their reasons; the trailers stay the last paragraph, so a
    squash that takes the body as its message keeps them. Forges cut what is too long: we do."""
    title, _, _ = commit_message(decisions).partition("\n")
    body, kept = _body(decisions, group, decisions), 2 * len(decisions)
    while len(body.encode()) > _LONGEST and kept > 1:
        kept //= 2
        brief = [replace(decision, steps=()) for decision in decisions[:kept]]
        body = _body(decisions[: kept // 2], group, brief, len(decisions) - kept // 2)
    return Text(title, body)


def _body(
    shown: Sequence[Decision], group: str, remembered: Sequence[Decision], more: int = 0
) -> str:
    trailers = _inert(commit_message(remembered).rstrip("\n").rpartition("\n\n")[2])
    rows = [_row(decision) for decision in shown]
    parts = [
        "\n".join(["| target | from | to | why |", "|---|---|---|---|", *rows]),
        f"and {more} more: see the commit" if more > 0 else "",
        f"Merging this scales. Until then the counts stay as they are, and scalebridge keeps this "
        f"pull request (group `{group}`) up to date, on one commit. Closing it says no: nothing "
        f"of it is proposed again until the policies' `overrideHold` is over or a policy changes.",
        "<details><summary>For scalebridge</summary>",
        f"{trailers}\n</details>",
    ]
    return "\n\n".join(filter(None, parts))


def _row(decision: Decision) -> str:
    why = "; ".join(" ".join(reason.split()) for reason in decision.reasons)
    cells = (f"`{decision.target}`", decision.current, decision.desired, why)
    return f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _inert(trailers: str) -> str:
    """The same JSON, without what Markdown would take for a mention or a tag."""
    return trailers.replace("@", "\\u0040").replace("<", "\\u003c")


def _cell(text: str) -> str:
    """Inert in a table: no pipes, no HTML, and nobody is mentioned."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return plain.replace("@", "@\u200b")


def void(body: str, why: str) -> str:
    """The body of one that we close ourselves."""
    return f"{_VOID}\n**Closed by scalebridge:** {_cell(why)}\n\n{body}"


def is_void(body: str) -> bool:
    """Whether we closed it, and no person."""
    return body.startswith(_VOID)


def proposed(body: str) -> tuple[ScaleDecision, ...]:
    """The decisions that a pull request's body tells."""
    return tuple(scale_decisions(body.replace("\r\n", "\n")))
