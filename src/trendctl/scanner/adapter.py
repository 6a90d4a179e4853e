"""A `requests` transport adapter over our client, for packages that talk by themselves (praw, pytrends).

It gives back every answer with its status, for the package to judge, and remembers what went wrong: those packages
wrap or swallow errors, and the run still has to say the true cause.
"""

import io
from email.message import Message
from typing import Any, cast

from trendctl.http import Fault, Leaf
from trendctl.ports import Outcome, Request


def adapter_for(leaf: Leaf) -> Any:
    """An adapter to mount on a requests.Session. Its `fault` is the last Fault or refusing status, or None.

    Loads requests and urllib3, which only these sources need.
    """
    from requests.adapters import HTTPAdapter
    from urllib3.response import HTTPResponse

    class LeafAdapter(HTTPAdapter):
        """Pace, deadline, limits and base_url are the leaf's; timeouts, proxies and certificates given are ignored."""

        fault: Fault | None = None

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            sent = tuple((name, _text(value)) for name, value in request.headers.items() if name.lower() not in _OURS)
            try:
                reply = leaf.exchange(Request(request.url, request.method, (), sent, body, cacheable=False))
            except Fault as fault:
                self.fault = fault
                raise
            if reply.status in (401, 403, 429) or reply.status >= 500:
                self.fault = Fault(Outcome.UNAVAILABLE, f"HTTP {reply.status}", reply.status)
            headers = {k: v for k, v in reply.headers.items() if k not in _DECODED}
            raw = HTTPResponse(
                io.BytesIO(reply.body),
                headers=headers,
                status=reply.status,
                preload_content=False,
                enforce_content_length=False,
                original_response=cast(Any, _Original(reply.headers.get("set-cookie", ""))),
            )
            return self.build_response(request, raw)

    return LeafAdapter()


class _Original:
    """What requests reads cookies from: the standard library's response."""

    def __init__(self, cookies: str) -> None:
        self.msg = Message()
        for cookie in filter(None, cookies.split("\n")):
            self.msg["Set-Cookie"] = cookie

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Read already."""


_DECODED = frozenset({"content-encoding", "transfer-encoding", "set-cookie"})
_OURS = frozenset({"connection", "content-length", "accept-encoding", "transfer-encoding", "host"})


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
