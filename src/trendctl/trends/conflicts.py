"""Facts in two titles that no likeness outweighs: another pack, another capacity, an accessory for the thing."""

from typing import Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.pair_features import NAMES
from trendctl.trends.records import BoolArray

_AT: Final = {name: i for i, name in enumerate(NAMES)}
_SAME_START: Final = 6.0  # model numbers that share six characters are variants of spelling more often than of product
_WHOLLY_SAID: Final = 0.97  # one record says all that the other says
_NEARLY_ALL: Final = 0.8
_RARE: Final = 0.75
_OTHER_WORDS: Final = 0.8
_MISSPELLED: Final = 85.0  # titles this alike, in per cent, differ by a letter rather than by a word
_LESS_RARE: Final = 0.5  # six words that agree need not be rare one by one
Column = npt.NDArray[np.float32]


class _Facts:
    """The single facts, for each row of pair features."""

    def __init__(self, table: npt.NDArray[np.float32]) -> None:
        def column(name: str) -> Column:
            return np.asarray(table[:, _AT[name]])

        no_code = column("shared_code") == 0
        self.pack = column("missing_pack_high") > 0
        self.accessory = (column("missing_accessory_high") > 0) & (column("accessory_only_one") > 0)
        self.code = (column("missing_code_low") > 0) & no_code & (column("code_start") < _SAME_START)
        self.amount = (column("missing_quantity_low") > 0) & (column("unit_conflict") > 0) & no_code
        self.contained = column("said_high") > _WHOLLY_SAID


def respellings(table: npt.NDArray[np.float32]) -> BoolArray:
    """Rows that share nearly all they say, rare words among it, and no number, amount or edition on one side only.

    The trees learned on appliances, where titles without a model number say little; of the labelled pairs that look
    like this 76% of the offers are true, 66% of the software, 78% of the electronics, 100% of the retail pairs.
    """

    def column(name: str) -> Column:
        return np.asarray(table[:, _AT[name]])

    rarest, tokens = column("rarest_shared"), column("tokens_low")
    alike = (column("share_low") >= _NEARLY_ALL) & (
        ((rarest >= _RARE) & (tokens >= 4)) | ((rarest >= _LESS_RARE) & (tokens >= 6))
    )
    for kind in ("number", "code", "short", "quantity", "year", "edition"):
        alike &= column(f"missing_{kind}_high") == 0
    return np.asarray(alike & ~conflicts(table), np.bool_)


def swapped(table: npt.NDArray[np.float32]) -> BoolArray:
    """Rows that each say a word which the other does not, without a model number in common: Maker 3 and Explore 3.

    Of the labelled pairs that look like this, and that the trees for titles would join, 85% of the appliance offers
    are true, but 6% of the software, 10% of the electronics and 31% of the retail pairs.
    """

    def column(name: str) -> Column:
        return np.asarray(table[:, _AT[name]])

    apart = (column("words_high") <= _OTHER_WORDS) & (column("ratio") < _MISSPELLED)
    return np.asarray(apart & (column("shared_code") == 0), np.bool_)


def conflicts(table: npt.NDArray[np.float32]) -> BoolArray:
    """Rows that must not be joined on their titles alone. Of true pairs of the labelled offers 3% look like this."""
    facts = _Facts(table)
    return np.asarray(facts.pack | facts.accessory | facts.code | facts.amount, np.bool_)


def sure_conflicts(table: npt.NDArray[np.float32], for_another: BoolArray) -> BoolArray:
    """Rows where another amount is given, one of the two is a "case for X", or only an accessory or pack differs.

    `for_another`: just one of the two says so. About one in a hundred of the true labelled pairs looks like this.
    """
    facts = _Facts(table)
    added = facts.pack | facts.accessory
    return np.asarray(facts.amount | (facts.contained & added) | (facts.accessory & for_another), np.bool_)
