"""Facebook's catalogue: one product a batch, upserted by SKU; read back until Meta shows it."""

from collections.abc import Mapping, Sequence

from trendctl.ports import (
    Answer,
    CheckResult,
    DraftInput,
    DraftOutput,
    Json,
    PlatformFacts,
    Resend,
    Seen,
    Step,
    Talk,
    Wire,
)
from trendctl.posting import base
from trendctl.posting.api_platform import ApiPlatform, Calls
from trendctl.posting.body import text
from trendctl.posting.graph import api, checking, drafts
from trendctl.posting.graph.login import CREDENTIALS, MetaSignIn
from trendctl.posting.platforms.facebook import answers, back, quantity, wires

_STEPS = {
    "create": (Step("item", Resend.SAFE),),  # an upsert by SKU
    "relist": (Step("item", Resend.SAFE),),
    "revise": (Step("item", Resend.SAFE),),
    "reprice": (Step("price", Resend.SAFE),),
    "end": (Step("delete", Resend.SAFE),),
}
SCOPES = ("catalog_management", "business_management")


class Facebook(ApiPlatform):
    """`draft`, `steps`, `render`, `understand` are pure. No figures: Meta gives a product's as a sum, not by days."""

    facts = PlatformFacts(
        name=answers.NAME,
        about="Facebook's product catalogue (shops, Instagram shopping, ads); buyers order at your link",
        terms_url="https://www.facebook.com/policies_center/commerce",
        credentials=CREDENTIALS,
        fetches_images=True,
        fields=("graph_version", "catalog_id"),
        late=("handle", "sent", "node"),
        needs_link=True,
        limits=api.LIMITS,
    )
    sign_in = MetaSignIn(answers.NAME, SCOPES)
    calls = Calls(wires, answers, back)
    left = staticmethod(quantity.left)
    render_quantity = staticmethod(wires.render_quantity)

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Pure; the category is the analysts' Google category."""
        doc = base.common(wanted, answers.NAME)
        link = drafts.link_of(wanted)
        catalog, lacking = drafts.number(wanted, answers.NAME, "catalog_id", "your catalogue's id")
        doc |= {"link": link, "extra": {"graph_version": drafts.version(wanted), "catalog_id": catalog}}
        found = wanted.analyses.get("category")
        google = found.get("google_id") if isinstance(found, Mapping) else None
        if not doc["category"]["id"] and isinstance(google, int):
            doc["category"] = {**doc["category"], "id": str(google)}
        missing = (*base.missing(wanted), *lacking, *drafts.unreachable(wanted, doc))
        bare = not (doc["brand"] or doc["gtin"] or doc["mpn"])
        told = (f"without a brand, GTIN or MPN Meta may refuse it: trendctl supply {wanted.case.uid} --brand ...",)
        return DraftOutput(
            doc, missing, drafts.no_link(wanted, link), (*drafts.fetched(doc), *(told if bare else ()))
        )  # fmt: skip

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """One batch each."""
        return _STEPS[str(intent["action"])]

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The batch. One that lowers a quantity is looked at before and after: nothing reads it back later."""
        if step == "quantity":
            return quantity.perform(wire, talk)
        return answers.noted(super().perform(step, wire, talk), wires.digest(wire.body))

    def check(self, seen: Seen) -> Sequence[CheckResult]:
        """Sign-in, permissions, version, and the catalogue."""
        return checking.check(seen, self.sign_in, "catalogue", _catalogue)


def _catalogue(seen: Seen, version: str, talk: Talk) -> list[CheckResult]:
    """Whether the catalogue can be read; where none is chosen, those of the person's businesses are named."""
    chosen = str(seen.options.get("catalog_id") or "").strip()
    if chosen.isdecimal():
        found = api.read(talk, api.get(version, chosen, fields="id,name,product_count,vertical"), answers.NAME)
        return [CheckResult("catalogue", "ok", f"{chosen} ({text(found.get('name'))})")]
    ask = api.get(version, "me", "businesses", fields="owned_product_catalogs{id,name}", limit="50")
    owned = [c for b in api.rows(api.read(talk, ask, answers.NAME)) for c in api.rows(b.get("owned_product_catalogs"))]
    offered = {text(c.get("id")): text(c.get("name")) for c in owned}
    return [checking.choice("catalogue", answers.NAME, "catalog_id", seen, offered)]


PLATFORM = Facebook()
