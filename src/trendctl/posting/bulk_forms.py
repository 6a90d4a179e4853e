"""A listing as one row of each platform's bulk form, for sellers without API access. Pure.

The columns are those of the templates that the platforms let sellers download (eBay Seller Hub Reports, Amazon's
inventory loader, TikTok Shop's product sheet, Meta's catalogue feed); a platform may ask for more in some categories.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trendctl.commerce.money import Money
from trendctl.ports import Json
from trendctl.posting.platforms.ebay.wires import page

Row = dict[str, str]
_EBAY_SITE = {
    "EBAY_US": ("US", "US"), "EBAY_GB": ("UK", "GB"), "EBAY_DE": ("Germany", "DE"), "EBAY_FR": ("France", "FR"),
    "EBAY_IT": ("Italy", "IT"), "EBAY_ES": ("Spain", "ES"), "EBAY_CA": ("Canada", "CA"), "EBAY_AU": ("Australia", "AU"),
    "EBAY_AT": ("Austria", "AT"), "EBAY_CH": ("Switzerland", "CH"), "EBAY_IE": ("Ireland", "IE"),
    "EBAY_NL": ("Netherlands", "NL"), "EBAY_PL": ("Poland", "PL"), "EBAY_BE": ("Belgium_Dutch", "BE"),
}  # fmt: skip
_EBAY_CONDITION = {
    "new": "1000", "open_box": "1500", "refurbished": "2500", "used_like_new": "2750", "used_good": "5000",
    "used_acceptable": "6000",
}  # fmt: skip
_AMAZON_CONDITION = {
    "new": "11", "refurbished": "10", "open_box": "1", "used_like_new": "1", "used_good": "3", "used_acceptable": "4",
}  # fmt: skip
_GTIN_TYPE = {12: "3", 13: "4"}  # Amazon's product-id-type of a UPC and an EAN; 1 is an ASIN


@dataclass(frozen=True, slots=True)
class Form:
    """A platform's bulk form. `where`: the page that takes the file; `wants`: what a row cannot do without, in words.

    `row`: the intent as cells, `known` is the platform's own number of the listing ("" before it is told).
    """

    platform: str
    file: str
    where: str
    row: Callable[[Mapping[str, Json], str], Row]
    wants: Callable[[Mapping[str, Json]], tuple[str, ...]]
    tabs: bool = False

    def needs(self, intent: Mapping[str, Json]) -> tuple[str, ...]:
        """What is still to be told, or said otherwise, before the row can say exactly what was approved."""
        row = self.row({**intent, "price": {"minor": 1, "currency": "USD"}}, "")  # there may be no price yet
        changed = [name for name, value in row.items() if safe_cell(value) != value]
        words = "that does not begin with = + - or @ (a spreadsheet would run it): trendctl review, key e"
        return (*self.wants(intent), *(f"a {name} {words}" for name in changed))


def safe_cell(value: object) -> str:
    """A CSV cell that no spreadsheet runs as a formula (leading = + - @, tab or return gets an apostrophe)."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def sheet(rows: Sequence[Mapping[str, str]], *, tabs: bool = False) -> str:
    """A whole file: the union of the rows' columns in their order; what a row does not say stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\r\n", delimiter="\t" if tabs else ",")
    writer.writeheader()
    writer.writerows({k: safe_cell(v) for k, v in row.items()} for row in rows)
    return out.getvalue()


def amount(intent: Mapping[str, Json]) -> str:
    """The price as a decimal in its currency's digits."""
    return f"{Money(intent['price']['minor'], intent['price']['currency']).decimal():f}"


def _stock(column: str, intent: Mapping[str, Json]) -> Row:
    """The stock's cell. A new price has none: what was approved long ago may be sold since, and an empty cell leaves
    the number as it is (Amazon's help on its inventory files; eBay revises only what a row names)."""
    return {} if intent["action"] == "reprice" else {column: str(intent["quantity"])}


def _words(intent: Mapping[str, Json]) -> str:
    """The description and the bullets, for a form that takes plain text."""
    return "\n".join((str(intent["description"]), *(str(text) for text in intent["bullets"]))).strip()


