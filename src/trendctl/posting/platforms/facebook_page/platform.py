"""A Facebook Page: a photo with its text, or a link; made unseen, published, read back."""

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
from trendctl.posting.graph import api, checking, drafts, pages
from trendctl.posting.graph.login import CREDENTIALS, MetaSignIn
from trendctl.posting.platforms.facebook_page import answers, back, figures, wires

_PHOTO = Step("photo", Resend.SAFE)  # nobody sees it before it is part of a published post
_MAKE = (Step("post", Resend.SAFE), Step("publish", Resend.READ_BACK))  # nobody sees a post that is not published
_CHANGE = (Step("message", Resend.SAFE),)
_END = (Step("delete", Resend.SAFE),)
SCOPES = ("pages_show_list", "pages_manage_posts", "pages_read_engagement", "read_insights")


class FacebookPage(ApiPlatform):
    """`draft`, `steps`, `render`, `understand` are pure."""

    facts = PlatformFacts(
        name=answers.NAME,
        about="a post on your Facebook Page, with a photo or as a link; buyers order at your link",
        terms_url="https://www.facebook.com/policies_center/commerce",
        credentials=CREDENTIALS,
        fields=("graph_version", "page_id", "post"),
        late=("photo_id", "post_id", "where"),
        needs_link=True,
        limits=api.LIMITS,
    )
    sign_in = MetaSignIn(answers.NAME, SCOPES)
    calls = Calls(wires, answers, back)
    performance = staticmethod(figures.performance)

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Pure; the option `post` chooses between "photo" (with the approved bytes) and "link"."""
        doc = base.common(wanted, answers.NAME)
        link = drafts.link_of(wanted)
        page, lacking = drafts.number(wanted, answers.NAME, "page_id", "your Page's id")
        style = "link" if wanted.options.get("post") == "link" else "photo"
        doc |= {"link": link,
                "extra": {"graph_version": drafts.version(wanted), "page_id": page, "post": style}}  # fmt: skip
        told = ["the post ends with the price, the link and the SKU"]
        if style == "photo":
            told += [*drafts.fetched({"images": doc["images"][:1]})]
            told += ["only the first image is posted"] if len(doc["images"]) > 1 else []
        return DraftOutput(
            doc, (*base.missing(wanted), *lacking), drafts.no_link(wanted, link), tuple(told)
        )  # fmt: skip

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """A photo is uploaded first; a change replaces the text, and keeps the photo."""
        action = str(intent["action"])
        if action == "end":
            return _END
        if action in ("revise", "reprice"):
            return _CHANGE
        return _MAKE if intent["extra"]["post"] == "link" else (_PHOTO, *_MAKE)

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        """The call as the Page."""
        return pages.perform(wire, talk)

    def check(self, seen: Seen) -> Sequence[CheckResult]:
        """Sign-in, permissions, version, and the Page."""
        return checking.check(seen, self.sign_in, "Page", _page)


def _page(seen: Seen, version: str, talk: Talk) -> list[CheckResult]:
    """Whether the Page is among those of the person signed in."""
    own = checking.pages(talk, version, answers.NAME)
    return [checking.choice("Page", answers.NAME, "page_id", seen, {row["id"]: row["name"] for row in own})]


PLATFORM = FacebookPage()
