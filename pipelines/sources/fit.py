"""Which layout reads a file, and which of its sheets. A file that none fits is stopped with what was found and expected."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipelines.model import Side
from pipelines.settings import Settings
from pipelines.sources.decode import Sheet
from pipelines.sources.headers import HeaderFit, describe_field, find_header, missing_fields, normalise_header
from pipelines.sources.layout import Layout, known_layouts, load_layout
from pipelines.sources.reasons import StoppedFileError

ENOUGH = 12


@dataclass(frozen=True)
class ReadableSheet:
    """A sheet with its header found."""

    sheet: Sheet
    header: HeaderFit


@dataclass(frozen=True)
class FittedFile:
    """A layout with the sheets that it reads, their grain, and the sheets that it leaves aside."""

    layout: Layout
    grain: str
    readable: list[ReadableSheet]
    left_aside: list[Sheet]


def fit_layout(name: str, sheets: list[Sheet], layout: str, side: Side, settings: Settings | None) -> FittedFile:
    """Fit the named layout, or with `auto` the layout of that side that knows most columns of the file.

    Raises StoppedFileError that names sheet and columns, UsageError for an unknown layout.
    """
    if layout != "auto":
        chosen = load_layout(layout, settings)
        fitted = _try_layout(sheets, chosen)
        if fitted is None:
            raise _explain_misfit(name, sheets, chosen)
        return fitted
    candidates = [known for known in known_layouts(settings).values() if known.side is side]
    fits = [fitted for known in candidates if (fitted := _try_layout(sheets, known)) is not None]
    if not fits:
        raise _explain_no_layout(name, sheets, candidates)
    return max(fits, key=_count_known_columns)


def _count_known_columns(fitted: FittedFile) -> tuple[int, int]:
    return len(fitted.readable[0].header.columns), sum(rule.name != "*" for rule in fitted.layout.sheets)


def _try_layout(sheets: list[Sheet], layout: Layout) -> FittedFile | None:
    for rule in layout.sheets:
        named = [sheet for sheet in sheets if _is_named(sheet, rule.name)]
        readable = [ReadableSheet(s, header) for s in named if (header := find_header(s, layout)) is not None]
        is_whole = len(readable) == len(named) or rule.name == "*"
        if readable and is_whole:
            taken = {id(r.sheet) for r in readable}
            return FittedFile(layout, rule.grain, readable, [s for s in sheets if id(s) not in taken])
    return None


def _is_named(sheet: Sheet, pattern: str) -> bool:
    return sheet.name == "" or fnmatchcase(normalise_header(sheet.name), normalise_star(pattern))


def normalise_star(pattern: str) -> str:
    """A sheet pattern compared like a header, its closing `*` kept."""
    return normalise_header(pattern) + ("*" if pattern.endswith("*") else "")


def _explain_misfit(name: str, sheets: list[Sheet], layout: Layout) -> StoppedFileError:
    patterns = [rule.name for rule in layout.sheets]
    named = [sheet for sheet in sheets if any(_is_named(sheet, pattern) for pattern in patterns)]
    if not named:
        found, expected = "、".join(s.name for s in sheets) or "-", " / ".join(patterns)
        return StoppedFileError(
            f"{name}：未找到工作表「{expected}」，文件中有「{found}」。请重新导出，或在版式 {layout.name} 的 sheets 中加入新名称。",
            f"{name}: no sheet named {expected}; the file has {found}. Export it again, or add the new name to sheets in "
            f"layout {layout.name}.",
        )
    missing, cells = missing_fields(named[0], layout)
    place, found = named[0].name or "-", "、".join(cells[:ENOUGH]) or "-"
    return StoppedFileError(
        f"{name}：工作表「{place}」缺少列「{'、'.join(missing)}」，表头为「{found}」。请重新导出，或在版式 {layout.name} 中加入新列名。",
        f"{name}: sheet {place} lacks the column {', '.join(missing)}; its header is {found}. Export it again, or add the "
        f"new header to layout {layout.name}.",
    )


def _explain_no_layout(name: str, sheets: list[Sheet], candidates: list[Layout]) -> StoppedFileError:
    places = "、".join(sheet.name or "-" for sheet in sheets)
    head = sheets[0].cells.slice(0, 3).to_pylist() if sheets else []
    found = " / ".join("、".join(cell for cell in row.values() if cell.strip()) for row in head)[:200] or "-"
    tried = ", ".join(layout.name for layout in candidates)
    needs = "、".join(describe_field(need, candidates[0]) for need in candidates[0].header.required) if candidates else ""
    return StoppedFileError(
        f"{name}：没有适用的版式。工作表「{places}」，首行「{found}」；已试版式 {tried}（例如需有列「{needs}」）。",
        f"{name}: no layout fits. Sheets: {places}; first rows: {found}; layouts tried: {tried} (columns needed, for "
        f"example: {needs}).",
    )
