"""`trendctl image add/list/remove`."""

from pathlib import Path
from typing import Annotated

import typer

from trendctl.cli import base

app = base.group("Your product images and the right to use them.")


@app.command(epilog="Example: trendctl image add 12 lamp.jpg --rights own")
def add(
    product: base.Product,
    file: Annotated[Path, typer.Argument(help="A JPEG, PNG or WebP file.", show_default=False)],
    rights: Annotated[str, typer.Option(help="own, licensed or supplier (who gave you the right).")],
    url: Annotated[str, typer.Option(help="Its public https address, where a platform fetches images itself.")] = "",
    as_json: base.Json = False,
) -> int:
    """Store an image of a product; metadata such as place and camera is removed."""
    from trendctl.approval import images

    run, screen = base.open_app(), base.screen(as_json)
    product_id = run.product_id(product)
    made = images.add(run.approving, run.home.images, product_id, file, rights, url)
    run.redraft([product_id])
    if as_json:
        screen.json(made)
    else:
        screen.say(f"image {made['id']}: {made['width']} x {made['height']}, {made['bytes']} bytes, {made['rights']}")
    return 0


@app.command("list", epilog="Example: trendctl image list 12")
def list_(product: base.Product, as_json: base.Json = False) -> int:
    """The images of a product, in order."""
    from trendctl.approval import images

    run, screen = base.open_app(), base.screen(as_json)
    found = images.listed(run.approving, run.product_id(product))
    screen.rows(
        found, ("id", "size", "bytes", "rights", "file"),
        lambda: [[i["id"], f"{i['width']}x{i['height']}", i["bytes"], i["rights"], i["path"][:16]] for i in found],
        empty="No images yet. Next: trendctl image add ID FILE --rights own", right=("id", "bytes"),
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl image remove 12 3")
def remove(product: base.Product, image: Annotated[int, typer.Argument(show_default=False)]) -> int:
    """Take an image off a product."""
    from trendctl.approval import images

    run, screen = base.open_app(), base.screen()
    product_id = run.product_id(product)
    images.remove(run.approving, product_id, image)
    run.redraft([product_id])
    screen.say(f"image {image} removed")
    return 0
