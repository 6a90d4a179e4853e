"""`trendctl supply ID`: what the seller has."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.cli.show import supply_words
from trendctl.errors import UsageError

app = base.single("Tell what you have: cost, stock, lead time, condition, facts.")
Cost = Annotated[str | None, typer.Option(help="What one unit costs you.", show_default=False)]
Freight = Annotated[str | None, typer.Option(help="Freight to you.", show_default=False)]
Duty = Annotated[str | None, typer.Option(help="Import duty.", show_default=False)]
Packaging = Annotated[str | None, typer.Option(help="Packaging.", show_default=False)]
Outbound = Annotated[str | None, typer.Option(help="Postage to the buyer.", show_default=False)]
Ad = Annotated[str | None, typer.Option(help="Advertising.", show_default=False)]
Price = Annotated[str | None, typer.Option(help="What you ask; not told: the analysts' price.", show_default=False)]
Currency = Annotated[str | None, typer.Option(help="Three letters, as USD.", show_default=False)]
Stock = Annotated[str | None, typer.Option(help="What you have now: the count begins anew.", show_default=False)]
Lead = Annotated[str | None, typer.Option(help="Days until you have it.", show_default=False)]
Condition = Annotated[str | None, typer.Option(help="As new, open_box or used_good.", show_default=False)]
Brand = Annotated[str | None, typer.Option(help="The maker's name.", show_default=False)]
Mpn = Annotated[str | None, typer.Option(help="The maker's own number.", show_default=False)]
Gtin = Annotated[str | None, typer.Option(help="The bar code: EAN, UPC or ISBN.", show_default=False)]
Returned = Annotated[str | None, typer.Option(help="Share of orders that come back, 0 to 1.", show_default=False)]
Supplier = Annotated[str | None, typer.Option(help="Where you get it.", show_default=False)]
Link = Annotated[str | None, typer.Option(help="Your own page of it: https://...", show_default=False)]
Decrease = Annotated[str | None, typer.Option(help="yes: a sale lowers it elsewhere too.", show_default=False)]
ASKED = ("cost", "stock", "condition", "lead_days", "price", "brand", "mpn", "gtin")


@app.command(epilog="Example: trendctl supply 12 --cost 7.50 --stock 20 --condition new --fact material=steel")
def supply(
    product: Annotated[str | None, typer.Argument(metavar="[ID]", show_default=False)] = None,
    cost: Cost = None, freight: Freight = None, duty: Duty = None, packaging: Packaging = None,
    outbound_shipping: Outbound = None, ad: Ad = None, price: Price = None, currency: Currency = None,
    stock: Stock = None, lead_days: Lead = None, condition: Condition = None, brand: Brand = None, mpn: Mpn = None,
    gtin: Gtin = None, return_rate: Returned = None, supplier: Supplier = None, link: Link = None,
    auto_decrease: Decrease = None,
    fact: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; an empty value removes it.")] = None,
    file: Annotated[Path | None, typer.Option("--import", help="A CSV file: id and these names.")] = None,
    as_json: base.Json = False,
) -> int:  # fmt: skip
    """Tell what you have. Amounts are per unit, in the currency told before, else your market's, or --currency.
    Without options: asks."""
    given = {k: v for k, v in locals().items() if k not in _OTHER and v is not None}
    run, screen = base.open_app(), base.screen(as_json)
    if file is not None:
        return _import(run, screen, file)
    if product is None:
        raise UsageError("Which product?", next="trendctl supply ID, or trendctl supply --import FILE.csv")
    product_id = run.product_id(product)
    if given or fact:
        flows.tell_supply(run, product_id, given, _facts(fact or []))
    elif screen.may_ask and not as_json:
        flows.tell_supply(run, product_id, *ask(screen, run, product_id))
    _shown(run, screen, product_id)
    return 0


_OTHER = ("product", "fact", "file", "as_json")


def ask(screen: Any, run: Any, product_id: int) -> tuple[dict[str, str], dict[str, str]]:
    """The questions of `supply` and of the review's supply key: Enter keeps what is there."""
    from trendctl.approval.supply import CONDITIONS, checked

    told: dict[str, str] = {}
    there = _row(run, product_id)
    currency = there.get("currency") or run.settings.market.currency
    for name in ASKED:
        hint = f" ({', '.join(CONDITIONS)})" if name == "condition" else ""
        while True:
            text = typer.prompt(f"{name}{hint}", default=_now(there, name), show_default=True, err=True)
            if text in ("-", ""):
                break
            try:
                checked({name: text}, {}, currency)
            except UsageError as fault:
                screen.say(f"{fault.what}: {fault.why}")
                continue
            told[name] = text
            break
    facts: dict[str, str] = {}
    while True:
        line = typer.prompt("a fact as NAME=VALUE, Enter when done", default="", show_default=False, err=True)
        if not line:
            return told, facts
        try:
            facts |= _facts([line])
        except UsageError as fault:
            screen.say(str(fault))


def _facts(lines: list[str]) -> dict[str, str]:
    out = {}
    for line in lines:
        name, found, value = line.partition("=")
        if not found or not name.strip():
            raise UsageError(f"A fact is NAME=VALUE, not {line!r}", next="trendctl supply ID --fact material=steel")
        out[name.strip()] = value.strip()
    return out


def _row(run: Any, product_id: int) -> dict[str, Any]:
    from trendctl.store import supplies

    with run.store.read() as db:
        row = supplies.row(db, product_id)
    return dict(row) if row else {}


def _now(row: dict[str, Any], name: str) -> str:
    from trendctl.approval.supply import AMOUNTS
    from trendctl.commerce.money import Money

    value = row.get(AMOUNTS.get(name, name))
    if value in (None, ""):
        return "-"
    return f"{Money(value, row['currency']).decimal():f}" if name in AMOUNTS else str(value)


def _import(run: Any, screen: Any, file: Path) -> int:
    from trendctl.approval.supply import import_csv

    try:
        data = file.read_bytes()
    except OSError as fault:
        raise UsageError(f"{file} cannot be read", why=fault.strerror or str(fault), next="check the path") from fault
    done = import_csv(run.approving, data, run.settings.market.currency)
    flows.analyze(run)
    if screen.as_json:
        screen.json({"taken": done.taken, "refused": list(done.refused)})
    else:
        screen.say(f"{done.taken} rows taken, {len(done.refused)} refused")
        for line in done.refused:
            screen.say(f"  {line}")
    return 1 if done.refused else 0


def _shown(run: Any, screen: Any, product_id: int) -> None:
    row = _row(run, product_id)
    if screen.as_json:
        screen.json(row or None)
        return
    if not row:
        screen.say(f"Nothing told yet. Example: trendctl supply {product_id} --cost 7.50 --stock 20 --condition new")
        return
    screen.say(supply_words(row))
    screen.say(f"Next: trendctl image add {product_id} FILE --rights own, then trendctl review")
