"""An answer is not in the character encoding that it names, beyond what the readers mend by themselves."""

from collections.abc import Iterator

from trendctl.selfheal import drift_state
from trendctl.selfheal.evidence import about, found, said
from trendctl.selfheal.values import Diagnosis, Fault, Look

NAME = "feed_encoding"
KINDS = ("source.encoding", "source.parse", "source.failed", "source.empty", "source.rejected")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """By the bytes where they are kept, else by the reader's words."""
    for name in sorted({s.subject for s in look.of(*KINDS) if s.subject}):
        signs = [s for s in look.of(*KINDS) if s.subject == name]
        seen = drift_state.seen(look.probe.home, name, look.probe.now)
        told = any(s.kind == "source.encoding" for s in signs)
        if (seen is not None and seen.state == "encoding") or (told and (seen is None or seen.state != "well")):
            words = seen.words if seen is not None and seen.state == "encoding" else "the reader says so"
            yield found(NAME, f"{name} is not in the encoding it names", (*said(signs, look.probe.now), words),
                        about(look, name), 0.85, name)  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source is not read, rather than read with wrong letters.",
    diagnose=diagnose,
    no_fix="which letters were meant cannot be guessed beyond what the readers do already (byte order mark, UTF-8, "
    "Windows-1252), and a field map knows no encoding: the source has to mend it. It is asked again by itself",
)
