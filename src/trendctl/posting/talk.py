"""How a platform's calls go out: signed, within its limits, the approved image put in; one call, one answer."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from trendctl.errors import AccessError, TrendctlError
from trendctl.http_address import is_loopback, pace_key, rebase
from trendctl.ports import IMAGE_MARK, Answer, Wire
from trendctl.posting.gate import Gate
from trendctl.posting.images import path_of
from trendctl.posting.tokens import Tokens


class Sender(Protocol):
    """http.Leaf's writing side."""

    def send(self, wire: Wire, *, auth: bool = False) -> Answer: ...


class HttpTalk:
    """ports.Talk over HTTP. A refused token (401, or the platform's own word for it) is renewed once: a read is then
    made again, a write is the machine's to resend.

    `refusal` is asked before an Attempt is written, so that a call that cannot be made is never "sent".
    """

    def __init__(
        self,
        sender: Sender,
        gate: Gate,
        tokens: Tokens | None,
        images: Path,
        base_url: str = "",
        plain: Sender | None = None,
    ) -> None:
        self._sender = sender
        self._plain = plain
        self._gate = gate
        self._tokens = tokens
        self._images = images
        self._base_url = base_url
        self._renewed = False
        self._locked_out = ""

    def refusal(self, wire: Wire) -> str:
        """Why this call may not be made now, with the next command; "" when it may be."""
        if self._locked_out:
            return self._locked_out
        held = self._gate.refusal(wire, pace_key(wire.url, rebase(wire.url, self._base_url)))
        if held:
            return held
        try:
            self._signed(wire)
        except AccessError as fault:
            return str(fault)
        return ""

    def send(self, wire: Wire) -> Answer:
        """The call. Status 0 with the error's text where none was made or no whole answer came."""
        refused = self.refusal(wire)
        if refused:
            return Answer(0, error=refused)
        try:
            wire = self._whole(wire)
        except TrendctlError as fault:
            return Answer(0, error=str(fault))
        answer = self._once(wire)
        if self._turned_away(answer) and self._recovered(answer) and wire.method == "GET":
            answer = self._once(wire)
        return answer

    def fetch(self, url: str) -> Answer:
        """What stands at an address that the platform named and that needs no sign-in (a report, a schema).

        It is called as it is, without token and base_url; https, or loopback where the platform itself is there.
        """
        local = is_loopback(urlsplit(self._base_url).hostname or "")
        if self._plain is None or (is_loopback(urlsplit(url).hostname or "") and not local):
            return Answer(0, error="the address is not one to be called")
        return self._plain.send(Wire("GET", url))

    def _once(self, wire: Wire) -> Answer:
        if not self._gate.enter(wire):
            return Answer(0, error="the call limit is used up")
        answer = self._sender.send(self._signed(wire))
        self._gate.leave(answer)
        if answer.status and not self._turned_away(answer):
            self._renewed = False
        return answer

    def _turned_away(self, answer: Answer) -> bool:
        """Whether the token was not taken."""
        return self._tokens.refused(answer) if self._tokens is not None else answer.status == 401

    def _signed(self, wire: Wire) -> Wire:
        return self._tokens.signed(wire) if self._tokens is not None else wire

    def _recovered(self, answer: Answer) -> bool:
        """Renew the token, once; a second 401 in a row means that the person has to sign in again. A second 403 may as
        well be a permission that this one call lacks: the others go on.
        """
        if self._tokens is None:
            return False
        try:
            if not self._renewed:
                self._renewed = True
                self._tokens.renew()
                return True
            if answer.status == 403:
                return False
            self._locked_out = "the platform refuses the sign-in (HTTP 401). Next: trendctl platforms check"
        except AccessError as fault:
            self._locked_out = str(fault)
        return False

    def _whole(self, wire: Wire) -> Wire:
        """The wire with the image's bytes in place, their hash checked at the last moment."""
        if wire.image is None:
            return wire
        sha256, mime = wire.image
        try:
            data = path_of(self._images, sha256, mime).read_bytes()
        except OSError as fault:
            raise TrendctlError("An approved image is gone", why=str(fault)) from fault
        if hashlib.sha256(data).hexdigest() != sha256:
            raise TrendctlError("An image was changed after it was approved")
        return replace(wire, body=wire.body.replace(IMAGE_MARK, data, 1), image=None)


def auth_caller(sender: Sender) -> Callable[[Wire], Answer]:
    """Calls of the sign-in: under auth_url, outside buckets and breaker."""
    return lambda wire: sender.send(wire, auth=True)
