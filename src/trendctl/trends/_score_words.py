"""One job: the levels and ages of a score's evidence in words."""

import math


def level(x: float) -> str:
    """Of a share from 0 to 1, in thirds."""
    return "low" if x < 1 / 3 else "medium" if x < 2 / 3 else "high"


def age(hours: float) -> str:
    """Hours up to two days, then days; an age that is not finite is unknown."""
    if not math.isfinite(hours):
        return "unknown time"
    return f"{max(0.0, hours):.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
