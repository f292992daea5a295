"""Sheets with a header -> one Arrow table of text fields, each row named as data or as what it is instead.

Column operations only: no Python object per row.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.fit import FittedFile, ReadableSheet
from pipelines.sources.headers import HeaderFit
from pipelines.sources.layout import TEXT_FIELDS, Layout

Column = pa.ChunkedArray | pa.Array
SPACES = r"[\s\x{3000}\x{00A0}]*"


@dataclass(frozen=True)
class StagedFile:
    """`rows`: sheet, row_number, kind ('data' or an ignore kind), row_text, overflow, the side's text fields as received,
    other_cells. `resolved`: the same data with the layout's fills and extractions applied, which typing reads.
    `headers`: field -> header as the file spells it. `titles`: text of the rows above the header."""

    rows: pa.Table
    resolved: pa.Table
    headers: dict[str, str]
    titles: str


def stage_file(fitted: FittedFile) -> StagedFile:
    """Name every row of the readable sheets and line their columns up with the fields."""
    parts = [_stage_sheet(readable, fitted.layout) for readable in fitted.readable]
    rows = pa.concat_tables([*parts, _left_aside_rows(fitted, parts[0].schema)])
    header = fitted.readable[0].header
    names = {field: "+".join(header.headers[p] for p in at) for field, at in header.columns.items()}
    titles = rows.filter(pc.equal(rows["kind"], "title"))["row_text"].to_pylist()
    return StagedFile(rows, _resolve_fields(rows, fitted.layout), names, "\n".join(titles))


def _stage_sheet(readable: ReadableSheet, layout: Layout) -> pa.Table:
    cells, header = readable.sheet.cells, readable.header
    count = cells.num_rows
    columns = [pc.fill_null(column, "") for column in cells.columns]
    fields = {name: _field_column(name, columns, header, layout, count) for name in TEXT_FIELDS[layout.side]}
    row_text = pc.binary_join_element_wise(*columns, "\t")
    return pa.table(
        {
            "sheet": pa.repeat(readable.sheet.name, count),
            "row_number": pa.array(range(1, count + 1), pa.int64()),
            "kind": _name_rows(row_text, columns, fields, header, layout),
            "row_text": row_text,
            "overflow": _overflow(columns, header, count),
            **fields,
            "other_cells": _other_cells(columns, header, count),
        }
    )


def _left_aside_rows(fitted: FittedFile, schema: pa.Schema) -> pa.Table:
    """One row per sheet that is not read, so that it is named and counted."""
    rows = [
        {"sheet": s.name, "row_number": 0, "kind": "other_sheet", "row_text": f"{s.name}: {s.cells.num_rows} rows"}
        for s in fitted.left_aside
        if s.cells.num_rows
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _no_text(count: int) -> pa.Array:
    return pa.nulls(count, pa.string())


def _blank_to_null(column: Column) -> Column:
    is_blank = pc.match_substring_regex(column, f"^{SPACES}$")
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), column)


def _field_column(name: str, columns: list[Column], header: HeaderFit, layout: Layout, count: int) -> Column:
    positions = header.columns.get(name)
    if positions is None:
        return _no_text(count)
    if len(positions) == 1:
        return _blank_to_null(columns[positions[0]])
    parts = [_blank_to_null(pc.utf8_trim_whitespace(columns[position])) for position in positions]
    return pc.binary_join_element_wise(*parts, layout.joined[name].separator, null_handling="skip")


def _overflow(columns: list[Column], header: HeaderFit, count: int) -> Column:
    """Text in columns to the right of the last header: such a row has slipped."""
    width = max((i for i, text in enumerate(header.headers) if text), default=-1) + 1
    if width >= len(columns):
        return _no_text(count)
    return _blank_to_null(pc.binary_join_element_wise(*columns[width:], "\t"))


def _other_cells(columns: list[Column], header: HeaderFit, count: int) -> Column:
    """JSON object of the columns that no field takes."""
    taken = {position for positions in header.columns.values() for position in positions}
    others = [(i, text) for i, text in enumerate(header.headers) if i not in taken and text]
    if not others:
        return _no_text(count)
    members = [
        pc.binary_join_element_wise(json.dumps(text, ensure_ascii=False) + ': "', _escape_json(columns[i]), '"', "")
        for i, text in others
    ]
    return pc.binary_join_element_wise("{", pc.binary_join_element_wise(*members, ", "), "}", "")


def _escape_json(column: Column) -> Column:
    escaped = pc.replace_substring_regex(column, r'(["\\])', r"\\\1")
    escaped = pc.replace_substring(pc.replace_substring(escaped, "\n", "\\n"), "\t", "\\t")
    return pc.replace_substring_regex(escaped, r"[\x00-\x1f]", " ")


def _name_rows(
    row_text: Column, columns: list[Column], fields: dict[str, Column], header: HeaderFit, layout: Layout
) -> Column:
    position = pa.array(range(len(row_text)), pa.int64())
    header_text = row_text[header.last_row]
    is_header = pc.or_(
        pc.and_(pc.greater_equal(position, header.first_row), pc.less_equal(position, header.last_row)),
        pc.equal(row_text, header_text),
    )
    is_total = _find_labelled(columns, fields, layout, layout.control.labels)
    is_last_total = pc.and_(is_total, pc.equal(position, _last_true(is_total)))
    is_subtotal = pc.or_(is_total, _find_labelled(columns, fields, layout, layout.control.subtotal_labels))
    cases = [
        (pc.less(position, header.first_row), "title"),
        (is_header, "header"),
        (pc.match_substring_regex(row_text, f"^{SPACES}$"), "blank"),
        (is_last_total, "control_total"),
        (is_subtotal, "subtotal"),
        (_find_notes(row_text, layout), "note"),
    ]
    named = pc.make_struct(*(condition for condition, _ in cases))
    return pc.case_when(named, *(pa.scalar(kind) for _, kind in cases), pa.scalar("data"))


def _find_labelled(columns: list[Column], fields: dict[str, Column], layout: Layout, labels: list[str]) -> Column:
    """Rows that carry one of the labels (blanks inside and a colon allowed) and nothing else in the key fields."""
    spaced = "|".join(SPACES.join(re.escape(letter) for letter in label) for label in labels)
    pattern = f"^{SPACES}(?:{spaced}){SPACES}[:：]?{SPACES}$"
    is_labelled = reduce(pc.or_, (pc.match_substring_regex(column, pattern) for column in columns))
    for field in layout.key_fields:
        text = pc.fill_null(fields[field], "")
        is_free = pc.match_substring_regex(text, f"^{SPACES}-*{SPACES}$")
        is_labelled = pc.and_(is_labelled, pc.or_(is_free, pc.match_substring_regex(text, pattern)))
    return is_labelled


def _last_true(mask: Column) -> int:
    places = pc.indices_nonzero(mask)
    return int(places[-1].as_py()) if len(places) else -1


def _find_notes(row_text: Column, layout: Layout) -> Column:
    return pc.match_substring_regex(row_text, "|".join(layout.ignore) or r"^\b$")


def _resolve_fields(rows: pa.Table, layout: Layout) -> pa.Table:
    """Forward-fill (KIS prints a voucher's cells on its first line only), then the layout's extractions."""
    resolved = rows
    is_data = pc.equal(rows["kind"], "data")
    for field in layout.fill_forward:
        visible = pc.if_else(is_data, rows[field], pa.scalar(None, pa.string()))
        resolved = _replace_column(resolved, field, pc.fill_null_forward(visible))
    for rule in layout.extract:
        found = pc.struct_field(pc.extract_regex(resolved[rule.source], rule.pattern), "found")
        found = _blank_to_null(pc.fill_null(found, ""))
        first, second = (found, resolved[rule.field]) if rule.source == rule.field else (resolved[rule.field], found)
        resolved = _replace_column(resolved, rule.field, pc.coalesce(first, second))
    return resolved


def _replace_column(table: pa.Table, name: str, column: Column) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)
