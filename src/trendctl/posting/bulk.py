"""A platform by bulk file: the same drafts, approvals and Operations, but the seller uploads a file themselves.

Approved rows gather in `outbox/upload/PLATFORM/`; a listing is `accepted` until the seller says that it is there
(`trendctl listings --confirm`), which is audited like an answer of the platform.
"""

from collections.abc import Mapping
from dataclasses import replace

from trendctl.commerce.canonical import canonical, sha256_hex
from trendctl.errors import ConfigError
from trendctl.ports import (
    Answer,
    DraftInput,
    DraftOutput,
    Json,
    Platform,
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
from trendctl.posting.bulk_forms import FORMS

WAY = {"way": "file"}  # among an account's policies, so that the hash binds it and a change of way is drift


class Filed:
    """`ports.Platform` over files. Raises ConfigError for a platform that takes none."""

    def __init__(self, platform: Platform) -> None:
        name = platform.facts.name
        if name not in FORMS:
            raise ConfigError(
                f"{name} has no bulk file", why=f"those that have: {', '.join(FORMS)}",
                next=f"trendctl config set platforms.{name}.way api",
            )  # fmt: skip
        self.form = FORMS[name]
        self.facts = replace(
            platform.facts, about=f"{name} by a file that you upload: {self.form.where}", credentials=(), limits=(),
            fields=(), way="file", late=("item_id",), late_maybe=("item_id",), fetches_images=True,
        )  # fmt: skip

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Shared fields only."""
        doc = base.common(wanted, self.facts.name)
        doc["link"] = doc["link"] or next((url for name, url in sorted(wanted.live.items()) if name != "facebook"), "")
        number = wanted.options.get("_category") or self._google(wanted)
        if not doc["category"]["id"] and number:
            doc["category"] = {**doc["category"], "id": str(number)}
        told = (f"you upload it yourself: {self.form.where}", "images are fetched from their addresses by the platform")
        return DraftOutput(doc, base.missing(wanted), warnings=told)

    def needs(self, intent: Mapping[str, Json]) -> tuple[str, ...]:
        """What the form needs besides: missing until the seller tells it, or writes it otherwise."""
        return self.form.needs(intent)

    def _google(self, wanted: DraftInput) -> Json:
        """Google's number of the category, which Meta's feeds ask for."""
        return (wanted.analyses.get("category") or {}).get("google_id") if self.facts.name == "facebook" else None

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """The row appears in the file, whatever it says."""
        return (Step("row", Resend.SAFE),)

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        """The row as JSON; its name holds the intent's hash, so that the same approval is the same row."""
        row = self.form.row(intent, late.get("item_id", ""))
        return Wire("WRITE", f"bulk:/{_name(intent)}", body=canonical({"intent": _digest(intent), "row": row}))

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The act itself is the talk's."""
        return talk.send(wire)

    def understand(self, step: str, answer: Answer) -> Understood:
        """200 and 201 prove that the row is there."""
        if answer.status in (200, 201):
            return Understood(Verdict.APPLIED)
        if answer.status == 507:
            return Understood(Verdict.NOT_APPLIED, answer.error)
        return Understood(Verdict.REJECTED if answer.status == 422 else Verdict.UNKNOWN, answer.error)

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
        """Waiting in the file, or confirmed by the seller; the platform itself is not asked."""
        answer = talk.send(Wire("READ", f"bulk:/{_name(intent)}"))
        if answer.status == 404:
            return ReadBack(State.UNKNOWN, excluded=True, cause="its row is not in the upload folder")
        if answer.status != 200:
            return ReadBack(State.UNKNOWN, cause=answer.error)
        if answer.headers["place"] == "waiting":
            cause = f"upload {self.form.file} ({self.form.where}), then: trendctl listings --confirm"
            return ReadBack(State.ACCEPTED, cause=cause, person=True)
        if late.get("item_id") is None:
            return ReadBack(State.ACCEPTED, cause="uploaded? then: trendctl listings --confirm", person=True)
        return ReadBack(State.ENDED if intent["action"] == "end" else State.LIVE, external_id=late["item_id"])


def taken_out(intent: Mapping[str, Json], *, uploaded: bool) -> Wire:
    """The act that takes a row out of the file: the seller uploaded it, or it never will be."""
    return Wire("DONE" if uploaded else "DROP", f"bulk:/{_name(intent)}")


def _name(intent: Mapping[str, Json]) -> str:
    return f"{intent['sku']}-{intent['action']}-{_digest(intent)[:16]}.json"


def _digest(intent: Mapping[str, Json]) -> str:
    return sha256_hex(canonical(dict(intent)))
