"""From the agents' answers to a stored score, and from stored inputs back to the same number."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from pydantic import BaseModel

from trendctl.analyzer.evidence import tidy
from trendctl.analyzer.outputs import Competition, Demand, Margin, Price, TrendStage
from trendctl.ports import Case
from trendctl.store.analyses import ScoreRow
from trendctl.trends.score import Inputs, Score, Signal, score

MAX_AGE_HOURS = 1e6


def inputs_of(outputs: Mapping[str, BaseModel], sellable: float) -> Inputs:
    """The score's inputs: our own numbers only, no text of a source. What no agent answered is None."""
    stage, demand, crowd = outputs.get("trend_stage"), outputs.get("demand"), outputs.get("competition")
    margin, price = outputs.get("margin"), outputs.get("price")
    signals: tuple[Signal, ...] = ()
    if isinstance(stage, TrendStage):
        signals = tuple(Signal(**s.model_dump()) for s in stage.signals)
    inputs = Inputs(
        signals=signals,
        sellable=sellable,
        demand=demand.level if isinstance(demand, Demand) else None,
        competition=crowd.level if isinstance(crowd, Competition) else None,
        margin=float(margin.best) if isinstance(margin, Margin) and margin.best is not None else None,
        forecast_up=stage.forecast_up if isinstance(stage, TrendStage) else None,
        price_confidence=price.confidence if isinstance(price, Price) else None,
    )
    return Inputs.from_json(tidy(inputs.to_json()))  # what is scored is exactly what is stored


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
        inputs_of(outputs, sellable), stamp,
    )  # fmt: skip


def aged(row: ScoreRow, stamp: int) -> ScoreRow:
    """The score as of `stamp` if nothing new came: every signal is older by the time that passed."""
    hours = max(0.0, (stamp - row.computed_at) / 3600)
    inputs = read_inputs(row)
    older = tuple(replace(s, age_hours=min(MAX_AGE_HOURS, s.age_hours + hours)) for s in inputs.signals)
    return _row(row, Inputs.from_json(tidy(replace(inputs, signals=older).to_json())), stamp)


def read_inputs(row: ScoreRow) -> Inputs:
    """The stored inputs. ValueError when they are not such."""
    return Inputs.from_json(json.loads(row.inputs))


def recompute(row: ScoreRow) -> Score:
    """The score from the stored inputs alone; the stored parts and the stored number are not looked at."""
    return score(read_inputs(row))


def _row(row: ScoreRow, inputs: Inputs, stamp: int) -> ScoreRow:
    result = score(inputs)
    parts = json.dumps(tidy([asdict(part) for part in result.parts]), sort_keys=True)
    stored = json.dumps(inputs.to_json(), sort_keys=True, allow_nan=False)
    return replace(row, score=result.value, stage=result.stage, parts=parts, inputs=stored, computed_at=stamp)
