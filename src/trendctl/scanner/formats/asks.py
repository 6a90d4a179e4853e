"""What a run asks of a source: its options and field map, the user's word before the source's own."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from trendctl.errors import ConfigError
from trendctl.ports import Ask, Json, SourceFacts

T = TypeVar("T")


def fields(facts: SourceFacts, ask: Ask) -> Mapping[str, str]:
    """The field map: the source's own, with the overlay's entries over it."""
    return {**facts.fields, **ask.fields} if ask.fields else facts.fields


def option(facts: SourceFacts, ask: Ask, name: str) -> Json:
    """The user's value of an option, else the source's default."""
    return ask.options[name] if name in ask.options else facts.options[name]


def texts(facts: SourceFacts, ask: Ask, name: str) -> tuple[str, ...]:
    """An option that is a list of words (one word alone will do). ConfigError for anything else."""
    value = option(facts, ask, name)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be a list of words")
    return tuple(part.strip() for part in value if part.strip())


def word(facts: SourceFacts, ask: Ask, name: str) -> str:
    """An option that is one word. ConfigError for anything else."""
    value = option(facts, ask, name)
    if not isinstance(value, str):
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be a word")
    return value.strip()


def amount(facts: SourceFacts, ask: Ask, name: str, most: int) -> int:
    """An option that is a whole number from 1 to `most`. ConfigError for anything else."""
    value = option(facts, ask, name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be a whole number from 1 to {most}")
    return value


def this_hour(ask: Ask, values: Sequence[T], per_run: int) -> tuple[T, ...]:
    """`per_run` of `values`, moving on by as many each hour, so that all get their turn and no host is crowded."""
    if len(values) <= per_run:
        return tuple(values)
    first = int(ask.now.timestamp() // 3600) * per_run
    return tuple(values[(first + step) % len(values)] for step in range(per_run))


def secret(ask: Ask, name: str) -> str:
    """A credential that the scanner has made sure of; "" only where a test left it out."""
    return ask.credentials.get(name, "")
