"""What a run asks of a source: its options and field map, the user's word before the source's own."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar
from urllib.parse import quote

from trendctl.errors import ConfigError
from trendctl.ports import Ask, Json, SourceFacts
from trendctl.scanner.formats.text import web_url

T = TypeVar("T")
_HOST: Final = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}", re.I | re.A)


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


def hosts(facts: SourceFacts, ask: Ask, name: str) -> tuple[str, ...]:
    """An option that is a list of names of servers. ConfigError for anything else."""
    found = texts(facts, ask, name)
    if not all(_HOST.fullmatch(host) for host in found):
        raise ConfigError(f"[sources.{facts.name}.options] {name} must hold names of servers, like lemmy.world")
    return found


def host(facts: SourceFacts, ask: Ask, name: str) -> str:
    """An option that is the name of one server. ConfigError for anything else."""
    found = hosts(facts, ask, name)
    if len(found) != 1:
        raise ConfigError(f"[sources.{facts.name}.options] {name} must name one server")
    return found[0]


def addresses(facts: SourceFacts, ask: Ask, name: str) -> tuple[str, ...]:
    """An option that is a list of https addresses. ConfigError for anything else."""
    found = texts(facts, ask, name)
    if wrong := [address for address in found if not web_url(address).startswith("https://") or not address.isascii()]:
        raise ConfigError(f"[sources.{facts.name}.options] {name}: {wrong[0]!r} is no https address")
    return found


def path(facts: SourceFacts, ask: Ask, name: str) -> str:
    """An option that becomes a part of an address, quoted for it. ConfigError if it is no word or empty."""
    found = quote(word(facts, ask, name), safe="")
    if not found.strip("."):
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be a word")
    return found


def amount(facts: SourceFacts, ask: Ask, name: str, most: int) -> int:
    """An option that is a whole number from 1 to `most`. ConfigError for anything else."""
    value = option(facts, ask, name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be a whole number from 1 to {most}")
    return value


def dollars(facts: SourceFacts, name: str, value: Json) -> Decimal:
    """An option's value as an amount of US dollars, 0 to 1,000,000. ConfigError for anything else."""
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 <= found <= 1_000_000:
        raise ConfigError(f"[sources.{facts.name}.options] {name} must be an amount in US dollars, such as 0.5")
    return found


def this_hour(ask: Ask, values: Sequence[T], per_run: int) -> tuple[T, ...]:
    """`per_run` of `values`, moving on by as many each hour, so that all get their turn and no host is crowded."""
    if len(values) <= per_run:
        return tuple(values)
    first = int(ask.now.timestamp() // 3600) * per_run
    return tuple(values[(first + step) % len(values)] for step in range(per_run))


def secret(ask: Ask, name: str) -> str:
    """A credential that the scanner has made sure of; "" only where a test left it out."""
    return ask.credentials.get(name, "")