def ebay(intent: Mapping[str, Json], known: str = "") -> Row:
    """Add, Revise or End; a change names the item by its number, or by our SKU where that is not known."""
    site, country = _EBAY_SITE.get(str(intent["marketplace"]), ("US", "US"))
    action = f"*Action(SiteID={site}|Country={country}|Currency={intent['price']['currency']}|Version=1193)"
    which = {"CustomLabel": str(intent["sku"])} | ({"ItemID": known} if known else {})
    if intent["action"] == "end":
        return {action: "End", **which, "EndCode": "NotAvailable"}
    if intent["action"] in ("revise", "reprice"):
        return {action: "Revise", **which, "*StartPrice": amount(intent), **_stock("*Quantity", intent)}
    row = {
        action: "Add", **which, "*Category": intent["category"]["id"], "*Title": intent["title"],
        "*Description": page(intent), "*ConditionID": _EBAY_CONDITION.get(str(intent["condition"]), ""),
        "*Format": "FixedPrice", "*Duration": "GTC", "*StartPrice": amount(intent),
        "*Quantity": str(intent["quantity"]), "Product:UPC": intent["gtin"], "C:Brand": intent["brand"] or "Unbranded",
        "C:MPN": intent["mpn"], "PicURL": "|".join(i["url"] for i in intent["images"] if i["url"]),
    }  # fmt: skip
    return row | {f"C:{name}": "|".join(values) for name, values in intent["aspects"].items()}


def amazon(intent: Mapping[str, Json], known: str = "") -> Row:
    """An offer on a product that Amazon's catalogue has, by ASIN (the fact `asin`) or GTIN: the inventory loader."""
    asin = (intent["aspects"].get("asin") or [""])[0]
    identity = {
        "product-id": asin or intent["gtin"],
        "product-id-type": "1" if asin else _GTIN_TYPE.get(len(str(intent["gtin"])), ""),
    }
    if intent["action"] == "end":
        return {"sku": intent["sku"], "add-delete": "d"}
    return {
        "sku": intent["sku"], **identity, "price": amount(intent), **_stock("quantity", intent),
        "item-condition": _AMAZON_CONDITION.get(str(intent["condition"]), ""), "add-delete": "a",
    }  # fmt: skip


def tiktok(intent: Mapping[str, Json], known: str = "") -> Row:
    """The columns that every category's sheet has. It cannot end a listing: its stock goes to 0."""
    urls = [i["url"] for i in intent["images"] if i["url"]]
    return {
        "Product ID": known, "Category": intent["category"]["path"], "Brand": intent["brand"],
        "Product name": intent["title"], "Product description": _words(intent), "Seller SKU": intent["sku"],
        "Price": amount(intent), **({"Quantity": "0"} if intent["action"] == "end" else _stock("Quantity", intent)),
        "Identifier code": intent["gtin"], "Main image": urls[0] if urls else "",
    }  # fmt: skip


def meta(intent: Mapping[str, Json], known: str = "") -> Row:
    """A line of a catalogue feed (uploaded as an update, not as a replacement)."""
    first = next((i["url"] for i in intent["images"] if i["url"]), "")
    there = "in stock" if intent["quantity"] else "out of stock"
    there = "discontinued" if intent["action"] == "end" else there
    used = {"new": "new", "refurbished": "refurbished"}.get(str(intent["condition"]), "used")
    return {
        "id": intent["sku"], "title": intent["title"], "description": _words(intent),
        **({} if intent["action"] == "reprice" else {"availability": there}), "condition": used,
        "price": f"{amount(intent)} {intent['price']['currency']}", "link": intent["link"], "image_link": first,
        "brand": intent["brand"] or "Unbranded", "gtin": intent["gtin"],
        "google_product_category": intent["category"]["id"] or intent["category"]["path"],
    }  # fmt: skip


def _address(intent: Mapping[str, Json]) -> tuple[str, ...]:
    """A file holds no picture: the platform fetches it."""
    there = any(i["url"] for i in intent["images"])
    return () if there or not intent["images"] else ("a public address for an image: trendctl image add --url",)


def _ebay_needs(intent: Mapping[str, Json]) -> tuple[str, ...]:
    number = () if intent["category"]["id"] else ("eBay's category number: trendctl edit, category.id",)
    return (*number, *_address(intent))


def _amazon_needs(intent: Mapping[str, Json]) -> tuple[str, ...]:
    there = intent["gtin"] or intent["aspects"].get("asin")
    return () if there else ("a GTIN (supply --gtin) or an ASIN (supply --fact asin=...)",)


def _meta_needs(intent: Mapping[str, Json]) -> tuple[str, ...]:
    return (*_address(intent), *(() if intent["link"] else ("a link to your own shop page: trendctl supply --link",)))


FORMS: Mapping[str, Form] = {
    f.platform: f
    for f in (
        Form("ebay", "ebay.csv", "Seller Hub > Reports > Uploads", ebay, _ebay_needs),
        Form("amazon", "amazon.txt", "Seller Central > Catalog > Add Products via Upload", amazon, _amazon_needs, True),
        Form("tiktok", "tiktok.csv", "Seller Center > Products > Batch tools", tiktok, _address),
        Form("facebook", "facebook.csv", "Commerce Manager > Catalogue > Data sources", meta, _meta_needs),
    )
}
