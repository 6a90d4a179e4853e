"""A `requests` transport adapter over our client, for packages that talk by themselves (praw, pytrends).

It gives back every answer with its status, for the package to judge, and remembers what went wrong: those packages
wrap or swallow errors, and the run still has to say the true cause.
"""

import io
from email.message import Message
from typing import Any, cast

from trendctl.http import Fault, Leaf
from trendctl.http_body import blocked
from trendctl.http_fault import unavailable
from trendctl.ports import Reply, Request


def adapter_for(leaf: Leaf) -> Any:
    """An adapter to mount on a requests.Session. Its `fault` is what was wrong with the last call, or None.

    Set its `strict` for a package that repeats refused calls by itself, sleeping in between (praw): a refusing status
    then raises at once. The headers of a rate limit are kept from the packages: the pace is ours.

    Loads requests and urllib3, which only these sources need.
    """
    from requests.adapters import HTTPAdapter
    from urllib3.response import HTTPResponse

    class LeafAdapter(HTTPAdapter):
        """Pace, deadline, limits and base_url are the leaf's; timeouts, proxies and certificates given are ignored."""

        fault: Fault | None = None
        strict = False

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            sent = tuple((name, _text(value)) for name, value in request.headers.items() if name.lower() not in _OURS)
            try:
                reply = leaf.exchange(Request(request.url, request.method, (), sent, body, cacheable=False))
                self.fault = _refusal(reply)
            except Fault as fault:
                self.fault = fault
                raise
            if self.strict and self.fault is not None:
                raise self.fault
            headers = {k: v for k, v in reply.headers.items() if k not in _KEPT_BACK}
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


def _refusal(reply: Reply) -> Fault | None:
    """What an answer will turn out to be, whatever the package makes of it; None: it may be data.

    Raises Fault for a redirect that the client did not follow: requests would, on connections that are not ours.
    """
    if 300 <= reply.status < 400:
        raise unavailable(f"HTTP {reply.status}: a redirect that is not followed", reply.status)
    if reply.status >= 400:
        return unavailable(f"HTTP {reply.status}", reply.status)
    page = blocked(reply.body)
    return unavailable(page, reply.status) if page else None


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


_KEPT_BACK = frozenset(
    {"content-encoding", "transfer-encoding", "set-cookie", "retry-after",
     "x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset"}
)  # fmt: skip
_OURS = frozenset({"connection", "content-length", "accept-encoding", "transfer-encoding", "host"})


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
