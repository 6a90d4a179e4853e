"""Measures text in the unit a platform counts, and cuts it to fit without breaking what a reader sees as one."""

from collections.abc import Callable

from trendctl.commerce.graphemes import clusters

_MEASURES: dict[str, Callable[[str], int]] = {
    "chars": len,
    "utf16": lambda text: len(text) + sum(1 for char in text if ord(char) > 0xFFFF),
    "graphemes": lambda text: sum(1 for _ in clusters(text)),
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
}
UNITS = tuple(_MEASURES)


def measure(text: str, unit: str) -> int:
    """The length in `chars` (code points), `utf16` (code units), `graphemes` (clusters) or `bytes` (UTF-8)."""
    try:
        return _MEASURES[unit](text)
    except KeyError:
        raise ValueError(f"unknown unit {unit!r}: one of {', '.join(UNITS)}") from None


def cut(text: str, limit: int, unit: str) -> str:
    """The text if it fits; else its longest beginning of whole words, or of whole clusters where a word alone is more
    than half of the limit. Nothing is added (no ellipsis), and cutting again changes nothing."""
    if measure(text, unit) <= limit:
        return text
    kept, used = 0, 0
    for cluster in clusters(text):
        size = measure(cluster, unit)
        if used + size > limit:
            break
        kept += len(cluster)
        used += size
    head = text[:kept]
    if text[kept : kept + 1].isspace():
        return head.rstrip()
    words = head.rstrip() if head[-1:].isspace() else head[: _last_space(head)].rstrip()
    return words if measure(words, unit) * 2 >= limit else head.rstrip()


def _last_space(text: str) -> int:
    return max((index for index, char in enumerate(text) if char.isspace()), default=0)
