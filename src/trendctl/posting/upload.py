"""The upload of one approved image as a multipart form; its bytes are put in as it is sent. Pure."""

from collections.abc import Mapping

from trendctl.ports import IMAGE_MARK, Json, Wire

_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def upload(
    url: str, picture: Mapping[str, Json], part: str, fields: Mapping[str, str], *headers: tuple[str, str]
) -> Wire:
    """The call. `fields` come before the image, whose own part is named `part`; the boundary is of the image's hash."""
    sha256, mime = str(picture["sha256"]), str(picture["mime"])
    boundary = f"trendctl{sha256[:32]}"
    texts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    name = f"{sha256[:16]}.{_SUFFIX.get(mime, 'jpg')}"
    head = f'{texts}--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
    body = f"{head}Content-Type: {mime}\r\n\r\n".encode() + IMAGE_MARK + f"\r\n--{boundary}--\r\n".encode()
    kind = ("Content-Type", f"multipart/form-data; boundary={boundary}")
    return Wire("POST", url, (("Accept", "application/json"), *headers, kind), body, image=(sha256, mime))
