"""The intent: what a person approves for one platform and account, as one strict document.

Integer minor units, no floats, no field outside this schema. Its canonical bytes (RFC 8785) are what is hashed,
stored, approved and later rendered. A new field is a new schema version: an older approval then refuses to post.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trendctl.commerce.canonical import canonical, sha256_hex
from trendctl.errors import Refused
from trendctl.ports import Json

SCHEMA = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Price(_Strict):
    """Minor units of an ISO 4217 currency."""

    minor: int = Field(ge=0)
    currency: str = Field(min_length=3, max_length=3)


class Category(_Strict):
    """`id` in the platform's own numbering ("" where none is known), `path` for the person."""

    id: str = ""
    path: str = ""


class Picture(_Strict):
    """An image by the hash of its stored bytes. `url`: where a platform fetches it by itself."""

    sha256: str = Field(min_length=64, max_length=64)
    mime: str
    width: int
    height: int
    bytes: int
    rights: Literal["own", "licensed", "supplier"]
    url: str = ""


class Intent(_Strict):
    """Every field that will be posted. `extra`: the platform's own fields, named in its facts.

    `basis`: hashes of what the decision rests on (supply, rules, compliance flags); a change is drift.
    """

    version: Literal[1] = Field(alias="schema")
    platform: str
    account: str
    marketplace: str
    action: Literal["create", "revise", "reprice", "relist", "end"]
    product: str
    sku: str
    title: str
    description: str
    bullets: list[str]
    keywords: list[str]
    price: Price
    quantity: int = Field(ge=0)
    condition: str
    brand: str
    mpn: str
    gtin: str
    category: Category
    aspects: dict[str, list[str]]
    images: list[Picture]
    policies: dict[str, str]
    link: str
    auto_decrease: bool
    extra: dict[str, Json]
    basis: dict[str, str]


FIELDS = tuple(f.alias or name for name, f in Intent.model_fields.items())
EDITABLE = ("title", "description", "bullets", "keywords", "price", "quantity", "aspects", "category")


def freeze(doc: Mapping[str, Json]) -> tuple[bytes, str]:
    """The canonical bytes of a complete intent and their SHA-256. Raises Refused when it does not fit the schema."""
    return (data := canonical(_validated(doc))), sha256_hex(data)


def thaw(data: bytes, extra_fields: frozenset[str]) -> dict[str, Json]:
    """The document of stored bytes. Raises Refused on an unknown field or bytes that are not canonical."""
    import json

    try:
        doc = json.loads(data)
    except ValueError as fault:
        raise Refused("The approved intent cannot be read", why=str(fault), next="trendctl audit verify") from fault
    checked = _validated(doc)
    unknown = set(checked["extra"]) - extra_fields
    if unknown:
        raise Refused("The approved intent has unknown fields", why=", ".join(sorted(unknown)), next="trendctl review")
    if canonical(checked) != data:
        raise Refused("The approved intent is not in canonical form", next="trendctl audit verify")
    return checked


def _validated(doc: Mapping[str, Json]) -> dict[str, Json]:
    missing = [name for name in FIELDS if name not in doc]
    if missing:
        raise Refused("The intent is incomplete", why=f"without {', '.join(missing)}", next="trendctl review")
    try:
        return Intent.model_validate(dict(doc)).model_dump(mode="json", by_alias=True)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(
            "The intent does not fit its schema", why=f"{where}: {first['msg']}", next="trendctl review"
        ) from fault
