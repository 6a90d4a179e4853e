"""The texts that a platform is sent as one, made of several approved fields: what the rules are checked on, too."""

from collections.abc import Mapping

from trendctl.commerce.money import Money
from trendctl.ports import Json


def texts(doc: Mapping[str, Json]) -> dict[str, str]:
    """By the names the listing rules have for them; {} where a platform takes each field by itself."""
    platform = doc["platform"]
    if platform == "facebook_page":
        return {"message": message(doc)}
    if platform == "instagram":
        return {"caption": caption(doc), "alt_text": str(doc["title"])}
    return {}


def message(doc: Mapping[str, Json]) -> str:
    """A Page post's text: the description, the price, the link (unless the post is one) and the SKU."""
    price = Money(doc["price"]["minor"], doc["price"]["currency"]).format_plain()
    link = "" if doc["extra"].get("post") == "link" else str(doc["link"])
    ending = "\n".join(line for line in (price, link, f"Item {doc['sku']}") if line)
    return f"{doc['description']}\n\n{ending}".strip() if doc["description"] else ""


def caption(doc: Mapping[str, Json]) -> str:
    """An Instagram caption: the description and the link. No price: a caption cannot be changed later."""
    return f"{doc['description']}\n\n{doc['link']}".strip() if doc["description"] else ""
