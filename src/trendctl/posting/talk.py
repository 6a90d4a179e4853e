"""How a platform's calls go out: signed, within its limits, the approved image put in; one call, one answer."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from trendctl.errors import AccessError, TrendctlError
from trendctl.http_address import pace_key, rebase
from trendctl.ports import IMAGE_MARK, Answer, Wire
from trendctl.posting.gate import Gate
from trendctl.posting.images import path_of
from trendctl.posting.tokens import Tokens


class Sender(Protocol):
    """http.Leaf's writing side."""

    def send(self, wire: Wire, *, auth: bool = False) -> Answer: ...


class HttpTalk:
    """ports.Talk over HTTP. A 401 renews the token once: a read is then made again, a write is the machine's to resend.

    `refusal` is asked before an Attempt is written, so that a call that cannot be made is never "sent".
    """

    def __init__(
        self,
        sender: Sender,
        gate: Gate,
        tokens: Tokens | None,
        images: Path,
        base_url: str = "",
    ) -> None:
        self._sender = sender
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
            self._token()
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
        if answer.status == 401 and self._recovered() and wire.method == "GET":
            answer = self._once(wire)
        return answer

    def _once(self, wire: Wire) -> Answer:
        if not self._gate.enter(wire):
            return Answer(0, error="the call limit is used up")
        answer = self._sender.send(self._signed(wire))
        self._gate.leave(answer)
        if answer.status not in (0, 401):
            self._renewed = False
        return answer

    def _token(self) -> str:
        return self._tokens.bearer() if self._tokens is not None else ""

    def _signed(self, wire: Wire) -> Wire:
        return self._tokens.signed(wire) if self._tokens is not None else wire

    def _recovered(self) -> bool:
        """After a 401: renew the token, once; a second one in a row means that the person has to sign in again."""
        if self._tokens is None:
            return False
        try:
            if not self._renewed:
                self._renewed = True
                self._tokens.renew()
                return True
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
