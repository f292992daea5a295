"""Which layout a file has: the one that the source names, or with `auto` the one whose header fits."""

from __future__ import annotations

from pipelines.model import Side
from pipelines.settings import Settings
from pipelines.sources.decode import decode_file
from pipelines.sources.layout import Layout, known_layouts, load_layout
from pipelines.sources.read import FileReading, read_sheets
from pipelines.sources.reasons import StoppedFileError


def read_with_layout(
    name: str, content: bytes, layout_name: str, side: Side | None, settings: Settings
) -> tuple[Layout, FileReading]:
    """Decode and read a file. Raises BadInputError or StoppedFileError with what was found and expected."""
    if layout_name != "auto":
        layout = load_layout(layout_name, settings)
        return layout, read_sheets(name, decode_file(name, content, layout.encodings), layout)
    return _read_with_any(name, content, side, settings)


def _read_with_any(name: str, content: bytes, side: Side | None, settings: Settings) -> tuple[Layout, FileReading]:
    """The most demanding layout whose header fits; a file that fits but is cut is still stopped by its own layout."""
    tried = []
    layouts = sorted(known_layouts(settings).values(), key=lambda layout: -len(layout.header.required))
    for layout in layouts:
        if side is not None and layout.side != side:
            continue
        try:
            return layout, read_sheets(name, decode_file(name, content, layout.encodings), layout)
        except StoppedFileError as error:
            if not error.is_shape:
                raise
            tried.append(layout.name)
    raise StoppedFileError(
        f"文件 {name} 不符合任何已知版式（试过 {'、'.join(tried)}）：文件未采用，请为它写一个版式。",
        f"File {name} fits no known layout (tried {', '.join(tried)}): nothing of it was used; write a layout for it.",
    )
