"""Word lists for reading titles: fillers, editions, colours, accessories, units. Written for this project."""

from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a text, for lists of constants."""
    return frozenset(text.split())


FILLERS: Final = words("the a an and or of with w in on to by from at is it s r tm new plus inc & amp de und mit le la")
EDITIONS: Final = words(
    "pro professional premium standard deluxe home basic ultimate enterprise business student academic upgrade upsell"
    " upg full oem retail box boxed refurbished renewed used mac win windows linux pc lite mini max plus ultra air se"
    " edition collector platinum gold elite express extreme premier starter complete suite bundle kit server client"
    " license subscription teacher education educational family personal small media additional addon expansion"
    " left right single double twin dual xl xxl xs slim nano fe lh rh integrated freestanding"
)
COLOURS: Final = words(
    "black white silver grey gray red blue green pink purple yellow orange brown gold titanium graphite charcoal beige"
    " cream navy teal burgundy chrome bronze copper cyan magenta tricolor stainless steel inox rose midnight"
)
ACCESSORIES: Final = words(
    "case cover charger cable protector strap skin stand mount bag adapter adaptor battery replacement cartridge toner"
    " sleeve holder dock lid straw refill bracket shelf hose tripod lens pouch holster cradle"
    " earpad bulb lamp band screenprotector protective warranty spare part"
)
UNITS: Final[dict[str, tuple[str, float]]] = {
    **dict.fromkeys(("gb", "gig", "gbyte", "gigabyte"), ("gb", 1.0)),
    **dict.fromkeys(("tb", "terabyte"), ("gb", 1000.0)),
    **dict.fromkeys(("mb", "megabyte"), ("mb", 1.0)),
    **dict.fromkeys(("inch", "inches", "in", "zoll"), ("in", 1.0)),
    **dict.fromkeys(("oz", "ounce"), ("oz", 1.0)),
    **dict.fromkeys(("floz",), ("oz", 1.0)),
    **dict.fromkeys(("ml", "millilitre", "milliliter"), ("ml", 1.0)),
    **dict.fromkeys(("l", "ltr", "litre", "liter", "lt"), ("ml", 1000.0)),
    **dict.fromkeys(("g", "gr", "gram"), ("g", 1.0)),
    **dict.fromkeys(("kg", "kilo", "kgs"), ("g", 1000.0)),
    **dict.fromkeys(("lb", "lbs", "pound"), ("lb", 1.0)),
    **dict.fromkeys(("w", "watt"), ("w", 1.0)),
    **dict.fromkeys(("kw",), ("w", 1000.0)),
    **dict.fromkeys(("v", "volt"), ("v", 1.0)),
    **dict.fromkeys(("hz",), ("hz", 1.0)),
    **dict.fromkeys(("mhz",), ("mhz", 1.0)),
    **dict.fromkeys(("ghz",), ("mhz", 1000.0)),
    **dict.fromkeys(("mp", "megapixel", "mpix", "mpixel"), ("mp", 1.0)),
    **dict.fromkeys(("mah",), ("mah", 1.0)),
    **dict.fromkeys(("rpm",), ("rpm", 1.0)),
    **dict.fromkeys(("mm",), ("mm", 1.0)),
    **dict.fromkeys(("cm",), ("mm", 10.0)),
    **dict.fromkeys(("ft", "foot", "feet"), ("ft", 1.0)),
    **dict.fromkeys(("m", "metre", "meter"), ("mm", 1000.0)),
    **dict.fromkeys(("mbps",), ("mbps", 1.0)),
    **dict.fromkeys(("core", "cores", "kerne"), ("core", 1.0)),
    **dict.fromkeys(("user", "usr", "seat"), ("user", 1.0)),
    **dict.fromkeys(("channel", "ch"), ("ch", 1.0)),
    **dict.fromkeys(("pack", "pk", "pck", "count", "ct"), ("pack", 1.0)),
    **dict.fromkeys(("piece", "pcs", "pc"), ("piece", 1.0)),
}
