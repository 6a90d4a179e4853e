"""config.toml is not valid. The one unknown key is made a comment, or the last good copy is put back."""

from collections.abc import Iterator

from trendctl.selfheal import config_kept
from trendctl.selfheal.evidence import failing, found, keys, lines
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "config_broken"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """The file itself is read: a wrong variable of the environment is no fault of the file."""
    bad = failing(look, "config")
    if not bad:
        return
    explains = keys(look, "check.config", "config.broken")
    data = _read(look)
    wrong = config_kept.wrong(data) if data is not None else None
    if wrong is None:
        cause = "config.toml cannot be read" if data is None else "a TRENDCTL_ variable holds a wrong value"
        yield found(NAME, cause, lines(bad), explains, 0.9, file=False)
        return
    what = f"{wrong.key}: {wrong.why}" if wrong.key else f"config.toml is no TOML: {wrong.why}"
    kept = config_kept.last_good(look.probe.home)
    seen = (*lines(bad), what, "a last good copy is there" if kept else "there is no last good copy")
    yield found(NAME, what[:200], seen, explains, 0.95, file=True)


def _read(look: Look) -> bytes | None:
    try:
        return look.probe.home.config.read_bytes()
    except OSError:
        return None


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The smallest change that makes it valid. What would change money, accounts or posting is only proposed."""
    data = _read(look) if d.details["file"] else None
    wrong = config_kept.wrong(data) if data is not None else None
    if data is None or wrong is None:
        return None
    undo = "your config.toml comes back as it was"
    fixed = config_kept.without(data, wrong.key) if wrong.unknown else None
    if fixed is not None:
        grave = config_kept.is_grave(wrong.key)
        return Plan(NAME, "", "comment out", f"I will make the line with {wrong.key} a comment: it is no setting", undo,
                    (Change(Kind.WRITE, path="@config", data=fixed),), automatic=not grave,
                    because="the line is about money, accounts or posting" if grave else "")  # fmt: skip
    kept = config_kept.last_good(look.probe.home)
    if kept is None:
        return None
    grave = config_kept.changes_grave(data, kept)
    return Plan(NAME, "", "put back", "I will put the last good config.toml back", undo,
                (Change(Kind.WRITE, path="@config", data=kept),), automatic=not grave,
                because="your last edit was about money, accounts or posting" if grave else "")  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="No command works: each stops with 'config.toml ...'.",
    diagnose=diagnose,
    checks=("config",),
    plan=plan,
    no_fix="there is no last good copy to put back, or a variable is wrong: trendctl config check, then trendctl "
    "config edit",
)
