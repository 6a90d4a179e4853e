"""Charts as inline SVG: no script, no outside address, colours by class so that light, dark and print each have theirs.

Every chart has a text for those who cannot see it.
"""

from collections.abc import Sequence

from trendctl.report.markup import tag, text

WIDE, HIGH = 320, 72  # of an area, in its own units; it takes the width it is given
_PAD = 4


def area(points: Sequence[tuple[float, float]], label: str, *, falling: bool = False) -> str:
    """A line over a filled area. `points`: (place, value), places rising; `falling`: the least value is drawn on top
    (ranks). Nothing for fewer than two points."""
    if len(points) < 2:
        return ""
    places, values = [p for p, _ in points], [v for _, v in points]
    low, high = min(values), max(values)
    span, width = (high - low) or 1.0, (places[-1] - places[0]) or 1.0
    dots = []
    for place, value in points:
        part = (value - low) / span if high > low else 0.5
        part = 1 - part if falling else part
        x = _PAD + (place - places[0]) / width * (WIDE - 2 * _PAD)
        dots.append(f"{x:.1f},{HIGH - _PAD - part * (HIGH - 2 * _PAD):.1f}")
    line = "M" + " L".join(dots)
    base = f"L{WIDE - _PAD:.1f},{HIGH} L{_PAD:.1f},{HIGH} Z"
    last = dots[-1].split(",")
    inner = (
        f'<path class="fill" d="{line} {base}"/><path class="line" d="{line}"/>'
        f'<circle class="dot" cx="{last[0]}" cy="{last[1]}" r="3"/>'
    )
    return _svg(inner, WIDE, HIGH, label, "area")


def columns(values: Sequence[int], label: str) -> str:
    """Small columns from nought, one a day: a sparkline that prints well. Nothing where all are nought."""
    if not values or max(values) <= 0:
        return ""
    top, step, high = max(values), 4, 20
    bars = []
    for i, value in enumerate(values):
        if value > 0:
            size = max(1.0, value / top * high)
            bars.append(f'<rect class="bar" x="{i * step}" y="{high - size:.1f}" width="3" height="{size:.1f}"/>')
    base = f'<path class="axis" d="M0,{high} H{len(values) * step}"/>'
    return _svg(base + "".join(bars), len(values) * step, high + 1, label, "columns")


def bars(rows: Sequence[tuple[str, int]], label: str) -> str:
    """Horizontal bars with their names and numbers, as a list: text first, so that it reads without the bars."""
    top = max((n for _, n in rows), default=0) or 1
    lines = []
    for name, count in rows:
        width = 0 if count == 0 else max(1.0, 100 * count / top)
        drawn = _svg(f'<rect class="bar" width="{width:.1f}" height="8" rx="1"/>', 100, 8, "", "hbar")
        lines.append(tag("li", f'<span class="name">{text(name)}</span>{drawn}<b class="num">{count:,}</b>'))
    return tag("ul", "".join(lines), class_="bars", aria_label=label)


def calibration(bins: Sequence[tuple[float, float, int]], label: str) -> str:
    """Foretold against happened, both 0 to 1; on the diagonal is right. The area of a dot grows with its number."""
    size, pad = 220, 30
    inner = [
        f'<rect class="frame" x="{pad}" y="6" width="{size - pad - 6}" height="{size - pad - 6}"/>',
        f'<path class="axis dashed" d="M{pad},{size - pad} L{size - 6},6"/>',
        f'<text x="{pad}" y="{size - 12}">0%</text><text x="{size - 6}" y="{size - 12}" text-anchor="end">100%</text>',
        f'<text x="{(size + pad) / 2}" y="{size - 12}" text-anchor="middle">foretold</text>',
        f'<text x="{pad - 4}" y="16" text-anchor="end">100%</text>',
    ]
    most = max((n for _, _, n in bins), default=1)
    for foretold, happened, n in bins:
        x = pad + foretold * (size - pad - 6)
        y = size - pad - happened * (size - pad - 6)
        inner.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{4 + 5 * (n / most) ** 0.5:.1f}"/>')
    return _svg("".join(inner), size, size, label, "square")


def _svg(inner: str, width: float, height: float, label: str, kind: str) -> str:
    """`label` "" : it only repeats the text beside it."""
    how = f'role="img" aria-label="{text(label)}"' if label else 'aria-hidden="true"'
    keep = "xMidYMid meet" if kind == "square" else "none"
    return f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="{keep}" {how}>{inner}</svg>'
