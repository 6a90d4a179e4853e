"""The seller's images: checked, stored under the hash of their bytes, with the right to use them."""

import io
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trendctl.approval.service import Approving
from trendctl.commerce.canonical import sha256_hex
from trendctl.errors import StoreError, UsageError
from trendctl.home import write_private
from trendctl.store import supplies
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

RIGHTS = ("own", "licensed", "supplier")
MAX_BYTES = 12_000_000  # eBay's limit, the largest of the platforms' (data/listing_rules.toml)
MAX_PIXELS = 100_000_000
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}


def add(work: Approving, folder: Path, product_id: int, path: Path, rights: str, url: str = "") -> dict[str, Any]:
    """Store an image of a product. EXIF (place, camera, owner) is removed by re-encoding; the stored bytes are what is
    approved and posted. Raises UsageError for anything that is no image the platforms take."""
    if rights not in RIGHTS:
        raise UsageError(
            f"Rights cannot be {rights!r}", why="own, licensed or supplier: nobody may use images found on the web",
            next="trendctl image add --help",
        )  # fmt: skip
    if url and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname):
        raise UsageError("The image's address must be https", next="leave --url out, or give a public https address")
    data, mime, size = _clean(_read(path))
    digest = sha256_hex(data)
    target = folder / f"{digest}{_SUFFIX[mime]}"
    try:
        write_private(target, data)
    except OSError as fault:
        raise StoreError(
            "The image cannot be stored", why=str(fault), next="free some space, then try again"
        ) from fault
    values = {"path": target.name, "sha256": digest, "mime": mime, "width": size[0], "height": size[1],
              "bytes": len(data), "rights": rights, "url": url}  # fmt: skip
    with work.store.session(Role.APPROVAL) as session:
        row = supplies.add_image(session, product_id, values, epoch(work.clock.now()))
        return {"id": row.id, "position": row.position, **values}


def listed(work: Approving, product_id: int) -> list[dict[str, Any]]:
    """A product's images in order."""
    with work.store.session(Role.APPROVAL) as session:
        return [row.model_dump(exclude={"product_id"}) for row in supplies.images(session, product_id)]


def remove(work: Approving, product_id: int, image_id: int) -> None:
    """Take an image off a product. Raises UsageError when it is not there."""
    with work.store.session(Role.APPROVAL) as session:
        if not supplies.remove_image(session, product_id, image_id):
            raise UsageError(f"There is no image {image_id}", next=f"trendctl image list {product_id}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"{path} cannot be read", why=fault.strerror or str(fault), next="check the path") from fault
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is too large", why=f"over {MAX_BYTES} bytes", next="make it smaller")
    return data


def _clean(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """Re-encode without metadata, upright; JPEG stays JPEG, everything else becomes PNG or keeps its kind."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # heavy: only here

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(_MIME)) as opened:
                kind = str(opened.format)
                if opened.width * opened.height > MAX_PIXELS:
                    raise UsageError("The image has too many pixels", why=f"over {MAX_PIXELS}", next="make it smaller")
                picture = ImageOps.exif_transpose(opened)
                kind = "PNG" if kind == "GIF" else kind
                picture = picture.convert("RGB") if kind == "JPEG" or picture.mode not in ("RGB", "RGBA") else picture
                out = io.BytesIO()
                bare = Image.new(picture.mode, picture.size)
                bare.paste(picture)
                bare.save(out, kind, **({"quality": 92} if kind in ("JPEG", "WEBP") else {}))
                return out.getvalue(), _MIME[kind], picture.size
    except UsageError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as fault:
        raise UsageError(
            "This is no image that can be used", why=str(fault)[:120], next="use a JPEG, PNG or WebP file"
        ) from fault
