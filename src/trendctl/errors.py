"""What can go wrong, sorted by what the caller should do; and the exit codes a script may rely on.

TrendctlError            1  finished with failures
|- UsageError            2  the words typed were wrong
|- ConfigError           2  the settings are wrong
|- AccessError           3  credentials or network
|- NothingApproved       4  nothing approved to post
|- StoreError            1  the database or a file of the home
|- Refused               1  a rule that cannot be broken said no
`- ParseError            1  an answer from outside could not be understood
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The process's exit status (documented in the README, stable)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    ACCESS = 3
    NOTHING_APPROVED = 4
    BUG = 70
    INTERRUPTED = 130


class TrendctlError(Exception):
    """An expected failure, told to the person in one line: what, why, and the next command to type.

    `code` is the stable word for `--json`; `why` and `next` may be empty.
    """

    code = "failed"
    exit_code = ExitCode.FAILED

    def __init__(self, what: str, *, why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next = next

    def __str__(self) -> str:
        line = f"{self.what}: {self.why}" if self.why else self.what
        return f"{line}. Next: {self.next}" if self.next else line


class UsageError(TrendctlError):
    """The command's words are off."""

    code = "usage"
    exit_code = ExitCode.USAGE


class ConfigError(TrendctlError):
    """config.toml, a TRENDCTL_ variable or a flag holds something that cannot be."""

    code = "config"
    exit_code = ExitCode.USAGE


class AccessError(TrendctlError):
    """A credential is missing or refused, or the network is not there."""

    code = "access"
    exit_code = ExitCode.ACCESS


class NothingApproved(TrendctlError):
    """`post` found no approval that it may use."""

    code = "nothing_approved"
    exit_code = ExitCode.NOTHING_APPROVED


class StoreError(TrendctlError):
    """The database or another file of the home cannot be used as it is."""

    code = "store"


class Refused(TrendctlError):
    """A rule that cannot be broken (approval, hash, drift, expiry, block) refused the act."""

    code = "refused"


class ParseError(TrendctlError):
    """Bytes from outside are not what the documented format says. The only error a parser may raise."""

    code = "parse"
