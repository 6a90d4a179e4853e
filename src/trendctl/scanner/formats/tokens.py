"""OAuth 2 token calls, the first link of a chain: the secret goes in the header or body, never in the address."""

import base64
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from trendctl.errors import ParseError
from trendctl.ports import Ask, Json, Reply, Request
from trendctl.scanner.formats import jsonbody

TAG: Final = "token"
AGAIN: Final = "again:"  # begins the tag of a call made once more, with a renewed token
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_LONGEST: Final = 8_192


def token_request(url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> Request:
    """The call for a token, tagged `token`. `basic`: client id and secret for the Authorization header."""
    headers: tuple[tuple[str, str], ...] = (_FORM,)
    if basic is not None:
        pair = base64.b64encode(f"{basic[0]}:{basic[1]}".encode()).decode("ascii")
        headers = (*headers, ("Authorization", f"Basic {pair}"))
    return Request(url, "POST", headers=headers, body=urlencode(form).encode(), cacheable=False, tag=TAG, auth=True)


def access_token(reply: Reply) -> str:
    """The token of the answer. ParseError if there is none, or if it could not stand in a header."""
    token = holder(jsonbody.load_object(reply.body)).get("access_token")
    if not isinstance(token, str) or not usable(token):
        raise ParseError("the token endpoint's answer holds no access token")
    return token


def holder(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The object that holds the tokens: the document, or what TikTok puts around its `data`."""
    inner = document.get("data")
    return inner if isinstance(inner, dict) else document


def may_renew(request: Request, ask: Ask, needed: Sequence[str]) -> bool:
    """Whether a refused call may be made again: it had not been, and all is there that renewing takes."""
    first = request.tag != TAG and not request.tag.startswith(AGAIN)
    return first and all(ask.credentials.get(name) for name in needed)


def usable(token: str) -> bool:
    """Whether it could stand in a header."""
    return 0 < len(token) <= _LONGEST and token.isascii() and token.isprintable()


def bearer(token: str) -> tuple[str, str]:
    """The usual header."""
    return ("Authorization", f"Bearer {token}")
