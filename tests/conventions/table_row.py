"""A row of a Markdown table, as the generated pages write it."""

from __future__ import annotations

IN_A_CELL = str.maketrans({"|": "\\|", "\t": "→", "\n": "↵", "\r": "↵"})
"""How signs that would end a cell, or are not seen, are shown in one."""


def table_row(*cells: str) -> str:
    return f"| {' | '.join(cell.translate(IN_A_CELL) for cell in cells)} |"
