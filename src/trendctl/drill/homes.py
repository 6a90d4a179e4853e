"""The well home that every run starts from a copy of: hours of scans behind it, a backup, a listing that is live."""

import random
import shutil
import tempfile
from pathlib import Path

from trendctl.drill.clock import DrillClock
from trendctl.drill.world import HOUR, PAST, World

HOURS = 9  # of life before the fault
SLACK = 150.0  # seconds before now in which the last of them has ended
SUPPLY = {"cost": "1.10", "stock": "12", "condition": "new", "lead_days": "4", "outbound_shipping": "1.20"}
FACTS = {"material": "steel", "pack": "1"}
WATCH_KEEPER = "live.json"  # which product was sold, for those who look


def prepare(folder: Path, seed: int, *, selling: bool = True, hours: int = HOURS) -> Path:
    """A new home in `folder` with hours of life that end now. `selling` False: without a listing (faster)."""
    from trendctl.approval.seat import make_throwaway

    home = make_throwaway(folder)
    world = World(home, random.Random(seed), 0, DrillClock())
    world.clock.advance(-((world.clock.now().timestamp() - PAST - SLACK) % HOUR) - SLACK - hours * HOUR - 60)
    try:
        world.program.app.init()
        world.program.restart()
        world.hourly(hours)
        if selling:
            sell(world)
    finally:
        world.program.close()
        world.server.close()
    (home / ".throwaway").unlink()
    return home


def sell(world: World) -> None:
    """One product from supply to a live listing on `local`, by the way that the demo's script goes."""
    from trendctl import flows
    from trendctl.approval import images
    from trendctl.approval.seat import DemoSeat
    from trendctl.demo.drawing import draw
    from trendctl.demo.walk import Script
    from trendctl.errors import TrendctlError

    app = world.program.app
    product = int(world.sql("SELECT product_id FROM item WHERE source = 'dealnews_rss' AND product_id NOT NULL")[0][0])
    picture = app.home.cache / "drill.png"
    draw(picture)
    flows.tell_supply(app, product, SUPPLY, FACTS)
    images.add(app.approving, app.home.images, product, picture, "own")
    flows.refresh(app, product)
    reviewed = flows.review(app, Script(lambda card: None, lambda words: None), DemoSeat(), [product])
    posted = flows.post(app, [product], "local", dry_run=False) if reviewed.approved else []
    if not posted or posted[0].state != "live":
        raise TrendctlError(
            "The drill's product could not be listed", why=posted[0].cause if posted else "not approved"
        )


def copy(template: Path, folder: Path) -> Path:
    """A home of its own for one run."""
    target = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    shutil.copytree(template, target, dirs_exist_ok=True)
    target.chmod(0o700)
    return target
