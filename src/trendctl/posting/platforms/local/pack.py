"""What a listing pack holds, by pure rendering: CSV in the platforms' bulk forms, JSON, a page without scripts."""

import csv
import html
import io
import json
from collections.abc import Callable, Mapping, Sequence

from trendctl.commerce.canonical import canonical, sha256_hex
from trendctl.commerce.money import Money
from trendctl.ports import Json

MANIFEST = "pack.json"
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}


def digest(intent: Mapping[str, Json]) -> str:
    """The hash that names this intent's pack."""
    return sha256_hex(canonical(dict(intent)))


def manifest(intent: Mapping[str, Json]) -> bytes:
    """Canonical JSON: the intent's hash, every text file whole, every image by hash and name."""
    images = [
        {"sha256": i["sha256"], "name": f"images/{n:02d}{_SUFFIX.get(i['mime'], '.bin')}", "mime": i["mime"]}
        for n, i in enumerate(intent["images"], 1)
    ]
    names = [str(i["name"]) for i in images]
    files = {name: make(intent, names) for name, make in _FILES.items()}
    return canonical({"intent": digest(intent), "sku": intent["sku"], "files": files, "images": images})


def safe_cell(value: object) -> str:
    """A CSV cell that no spreadsheet runs as a formula (leading = + - @, tab or return gets an apostrophe)."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(rows: Sequence[Mapping[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({k: safe_cell(v) for k, v in row.items()} for row in rows)
    return out.getvalue()


def _price(intent: Mapping[str, Json]) -> Money:
    return Money(intent["price"]["minor"], intent["price"]["currency"])


def _amount(intent: Mapping[str, Json]) -> str:
    return f"{_price(intent).decimal():f}"


def _ebay(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    row: dict[str, object] = {
        "*Action(SiteID=US|Country=US|Currency=USD|Version=1193)": "Add", "CustomLabel": intent["sku"],
        "*Category": intent["category"]["id"], "*Title": intent["title"], "*Description": intent["description"],
        "*ConditionID": {"new": 1000, "used": 3000}.get(str(intent["condition"]), ""), "*Format": "FixedPrice",
        "*Duration": "GTC", "*StartPrice": _amount(intent), "*Quantity": intent["quantity"],
        "Product:UPC": intent["gtin"], "C:Brand": intent["brand"] or "Unbranded", "C:MPN": intent["mpn"],
        "PicURL": "|".join(i["url"] for i in intent["images"] if i["url"]),
    }  # fmt: skip
    row |= {f"C:{name}": "|".join(values) for name, values in intent["aspects"].items()}
    return _csv([row])


def _amazon(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    bullets = {f"bullet_point{n}": text for n, text in enumerate(intent["bullets"][:5], 1)}
    return _csv([{
        "item_sku": intent["sku"], "item_name": intent["title"], "external_product_id": intent["gtin"],
        "external_product_id_type": "GTIN" if intent["gtin"] else "", "brand_name": intent["brand"],
        "part_number": intent["mpn"], "standard_price": _amount(intent), "quantity": intent["quantity"],
        "condition_type": str(intent["condition"]).title(), "product_description": intent["description"],
        "generic_keywords": " ".join(intent["keywords"]), **bullets,
    }])  # fmt: skip


def _tiktok(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    return _csv([{
        "Category": intent["category"]["path"], "Brand": intent["brand"], "Product name": intent["title"],
        "Product description": intent["description"], "Seller SKU": intent["sku"], "Price": _amount(intent),
        "Quantity": intent["quantity"], "Identifier code": intent["gtin"], "Main image": names[0] if names else "",
    }])  # fmt: skip


def _meta(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    first = next((i["url"] for i in intent["images"] if i["url"]), "")
    return _csv([{
        "id": intent["sku"], "title": intent["title"], "description": intent["description"],
        "availability": "in stock" if intent["quantity"] else "out of stock", "condition": intent["condition"],
        "price": f"{_amount(intent)} {intent['price']['currency']}", "link": intent["link"], "image_link": first,
        "brand": intent["brand"] or "Unbranded", "gtin": intent["gtin"],
        "google_product_category": intent["category"]["path"],
    }])  # fmt: skip


def _json(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    return json.dumps(intent, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _page(intent: Mapping[str, Json], names: Sequence[str]) -> str:
    """A preview for the seller's eyes: no script, no outside address, everything escaped."""
    text = {k: html.escape(str(intent[k])) for k in ("title", "description", "condition", "brand", "sku")}
    pictures = "".join(f'<img src="{html.escape(n)}" alt="" width="240">' for n in names)
    bullets = "".join(f"<li>{html.escape(str(b))}</li>" for b in intent["bullets"])
    facts = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(', '.join(v))}</td></tr>" for k, v in intent["aspects"].items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; "
        "style-src 'unsafe-inline'\"><title>" + text["title"] + "</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:44em;margin:2em auto;padding:0 1em;color-scheme:light dark}"
        "th{text-align:left;padding-right:1em}</style>"
        f"<h1>{text['title']}</h1>{pictures}<p><b>{html.escape(_price(intent).format_plain())}</b> · "
        f"{text['condition']} · {intent['quantity']} in stock · SKU {text['sku']}</p>"
        f"<p>{text['description']}</p><ul>{bullets}</ul><table>{facts}</table></html>\n"
    )


_FILES: Mapping[str, Callable[[Mapping[str, Json], Sequence[str]], str]] = {
    "ebay.csv": _ebay, "amazon.csv": _amazon, "tiktok.csv": _tiktok, "meta.csv": _meta,
    "listing.json": _json, "preview.html": _page,
}  # fmt: skip
