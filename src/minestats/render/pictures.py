"""Pictures of a report: their size, read from their first bytes, and the small one of the gallery.

A page reserves the place of a picture before it is decoded, so its size is written beside it. The gallery shows the
first figure of a report 240 pixels wide, from a file of its own.
"""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Mapping

THUMBNAIL_WIDTH = 240


def picture_size(source: str) -> tuple[int | None, int | None]:
    """Return width and height in pixels of a picture in a `data:` address; None where they are not found.

    Examples
    --------
    >>> picture_size("data:image/gif;base64,R0lGODlhAQACAAAAACw=")
    (1, 2)
    """
    kind, _, content = source.partition(";base64,")
    content = re.sub(r"\s", "", content)
    try:
        head = base64.b64decode(content[:65536][: len(content[:65536]) // 4 * 4])
    except ValueError:
        return None, None
    if kind == "data:image/png" and head[12:16] == b"IHDR":
        return struct.unpack(">II", head[16:24])
    if kind == "data:image/gif" and len(head) >= 10:
        return struct.unpack("<HH", head[6:10])
    if kind == "data:image/jpeg":
        return _jpeg_size(head)
    if kind == "data:image/svg+xml":
        return _svg_size(head.decode("utf-8", "replace"))
    return None, None


def _jpeg_size(head: bytes) -> tuple[int | None, int | None]:
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        if head[at + 1] in (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", head[at + 2 : at + 4])[0]
    return None, None


def _svg_size(head: str) -> tuple[int | None, int | None]:
    tag = re.search(r"<svg\b[^>]*>", head)
    if not tag:
        return None, None
    scale = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
    sizes = []
    for name in ("width", "height"):
        found = re.search(rf"\s{name}=[\"']([0-9.]+)(px|pt|in|cm|mm)?[\"']", tag.group(0))
        if found:
            sizes.append(round(float(found.group(1)) * scale[found.group(2) or ""]))
    if len(sizes) == 2:
        return sizes[0], sizes[1]
    box = re.search(r"viewBox=[\"'][-0-9.]+[ ,]+[-0-9.]+[ ,]+([0-9.]+)[ ,]+([0-9.]+)", tag.group(0))
    return (round(float(box.group(1))), round(float(box.group(2)))) if box else (None, None)


def thumbnail(nb: Mapping[str, object]) -> bytes | None:
    """Return the first PNG figure of an executed notebook, 240 pixels wide, as PNG; None without a figure.

    Examples
    --------
    >>> thumbnail({"cells": []}) is None
    True
    """
    content = next(
        (
            output["data"]["image/png"]
            for cell in nb["cells"]  # type: ignore[attr-defined]
            for output in cell.get("outputs", [])
            if "image/png" in (output.get("data") or {})
        ),
        None,
    )
    if content is None:
        return None
    from PIL import Image

    text = content if isinstance(content, str) else "".join(content)
    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as opened:
            picture = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError):
        return None
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    width, height = ground.size
    size = (min(width, THUMBNAIL_WIDTH), max(1, round(height * min(width, THUMBNAIL_WIDTH) / width)))
    small = ground.resize(size, Image.Resampling.LANCZOS).quantize(64)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()
