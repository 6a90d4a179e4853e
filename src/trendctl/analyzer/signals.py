"""From stored series to what speaks for the product: one signal for each series and each kind of event."""

import math
from collections.abc import Sequence
from datetime import timedelta

from trendctl.analyzer.outputs import TrendSignal
from trendctl.ports import Case, SeriesView
