"""The review card as a person sees it: evidence, score, money, and the exact intent that would be posted."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from trendctl.approval.card import DraftCard, ReviewCard
from trendctl.commerce import rules
from trendctl.commerce.fees import NoFeeTable, fees
from trendctl.commerce.invisible import invisible_characters
from trendctl.commerce.money import Money
from trendctl.ports import ItemView
from trendctl.render import age, clean, dig, money, sparkline

_PARTS = 10  # characters of a part's bar
_UNSHOWN = ("schema", "basis", "platform", "account", "action", "product")  # in the draft's first line, or no words
_EVIDENCE = 6  # items shown; the rest is counted
_STATE_STYLE = {"draft": "green", "approved": "green", "provisional": "yellow", "blocked": "red", "live": "cyan"}


def draw(out: Console, card: ReviewCard, now: datetime) -> None:
    """Print the whole card; nothing in it is interpreted as markup."""
    row = card.row
    out.print(Rule(f"{card.position} of {card.total} · product {card.product_id}", style="dim"))
    out.print(Text(clean(row["title"]), style="bold"))
    if row["status"] == "deferred":
        out.print(Text("deferred until now", style="dim"))
    out.print(_headline(card))
    trend = card.trend
    if trend is not None:
        shape = sparkline(trend.values, 40)
        out.print(Text.assemble((shape, "cyan"), ("  " + clean(f"{trend.source} {trend.metric}"), "dim")))
    out.print(_parts(card))
    out.print(_evidence(card, now))
    out.print(_price(card))
    for note in card.notes:
        out.print(Text(clean(note), style="yellow"))
    for draft in card.drafts:
        out.print(_draft(draft, card, now))
    if not card.drafts:
        out.print(Text("No platform is switched on for this product.", style="yellow"))


def _headline(card: ReviewCard) -> Text:
    row = card.row
    score = "no score" if row["score"] is None else f"score {row['score']:.0f} {row['stage']}"
    category = dig(card.analyses, "category", "path") or row["category"]
    return Text(f"{score} · {clean(category) or 'no category'} · {row['sources']} sources")


def _parts(card: ReviewCard) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    for part in card.parts:
        filled = round(float(part.get("value") or 0) * _PARTS)
        bar = Text("█" * filled + "░" * (_PARTS - filled), style="green" if filled >= _PARTS // 2 else "yellow")
        points = f"{round(float(part.get('points') or 0)):+d}"
        grid.add_row(clean(part["name"]), bar, Text(points, justify="right"), Text(clean(part["words"]), style="dim"))
    return grid


def _evidence(card: ReviewCard, now: datetime) -> RenderableType:
    """The newest items, one a line with its link below, cut to the width."""
    newest: dict[tuple[str, str], ItemView] = {}
    for item in sorted(card.case.items, key=lambda i: i.last_seen, reverse=True):
        newest.setdefault((item.source, item.title), item)
    lines: list[RenderableType] = [Text("evidence", style="bold")]
    for item in list(newest.values())[:_EVIDENCE]:
        seen = age((now - item.last_seen).total_seconds())
        lines.append(_line(f"  {seen:>3} {clean(item.source)}: {clean(item.title)}"))
        if item.url.startswith("https://"):
            lines.append(_line(f"      {clean(item.url)}", style="dim"))
    if len(card.case.items) > _EVIDENCE:
        lines.append(_line(f"  {len(card.case.items)} items in all: trendctl show {card.product_id}", style="dim"))
    return Group(*lines) if len(lines) > 1 else Text("no evidence left", style="yellow")


def _line(words: str, style: str = "") -> Text:
    return Text(words, style=style, no_wrap=True, overflow="ellipsis")


def _price(card: ReviewCard) -> Text:
    found = card.analyses.get("price") or {}
    if found.get("mid_minor") is None:
        return Text("price range: not known", style="dim")
    low, mid, high = (money(found[f"{n}_minor"], found["currency"]) for n in ("low", "mid", "high"))
    return Text(f"price range: {low} to {high}, middle {mid} ({found['n']} {found['how']})")


def _draft(draft: DraftCard, card: ReviewCard, now: datetime) -> RenderableType:
    style = _STATE_STYLE.get(draft.state, "yellow")
    head = Text.assemble(
        "\n", (f"{draft.platform}", "bold"), f" ({clean(draft.account)}) {draft.action}: ", (draft.state, style)
    )
    lines: list[RenderableType] = [head]
    if draft.state == "approved" and draft.expires_at:
        lines.append(Text(f"  approved until {_utc(draft.expires_at)}", style="green"))
    if draft.missing:
        lines.append(_under(f"missing (key s, or trendctl image add): {clean(', '.join(draft.missing))}", "yellow"))
    lines += [_under(f"blocked: {clean(b)}", "red") for b in draft.blocks]
    lines += [_under(f"note: {clean(w)}", "yellow") for w in draft.warnings]
    lines.append(Padding(_intent(draft), (0, 0, 0, 2)))
    lines.append(Padding(_money(draft, card), (0, 0, 0, 2)))
    return Group(*lines)


def _under(words: str, style: str) -> Padding:
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def _intent(draft: DraftCard) -> RenderableType:
    """Every field that would be posted, as it would be posted; invisible characters are named, changes marked.

    A new price leaves the number on sale as it is, so none is shown.
    """
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in draft.intent.items():
        if name in _UNSHOWN or value in ("", [], {}, None) or (draft.action, name) == ("reprice", "quantity"):
            continue
        changed = draft.previous is not None and draft.previous.get(name) != value
        text = _value(name, value)
        if changed:
            text.append(f"  (was {_plain(draft.previous[name] if draft.previous else '')})", style="magenta")
        bar = _length(draft.platform, name, value)
        grid.add_row(name, Text.assemble(text, " ", bar) if bar else text)
    return grid


def _value(name: str, value: Any) -> Text:
    if name == "price":
        return Text(money(value["minor"], value["currency"]), style="bold")
    if name == "images":
        return Text("\n").join(_picture(image) for image in value)
    return shown(_plain(value))


def _picture(image: Mapping[str, Any]) -> Text:
    """An image, and the address from which a platform would fetch it."""
    words = Text(f"{image['width']}x{image['height']} {image['rights']} {image['sha256'][:8]}")
    return Text.assemble(words, " ", shown(image["url"])) if image["url"] else words


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " | ".join(_plain(v) for v in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{k}={_plain(v)}" for k, v in value.items() if v not in ("", [], None))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def shown(text: str) -> Text:
    """Text with every invisible or control character named in red, so that what is shown is what is sent."""
    hidden = {index for index, _, _ in invisible_characters(text)}
    out = Text()
    for index, character in enumerate(text):
        if index in hidden or (unicodedata.category(character)[0] == "C" and character != "\n"):
            out.append(f"<U+{ord(character):04X}>", style="bold red")
        else:
            out.append(character)
    return out


def _length(platform: str, name: str, value: Any) -> Text | None:
    """A bar for a field with a limit: how much of it is used."""
    found = rules.limit(platform, name)
    if found is None or not isinstance(value, str) or not found.maximum:
        return None
    used = rules.measure(value, found.unit)
    filled = min(_PARTS, round(used / found.maximum * _PARTS))
    style = "red" if used > found.maximum else "dim"
    return Text(f"[{'=' * filled}{' ' * (_PARTS - filled)}] {used}/{found.maximum}", style=style)


def _money(draft: DraftCard, card: ReviewCard) -> RenderableType:
    """Fees and margin at the drafted price, and the floor."""
    price = draft.intent.get("price") or {}
    if not price.get("minor"):
        return Text("no price yet", style="dim")
    amount = Money(price["minor"], price["currency"])
    try:
        taken = fees(
            draft.platform, amount, category=dig(draft.intent, "category", "path") or None,
            marketplace=str(draft.intent.get("marketplace") or "US"),
        )  # fmt: skip
        words = f"fees {taken.total.format_plain()}"
    except NoFeeTable:
        words = "no fee table for this platform"
    found = [m for m in (card.analyses.get("margin") or {}).get("platforms", ()) if m["platform"] == draft.platform]
    if found and found[0]["price_minor"] == amount.minor:
        words += f" · left {money(found[0]['net_minor'], found[0]['currency'])} ({float(found[0]['fraction']):.0%})"
    if found:
        words += f" · floor {money(found[0]['floor_minor'], found[0]['currency'])}"
    return Text(words)


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
