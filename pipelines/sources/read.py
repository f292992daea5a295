"""Sheets of text cells -> rows of named fields, with every other row named as ignored. No meaning yet: all text."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from pipelines.model import LEDGER_TEXT_FIELDS, UPSTREAM_TEXT_FIELDS, Side
from pipelines.sources.control import NamedRows, check_control, find_totals
from pipelines.sources.decode import Sheet
from pipelines.sources.entries import has_key, is_nothing, mark_negative, take_entries
from pipelines.sources.header import Header, find_header, fits_sheet, header_sentences, plain_header
from pipelines.sources.layout import Layout, SheetRule
from pipelines.sources.period import find_period
from pipelines.sources.reasons import Message, StoppedFileError
from pipelines.sources.unread import say_unread
from pipelines.sources.unsaid import say_unsaid

TEXT_FIELDS = {Side.UPSTREAM: UPSTREAM_TEXT_FIELDS, Side.LEDGER: LEDGER_TEXT_FIELDS}
IGNORED_COLUMNS = ["sheet", "row_number", "kind", "text"]
LABEL_COLUMNS = 8
"""A label such as 合计 stands in one of the first columns, or in the summary."""
LONE_WORDS = r"^[^0-9０-９]*[A-Za-z一-鿿]"
"""A text that begins with words, such as 导出时间：2026-11-05."""
PARTIES = ("seller", "buyer", "counterparty")
"""What the fields of parties begin with."""


@dataclass(frozen=True)
class _ReadSheet:
    """One sheet: the text above its header in `top`, and how it heads the columns that fields are taken from."""

    rows: pd.DataFrame
    ignored: pd.DataFrame
    top: str
    titles: dict[str, str]
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class FileReading:
    """What a file holds: `rows` (sheet, row_number, the side's text fields, other_cells, is_negative by the layout's
    rules of signs, and for ledgers invoice_side by its entries), rows that are `refused` before their cells mean
    anything (also reason, found), `ignored` (sheet, row_number, kind, text), how many rows were read, and what the
    file says of itself."""

    rows: pa.Table
    refused: pa.Table
    ignored: pa.Table
    rows_read: int
    grain: str
    period: tuple[date, date] | None
    taxpayer_id: str | None
    messages: tuple[Message, ...]
    is_complete: bool
    is_listing: bool = False
    """It is an API's listing, which states its own completeness: without rows it may still be whole."""
    titles: dict[str, str] = dataclasses.field(default_factory=dict)
    """How the file heads the column of each field."""


def empty_reading(layout: Layout) -> FileReading:
    """No row at all, as from a listing that was declared to have none."""
    return FileReading(
        rows=_row_schema(layout.side).empty_table(),
        refused=_refused_schema(layout.side).empty_table(),
        ignored=_ignored_schema().empty_table(),
        rows_read=0,
        grain=layout.sheets[0].grain,
        period=None,
        taxpayer_id=None,
        messages=(),
        is_complete=True,
    )


def read_sheets(file_name: str, sheets: list[Sheet], layout: Layout) -> FileReading:
    """Rows and ignores of the sheets that the layout reads. Raises StoppedFileError naming what was found."""
    rule, chosen = _choose_sheets(file_name, sheets, layout)
    parts = [_read_sheet(file_name, sheet, layout) for sheet in chosen]
    left = [
        [sheet.name, 0, "hidden_sheet" if sheet.is_hidden else "other_sheet", sheet.name]
        for sheet in sheets
        if sheet not in chosen
    ]
    ignored = pd.concat(
        [*(part.ignored for part in parts), pd.DataFrame(left, columns=IGNORED_COLUMNS)], ignore_index=True
    )
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    refused = _refuse_slipped(rows, layout, rule.grain)
    rows = rows.drop(refused.index)
    top = "\n".join(part.top for part in parts)
    doubled = tuple(message for part in parts for message in part.messages)
    titles = {name: title for part in parts for name, title in part.titles.items()}
    period = find_period(layout, file_name, top)
    is_capped = layout.row_cap is not None and len(rows) + len(refused) >= layout.row_cap
    return FileReading(
        rows=pa.Table.from_pandas(rows, schema=_row_schema(layout.side), preserve_index=False),
        ignored=pa.Table.from_pandas(ignored, schema=_ignored_schema(), preserve_index=False),
        refused=pa.Table.from_pandas(refused, schema=_refused_schema(layout.side), preserve_index=False),
        rows_read=len(rows) + len(refused) + len(ignored),
        grain=rule.grain,
        period=period,
        taxpayer_id=_found(layout.title.get("taxpayer_id"), top),
        messages=(
            *((_cap_message(file_name, layout),) if is_capped else ()),
            *doubled,
            *_say_hidden(file_name, sheets, rule, layout),
            *say_unsaid(file_name, layout, titles, period),
        ),
        is_complete=not is_capped,
        titles=titles,
    )


