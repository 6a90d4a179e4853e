"""What a draft makes of what its platform was asked: the parts that are alike for every platform. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from trendctl.ports import DraftInput, Json

SHOWN = 5  # of what can be chosen from


def known(wanted: DraftInput, name: str) -> Mapping[str, Json]:
    """What the platform told under a name; empty where it was not asked, or did not say."""
    found = wanted.known.get(name)
    return found if isinstance(found, Mapping) else {}


def chosen_category(wanted: DraftInput) -> str:
    """The category's id where the person edited it; "": the platform is asked for one."""
    return str(wanted.options.get("_category") or "")


def title(wanted: DraftInput, platform: str) -> str:
    """What a platform's search is asked for: the listing's title (the copywriter's), else the product's."""
    copy = _analysis(wanted, "copywriter").get("platforms", {}).get(platform, {})
    return str(copy.get("title") or wanted.case.title)


def why_unknown(wanted: DraftInput, what: str, names: Iterable[str]) -> list[str]:
    """One line where the platform was not asked for `names` yet, or did not answer."""
    trouble = str(wanted.known.get("trouble") or "")
    if trouble:
        return [f"{what} ({trouble})"]
    if wanted.case.supply is None or all(name in wanted.known for name in names):
        return []
    return [f"{what}: trendctl analyze {wanted.case.uid}"]


def named(offered: Sequence[Mapping[str, Json]]) -> str:
    """The first of what there is to choose from, by id and name."""
    return ", ".join(f"{r['id']} ({r['name']})" if r.get("name") else str(r["id"]) for r in offered[:SHOWN])


def choose(platform: str, kind: str, offered: Sequence[Mapping[str, Json]], none: str) -> str:
    """What is missing where a policy is not clear: which there are, or why there is none."""
    if not offered:
        return f"{kind}: {none}: trendctl platforms check {platform}"
    return f"{kind}: choose one of {named(offered)} in [platforms.{platform}.policies]: trendctl config edit"


def other_currency(wanted: DraftInput, place: str, own: str) -> tuple[str, ...]:
    """Why nothing may be posted where a marketplace takes prices in its own currency only, and ours is another."""
    if own == wanted.case.currency:
        return ()
    return (f"{place} sells in {own}, your market is in {wanted.case.currency}: trendctl config edit",)


def fetched(doc: Mapping[str, Json], name: str) -> tuple[str, ...]:
    """Images with a public address are fetched by the platform: bytes behind it are not bound by the approval."""
    numbers = [str(n) for n, picture in enumerate(doc["images"], 1) if picture["url"]]
    if not numbers:
        return ()
    return (
        f"{name} fetches image {', '.join(numbers)} from its address: the bytes there can change after you approve",
    )


def _analysis(wanted: DraftInput, agent: str) -> Mapping[str, Json]:
    """An agent's analysis; empty without one."""
    found = wanted.analyses.get(agent)
    return found if isinstance(found, Mapping) else {}
