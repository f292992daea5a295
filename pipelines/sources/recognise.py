"""Which layout a file has: the one that the source names, or with `auto` the one that knows most of its columns."""

from __future__ import annotations

from pipelines.model import Side
from pipelines.settings import Settings
from pipelines.sources.bundle import is_bundle, unpack_bundle
from pipelines.sources.decode import Sheet, decode_file
from pipelines.sources.decode_bundle import read_bundle, read_pages
from pipelines.sources.header import count_known_columns
from pipelines.sources.layout import Layout, known_layouts, load_layout
from pipelines.sources.read import FileReading, read_sheets
from pipelines.sources.reasons import StoppedFileError


def read_with_layout(
    name: str, content: bytes, layout_name: str, side: Side | None, settings: Settings
) -> tuple[Layout, FileReading]:
    """Decode and read a file. Raises UnreadableFileError or StoppedFileError with what was found and expected."""
    if is_bundle(content):
        return _read_listing(name, content, layout_name, settings)
    if layout_name != "auto":
        layout = load_layout(layout_name, settings)
        return layout, read_sheets(name, decode_file(name, content, layout.encodings, layout.delimiter), layout)
    return _read_with_any(name, content, side, settings)


API_LAYOUT = "tax_api_pinyin"
"""The layout of an API's listing where the source names none."""


def _read_listing(name: str, content: bytes, layout_name: str, settings: Settings) -> tuple[Layout, FileReading]:
    layout = load_layout(API_LAYOUT if layout_name == "auto" else layout_name, settings)
    bundle = unpack_bundle(name, content)
    return layout, read_bundle(name, bundle, read_pages(name, bundle), layout)


def _read_with_any(name: str, content: bytes, side: Side | None, settings: Settings) -> tuple[Layout, FileReading]:
    """The layout that knows the most columns of the file; if that one stops the file, no other is tried."""
    layouts = [layout for layout in known_layouts(settings).values() if side is None or layout.side == side]
    decoded: dict[tuple[str | None, ...], list[Sheet]] = {}
    best: tuple[int, int, str] = (0, 0, "")
    for layout in layouts:
        text_form = (layout.delimiter, *layout.encodings)
        if text_form not in decoded:
            decoded[text_form] = decode_file(name, content, layout.encodings, layout.delimiter)
        known = count_known_columns(decoded[text_form], layout)
        best = max(best, (known, len(layout.header.required), layout.name))
    if best[0] == 0:
        tried = [layout.name for layout in layouts]
        raise StoppedFileError(
            f"文件 {name} 不符合任何已知版式（试过 {'、'.join(tried)}）：文件未采用，请为它写一个版式；"
            "税务文件另须有“发票状态”列。",
            f"File {name} fits no known layout (tried {', '.join(tried)}): nothing of it was used; write one for it. A "
            "tax-side file also needs the column 发票状态.",
        )
    layout = next(layout for layout in layouts if layout.name == best[2])
    return layout, read_sheets(name, decoded[layout.delimiter, *layout.encodings], layout)
