"""Facts in two titles that no likeness outweighs: another pack, another capacity, an accessory for the thing."""

from typing import Final

import numpy as np
import numpy.typing as npt

from trendctl.trends.pair_features import NAMES
from trendctl.trends.records import BoolArray

_AT: Final = {name: i for i, name in enumerate(NAMES)}
_SAME_START: Final = 6.0  # model numbers that share six characters are variants of spelling more often than of product


def conflicts(table: npt.NDArray[np.float32]) -> BoolArray:
    """Which rows of pair features hold such a fact."""

    def column(name: str) -> npt.NDArray[np.float32]:
        return np.asarray(table[:, _AT[name]])

    pack = column("missing_pack_high") > 0
    accessory = (column("missing_accessory_high") > 0) & (column("accessory_only_one") > 0)
    codes = (column("missing_code_low") > 0) & (column("shared_code") == 0) & (column("code_start") < _SAME_START)
    amount = (column("missing_quantity_low") > 0) & (column("unit_conflict") > 0) & (column("shared_code") == 0)
    return np.asarray(pack | accessory | codes | amount, np.bool_)
