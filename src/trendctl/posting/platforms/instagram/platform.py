"""Instagram: one picture with a caption; its container is stored before it is published, and read back."""

from collections.abc import Mapping, Sequence

from trendctl.ports import Action, CheckResult, DraftInput, DraftOutput, Json, PlatformFacts, Resend, Seen, Step, Talk
from trendctl.posting import base
from trendctl.posting.api_platform import ApiPlatform, Calls
from trendctl.posting.graph import api, checking, drafts
from trendctl.posting.graph.login import CREDENTIALS, MetaSignIn
from trendctl.posting.platforms.instagram import answers, back, figures, wires

_CREATE = (
    Step("container", Resend.SAFE), Step("ready", Resend.SAFE), Step("quota", Resend.SAFE),
    Step("publish", Resend.READ_BACK),
)  # fmt: skip
SCOPES = (
    "instagram_basic", "instagram_content_publish", "instagram_manage_insights", "pages_show_list",
    "pages_read_engagement",
)  # fmt: skip
FOR_EVER = "Instagram's API can neither change nor remove a post: only you can, in the app"


class Instagram(ApiPlatform):
    """`draft`, `steps`, `render`, `understand` are pure. There is no change and no end, so no price is in a post."""

    facts = PlatformFacts(
        name=answers.NAME,
        about="a picture on your Instagram account (a professional one); buyers order at your link",
        terms_url="https://www.facebook.com/policies_center/commerce",
        credentials=CREDENTIALS,
        can_end=False,
        fetches_images=True,
        fields=("graph_version", "ig_user_id"),
        late=("container_id", "media_id", "where"),
        needs_link=True,
        limits=api.LIMITS,
    )
    sign_in = MetaSignIn(answers.NAME, SCOPES)
    calls = Calls(wires, answers, back)
    performance = staticmethod(figures.performance)
    actions = (Action.CREATE, Action.RELIST)

    def draft(self, wanted: DraftInput) -> DraftOutput:
        """Pure; Meta fetches the first image from its public address."""
        doc = base.common(wanted, answers.NAME)
        link = drafts.link_of(wanted)
        user, lacking = drafts.number(wanted, answers.NAME, "ig_user_id", "your Instagram account's id")
        doc |= {"link": link, "extra": {"graph_version": drafts.version(wanted), "ig_user_id": user}}
        more = ("only the first image is posted",) if len(doc["images"]) > 1 else ()
        return DraftOutput(
            doc,
            (*base.missing(wanted), *lacking, *drafts.unreachable(wanted, doc)),
            drafts.no_link(wanted, link),
            (FOR_EVER, "the caption ends with the link", *drafts.fetched({"images": doc["images"][:1]}), *more),
        )

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        """Only for a create: nothing else can be done (`actions`)."""
        return _CREATE

    def check(self, seen: Seen) -> Sequence[CheckResult]:
        """Sign-in, permissions, version, the account, and how many posts are left today."""
        return checking.check(seen, self.sign_in, "account", _account, _quota)


def _account(seen: Seen, version: str, talk: Talk) -> list[CheckResult]:
    """Whether the account belongs to one of the Pages of the person signed in."""
    own = checking.pages(talk, version, answers.NAME)
    offered = {row["instagram"]: f"{row['username']} of {row['name']}" for row in own if row["instagram"]}
    return [checking.choice("account", answers.NAME, "ig_user_id", seen, offered)]


def _quota(seen: Seen, version: str, talk: Talk) -> list[CheckResult]:
    user = str(seen.options.get("ig_user_id") or "").strip()
    if not user.isdecimal():
        return []
    used, total = answers.quota_of(api.read(talk, wires.quota(version, user), answers.NAME))
    if used is None or total is None:
        return [CheckResult("posts today", "warn", "Instagram does not tell how many are left")]
    told = f"{used} of {total} used in 24 h"
    return [CheckResult("posts today", "ok" if used < total else "warn", told, "" if used < total else "wait a day")]


PLATFORM = Instagram()
