"""Writes the generated parts of README.md and config.example.toml, or checks that they are up to date (--check)."""

import sys
from pathlib import Path

from trendctl import config, registry
from trendctl.cli.commands import COMMANDS
from trendctl.errors import ExitCode
from trendctl.posting.bulk_forms import FORMS

ROOT = Path(__file__).resolve().parents[1]
MEANING = {
    ExitCode.OK: "fine (sources that were unavailable or skipped are reported, not failed)",
    ExitCode.FAILED: "finished with failures: a source failed, none was measured, a post failed, unhealthy",
    ExitCode.USAGE: "usage or settings",
    ExitCode.ACCESS: "credentials or network",
    ExitCode.NOTHING_APPROVED: "nothing approved to post",
    ExitCode.BUG: "a bug; the crash file's path is printed",
    ExitCode.INTERRUPTED: "interrupted",
}


def commands() -> str:
    """The command table."""
    rows = [f"| {c.group} | `{c.name}` | {c.words} |" for c in COMMANDS]
    return "\n".join(["| group | command | what it does |", "|---|---|---|", *rows])


def sources() -> str:
    """The table of sources with their terms."""
    head = "| source | gives | asks | needs | terms | commercial use | to a model | keeps | limit |"
    rows = [head, "|" + "---|" * 9]
    for source in registry.load_all("sources"):
        f = source.facts
        needs = ", ".join(f"`{c}`" for c in f.credentials) or ("your contact" if f.needs_contact else "nothing")
        kept = f"{f.retention_days} days" if f.retention_days else "no limit known"
        on = "" if f.enabled else " (off by default)"
        rows.append(
            f"| [{f.name}]({f.terms_url}){on} | {f.about} | {', '.join(f.kind)} | {needs} | {f.terms} |"
            f" {f.commercial_use} | {'text' if f.ai_ok else 'numbers only'} | {kept} | {f.rate or '-'} |"
        )
    return "\n".join(rows)


def platforms() -> str:
    """The table of platforms."""
    rows = ["| platform | what | needs | end a listing | by file |", "|---|---|---|---|---|"]
    for platform in registry.load_all("platforms"):
        f = platform.facts
        needs = ", ".join(f"`{c}`" for c in f.credentials) or "nothing"
        ends = "yes" if f.can_end else "in its own app"
        rows.append(f"| `{f.name}` | {f.about} | {needs} | {ends} | {'yes' if f.name in FORMS else '-'} |")
    return "\n".join(rows)


def exit_codes() -> str:
    """The exit codes."""
    return "\n".join(["| code | meaning |", "|---|---|", *(f"| {c.value} | {MEANING[c]} |" for c in ExitCode)])


PARTS = (("commands", commands), ("platforms", platforms), ("sources", sources), ("exit codes", exit_codes))


def rendered(text: str) -> str:
    """README with every generated part replaced."""
    for name, make in PARTS:
        start, end = f"<!-- generated: {name} -->", "<!-- end -->"
        head, _, rest = text.partition(start)
        _, _, tail = rest.partition(end)
        if not rest:
            raise SystemExit(f"README.md has no part {start}")
        text = f"{head}{start}\n{make()}\n{end}{tail}"
    return text


def main() -> int:
    """0 when all is up to date or was written."""
    stale = []
    wanted = {
        ROOT / "README.md": rendered((ROOT / "README.md").read_text("utf-8")),
        ROOT / "config.example.toml": config.example(),
    }
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"not up to date: {', '.join(stale)}; run .ci/docs.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
