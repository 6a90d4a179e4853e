"""A web page came where data was due: a check for robots, a consent page, a wall."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import network
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "block_page"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """From all sources at once it is a hotel's or company's sign-in page between."""
    return network(
        look, NAME, ("http.block_page",), "every source answers with a web page: a network that wants a sign-in first",
        "{} shows a page for people instead of its data", at_once=True,
    )  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source gives nothing; asking more would make it worse.",
    diagnose=diagnose,
    no_fix="a wall is not climbed: the source rests and is asked again later. Open its address in a browser to see "
    "what it wants; trendctl sources disable NAME if it stays",
)
