"""From the agents' answers to a stored score, and from stored inputs back to the same number."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import BaseModel

from trendctl.analyzer.evidence import tidy
from trendctl.analyzer.outputs import Competition, Demand, Margin, Price, TrendStage
from trendctl.ports import Case, Json
from trendctl.store.analyses import ScoreRow
from trendctl.trends.score import Inputs, Part, Score, Signal, score

MAX_AGE_HOURS = 1e6


def inputs_of(outputs: Mapping[str, BaseModel], sellable: float, hours_since: float = 0.0) -> Inputs:
    """The score's inputs: our own numbers only, no text of a source. What no agent answered is None.

    `hours_since` the product was last seen are added to the signals' ages, which count from there.
    """
    stage, demand, crowd = outputs.get("trend_stage"), outputs.get("demand"), outputs.get("competition")
    margin, price = outputs.get("margin"), outputs.get("price")
    signals: tuple[Signal, ...] = ()
    if isinstance(stage, TrendStage):
        signals = _older((Signal(**s.model_dump()) for s in stage.signals), hours_since)
    inputs = Inputs(
        signals=signals,
        sellable=sellable,
        demand=demand.level if isinstance(demand, Demand) else None,
        competition=crowd.level if isinstance(crowd, Competition) else None,
        margin=float(margin.best) if isinstance(margin, Margin) and margin.best is not None else None,
        forecast_up=stage.forecast_up if isinstance(stage, TrendStage) else None,
        price_confidence=price.confidence if isinstance(price, Price) else None,
    )
    return Inputs.from_json(_plain(inputs))  # what is scored is exactly what is stored


def score_row(
    product_id: int, case: Case, outputs: Mapping[str, BaseModel], sellable: float, stamp: int
) -> ScoreRow:  # fmt: skip
    """The row to store. Its price range is of prices that were seen of this product, never an estimate."""
    price = outputs.get("price")
    seen = price if isinstance(price, Price) and price.how == "seen" else None
    return _row(
        ScoreRow(
            product_id, 0.0, "", "", "", len({item.source for item in case.items}), seen.low_minor if seen else None,
            seen.mid_minor if seen else None, seen.high_minor if seen else None, seen.currency if seen else None, stamp,
        ),
        inputs_of(outputs, sellable, max(0.0, (case.now - case.last_seen).total_seconds() / 3600)), stamp,
    )  # fmt: skip


def aged(row: ScoreRow, stamp: int) -> ScoreRow:
    """The score as of `stamp` if nothing new came: every signal is older by the time that passed."""
    hours = max(0.0, (stamp - row.computed_at) / 3600)
    inputs = read_inputs(row)
    older = _older(inputs.signals, hours)
    return _row(row, Inputs.from_json(_plain(replace(inputs, signals=older))), stamp)


def _flat(value: Signal | Part | Inputs) -> dict[str, Json]:
    # dataclasses.asdict copies deeply, which took a tenth of an analysis.
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _plain(inputs: Inputs) -> dict[str, Json]:
    """As Inputs.to_json, rounded."""
    plain: dict[str, Json] = tidy(_flat(inputs) | {"signals": [_flat(s) for s in inputs.signals]})
    return plain


def _older(signals: Iterable[Signal], hours: float) -> tuple[Signal, ...]:
    return tuple(replace(s, age_hours=min(MAX_AGE_HOURS, s.age_hours + hours)) for s in signals)


def read_inputs(row: ScoreRow) -> Inputs:
    """The stored inputs. ValueError when they are not such."""
    return Inputs.from_json(json.loads(row.inputs))


def recompute(row: ScoreRow) -> Score:
    """The score from the stored inputs alone; the stored parts and the stored number are not looked at."""
    return score(read_inputs(row))


def _row(row: ScoreRow, inputs: Inputs, stamp: int) -> ScoreRow:
    result = score(inputs)
    parts = json.dumps(tidy([_flat(part) for part in result.parts]), sort_keys=True)
    stored = json.dumps(_plain(inputs), sort_keys=True, allow_nan=False)
    return replace(row, score=result.value, stage=result.stage, parts=parts, inputs=stored, computed_at=stamp)
