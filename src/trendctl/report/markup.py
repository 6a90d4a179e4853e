"""Text into HTML: every value is escaped here, and nothing that is invisible gets in."""

from html import escape

from trendctl.render import clean

DASH = "n/a"


def text(value: object, limit: int = 0) -> str:
    """A value from anywhere as HTML text or attribute value: one line, no control, bidi or invisible character."""
    return escape(clean(value, limit), quote=True)


def tag(name: str, inner: str, **attributes: str) -> str:
    """An element around markup that is escaped already; `class_` becomes class. Attribute values are escaped here."""
    pairs = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(v)}"' for key, v in attributes.items())
    return f"<{name}{pairs}>{inner}</{name}>"


def number(value: float | int | None, digits: int = 0) -> str:
    """A number with thousands marks; "n/a" for what is not given."""
    return DASH if value is None else f"{value:,.{digits}f}"


def share(value: float | None, digits: int = 0) -> str:
    """A fraction as per cent."""
    return DASH if value is None else f"{100 * value:.{digits}f}%"


def table(heads: list[tuple[str, str]], rows: list[list[str]], caption: str) -> str:
    """A table whose rows become cards on a narrow screen. `heads`: name and class ("num" or ""); cells are markup."""
    top = "".join(tag("th", text(name), scope="col", class_=kind) for name, kind in heads)
    body = "".join(
        tag(
            "tr",
            "".join(
                tag("td", cell, class_=kind, data_label=name) for (name, kind), cell in zip(heads, row, strict=True)
            ),
        )
        for row in rows
    )
    return tag("table", f"<caption>{text(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>")
