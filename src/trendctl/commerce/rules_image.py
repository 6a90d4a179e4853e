"""The rules of a listing's images: how many, how large, which formats, which shape."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from trendctl.commerce.violation import Violation

_FORMATS = {"image/jpg": "image/jpeg", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}


def check_images(rule: Mapping[str, Any], images: object) -> Iterator[Violation]:
    """`images`: mappings with `width`, `height` (pixels), `bytes` and `mime`; what a mapping lacks is not checked."""
    entries = list(images) if isinstance(images, Sequence) and not isinstance(images, str) else []
    yield from _count(rule, len(entries))
    for place, image in enumerate(entries, 1):
        yield from _one(rule, f"images[{place}]", image)


def _count(rule: Mapping[str, Any], count: int) -> Iterator[Violation]:
    if count < rule["min_count"]:
        message = f"{count} images, at least {rule['min_count']}"
        yield Violation.of(rule, "images", "min_count", rule["min_count"], count, message)
    elif count < rule.get("advised_count", 0):
        message = f"{count} images, {rule['advised_count']} are advised"
        yield Violation.of(rule, "images", "advised_count", rule["advised_count"], count, message, blocking=False)
    if count > rule["max_count"]:
        message = f"{count} images, at most {rule['max_count']}"
        yield Violation.of(rule, "images", "max_count", rule["max_count"], count, message)


def _one(rule: Mapping[str, Any], field: str, image: Mapping[str, Any]) -> Iterator[Violation]:
    width, height = image.get("width"), image.get("height")
    if width and height:
        yield from _size(rule, field, width, height)
        yield from _shape(rule, field, width, height)
    size, most = image.get("bytes"), rule.get("max_bytes")
    if size and most and size > most:
        yield Violation.of(rule, field, "max_bytes", most, size, f"{field} has {size} bytes, at most {most}")
    mime = str(image.get("mime") or "").lower()
    mime = _FORMATS.get(mime, mime)
    if mime and mime not in rule["formats"]:
        allowed = ", ".join(rule["formats"])
        yield Violation.of(rule, field, "format", allowed, mime, f"{field} is {mime}; accepted: {allowed}")


def _size(rule: Mapping[str, Any], field: str, width: int, height: int) -> Iterator[Violation]:
    sizes = {"longest": max(width, height), "width": width}
    for name, size in sizes.items():
        yield from _between(rule, field, name, size, size)
    yield from _between(rule, field, "side", min(width, height), max(width, height))
    advised = rule.get("advised_longest", 0)
    if rule.get("min_longest", 0) <= sizes["longest"] < advised:
        message = f"{field} is {sizes['longest']} px long, {advised} is advised (zoom)"
        yield Violation.of(rule, field, "advised_longest", advised, sizes["longest"], message, blocking=False)


def _between(rule: Mapping[str, Any], field: str, name: str, small: int, large: int) -> Iterator[Violation]:
    least, most = rule.get(f"min_{name}"), rule.get(f"max_{name}")
    if least is not None and small < least:
        message = f"{field}: {name} {small} px, at least {least}"
        yield Violation.of(rule, field, f"min_{name}", least, small, message)
    if most is not None and large > most:
        message = f"{field}: {name} {large} px, at most {most}"
        yield Violation.of(rule, field, f"max_{name}", most, large, message)


def _shape(rule: Mapping[str, Any], field: str, width: int, height: int) -> Iterator[Violation]:
    if "min_ratio" not in rule:
        return
    ratio = Fraction(width, height)
    if not Fraction(rule["min_ratio"]) <= ratio <= Fraction(rule["max_ratio"]):
        allowed = f"{rule['min_ratio']} to {rule['max_ratio']}"
        message = f"{field}: width by height is {float(ratio):.2f}, accepted: {allowed}"
        yield Violation.of(rule, field, "ratio", allowed, f"{float(ratio):.2f}", message)