def _refuse_slipped(rows: pd.DataFrame, layout: Layout, grain: str) -> pd.DataFrame:
    """Rows of which nobody knows what stands where, and the other lines of their invoices, whose sums are unknown."""
    is_slipped = rows["overlong"] != ""
    is_refused = is_slipped
    if grain == "line" and is_slipped.any():
        keys = rows[layout.key_fields].fillna("").agg("|".join, axis=1)
        is_refused = keys.isin(keys[is_slipped])
    refused = rows[is_refused].copy()
    refused["reason"] = is_slipped[is_refused].map({True: "cells_slipped", False: "line_rejected"})
    refused["found"] = refused["overlong"].where(refused["overlong"] != "", None)
    return refused


def _row_schema(side: Side) -> pa.Schema:
    sided = ("invoice_side",) if side == Side.LEDGER else ()
    return _text_schema(*TEXT_FIELDS[side], "other_cells", *sided).append(pa.field("is_negative", pa.bool_()))


def _refused_schema(side: Side) -> pa.Schema:
    return _row_schema(side).append(pa.field("reason", pa.string())).append(pa.field("found", pa.string()))


def _ignored_schema() -> pa.Schema:
    return _text_schema("kind", "text")


def _text_schema(*names: str) -> pa.Schema:
    fields: list[pa.Field[Any]] = [pa.field("sheet", pa.string()), pa.field("row_number", pa.int64())]
    return pa.schema([*fields, *(pa.field(name, pa.string()) for name in names)])


def _cap_message(file_name: str, layout: Layout) -> Message:
    return Message(
        f"文件 {file_name} 达到导出上限 {layout.row_cap} 行，可能被截断："
        "请缩短查询区间重新导出，或从截断处的开票日起补导其余各日。",
        f"File {file_name} has the export's maximum of {layout.row_cap} rows and may be cut: "
        "export shorter periods, or the rest from the day of the cut on.",
    )


def _found(pattern: str | None, text: str) -> str | None:
    match = re.search(pattern, text) if pattern else None
    return match.group("found").strip() if match else None


def _choose_sheets(file_name: str, sheets: list[Sheet], layout: Layout) -> tuple[SheetRule, list[Sheet]]:
    for rule in layout.sheets:
        chosen = [sheet for sheet in sheets if fits_sheet(rule.name, sheet.name) and not sheet.is_hidden]
        if rule.name == "*":
            chosen = [sheet for sheet in chosen if find_header(sheet, layout)] or chosen[:1]
        if chosen:
            return rule, chosen
    found = "、".join(f"{sheet.name}（隐藏 hidden）" if sheet.is_hidden else sheet.name for sheet in sheets)
    expected = "、".join(rule.name for rule in layout.sheets)
    raise StoppedFileError(
        f"文件 {file_name} 没有需要的工作表：找到 {found}，应有 {expected}。文件未采用，请核对导出是否改名。",
        f"File {file_name} lacks the sheet that is needed: found {found}, expected {expected}. Nothing of it was used.",
        is_shape=True,
    )


