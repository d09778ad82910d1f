"""Long queries go by POST: proxies refuse a URL of more than some 8 kB."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from bridge.evaluate.cutting import Cuttable
from bridge.evaluate.sizes import bounded

_LONGEST_URL: Final = 2_000
_NOT_BY_POST: Final = {301, 302, 303, 307, 308, 403, 405, 501}
"""What proxies that only read answer; and where a redirect leads, requests goes by GET."""


class Posting(Cuttable):
    """Its queries go by GET, which every proxy that only reads lets through, while they are short.

    The client's own POST would leave the query in the URL. Other parameters stay there, as
    Grafana's do: a proxy in between may read them.
    """

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """By POST where the URL is long; by GET after all where that is not allowed."""
        if len(request.url or "") > _LONGEST_URL:
            answer = super().send(_posted(request), *args, **options)
            if answer.status_code not in _NOT_BY_POST:
                return bounded(answer)
            answer.close()
        return bounded(super().send(request, *args, **options))


def _posted(request: requests.PreparedRequest) -> requests.PreparedRequest:
    parts = urlsplit(str(request.url))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    rest = urlencode([pair for pair in pairs if pair[0] != "query"])
    posted = request.copy()
    posted.method, posted.url = "POST", urlunsplit(parts._replace(query=rest))
    posted.headers["Content-Type"] = "application/x-www-form-urlencoded"
    posted.prepare_body([pair for pair in pairs if pair[0] == "query"], None)
    return posted
