"""The person at the terminal: keys in, choices out. Every question needs a key; Enter alone decides nothing."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from trendctl.approval.card import DraftCard, ReviewCard
from trendctl.cli import card_view
from trendctl.cli.editing import edited, text_of
from trendctl.errors import UsageError
from trendctl.ports import Choice, Clock, Json, Said
from trendctl.render import Screen

KEYS: Mapping[str, Choice] = {
    "a": Choice.APPROVE, "s": Choice.SUPPLY, "e": Choice.EDIT, "p": Choice.PLATFORMS, "r": Choice.REJECT,
    "d": Choice.DEFER, "l": Choice.LIFT, "o": Choice.OPEN, "k": Choice.SKIP, "u": Choice.UNDO, "?": Choice.HELP,
    "q": Choice.QUIT,
}  # fmt: skip
LEGEND = "[a]pprove [s]upply [e]dit [p]latforms [r]eject [d]efer [l]ift [o]pen s[k]ip [u]ndo [?]help [q]uit"
HELP = (
    "a  approve drafts as shown: a second key is asked for; nothing is posted before `trendctl post`",
    "s  tell cost, stock, condition and facts; the drafts are rebuilt and shown again",
    "e  change a draft's words in your editor",
    "p  switch platforms on or off for this product",
    "r  reject the product, with a reason; it does not come back",
    "d  defer it for some days",
    "l  lift a compliance block, with a typed reason that is kept in the audit log",
    "o  open the first link in your browser",
    "k  skip it for now",
    "u  undo the last decision of this review",
    "q  quit; what was decided stays, the rest waits",
)


class Terminal:
    """A Reviewer for a person. `platforms`: every platform that is switched on in the settings."""

    def __init__(
        self, screen: Screen, clock: Clock, platforms: tuple[str, ...], supply: Callable[[int], None],
        environ: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.screen = screen
        self.out = screen.console()
        self.clock = clock
        self.platforms = platforms
        self._supply = supply
        self._environ = environ

    def choose(self, shown: ReviewCard) -> Said:
        """Draw the card and wait for keys until they make a choice."""
        card_view.draw(self.out, shown, self.clock.now())
        while True:
            self.out.print("\n" + LEGEND)
            choice = KEYS.get(self._key())
            said = self._asked(shown, choice) if choice is not None else None
            if said is not None:
                return said

    def confirm(self, shown: ReviewCard) -> Said | None:
        """Draw the card and ask for its approval only, by the two keys of the review; None: no."""
        card_view.draw(self.out, shown, self.clock.now())
        if any(d.approvable for d in shown.drafts):
            self.out.print("\na: approve, any other key: no")
            if KEYS.get(self._key()) is not Choice.APPROVE:
                self.tell("Not approved.")
                return None
        return self._approve(shown)

    def ask_supply(self, shown: ReviewCard) -> None:
        """The questions of `trendctl supply`."""
        self._supply(shown.product_id)

    def tell(self, words: str) -> None:
        """Words about what happened."""
        self.screen.say(words)

    def _asked(self, shown: ReviewCard, choice: Choice) -> Said | None:
        """The details a choice needs; None: asked again."""
        if choice is Choice.HELP:
            for line in HELP:
                self.out.print(line)
            return None
        if choice is Choice.OPEN:
            self._open(shown)
            return None
        ask = {
            Choice.APPROVE: self._approve, Choice.REJECT: self._reject, Choice.DEFER: self._defer,
            Choice.EDIT: self._edit,
            Choice.LIFT: self._lift, Choice.PLATFORMS: self._platforms,
        }.get(choice)  # fmt: skip
        return ask(shown) if ask else Said(choice)

    def _approve(self, shown: ReviewCard) -> Said | None:
        ready = [d for d in shown.drafts if d.approvable]
        if not ready:
            self.tell("Nothing here can be approved yet: see what is missing or blocked.")
            return None
        names = ", ".join(f"{d.platform} ({d.action}, {d.hash[:8]})" for d in ready)
        self.out.print(f"Approve exactly what is shown for {names}? y: yes, any other key: no")
        if self._key() != "y":
            self.tell("Not approved.")
            return None
        return Said(Choice.APPROVE, tuple(d.id for d in ready))

    def _reject(self, shown: ReviewCard) -> Said | None:
        reason = self._line("Why not? (empty: back)")
        return Said(Choice.REJECT, reason=reason) if reason else None

    def _lift(self, shown: ReviewCard) -> Said | None:
        codes = sorted({b.rsplit("[", 1)[-1].rstrip("]") for d in shown.drafts for b in d.blocks if b.endswith("]")})
        if not codes:
            self.tell("No compliance block to lift here.")
            return None
        code = codes[0] if len(codes) == 1 else self._line(f"Which one? ({', '.join(codes)})")
        if code not in codes:
            return None
        reason = self._line(f"Why may you sell it in spite of {code}? (kept in the audit log; empty: back)")
        return Said(Choice.LIFT, reason=reason, changes={"code": code}) if reason else None

    def _defer(self, shown: ReviewCard) -> Said | None:
        text = self._line("For how many days? (empty: back)")
        return Said(Choice.DEFER, days=int(text)) if text.isascii() and text.isdigit() else None

    def _platforms(self, shown: ReviewCard) -> Said | None:
        on = {d.platform for d in shown.drafts}
        changes: dict[str, Json] = {}
        for name in self.platforms:
            self.out.print(
                f"{name} is {'on' if name in on else 'off'} for this product. t: switch, any other key: keep"
            )
            if self._key() == "t":
                changes[name] = name not in on
        return Said(Choice.PLATFORMS, changes=changes) if changes else None

    def _edit(self, shown: ReviewCard) -> Said | None:
        draft = self._pick(shown)
        if draft is None:
            return None
        try:
            changes = self.in_editor(draft)
        except UsageError as fault:
            self.tell(str(fault))
            return None
        return Said(Choice.EDIT, (draft.id,), changes=changes) if changes else None

    def _pick(self, shown: ReviewCard) -> DraftCard | None:
        if len(shown.drafts) < 2:
            return shown.drafts[0] if shown.drafts else None
        for number, draft in enumerate(shown.drafts[:9], 1):
            self.out.print(f"{number}: {draft.platform}")
        key = self._key()
        return (
            shown.drafts[int(key) - 1]
            if key.isascii() and key.isdigit() and 1 <= int(key) <= len(shown.drafts)
            else None
        )

    def in_editor(self, draft: DraftCard) -> dict[str, Json]:
        """The changed fields after $VISUAL or $EDITOR. Raises UsageError for text that cannot be understood."""
        command = self._environ.get("VISUAL") or self._environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="trendctl-edit-") as folder:
            path = Path(folder) / f"{draft.platform}.toml"
            path.write_text(text_of(draft.intent), encoding="utf-8")
            try:
                subprocess.run([*shlex.split(command), str(path)], check=True)
            except (OSError, ValueError, subprocess.CalledProcessError) as fault:
                raise UsageError("The editor failed", why=str(fault), next="set EDITOR to your editor") from fault
            return edited(draft.intent, path.read_text(encoding="utf-8"))

    def _open(self, shown: ReviewCard) -> None:
        links = [i.url for i in shown.case.items if i.url.startswith("https://")]
        if links:
            typer.launch(links[0])
        else:
            self.tell("There is no https link to open.")

    def _key(self) -> str:
        key: Any = typer.getchar()
        if key in ("\x03", "\x04"):
            raise KeyboardInterrupt
        return str(key)

    def _line(self, question: str) -> str:
        return str(typer.prompt(question, default="", show_default=False, err=True)).strip()
