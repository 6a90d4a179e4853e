"""Every command, its module and its one line of help. The help page and the README are made from this table."""

from typing import NamedTuple


class Command(NamedTuple):
    """`module` exports a typer `app`; `words` is the line of `trendctl --help`."""

    group: str
    name: str
    module: str
    words: str


def _group(group: str, *rows: tuple[str, str, str]) -> tuple[Command, ...]:
    return tuple(Command(group, name, f"trendctl.cli.{module}", words) for name, module, words in rows)


COMMANDS: tuple[Command, ...] = (
    *_group(
        "start",
        ("init", "init", "Create config, data folder and database; works without answers."),
        ("demo", "demo", "See the whole job on simulated data, offline, in under a minute."),
    ),
    *_group(
        "discover",
        ("scan", "scan", "Read the trend sources, find products, judge them, make drafts."),
        ("watch", "watch", "Terms to measure at every scan: add, list, remove."),
        ("sources", "sources", "The trend sources: list, show, test, record, enable, disable."),
        ("products", "products", "The products found, best score first."),
        ("show", "show", "All that is known of one product."),
        ("explain", "explain", "Why a product has its score, part by part."),
    ),
    *_group("analyse", ("analyze", "analyze", "Run the analysts again, on everything or some products.")),
    *_group(
        "prepare",
        ("supply", "supply", "Tell what you have: cost, stock, lead time, condition, facts."),
        ("image", "image", "Your product images and the right to use them: add, list, remove."),
        ("merge", "merge", "Say that two products are the same thing."),
        ("split", "split", "Say that items are not this product."),
        ("platforms", "platforms", "Where you sell: list, check, login."),
    ),
    *_group(
        "decide",
        ("review", "review", "Decide on products one by one; quit and come back at any time."),
        ("approve", "approve", "Approve one product for one platform (in a terminal only)."),
        ("reject", "reject", "Drop a product, with a reason."),
        ("defer", "defer", "Look at a product again in some days."),
        ("edit", "edit", "Change a draft's words in your editor."),
    ),
    *_group(
        "sell",
        ("post", "post", "List what you approved, through the official ways."),
        ("listings", "listings", "Your listings and their state."),
        ("end", "end", "Propose to end a listing; review decides."),
        ("reprice", "reprice", "Propose a new price; review decides."),
        ("reconcile", "reconcile", "Ask the platforms what became of unclear listings."),
        ("track", "track", "Read how your listings do: views, orders, revenue, fees, returns."),
        ("stats", "stats", "Pipeline and sales in numbers; --predictions, --metrics, --costs."),
        ("report", "report", "One page for a browser, a phone or paper; --html FILE."),
        ("export", "export", "Any table as CSV, JSON or NDJSON."),
    ),
    *_group(
        "run",
        ("daemon", "daemon", "Scan hourly, look after everything; --once for cron."),
        ("service", "service", "The system service: print, install, uninstall, status."),
        ("health", "health", "Is everything well?"),
        ("heal", "heal", "Look for faults, repair what may be repaired."),
        ("incidents", "incidents", "What went wrong, what still does."),
        ("repairs", "repairs", "What was repaired, and how it is taken back."),
        ("rollback", "rollback", "Take a repair back (in a terminal only)."),
        ("drill", "drill", "Break throwaway homes on purpose, measure how healing does."),
        ("backup", "backup", "Backups: create, list, verify, restore."),
    ),
    *_group(
        "keep",
        ("config", "config", "The settings: show, path, check, edit."),
        ("secrets", "secrets", "Credentials: set, list, remove."),
        ("audit", "audit", "Every decision and call: list, verify."),
        ("forget", "forget", "Delete a source's data, an account or everything (in a terminal)."),
    ),
)

# Named in the design, not in this version: said plainly instead of pretended.
LATER: dict[str, str] = {}

FIND: dict[str, Command] = {c.name: c for c in COMMANDS}
