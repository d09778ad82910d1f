"""One GitHub client for commits and pull requests: whoever asks waits for its turn."""

from __future__ import annotations

from threading import Event, Thread

from bridge.publish.github import GitHubApi
from bridge.settings.state_repo import StateRepoSettings


def test_no_thread_gets_between_another_s_request_and_its_answer() -> None:
    api = GitHubApi(StateRepoSettings(url="https://github.com/shop/state"), lambda: "token")
    entered = Event()

    def other() -> None:
        with api.asked():
            entered.set()

    with api.asked():
        thread = Thread(target=other)
        thread.start()
        assert not entered.wait(0.3)
    thread.join(5)
    assert entered.is_set()