def _read_sheet(file_name: str, sheet: Sheet, layout: Layout) -> _ReadSheet:
    header = find_header(sheet, layout)
    if header is None:
        raise StoppedFileError(*header_sentences(file_name, sheet, layout), is_shape=True)
    frame = sheet.cells.to_pandas()
    frame.columns = pd.RangeIndex(frame.shape[1])
    cells = frame.fillna("")
    cells["_row"] = list(range(1, len(cells) + 1))
    first = header.row + header.height
    top = cells.iloc[:first]
    body = cells.iloc[first:].copy()
    overlong = _find_overlong(frame, header)
    fields = _name_fields(body, header, layout)
    kinds = _classify(body, fields, header, layout)
    fields.loc[kinds.isna(), :] = _fill_forward(fields.loc[kinds.isna()], layout)
    is_negative = mark_negative(fields, layout)
    where = file_name + (f" [{sheet.name}]" if sheet.name else "")
    check_control(NamedRows(where, header, body, fields, kinds, is_negative, overlong != ""), layout)
    kinds, fields = take_entries(fields, kinds, layout)
    is_kept = kinds.isna()
    rows = fields[is_kept].copy()
    rows.insert(0, "sheet", sheet.name)
    rows.insert(1, "row_number", body.loc[is_kept, "_row"])
    rows["other_cells"] = _other_cells(body[is_kept], header)
    rows["is_negative"] = is_negative[is_kept]
    rows["overlong"] = overlong[is_kept]
    ignored = _ignored_rows(sheet.name, body[~is_kept], kinds[~is_kept])
    titles = _ignored_rows(
        sheet.name, top, pd.Series(["title"] * header.row + ["header"] * header.height, index=top.index)
    )
    return _ReadSheet(
        rows,
        pd.concat([titles, ignored], ignore_index=True),
        "\n".join(titles["text"]),
        {name: header.titles[place].strip() for name, place in header.columns.items()},
        (*_say_doubled(file_name, body[is_kept], header), *say_unread(file_name, header, layout)),
    )


def _say_hidden(file_name: str, sheets: list[Sheet], rule: SheetRule, layout: Layout) -> tuple[Message, ...]:
    """Hidden sheets that would have been read; lists for the cells of others are hidden too, and none of them."""
    hidden = [s.name for s in sheets if s.is_hidden and fits_sheet(rule.name, s.name) and find_header(s, layout)]
    if not hidden:
        return ()
    names = "、".join(hidden)
    return (
        Message(
            f"文件 {file_name} 的工作表 {names} 是隐藏的，没有读取：若其中的行应当核对，请取消隐藏后重新放入。",
            f"File {file_name}: sheet {names} is hidden and was not read. If its rows are to be compared, unhide it "
            "and deliver the file again.",
        ),
    )


def _find_overlong(cells: pd.DataFrame, header: Header) -> pd.Series:
    """`10 > 8` cells for rows of text that are longer than their header and hold something behind its last title; ''
    for all others. They have slipped, mostly by a comma in money without quotes; where, nobody knows."""
    first = header.row + header.height
    body = cells.iloc[first:]
    width = int(cells.iloc[header.row : first].notna().any().sum())
    if width == cells.shape[1]:
        return pd.Series("", index=body.index, dtype="object")
    titled = max(place for place, title in enumerate(header.titles) if title.strip()) + 1
    is_longer = body.iloc[:, width:].notna().any(axis=1)
    is_filled = body.iloc[:, titled:].fillna("").apply(lambda column: column.str.strip() != "").any(axis=1)
    counted = body.notna().sum(axis=1).astype("object").map(f"{{}} > {width}".format)
    return counted.where(is_longer & is_filled, "")


def _say_doubled(file_name: str, body: pd.DataFrame, header: Header) -> tuple[Message, ...]:
    """Columns headed like one that is read, but with other values: the first of them counts."""
    said = []
    for place in dict.fromkeys(header.columns.values()):
        title = plain_header(header.titles[place])
        others = [c for c, text in enumerate(header.titles) if c > place and title and plain_header(text) == title]
        differing = [c for c in others if ((body[c].str.strip() != "") & (body[c] != body[place])).any()]
        for column in differing:
            said.append(
                Message(
                    f"文件 {file_name} 有两列“{title}”（第 {place + 1}、{column + 1} 列）且内容不同："
                    f"只读第 {place + 1} 列。",
                    f"File {file_name} has two columns {title} ({place + 1} and {column + 1}) that differ: only column "
                    f"{place + 1} is read.",
                )
            )
    return tuple(said)


def _text_columns(frame: pd.DataFrame) -> list[int]:
    return cast("list[int]", [column for column in frame.columns.tolist() if column != "_row"])


