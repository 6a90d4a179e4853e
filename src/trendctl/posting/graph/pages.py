"""Acting as a Page: its own token, read with the person's when it is needed, held in memory only."""

from dataclasses import replace

from trendctl.ports import Answer, Talk, Wire
from trendctl.posting.body import parsed, text
from trendctl.posting.graph import api, errors

PAGE = "X-Trendctl-Page"  # names the Page in a rendered wire; taken out before the call


class AsPage:
    """A talk that sends every call with the Page's token. Where that cannot be had, the call is not made, and the
    answer (of the read that failed) says so."""

    def __init__(self, talk: Talk, version: str, page: str) -> None:
        self._talk = talk
        self._version = version
        self._page = page
        self._token = ""

    def send(self, wire: Wire) -> Answer:
        """One call, after at most one read."""
        if not self._token:
            read = self._talk.send(api.get(self._version, self._page, fields="access_token"))
            self._token = text(parsed(read).get("access_token"))
            if not self._token:
                fine = read.status == 200 and errors.problem(read) is None
                return errors.not_made(Answer(403) if fine else read)  # readable, and no token: no role on the Page
        kept = tuple((name, value) for name, value in wire.headers if name != PAGE)
        return self._talk.send(replace(wire, headers=(("Authorization", f"Bearer {self._token}"), *kept)))


def perform(wire: Wire, talk: Talk) -> Answer:
    """The call of a wire that names its Page."""
    page = dict(wire.headers)[PAGE]
    version = wire.url.removeprefix(f"{api.HOST}/").partition("/")[0]
    return AsPage(talk, version, page).send(wire)
