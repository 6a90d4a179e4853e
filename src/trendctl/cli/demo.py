"""`trendctl demo`: the whole job on simulated data, offline, in under a minute."""

import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from trendctl import log
from trendctl.cli import base
from trendctl.render import Screen

NEXT = (
    "init", "scan", "products", "supply ID --cost 7.50 --stock 20 --condition new",
    "image add ID photo.jpg --rights own", "review", "post",
)  # fmt: skip

app = base.single("See the whole job on simulated data, offline, in under a minute.")


@app.command(epilog="Example: trendctl demo --keep")
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the throwaway home to look around in.")] = False,
    as_json: base.Json = False,
) -> int:
    """Three simulated weeks through the real code: scan, products, scores, supply, approval, post, stats.

    Nothing leaves this machine, nothing of yours is touched.
    """
    from trendctl.approval.seat import make_throwaway

    screen, home = base.screen(as_json), make_throwaway()
    try:
        done = _walk(screen, home)
        if as_json:
            screen.json({"simulated": True, "home": str(home) if keep else None, "scans": done.scans,
                         "items": done.items, "products": done.products, "product": done.product,
                         "listing": dict(done.listing), "stats": dict(done.stats)})  # fmt: skip
        else:
            _end(screen, done, keep=keep)
    finally:
        if not keep:
            log.close()
            shutil.rmtree(home, ignore_errors=True)
    return 0


def _walk(screen: Screen, home: Path) -> Any:
    from trendctl.demo.walk import walk

    return walk(
        screen.say,
        lambda run: _products(screen, run),
        lambda card: _card(screen, card),
        lambda n, of: _step(screen, n, of),
        home=home,
    )


def _step(screen: Screen, done: int, of: int) -> None:
    if screen.err.isatty():
        screen.err.write(f"\rscanning: {'=' * (done * 40 // of):<40} {done}/{of}" + ("\n" if done == of else ""))
        screen.err.flush()


def _products(screen: Screen, run: Any) -> None:
    if screen.as_json:
        return
    from trendctl.cli.products import draw

    screen.console().print("\nThe best products, all simulated:")
    draw(screen, run, limit=8)


def _card(screen: Screen, card: Any) -> None:
    if screen.as_json:
        return
    from trendctl.cli import card_view

    screen.console().print("\nThe review card, simulated:")
    card_view.draw(screen.console(), card, card.case.now)


def _end(screen: Screen, done: Any, *, keep: bool) -> None:
    listing, pipeline = done.listing, done.stats["pipeline"]
    screen.say(f"posted to {listing['platform']}, simulated: {listing['state']}, SKU {listing['sku']}")
    screen.say(
        f"pack: {listing['url']}" if keep else "its pack was written to the outbox, and is deleted with the demo"
    )
    screen.say(
        f"pipeline, simulated: {pipeline['found']} found, {pipeline['pending']} pending, {pipeline['live']} live"
    )
    if keep:
        screen.say(f"Look around: TRENDCTL_HOME={done.home} trendctl products")
    screen.say("")
    screen.say("Now with real data:")
    for line in NEXT:
        screen.say(f"  trendctl {line}")
