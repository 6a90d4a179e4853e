"""The seller's stored images, by the hash of their bytes."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from trendctl.ports import Json


def are_sent(doc: Mapping[str, Json]) -> bool:
    """Whether what was approved carries its images: an end and a new price leave them as they are at the platform;
    only the pack of `local` is written anew, with them, for a new price."""
    return doc["action"] not in ("end", "reprice") or (doc["action"], doc["platform"]) == ("reprice", "local")


def changed(folder: Path, images: Sequence[Mapping[str, Json]]) -> list[str]:
    """What is wrong with the approved images on the disk, in words; empty when every byte is as approved."""
    problems = []
    for number, image in enumerate(images, 1):
        path = path_of(folder, str(image["sha256"]), str(image["mime"]))
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            problems.append(f"image {number} is gone")
            continue
        if digest != image["sha256"]:
            problems.append(f"image {number} was changed")
    return problems


def path_of(folder: Path, sha256: str, mime: str) -> Path:
    """Where an image's bytes lie: named by their hash."""
    return folder / f"{sha256}{SUFFIX.get(mime, '.bin')}"


SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
