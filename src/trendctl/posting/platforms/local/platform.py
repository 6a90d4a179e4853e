"""`local`: an upload-ready listing pack in the outbox folder, through the same Operations as any platform."""

import json
from collections.abc import Mapping

from trendctl.ports import (
    Answer,
    DraftInput,
    DraftOutput,
    Json,
    PlatformFacts,
    ReadBack,
    Resend,
    State,
    Step,
    Talk,
    Understood,
    Verdict,
    Wire,
)
from trendctl.posting import base
from trendctl.posting.platforms.local import pack

_STEPS = {
    "create": (Step("pack", Resend.SAFE),),  # the folder is named by SKU and moved into place whole
    "relist": (Step("pack", Resend.SAFE),),
    "revise": (Step("repack", Resend.SAFE),),
    "reprice": (Step("repack", Resend.SAFE),),
    "end": (Step("withdraw", Resend.SAFE),),
}
_METHOD = {"pack": "CREATE", "repack": "REPLACE", "withdraw": "END"}


class Local:
    """A pack holds nothing executable and asks no server; the seller uploads it where they like."""

    facts = PlatformFacts(
        name="local",
        about="an upload-ready listing pack in your outbox folder: CSV files, JSON, images and a preview page",
        terms_url="",
        currencies={"": ""},
    )

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Pure; every field is a shared one."""
        return DraftOutput(base.common(wanted, "local"), base.missing(wanted))

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """One step each: the folder appears, changes or goes whole."""
        return _STEPS[str(intent["action"])]

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        """The pack's files as one JSON manifest; no late values."""
        return Wire(_METHOD[step], f"outbox:/{intent['sku']}", body=pack.manifest(intent))

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The folder act itself is the talk's."""
        return talk.send(wire)

    def understand(self, step: str, answer: Answer) -> Understood:
        """201 and 200 prove the act; 409 another pack of that SKU; 0 nothing."""
        if answer.status in (200, 201):
            return Understood(Verdict.APPLIED)
        if answer.status in (404, 409, 422):
            return Understood(Verdict.REJECTED, answer.error)
        if answer.status == 507:
            return Understood(Verdict.NOT_APPLIED, answer.error)
        return Understood(Verdict.UNKNOWN, answer.error or "the pack may be half-written")

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
        """Compare what lies in the outbox with what was approved."""
        answer = talk.send(Wire("READ", f"outbox:/{intent['sku']}"))
        ended = intent["action"] == "end"
        if answer.status == 404:
            return ReadBack(State.ENDED) if ended else ReadBack(State.UNKNOWN, excluded=True, cause="no pack is there")
        if answer.status != 200:
            return ReadBack(State.UNKNOWN, cause=answer.error)
        if ended:
            return ReadBack(State.UNKNOWN, excluded=True, cause="the pack is still in the outbox")
        if json.loads(answer.body or b"{}").get("intent") != pack.digest(intent):
            return ReadBack(State.UNKNOWN, excluded=True, cause="another pack lies in the outbox")
        where = answer.headers.get("location", "")
        return ReadBack(State.LIVE, external_id=str(intent["sku"]), url=where)


PLATFORM = Local()
