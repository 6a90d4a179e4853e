"""Which country a marketplace's name means: `EBAY_DE`, `A1PA6795UKMFR9`, `DE` are one market."""

# developer-docs.amazon.com/sp-api/docs/marketplace-ids, read 2026-11-24.
_AMAZON = {
    "ATVPDKIKX0DER": "US",
    "A2EUQ1WTGCTBG2": "CA",
    "A1AM78C64UM0Y8": "MX",
    "A2Q3Y263D00KWC": "BR",
    "A1F83G8C2ARO7P": "GB",
    "A1PA6795UKMFR9": "DE",
    "A13V1IB3VIYZZH": "FR",
    "APJ6JRA9NG5V4": "IT",
    "A1RKKUPIHCS9HS": "ES",
    "A1805IZSGTT6HS": "NL",
    "A28R8C7NBKEWEA": "IE",
    "AMEN7PMS3EDWL": "BE",
    "A2NODRKZP88ZB9": "SE",
    "A1C3SOZRARQ6R3": "PL",
    "A33AVAJ2PDY3EV": "TR",
    "A2VIGQ35RCS4UG": "AE",
    "A17E79C6D8DWNP": "SA",
    "ARBP9OOSHTCHU": "EG",
    "AE08WJ6YKNBMC": "ZA",
    "A21TJRUUN4KGV": "IN",
    "A1VC38T7YXB528": "JP",
    "A39IBJ37TRP1C6": "AU",
    "A19VAU5U5O7RUS": "SG",
}
# Where the EU's product safety regulation (EU) 2023/988 applies: the member states and, by the EEA agreement, IS LI NO.
_GPSR = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
GPSR_COUNTRIES = frozenset(_GPSR.split())


def country(marketplace: str) -> str:
    """The ISO 3166 country of an Amazon id, an eBay name (`EBAY_GB`, `EBAY_MOTORS_US`) or a country code.

    "" for an empty or unknown name.
    """
    name = marketplace.strip().upper()
    if name in _AMAZON:
        return _AMAZON[name]
    last = name.rsplit("_", 1)[-1]
    if last == "MOTORS":
        return "US"
    if last == "UK":
        return "GB"
    return last if len(last) == 2 and last.isalpha() and last.isascii() else ""
