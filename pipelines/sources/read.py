"""Sheets of text cells -> rows of named fields, with every other row named as ignored. No meaning yet: all text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from pipelines.model import LEDGER_TEXT_FIELDS, UPSTREAM_TEXT_FIELDS, Side
from pipelines.sources.decode import Sheet
from pipelines.sources.layout import Layout, SheetRule
from pipelines.sources.period import find_period
from pipelines.sources.reasons import Message, StoppedFileError

TEXT_FIELDS = {Side.UPSTREAM: UPSTREAM_TEXT_FIELDS, Side.LEDGER: LEDGER_TEXT_FIELDS}
IGNORED_COLUMNS = ["sheet", "row_number", "kind", "text"]
LABEL_COLUMNS = 8
"""A label such as 合计 stands in one of the first columns."""


@dataclass(frozen=True)
class FileReading:
    """What a file holds: `rows` (sheet, row_number, the side's text fields, other_cells), `ignored` (sheet, row_number,
    kind, text), how many rows were read, and what the file says of itself."""

    rows: pa.Table
    ignored: pa.Table
    rows_read: int
    grain: str
    period: tuple[date, date] | None
    taxpayer_id: str | None
    messages: tuple[Message, ...]
    is_complete: bool


@dataclass(frozen=True)
class _Header:
    row: int
    height: int
    columns: dict[str, int]
    titles: list[str]


def read_sheets(file_name: str, sheets: list[Sheet], layout: Layout) -> FileReading:
    """Rows and ignores of the sheets that the layout reads. Raises StoppedFileError naming what was found."""
    rule, chosen = _choose_sheets(file_name, sheets, layout)
    parts = [_read_sheet(file_name, sheet, layout) for sheet in chosen]
    left = [[sheet.name, 0, "other_sheet", sheet.name] for sheet in sheets if sheet not in chosen]
    ignored = pd.concat([*(part[1] for part in parts), pd.DataFrame(left, columns=IGNORED_COLUMNS)], ignore_index=True)
    rows = pd.concat([part[0] for part in parts], ignore_index=True)
    top = "\n".join(part[2] for part in parts)
    is_capped = layout.row_cap is not None and len(rows) >= layout.row_cap
    return FileReading(
        rows=pa.Table.from_pandas(rows, schema=_row_schema(layout.side), preserve_index=False),
        ignored=pa.Table.from_pandas(ignored, schema=_ignored_schema(), preserve_index=False),
        rows_read=len(rows) + len(ignored),
        grain=rule.grain,
        period=find_period(layout, file_name, top),
        taxpayer_id=_found(layout.title.get("taxpayer_id"), top),
        messages=(_cap_message(file_name, layout),) if is_capped else (),
        is_complete=not is_capped,
    )


def _row_schema(side: Side) -> pa.Schema:
    return _text_schema(*TEXT_FIELDS[side], "other_cells")


def _ignored_schema() -> pa.Schema:
    return _text_schema("kind", "text")


def _text_schema(*names: str) -> pa.Schema:
    fields: list[pa.Field[Any]] = [pa.field("sheet", pa.string()), pa.field("row_number", pa.int64())]
    return pa.schema([*fields, *(pa.field(name, pa.string()) for name in names)])


def _cap_message(file_name: str, layout: Layout) -> Message:
    return Message(
        f"文件 {file_name} 达到导出上限 {layout.row_cap} 行，可能被截断：请缩短查询区间重新导出。",
        f"File {file_name} has the export's maximum of {layout.row_cap} rows and may be cut: export shorter periods.",
    )


def _found(pattern: str | None, text: str) -> str | None:
    match = re.search(pattern, text) if pattern else None
    return match.group("found").strip() if match else None


def _choose_sheets(file_name: str, sheets: list[Sheet], layout: Layout) -> tuple[SheetRule, list[Sheet]]:
    for rule in layout.sheets:
        chosen = [sheet for sheet in sheets if _fits(rule.name, sheet.name)]
        if rule.name == "*":
            chosen = [sheet for sheet in chosen if _find_header(sheet, layout)] or chosen[:1]
        if chosen:
            return rule, chosen
    found = "、".join(sheet.name for sheet in sheets)
    expected = "、".join(rule.name for rule in layout.sheets)
    raise StoppedFileError(
        f"文件 {file_name} 没有需要的工作表：找到 {found}，应有 {expected}。文件未采用，请核对导出是否改名。",
        f"File {file_name} lacks the sheet that is needed: found {found}, expected {expected}. Nothing of it was used.",
        is_shape=True,
    )


def _fits(pattern: str, name: str) -> bool:
    if name == "":
        return True
    return name.strip().startswith(pattern[:-1]) if pattern.endswith("*") else name.strip() == pattern


def plain_header(text: str) -> str:
    """A header without width, blanks, `*`, and notes in brackets."""
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(r"\(.*?\)|[\s*:：]", "", plain).lower()


def _find_header(sheet: Sheet, layout: Layout) -> _Header | None:
    """The first row that is a header alone or, where cells are merged over two rows, together with the row below.

    A title above a whole header is no upper level of it: the row below wins if it names as many fields alone.
    """
    top = [list(row.values()) for row in sheet.cells.slice(0, layout.header.within + 1).to_pylist()]
    for place in range(min(len(top), layout.header.within)):
        single = _header_at(top, place, 1, layout)
        if single is not None:
            return single
        double = _header_at(top, place, 2, layout)
        if double is not None:
            below = _header_at(top, place + 1, 1, layout)
            return below if below is not None and len(below.columns) == len(double.columns) else double
    return None


def _header_at(top: list[list[str]], place: int, height: int, layout: Layout) -> _Header | None:
    if place + height > len(top):
        return None
    titles = [
        next((text for text in reversed(cells) if text), "") for cells in zip(*top[place : place + height], strict=True)
    ]
    columns = _map_columns(titles, layout)
    return None if columns is None else _Header(place, height, columns, titles)


def count_known_columns(sheets: list[Sheet], layout: Layout) -> int:
    """How many fields the layout finds in the best fitting sheet that it would read; 0 if its header is nowhere."""
    readable = [s for s in sheets if any(_fits(rule.name, s.name) or rule.name == "*" for rule in layout.sheets)]
    headers = [header for header in (_find_header(sheet, layout) for sheet in readable) if header is not None]
    return max((len(header.columns) for header in headers), default=0)


def _map_columns(titles: list[str], layout: Layout) -> dict[str, int] | None:
    places: dict[str, int] = {}
    for place, title in enumerate(titles):
        places.setdefault(plain_header(title or ""), place)
    found = {}
    for field, synonyms in layout.fields.items():
        for synonym in synonyms:
            if plain_header(synonym) in places:
                found[field] = places[plain_header(synonym)]
                break
    for field, joined in layout.joined.items():
        parts = [
            next((places[plain_header(s)] for s in part if plain_header(s) in places), None) for part in joined.parts
        ]
        if all(part is not None for part in parts):
            found[field] = parts[0] if parts[0] is not None else 0
    wanted = layout.header.required
    return found if all(any(f in found for f in need.split("|")) for need in wanted) else None


def _read_sheet(file_name: str, sheet: Sheet, layout: Layout) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    header = _find_header(sheet, layout)
    if header is None:
        raise StoppedFileError(*_header_sentences(file_name, sheet, layout), is_shape=True)
    cells = sheet.cells.to_pandas().fillna("")
    cells.columns = pd.RangeIndex(cells.shape[1])
    cells["_row"] = list(range(1, len(cells) + 1))
    first = header.row + header.height
    top = cells.iloc[:first]
    body = cells.iloc[first:].copy()
    kinds = _classify(body, header, layout)
    fields = _name_fields(body, header, layout)
    fields.loc[kinds.isna(), :] = _fill_forward(fields.loc[kinds.isna()], layout)
    _check_control(file_name, sheet.name, body, fields, kinds, header, layout)
    kinds, fields = _take_entries(fields, kinds, layout)
    is_kept = kinds.isna()
    rows = fields[is_kept].copy()
    rows.insert(0, "sheet", sheet.name)
    rows.insert(1, "row_number", body.loc[is_kept, "_row"])
    rows["other_cells"] = _other_cells(body[is_kept], header, layout)
    ignored = _ignored_rows(sheet.name, body[~is_kept], kinds[~is_kept])
    titles = _ignored_rows(
        sheet.name, top, pd.Series(["title"] * header.row + ["header"] * header.height, index=top.index)
    )
    return rows, pd.concat([titles, ignored], ignore_index=True), "\n".join(titles["text"])


def _header_sentences(file_name: str, sheet: Sheet, layout: Layout) -> tuple[str, str]:
    rows = sheet.cells.slice(0, layout.header.within).to_pylist()
    widest = max(rows, key=lambda row: sum(1 for text in row.values() if text), default={})
    found = "、".join(str(text) for text in widest.values() if text)[:300]
    needed = [
        "/".join(title for f in need.split("|") for title in layout.fields.get(f, [f])[:3])
        for need in layout.header.required
    ]
    expected = "、".join(needed)
    where = f"{file_name}" + (f" [{sheet.name}]" if sheet.name else "")
    return (
        f"文件 {where} 前 {layout.header.within} 行找不到表头：找到 {found}；应有 {expected}。文件未采用。",
        f"File {where} has no usable header in its first {layout.header.within} rows: found {found}; "
        f"expected {expected}. Nothing of it was used.",
    )


def _text_columns(frame: pd.DataFrame) -> list[int]:
    return cast("list[int]", [column for column in frame.columns.tolist() if column != "_row"])


def _classify(body: pd.DataFrame, header: _Header, layout: Layout) -> pd.Series:
    """Kind of every row that is no record; NA for records."""
    columns = _text_columns(body)
    kinds = pd.Series(pd.NA, index=body.index, dtype="object")
    stripped = body[columns].apply(lambda column: column.str.strip())
    is_header = pd.Series(True, index=body.index)
    for place in header.columns.values():
        is_header &= stripped[place] == header.titles[place].strip()
    kinds[is_header] = "header"
    labels = _labels(stripped[columns[:LABEL_COLUMNS]])
    # A row with a number, or with a voucher, is a record, whatever word stands in it; the label itself is no key.
    keys = [header.columns[field] for field in layout.key_fields if field in header.columns]
    has_no_key = stripped[keys].apply(lambda column: ~column.str.contains(r"[0-9]")).all(axis=1)
    for kind, names in (("subtotal", layout.control.subtotal_labels), ("control_total", layout.control.labels)):
        has_label = labels.isin(names).any(axis=1) if len(labels.columns) else pd.Series(False, index=body.index)
        kinds[has_label & has_no_key & kinds.isna()] = kind
    if layout.ignore:
        joined = stripped.agg(" ".join, axis=1)
        for pattern in layout.ignore:
            kinds[joined.str.contains(pattern, regex=True) & kinds.isna()] = "note"
    kinds[(stripped == "").all(axis=1)] = "blank"
    return kinds


def _labels(cells: pd.DataFrame) -> pd.DataFrame:
    labels: pd.DataFrame = cells.apply(lambda column: column.str.replace(r"[\s　:：]", "", regex=True))
    return labels


def _name_fields(body: pd.DataFrame, header: _Header, layout: Layout) -> pd.DataFrame:
    titles = {plain_header(title): place for place, title in reversed(list(enumerate(header.titles)))}
    named = {
        field: _first_filled(body, [titles[plain_header(s)] for s in layout.fields[field] if plain_header(s) in titles])
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
            named[field] = text.where(parts[-1] != "", "")
    frame = pd.DataFrame(named, index=body.index)
    for field in TEXT_FIELDS[layout.side]:
        if field not in frame:
            frame[field] = None
    return frame[list(TEXT_FIELDS[layout.side])].astype("object")


def _first_filled(body: pd.DataFrame, places: list[int]) -> Any:
    """A file may keep two synonyms, such as 供应商名称 and 客户名称: each row says which one it fills."""
    text = body[places[0]]
    for place in places[1:]:
        text = text.where(text.str.strip() != "", body[place])
    return text


def _fill_forward(fields: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    filled = fields.copy()
    for field in layout.fill_forward:
        text = filled[field].astype("object")
        filled[field] = text.where(text.str.strip() != "", None).ffill()
    return filled


def _take_entries(fields: pd.DataFrame, kinds: pd.Series, layout: Layout) -> tuple[pd.Series, pd.DataFrame]:
    """Extractions, and for general ledgers the lines of the accounts that hold invoices."""
    fields = _extract(fields, layout)
    if layout.direction and "direction" in fields:
        fields["direction"] = fields["direction"].fillna(str(layout.direction))
    if not layout.entry:
        return kinds, fields
    account = fields["account_code"].fillna("").str.strip()
    direction = pd.Series(None, index=fields.index, dtype="object")
    for rule in layout.entry:
        direction[account.str.startswith(rule.account_prefix)] = str(rule.direction)
    fields["direction"] = direction
    kinds = kinds.copy()
    kinds[kinds.isna() & direction.isna()] = "other_account"
    own_side = fields["credit"].where(direction == "input", fields["debit"]).fillna("").str.strip()
    is_settled = own_side.isin(["", "0", "0.00", "0.0"]) & ~fields["summary"].fillna("").str.contains(
        layout.reversal_pattern, regex=True
    )
    kinds[kinds.isna() & is_settled] = "settlement"
    return kinds, fields


def _extract(fields: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    for rule in layout.extract:
        found = fields[rule.source].fillna("").str.extract(rule.pattern, expand=True)["found"]
        current = fields[rule.field]
        is_open = current.isna() | (current.astype("object").fillna("") == "") | (rule.source == rule.field)
        fields[rule.field] = current.where(~(is_open & found.notna()), found)
    return fields


def _other_cells(body: pd.DataFrame, header: _Header, layout: Layout) -> list[str | None]:
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


def read_money(text: object) -> Decimal | None:
    """Money of a cell for control totals; None for text that is no number."""
    plain = re.sub(r"[,，\s¥￥元=\"]", "", unicodedata.normalize("NFKC", str(text or "")))
    negative = re.fullmatch(r"\((.+)\)", plain)
    try:
        value = Decimal(negative.group(1) if negative else plain)
        return (-value if negative else value).quantize(Decimal("0.01"))
    except InvalidOperation:  # no number, or one beyond all money (Infinity, 1e300)
        return None


def _sum_money(texts: Iterable[object]) -> Decimal:
    return sum((value for value in map(read_money, texts) if value is not None), Decimal(0))


def _check_control(
    file_name: str,
    sheet: str,
    body: pd.DataFrame,
    fields: pd.DataFrame,
    kinds: pd.Series,
    header: _Header,
    layout: Layout,
) -> None:
    """The 合计 row must state the sums of the rows; raises StoppedFileError if it does not, or is missing."""
    totals = body[kinds == "control_total"]
    where = f"{file_name}" + (f" [{sheet}]" if sheet else "")
    if totals.empty:
        if layout.control.required:
            raise StoppedFileError(
                f"文件 {where} 没有合计行，可能在导出或传输中被截断（读到 {int(kinds.isna().sum())} 行）："
                "文件未采用，请重新导出。",
                f"File {where} has no 合计 row, so it was probably cut ({int(kinds.isna().sum())} rows read): "
                "nothing of it was used. Export it again.",
            )
        return
    compared = 0
    for field in layout.control.columns:
        place = header.columns.get(field)
        stated = read_money(totals.iloc[-1][place]) if place is not None else None
        if stated is None:
            continue
        compared += 1
        found = _sum_money(fields.loc[kinds.isna(), field])
        if found != stated:
            title = header.titles[header.columns[field]]
            raise StoppedFileError(
                f"文件 {where} 第 {int(totals.iloc[-1]['_row'])} 行合计与明细不符：{title} 合计为 {stated:,.2f}，"
                f"各行相加为 {found:,.2f}，差 {found - stated:,.2f}。文件未采用，请重新导出。",
                f"File {where} row {int(totals.iloc[-1]['_row'])}: the total of {title} says {stated:,.2f}, the rows "
                f"add up to {found:,.2f}, a difference of {found - stated:,.2f}. Nothing of it was used; export it "
                "again.",
            )
    if layout.control.required and not compared and kinds.isna().any():
        raise StoppedFileError(
            f"文件 {where} 的合计行没有金额，无法核对是否完整：文件未采用，请重新导出。",
            f"File {where}: the 合计 row states no sum, so nothing shows that the file is whole. Nothing of it was "
            "used; export it again.",
        )
