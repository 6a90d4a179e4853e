"""Amazon's marketplaces: id, host, currency, shop, language, Seller Central.

developer-docs.amazon.com/sp-api/docs/marketplace-ids and .../sp-api-endpoints, read 2026-11-24; the currency is each
country's own.
"""

from dataclasses import dataclass

from trendctl.commerce.markets import country

_HOSTS = {
    "NA": "https://sellingpartnerapi-na.amazon.com",
    "EU": "https://sellingpartnerapi-eu.amazon.com",
    "FE": "https://sellingpartnerapi-fe.amazon.com",
}
# Marketplace id: country, region, currency, the shop's ending, language tag, Seller Central.
_ROWS = {
    "ATVPDKIKX0DER": ("US", "NA", "USD", "com", "en_US", "sellercentral.amazon.com"),
    "A2EUQ1WTGCTBG2": ("CA", "NA", "CAD", "ca", "en_CA", "sellercentral.amazon.ca"),
    "A1AM78C64UM0Y8": ("MX", "NA", "MXN", "com.mx", "es_MX", "sellercentral.amazon.com.mx"),
    "A2Q3Y263D00KWC": ("BR", "NA", "BRL", "com.br", "pt_BR", "sellercentral.amazon.com.br"),
    "A1F83G8C2ARO7P": ("GB", "EU", "GBP", "co.uk", "en_GB", "sellercentral-europe.amazon.com"),
    "A1PA6795UKMFR9": ("DE", "EU", "EUR", "de", "de_DE", "sellercentral-europe.amazon.com"),
    "A13V1IB3VIYZZH": ("FR", "EU", "EUR", "fr", "fr_FR", "sellercentral-europe.amazon.com"),
    "APJ6JRA9NG5V4": ("IT", "EU", "EUR", "it", "it_IT", "sellercentral-europe.amazon.com"),
    "A1RKKUPIHCS9HS": ("ES", "EU", "EUR", "es", "es_ES", "sellercentral-europe.amazon.com"),
    "A1805IZSGTT6HS": ("NL", "EU", "EUR", "nl", "nl_NL", "sellercentral.amazon.nl"),
    "A28R8C7NBKEWEA": ("IE", "EU", "EUR", "ie", "en_IE", "sellercentral.amazon.ie"),
    "AMEN7PMS3EDWL": ("BE", "EU", "EUR", "com.be", "fr_BE", "sellercentral.amazon.com.be"),
    "A2NODRKZP88ZB9": ("SE", "EU", "SEK", "se", "sv_SE", "sellercentral.amazon.se"),
    "A1C3SOZRARQ6R3": ("PL", "EU", "PLN", "pl", "pl_PL", "sellercentral.amazon.pl"),
    "A33AVAJ2PDY3EV": ("TR", "EU", "TRY", "com.tr", "tr_TR", "sellercentral.amazon.com.tr"),
    "A2VIGQ35RCS4UG": ("AE", "EU", "AED", "ae", "en_AE", "sellercentral.amazon.ae"),
    "A17E79C6D8DWNP": ("SA", "EU", "SAR", "sa", "en_AE", "sellercentral.amazon.sa"),
    "ARBP9OOSHTCHU": ("EG", "EU", "EGP", "eg", "en_AE", "sellercentral.amazon.eg"),
    "AE08WJ6YKNBMC": ("ZA", "EU", "ZAR", "co.za", "en_ZA", "sellercentral.amazon.co.za"),
    "A21TJRUUN4KGV": ("IN", "EU", "INR", "in", "en_IN", "sellercentral.amazon.in"),
    "A1VC38T7YXB528": ("JP", "FE", "JPY", "co.jp", "ja_JP", "sellercentral.amazon.co.jp"),
    "A39IBJ37TRP1C6": ("AU", "FE", "AUD", "com.au", "en_AU", "sellercentral.amazon.com.au"),
    "A19VAU5U5O7RUS": ("SG", "FE", "SGD", "sg", "en_SG", "sellercentral.amazon.sg"),
}
CURRENCIES = {number: row[2] for number, row in _ROWS.items()}
DEFAULT = "ATVPDKIKX0DER"


@dataclass(frozen=True, slots=True)
class Place:
    """A marketplace. `host`: where its API is called; `central`: the host of its Seller Central."""

    id: str
    country: str
    host: str
    currency: str
    ending: str
    language: str
    central: str

    def page(self, asin: str) -> str:
        """A product's page in the shop."""
        return f"https://www.amazon.{self.ending}/dp/{asin}"


def place(name: str) -> Place | None:
    """The marketplace of an id, a country code or `AMAZON_DE`; None: Amazon has none of that name."""
    wanted = name.strip().upper()
    number = wanted if wanted in _ROWS else _by_country(country(name))
    if number is None:
        return None
    code, region, currency, ending, language, central = _ROWS[number]
    return Place(number, code, _HOSTS[region], currency, ending, language, central)


def known_place(name: str) -> Place:
    """As `place`; the default where there is none of that name (a draft blocks then, nothing is sent)."""
    found = place(name) or place(DEFAULT)
    assert found is not None
    return found


def _by_country(code: str) -> str | None:
    return next((number for number, row in _ROWS.items() if row[0] == code), None)
