"""Flags what may not, or not simply, be sold: brands that enforce, restricted goods, claims, fields that the law wants.

No list is ever complete: finding nothing here is no permission to sell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trendctl.commerce import facts
from trendctl.commerce.markets import GPSR_COUNTRIES, country
from trendctl.commerce.textmatch import Hit, find, fold

COMPLIANCE_VERSION = facts.version("compliance")

Severity = Literal["block", "warn"]
_YES = frozenset(("yes", "true", "1", "y"))


@dataclass(frozen=True, slots=True)
class Flag:
    """One finding. `words`: the listed phrases; `evidence`: the listing's own words, or what is missing."""

    code: str
    severity: Severity
    words: tuple[str, ...]
    evidence: str
    message: str
    source: str
    as_of: str


def flags(
    title: str,
    description: str = "",
    category: str = "",
    brand: str = "",
    marketplace: str = "",
    facts: Mapping[str, str] | None = None,
) -> tuple[Flag, ...]:
    """Every finding, blocks first, then by code; the same answer for the same input and COMPLIANCE_VERSION.

    `category`: a Google top-level id or name, or a path that begins with one. `marketplace`: as an account has it
    (`EBAY_DE`, `ATVPDKIKX0DER`, `US`). `facts` of the supply that count: `un383_test`,
    `safety_data_sheet` ("yes"), `age_from_months`, `manufacturer`, `manufacturer_address`, `manufacturer_email`,
    `manufacturer_country`, `responsible_person`, `responsible_person_address`, `responsible_person_email`,
    `safety_warnings`.
    """
    listing = _Listing(title, description, _top(category), brand, country(marketplace), facts or {})
    found = [*_brands(listing), *_words(listing), *_gpsr(listing), *_children(listing)]
    return tuple(sorted(set(found), key=lambda flag: (flag.severity, flag.code, flag.words, flag.evidence)))


@dataclass(frozen=True, slots=True)
class _Listing:
    title: str
    description: str
    category: str
    brand: str
    country: str
    facts: Mapping[str, str]

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.description}"

    def has(self, fact: str) -> bool:
        return bool(self.facts.get(fact, "").strip())

    def says_yes(self, fact: str) -> bool:
        return self.facts.get(fact, "").strip().casefold() in _YES


def _top(category: str) -> str:
    return category.split(">")[0].strip().casefold()


def _flag(
    table: Mapping[str, Any], code: str, severity: Severity, words: tuple[str, ...], evidence: str, message: str
) -> Flag:
    return Flag(code, severity, words, evidence, message, table["source"], table["as_of"].isoformat())


def _evidence(hits: tuple[Hit, ...]) -> tuple[tuple[str, ...], str]:
    return tuple(sorted({hit.phrase for hit in hits})), "; ".join(dict.fromkeys(hit.evidence for hit in hits))


def _brands(listing: _Listing) -> Iterator[Flag]:
    table = facts.load("compliance")["brands"]
    # An everyday word counts as a brand only when it is the whole brand: "Ring Pop" is not "Ring".
    plain_brands = [phrase for phrase in table["plain"] if fold(phrase) == fold(listing.brand)]
    own = find(listing.brand, [*table["phrases"], *plain_brands], plural=False)
    if own:
        yield _brand_flag(table, "brand", "block", own)
    own_phrases = {hit.phrase for hit in own}
    named: list[Hit] = []
    fitting: list[Hit] = []
    for hit in find(listing.text, table["phrases"], plural=False):
        if hit.phrase not in own_phrases:
            (fitting if _is_compatible(listing.text, hit, table["compatible"]) else named).append(hit)
    if named:
        yield _brand_flag(table, "brand_named", "block", tuple(named))
    plain = [hit for hit in find(listing.title, table["plain"], plural=False) if hit.phrase not in own_phrases]
    if plain or fitting:
        yield _brand_flag(table, "brand_mentioned", "warn", (*fitting, *plain))


def _brand_flag(table: Mapping[str, Any], code: str, severity: Severity, hits: tuple[Hit, ...]) -> Flag:
    words, evidence = _evidence(hits)
    what = {
        "brand": "the brand's owner enforces its rights",
        "brand_named": "names a brand whose owner enforces its rights",
        "brand_mentioned": "may name a brand; say only what it fits, and show no logo",
    }[code]
    proof = "" if severity == "warn" else "; if you hold the right to sell it, lift it in review with a reason"
    return _flag(table, code, severity, words, evidence, f"{evidence}: {what}{proof} ({table['note']})")


