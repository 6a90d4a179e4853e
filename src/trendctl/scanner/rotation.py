"""Refresh tokens that rotate: a token endpoint's answer may hold a successor, and the old one is void from then on."""

from collections.abc import Callable

from trendctl.errors import ParseError
from trendctl.ports import Ask, Reply, SourceFacts
from trendctl.scanner.formats import jsonbody, tokens

Keep = Callable[[str, str], object]


def forget(name: str, value: str) -> None:
    """Keeps nothing: for tests and callers without a secret store."""


def keep_successor(facts: SourceFacts, reply: Reply, ask: Ask, keep: Keep) -> None:
    """Hand the refresh token of a token call's answer to `keep` (the secret store), where it is another than ours.

    Done before the answer is used for anything: a run that fails later must not lose it.
    """
    name = next((name for name in facts.credentials if name.endswith("_REFRESH_TOKEN")), None)
    if name is None or reply.request.tag != tokens.TAG:
        return
    try:
        told = jsonbody.load_object(reply.body).get("refresh_token")
    except ParseError:
        return  # the source says so itself
    if isinstance(told, str) and tokens.usable(told) and told != ask.credentials.get(name):
        keep(name, told)
