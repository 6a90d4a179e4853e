"""What a rollback must bring back: the rows of the database, and the bytes and modes of config, overlays and outbox."""

from pathlib import Path

from trendctl.drill import raw


def snapshot(root: Path) -> dict[str, str]:
    """A text for each thing compared. A database that cannot be read is compared by nothing but that."""
    found: dict[str, str] = {}
    try:
        found |= {f"table {name}": digest for name, digest in raw.dump(root / "trendctl.db").items()}
    except raw.Unreadable as fault:
        found["database"] = str(fault)
    for path in (root / "config.toml", *sorted((root / "overlays").rglob("*")), *sorted((root / "outbox").rglob("*"))):
        try:
            if path.is_file():
                found[str(path.relative_to(root))] = f"{path.stat().st_mode & 0o777:o} {path.read_bytes().hex()}"
        except OSError as fault:
            found[str(path.relative_to(root))] = type(fault).__name__
    return found


def difference(before: dict[str, str], after: dict[str, str]) -> str:
    """What is not the same, by name; "": nothing."""
    return ", ".join(sorted(k for k in {*before, *after} if before.get(k) != after.get(k)))[:300]
