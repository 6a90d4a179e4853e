"""What a listing pack holds, by pure rendering: CSV in the platforms' bulk forms, JSON, a page without scripts."""

import html
import json
from collections.abc import Callable, Mapping, Sequence

from trendctl.commerce.canonical import canonical, sha256_hex
from trendctl.commerce.money import Money
from trendctl.ports import Json
from trendctl.posting.bulk_forms import FORMS, Form, sheet

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


def _price(intent: Mapping[str, Json]) -> Money:
    return Money(intent["price"]["minor"], intent["price"]["currency"])


def _sheet(form: Form) -> Callable[[Mapping[str, Json], Sequence[str]], str]:
    return lambda intent, names: sheet([form.row(intent, "")], tabs=form.tabs)


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
    **{form.file: _sheet(form) for form in FORMS.values()}, "listing.json": _json, "preview.html": _page,
}  # fmt: skip