def _classify(body: pd.DataFrame, fields: pd.DataFrame, header: Header, layout: Layout) -> pd.Series:
    """Kind of every row that is no record; NA for records."""
    columns = _text_columns(body)
    kinds = pd.Series(pd.NA, index=body.index, dtype="object")
    stripped = body[columns].apply(lambda column: column.str.strip())
    is_header = pd.Series(True, index=body.index)
    for place in header.columns.values():
        is_header &= stripped[place] == header.titles[place].strip()
    kinds[is_header] = "header"
    # A row with a number, or with a voucher, is a record, whatever word stands in it.
    has_no_key = ~has_key(fields, layout)
    labelled = dict.fromkeys([*columns[:LABEL_COLUMNS], header.columns.get("summary", columns[0])])
    for kind, rows in find_totals(stripped.loc[has_no_key, list(labelled)], layout).items():
        kinds.loc[rows[kinds[rows].isna()]] = kind
    if layout.ignore:
        joined = stripped.agg(" ".join, axis=1)
        for pattern in layout.ignore:
            kinds[joined.str.contains(pattern, regex=True) & kinds.isna()] = "note"
    filled = stripped != ""
    lone = stripped[(filled.sum(axis=1) == 1) & has_no_key & kinds.isna()]
    kinds[lone.index[_hold_words(lone, header)]] = "note"
    kinds[~filled.any(axis=1)] = "blank"
    return kinds


def _hold_words(lone: pd.DataFrame, header: Header) -> pd.Series:
    """Of rows with one cell, those that say something beside the records: no party, and no number, day or money."""
    texts = lone.sum(axis=1).astype("str")
    parties = [place for field, place in header.columns.items() if field.startswith(PARTIES)]
    return texts.str.contains(LONE_WORDS, regex=True) & (lone[parties] == "").all(axis=1)


def _name_fields(body: pd.DataFrame, header: Header, layout: Layout) -> pd.DataFrame:
    titles = {plain_header(title): place for place, title in reversed(list(enumerate(header.titles)))}
    named = {
        field: _first_filled(
            body, [titles[plain_header(s)] for s in layout.fields[field] if plain_header(s) in titles], layout
        )
        for field in header.columns
        if field not in layout.joined
    }
    for field, joined in layout.joined.items():
        parts = []
        for synonyms in joined.parts:
            place = next((titles[plain_header(s)] for s in synonyms if plain_header(s) in titles), None)
            if place is not None:
                parts.append(body[place].str.strip())
        if len(parts) == len(joined.parts):
            text = parts[0]
            for part in parts[1:]:
                text = text + joined.separator + part
            named[field] = text.where(~is_nothing(parts[-1], layout), "")
    frame = pd.DataFrame(named, index=body.index)
    for field in TEXT_FIELDS[layout.side]:
        if field not in frame:
            frame[field] = None
    return frame[list(TEXT_FIELDS[layout.side])].astype("object")


def _first_filled(body: pd.DataFrame, places: list[int], layout: Layout) -> Any:
    """A file may keep two synonyms, such as 供应商名称 and 客户名称: each row says which one it fills."""
    text = body[places[0]]
    for place in places[1:]:
        text = text.where(~is_nothing(text, layout), body[place])
    return text


def _fill_forward(fields: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    filled = fields.copy()
    for field in layout.fill_forward:
        text = filled[field].astype("object")
        filled[field] = text.where(~is_nothing(text, layout), None).ffill()
    return filled


def _other_cells(body: pd.DataFrame, header: Header) -> list[str | None]:
    taken = set(header.columns.values())
    others = [c for c in _text_columns(body) if c not in taken]
    if not others:
        return [None] * len(body)
    titles = [header.titles[c] if c < len(header.titles) and header.titles[c] else f"column {c + 1}" for c in others]
    return [
        json.dumps({t: v for t, v in zip(titles, values, strict=True) if v}, ensure_ascii=False)
        if any(values)
        else None
        for values in body[others].itertuples(index=False, name=None)
    ]


def _ignored_rows(sheet: str, rows: pd.DataFrame, kinds: pd.Series) -> pd.DataFrame:
    texts = [" ".join(text for text in row if text)[:500] for row in rows[_text_columns(rows)].itertuples(index=False)]
    return pd.DataFrame({"sheet": sheet, "row_number": rows["_row"], "kind": kinds, "text": texts})
