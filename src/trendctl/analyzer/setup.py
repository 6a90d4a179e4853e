"""From settings and a key to a model; None where the settings say offline."""

from trendctl.analyzer.llm import KEYS, Chosen, Model
from trendctl.analyzer.modelled import Modelled
from trendctl.ports import Clock, Credentials
from trendctl.settings import Llm
from trendctl.store.engine import Store


def modelled(
    settings: Llm, secrets: Credentials, store: Store, clock: Clock, *, fresh: bool = False
) -> Modelled | None:
    """The answerer that the settings name. `fresh`: no cached answer is taken. Close its `model` at the end."""
    if settings.provider == "offline":
        return None
    chosen = Chosen.of(
        settings.provider, settings.model, settings.base_url, settings.daily_budget_usd, settings.timeout_seconds
    )
    name = KEYS.get(settings.provider)
    return Modelled(Model(chosen, secrets.get(name) if name else None, store, clock, fresh=fresh))