def _is_compatible(text: str, hit: Hit, phrases: list[str]) -> bool:
    """Whether the brand stands after "for", "fits" ...: an accessory's use, not its origin."""
    before = f" {fold(text[: hit.start])}"
    return any(before.endswith((f" {fold(phrase)}", f" {fold(phrase)} the")) for phrase in phrases)


def _words(listing: _Listing) -> Iterator[Flag]:
    for table in facts.load("compliance")["words"]:
        hits = find(listing.text, table["phrases"], unless=table.get("unless", ()))
        severity = _severity(listing, table)
        if hits and severity is not None:
            words, evidence = _evidence(hits)
            message = _word_message(listing, table, evidence)
            yield _flag(table, table["code"], severity, words, evidence, message)


def _severity(listing: _Listing, table: Mapping[str, Any]) -> Severity | None:
    """The table's severity; None where a fact of the supply answers a mere warning.

    A block is never answered by a fact: only the person's typed reason, in the audit log, lifts it.
    """
    told: Severity = table["severity"]
    answered = "fact" in table and listing.says_yes(table["fact"])
    return None if answered and told == "warn" else told


def _word_message(listing: _Listing, table: Mapping[str, Any], evidence: str) -> str:
    parts = [f"{evidence}: {table['code'].replace('_', ' ')}"]
    if table["severity"] == "warn" and "fact" in table:
        parts.append(f"answer with the fact {table['fact']} = yes")
    elif table["severity"] == "block":
        parts.append("if you may sell it, lift it in review with a reason")
    return "; ".join([*parts, *([table["note"]] if "note" in table else [])])


def _gpsr(listing: _Listing) -> Iterator[Flag]:
    table = facts.load("compliance")["gpsr"]
    northern_ireland = listing.country == "GB"
    if listing.country not in GPSR_COUNTRIES and not northern_ireland:
        return
    wanted = list(table["required"])
    if listing.facts.get("manufacturer_country", "").strip().upper() not in GPSR_COUNTRIES:
        wanted += table["outside_eu"]
    missing = tuple(name for name in wanted if not listing.has(name))
    if missing:
        where = "Northern Ireland" if northern_ireland else listing.country
        severity: Severity = "warn" if northern_ireland else table["severity"]
        message = f"a sale to {where} must show: {', '.join(missing)}"
        yield _flag(table, "gpsr_missing", severity, missing, ", ".join(missing), message)
    advised = tuple(name for name in table["advised"] if not listing.has(name))
    if advised:
        message = "warnings and safety information, if the product needs any, must be shown in the buyer's language"
        yield _flag(table, "gpsr_safety", "warn", advised, ", ".join(advised), message)


def _children(listing: _Listing) -> Iterator[Flag]:
    tables = facts.load("compliance")
    toys, baby = tables["toys"], tables["baby"]
    toy = _belongs(listing, toys)
    if toy:
        yield from _toy(listing, toys, toy)
    infant = _belongs(listing, baby)
    if infant and listing.country in ("US", ""):
        yield _flag(baby, "childrens_product", "warn", infant[0], infant[1], baby["us"])


def _belongs(listing: _Listing, table: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """The phrases and evidence by which a listing is of a table's kind; None: it is not."""
    if listing.category in table["google"]:
        return (), f"category {listing.category}"
    hits = find(listing.title, table["phrases"], unless=table["unless"])
    return _evidence(hits) if hits else None


def _toy(listing: _Listing, toys: Mapping[str, Any], why: tuple[tuple[str, ...], str]) -> Iterator[Flag]:
    words, evidence = why
    law = toys["eu"] if listing.country in GPSR_COUNTRIES else toys["us"]
    if not listing.has(toys["fact"]):
        yield _flag(toys, "toy_age", "warn", words, evidence, f"no age told (fact {toys['fact']}); {law}")
        return
    months = listing.facts[toys["fact"]].strip()
    if not (months.isascii() and months.isdigit()):
        message = f"the age must be whole months, not {months!r}; {law}"
        yield _flag(toys, "toy_age", "warn", words, evidence, message)
    elif int(months) >= 36:
        yield _flag(toys, "toy_small_parts", "warn", words, evidence, f"{toys['small_parts']}; {law}")
    else:
        yield _flag(toys, "toy_law", "warn", words, evidence, law)
