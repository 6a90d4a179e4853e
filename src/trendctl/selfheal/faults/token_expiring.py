"""A sign-in at a platform ends soon, or has ended."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "token_expiring"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """One a platform, a week ahead."""
    for result in failing(look, "platform."):
        if result.name.endswith(".sign_in"):
            platform = result.name.split(".")[1]
            over = "has ended" in result.detail
            explains = keys(look, f"check.{result.name}") | (
                frozenset((s.kind, s.subject) for s in look.of("http.401") if s.subject == platform)
                if over
                else frozenset()
            )
            cause = f"the sign-in at {platform} {'has ended' if over else 'ends soon'}"
            yield found(NAME, cause, lines((result,)), explains, 0.95, platform)


FAULT = Fault(
    name=NAME,
    about="Posting, tracking and lowering quantities stop on the day it ends.",
    diagnose=diagnose,
    no_fix="only you can sign in: trendctl platforms login NAME",
)
