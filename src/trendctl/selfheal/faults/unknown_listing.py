"""Nobody knows whether a listing was made: its answer was lost, or the platform has given no verdict for long."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "unknown_listing"
_STATES = (".unknown", ".submitting", ".accepted", ".blocked")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """One a platform."""
    by_platform: dict[str, list[str]] = {}
    for result in failing(look, "platform."):
        if result.name.endswith(_STATES):
            by_platform.setdefault(result.name.split(".")[1], []).append(result.name)
    for platform, names in by_platform.items():
        seen = lines(failing(look, *names))
        yield found(NAME, f"what became of listings on {platform} is not known", seen,
                    keys(look, *(f"check.{n}" for n in names)), 0.95, platform)  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="A listing may be on sale without your knowing, or not be there although you think so.",
    diagnose=diagnose,
    no_fix="posting it again could list it twice, so only reading back or you can say: trendctl reconcile, then "
    "trendctl reconcile ID --is live --url URL or --is not-posted",
)
