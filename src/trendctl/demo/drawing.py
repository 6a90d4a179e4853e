"""A drawn picture for the demo's product, labelled as simulated."""

from pathlib import Path

from trendctl.demo.story import MARK

SIZE = 1200


def draw(path: Path) -> None:
    """A lantern in plain shapes on white, 1200 x 1200."""
    from PIL import Image, ImageDraw  # heavy: only here

    picture = Image.new("RGB", (SIZE, SIZE), "white")
    pen = ImageDraw.Draw(picture)
    pen.arc((420, 160, 780, 560), 180, 360, fill="#444444", width=28)
    pen.rounded_rectangle((380, 340, 820, 460), 40, fill="#3b5b47")
    for n in range(6):
        pen.rounded_rectangle((400, 470 + n * 70, 800, 530 + n * 70), 20, fill="#f6e7a8" if n % 2 else "#f2d96b")
    pen.rounded_rectangle((360, 890, 840, 1020), 40, fill="#3b5b47")
    pen.text((470, 1080), f"{MARK} product picture", fill="#777777", font_size=28)
    picture.save(path, "PNG")
