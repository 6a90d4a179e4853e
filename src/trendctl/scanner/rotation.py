"""Tokens that are renewed: an answer with a token may hold the refresh token's successor, and the old one is void."""

from collections.abc import Callable

from trendctl.errors import ParseError
from trendctl.ports import Ask, Reply, SourceFacts
from trendctl.scanner.formats import jsonbody, tokens

Keep = Callable[[str, str], object]
_SAID = (
    ("_REFRESH_TOKEN", "refresh_token"), ("_ACCESS_TOKEN", "access_token"), ("_CREATOR_TOKEN", "access_token"),
)  # fmt: skip


def forget(name: str, value: str) -> None:
    """Keeps nothing: for tests and callers without a secret store."""


def keep_successor(facts: SourceFacts, reply: Reply, ask: Ask, keep: Keep) -> None:
    """Hand the tokens of a token call's answer to `keep` (the secret store), where they are others than ours.

    The access token only where it is a credential itself, as for sources that can do without a refresh token.
    Done before the answer is used for anything: a run that fails later must not lose it.
    """
    if reply.request.tag != tokens.TAG:
        return
    try:
        document = tokens.holder(jsonbody.load_object(reply.body))
    except ParseError:
        return  # the source says so itself
    for name in (*facts.credentials, *facts.optional):
        said = next((said for ending, said in _SAID if name.endswith(ending)), "")
        told = document.get(said)
        if isinstance(told, str) and tokens.usable(told) and told != ask.credentials.get(name):
            keep(name, told)
