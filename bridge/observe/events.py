"""Every event that the log knows: its level, and what it says. The list is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Level = Literal["debug", "info", "warning", "error"]


class Event(NamedTuple):
    """A constant name stands for one fact, at one level; told again, it is for debugging."""

    level: Level
    meaning: str


EVENTS: Final[Mapping[str, Event]] = {
    "listening": Event("info", "It is up, at this address, for this share of the targets."),
    "stopping": Event("info", "It was asked to end; what is batched is committed first."),
    "stopped": Event("info", "It has ended."),
    "look_failed": Event("warning", "The state repo can't be read; told once, until it can."),
    "look_recovered": Event("info", "It can be read again."),
    "prometheus_lost": Event("warning", "No query is answered; told once, until one is."),
    "prometheus_back": Event("info", "Queries are answered again."),
    "policy_broken": Event("error", "A policy file can't be used; its last good version goes on."),
    "policy_mended": Event("info", "It can be used again, or is gone."),
    "branch_moved": Event("debug", "A Git host says so; it is looked at now."),
    "conflict_found": Event("warning", "Something else has a say over a governed count."),
    "conflicts_unknown": Event("warning", "The state repo could not be read for such."),
    "woken": Event("info", "Alerts woke these policies."),
    "decided": Event("info", "A decision that changes a count, and its reasons."),
    "held": Event("info", "A person's order holds the count."),
    "hold_ended": Event("info", "Their order is over, or was released."),
    "quarrel": Event("warning", "Somebody undoes what is committed; the count is left alone."),
    "metrics_unknown": Event("warning", "Metrics of a policy are unknown: no scale-down."),
    "not_decided": Event("error", "A policy's count has no place, or it can't be read."),
    "steady": Event("debug", "A policy asks for no change."),
    "rollout_stuck": Event(
        "warning", "A committed count has not come to be in time, or failed to."
    ),
    "rollout_goes_on": Event("info", "It has, or there is another."),
    "commit_live": Event("info", "A source says that a commit is live, and after how long."),
    "waiting_for_budget": Event("info", "The hour's commits are spent."),
    "committed": Event("info", "A commit was pushed to the branch."),
    "decision_dropped": Event("info", "A decision no longer held when it was to be committed."),
    "publish_failed": Event("warning", "A batch was given up; ticks decide again."),
    "branch_protected": Event("warning", "The branch takes no pushes: pull requests instead."),
    "proposal_failed": Event("warning", "The forge was not reached, or refused."),
    "proposal_opened": Event("info", "A pull request was opened."),
    "proposal_updated": Event("info", "It was brought up to date."),
    "proposal_waiting": Event("debug", "It waits for a person."),
    "proposal_refused": Event("info", "A person closed it."),
    "proposal_taken_over": Event("info", "A person commits on its branch."),
    "proposal_closed": Event("info", "It was closed: nothing asks for it any more."),
    "notice_accepted": Event("info", "A reconciler took the notice of a push."),
    "notice_failed": Event("warning", "It did not."),
    "ordered": Event("info", "Somebody steps in from the page or by the API."),
    "order_failed": Event("warning", "That could not be committed; they were told why."),
    "webhook_secret_unreadable": Event("warning", "Webhooks are answered 503: a file is amiss."),
    "crashed": Event("error", "A bug of ours; its traceback is in `exception`."),
    "library_said": Event("warning", "A line of a library's own log."),
}
