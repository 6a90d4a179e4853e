"""What happens in the demo's three weeks: invented goods with a course of interest each, and the usual noise.

Everything here is simulated and says so wherever a title is shown; no brand, person or shop in it is real.
"""

import math
from dataclasses import dataclass

DAYS = 21
MARK = "simulated"


@dataclass(frozen=True, slots=True)
class Good:
    """An invented product. `course`: interest per hour by day (0 to DAYS) at midday; `price` in USD cents."""

    key: str
    title: str
    forum: str
    article: str
    price: int
    base: float
    shape: str


GOODS: tuple[Good, ...] = (
    Good(
        "lantern",
        "Folding Camp Lantern 400 lm",
        "folding camp lantern that packs flat",
        "Camp lantern",
        2499,
        6,
        "rising",
    ),
    Good(
        "bottle",
        "Insulated Water Bottle 40 oz",
        "insulated water bottle, one year later",
        "Vacuum flask",
        2799,
        30,
        "steady",
    ),
    Good("pad", "Walking Pad Treadmill 2.5 HP", "walking pad treadmill under a desk", "Treadmill", 18999, 22, "fading"),
    Good(
        "console",
        "Retro Handheld Game Console 3.5 inch",
        "retro handheld game console",
        "Handheld game console",
        6499,
        12,
        "peaking",
    ),
    Good("press", "Manual Coffee Press 350 ml", "manual coffee press for travel", "French press", 1999, 14, "steady"),
    Good("board", "Bamboo Cutting Board Set of 3", "bamboo cutting board set", "Cutting board", 2299, 9, "emerging"),
)

RISING = GOODS[0]  # the one that the demo lists

NOISE: tuple[str, ...] = (
    "cup final score", "election results", "storm warning", "season finale recap", "transit strike",
    "award show winners",
)  # fmt: skip
STORIES: tuple[str, ...] = (
    "Show HN: A tiny queue in one file", "Why our build got slower", "The history of the ampersand",
)  # fmt: skip


def interest(good: Good, hour: int) -> float:
    """Mentions in an hour, `hour` from 0 to DAYS * 24: the course of the shape, with a day's rhythm and fixed noise."""
    day = hour / 24
    rhythm = 1.0 + 0.45 * math.sin((hour % 24 - 9) / 24 * 2 * math.pi)
    wobble = 1.0 + 0.18 * math.sin(hour * 12.9898 + len(good.key) * 78.233)
    return max(0.0, good.base * _course(good.shape, day) * rhythm * wobble)


def _course(shape: str, day: float) -> float:
    if shape == "rising":
        return 1.0 + 9.0 / (1.0 + math.exp(-(day - 17.5) * 1.1))
    if shape == "emerging":
        return 1.0 + (2.5 if day > 20.3 else 0.0)
    if shape == "peaking":
        return 1.0 + 5.0 * math.exp(-(((day - 19.5) / 3.0) ** 2))
    if shape == "fading":
        return 1.0 + 5.0 * math.exp(-(((day - 8.0) / 4.0) ** 2))
    return 1.0


def views(good: Good, day: int) -> int:
    """Article views of a day, counted from the demo's start; negative days lie before it."""
    if day < 0:
        return int(good.base * 24 * 4 * (1.0 + 0.1 * math.sin(day)))
    return int(sum(interest(good, day * 24 + h) for h in range(24)) * 4)
