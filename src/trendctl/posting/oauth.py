"""What the platforms' sign-ins (OAuth 2, authorization code and refresh grant) do alike. Pure.

An app's keys, the code that a person pastes, the answer to a token call and what went wrong with it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Credentials
from trendctl.posting.body import parsed

AFTER_CONSENT = "paste the whole address of the page after you agreed"


def keys(credentials: Credentials, names: tuple[str, ...], where: str) -> tuple[str, str]:
    """The app's id and secret, the first two of `names`. Raises AccessError; `where` says where they are found."""
    found = {name: credentials.get(name) for name in names[:2]}
    for name, value in found.items():
        if not value:
            raise AccessError(f"{name} is not set", why=where, next=f"trendctl secrets set {name}")
    first, second = (str(value) for value in found.values())
    return first, second


def login(platform: str) -> str:
    """The command that signs in."""
    return f"trendctl platforms login {platform}"


def code_in(query: str, state: str, platform: str, *names: str) -> str:
    """The code of an address's query, under the first of the names that has one; "" where none has.

    Raises UsageError where the address is of another sign-in. `state` "" : nothing to compare with.
    """
    found = parse_qs(query)
    if state and found.get("state", [state])[0] != state:
        raise UsageError("That address is from another sign-in", next=login(platform))
    return next((found[name][0] for name in names if name in found), "")


def query_of(pasted: str) -> str:
    """The query of a whole address, or of what was copied of it."""
    return urlsplit(pasted).query if "?" in pasted else pasted


def code_of(pasted: str, state: str, platform: str, *names: str) -> str:
    """The code of an address, or a bare (perhaps still quoted) code. Raises UsageError."""
    if "code=" in pasted:
        pasted = code_in(query_of(pasted), state, platform, *names)
    elif "%" in pasted:
        pasted = parse_qs(f"code={pasted}")["code"][0]
    return a_code(pasted, platform)


def a_code(pasted: str, platform: str) -> str:
    """The same, if it may be a code. Raises UsageError."""
    if not pasted or pasted.startswith("http") or any(c.isspace() for c in pasted):
        raise UsageError("There is no code in that", why=AFTER_CONSENT, next=login(platform))
    return pasted


def token_in(told: Mapping[str, Any]) -> str:
    """The access token of a token call's answer; "" where it gives none."""
    token = told.get("access_token")
    return token if isinstance(token, str) else ""


def granted(answer: Answer) -> tuple[str, dict[str, Any]]:
    """The access token of a token call's answer ("" where none was granted), and all that it told."""
    told = parsed(answer)
    return (token_in(told) if answer.status == 200 else ""), told


def seconds(value: object) -> float | None:
    """A lifetime or a point in time, above 0, as number or as text; None where it is not told."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def may_pass(answer: Answer) -> bool:
    """Whether the trouble may pass by itself: no answer, too many calls, or trouble of the platform's own."""
    return answer.status in (0, 429) or answer.status >= 500


def not_now(answer: Answer, name: str) -> AccessError:
    """Trouble that may pass: without a `why`, so that it is tried again. `name`: the platform's, as written."""
    return AccessError(answer.error or f"{name}'s sign-in answered HTTP {answer.status}")


def error_of(told: Mapping[str, Any]) -> tuple[str, str]:
    """OAuth's error code and its description, each "" where it is not told."""
    return str(told.get("error") or ""), str(told.get("error_description") or "")


def unexplained(answer: Answer, name: str, error: str, described: str) -> AccessError:
    """A refusal that nothing more is known of, or trouble that may pass."""
    if may_pass(answer):
        return not_now(answer, name)
    return AccessError(f"{name} refuses the sign-in", why=f"{error or f'HTTP {answer.status}'} {described}".strip())
