"""The terminal reviewer, wired to this run."""

from trendctl import flows
from trendctl.app import App
from trendctl.cli.supply import ask
from trendctl.cli.terminal import Terminal
from trendctl.render import Screen


def terminal(run: App, screen: Screen) -> Terminal:
    """A person at this terminal."""

    def supply(product_id: int) -> None:
        told, facts = ask(screen, run, product_id)
        if told or facts:
            flows.tell_supply(run, product_id, told, facts)

    return Terminal(screen, run.clock, tuple(run.accounts), supply, run.environ)
