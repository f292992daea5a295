"""A view of an invented company as Arrow tables of the declared core shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.demo.columns import (
    Array,
    Vector,
    join_text,
    money_array,
    null_unless,
    number_text,
    pc,
    row_count,
    take_rows,
    text_array,
)
from pipelines.demo.faults import CAUSE_NAMES, FAULT_NAMES, LAYOUTS, REGISTER
from pipelines.demo.parties import OUR_NAME, OUR_TAX_ID, Parties
from pipelines.demo.population import KINDS, STATUSES
from pipelines.demo.world import Sight, Truth, World
from pipelines.model import CAUSES

DIRECTIONS = ("input", "output")
_VOUCHER_WORDS = ("记", "记", "记", "转", "记", "应付", "")
_WHAT = ("采购材料", "销售商品")


def pick_text(words: Any, codes: Array) -> Vector:
    """The word of each code, as plain text."""
    distinct: Vector = pa.array(list(words), type=pa.string())
    return distinct.take(pa.array(codes))


def constant(text: str | None, count: int, kind: pa.DataType | None = None) -> Vector:
    value: Any = pa.scalar(text, kind or pa.string())
    return pa.repeat(value, count)


def record_ids(prefix: str, positions: Array) -> Vector:
    return join_text(constant(prefix, len(positions)), number_text(positions, 8))


def _lineage(source: Vector) -> dict[str, Vector]:
    count = len(source)
    return {
        "source_id": source,
        "source_file": constant(None, count),
        "source_row": constant(None, count, pa.int64()),
    }


def party_names(parties: Parties, party: Array, style: Array) -> Vector:
    """Style 0 as registered, 1 with ASCII brackets, 2 with a blank inside."""
    plain = list(parties.name)
    words = plain + [n.replace("（", "(").replace("）", ")") for n in plain] + [f"{n[:4]} {n[4:]}" for n in plain]
    return pick_text(words, party + style.astype(np.int64) * parties.count)


def invoice_remarks(rows: dict[str, Array]) -> Vector:
    """The remark of a red invoice names the blue one, in the wording of its kind; others have none."""
    original, count = text_array(rows["original_number"]), len(rows["code"])
    code = pc.fill_null(text_array(rows["code"]), "")
    serial = number_text(rows["issued"].astype(np.int64) % 10**9, 20)
    digital = join_text(
        constant("被红冲蓝字数电票号码：", count), original, constant(" 红字发票信息确认单编号：", count), serial
    )
    old = join_text(constant("对应正数发票代码:", count), code, constant("号码:", count), original)
    return pc.if_else(pa.array(rows["is_digital"]), digital, old)


def invoice_table(world: World, truth: Truth, sight: Sight, rows: Array | None = None) -> pa.Table:
    """core_upstream__invoice of what is seen (or of the given positions)."""
    positions = np.flatnonzero(truth.sees_invoice) if rows is None else rows
    u, count, parties = take_rows(world.upstream, positions), len(positions), world.parties
    is_output = pa.array(u["direction"] == 1)
    their_id, their_name = pick_text(parties.tax_id, u["party"]), pick_text(parties.name, u["party"])
    our_id, our_name = constant(OUR_TAX_ID, count), constant(OUR_NAME, count)
    columns = {
        "record_id": record_ids("U", positions),
        "taxpayer_id": our_id,
        "direction": pick_text(DIRECTIONS, u["direction"]),
        "invoice_code": text_array(u["code"]),
        "invoice_number": text_array(u["number"]),
        "paper_number": constant(None, count),
        "kind": pick_text(KINDS, u["kind"]),
        "issued_at": pa.array(u["issued"].astype("M8[us]")),
        "seller_tax_id": pc.if_else(is_output, our_id, their_id),
        "seller_name": pc.if_else(is_output, our_name, their_name),
        "buyer_tax_id": pc.if_else(is_output, their_id, our_id),
        "buyer_name": pc.if_else(is_output, their_name, our_name),
        **{f"{name}_cny": money_array(u[name]) for name in ("amount", "tax", "total")},
        "status": pick_text(STATUSES, truth.status[positions]),
        "is_red": pa.array(u["is_red"]),
        "original_invoice_number": text_array(u["original_number"]),
        "remark": invoice_remarks(u),
        "observed_at": pa.repeat(pa.scalar(sight.as_of, pa.timestamp("us")), count),
        **_lineage(pick_text([f"tax_{d}" for d in DIRECTIONS], u["direction"])),
    }
    return pa.table(columns)


def entry_table(world: World, truth: Truth, sight: Sight, rows: Array | None = None) -> pa.Table:
    """core_ledger__entry of what is seen (or of the given positions)."""
    positions = np.flatnonzero(truth.sees_entry) if rows is None else rows
    e, count = take_rows(world.entries, positions), len(positions)
    reference, code = entry_references(world, e)
    dated = pa.array(e["dated"])
    columns = {
        "record_id": record_ids("L", positions),
        "taxpayer_id": constant(OUR_TAX_ID, count),
        "direction": pick_text(DIRECTIONS, e["direction"]),
        "posted_on": pa.array(e["posted"]),
        "voucher_no": null_unless(voucher_numbers(e), e["layout"] != REGISTER),
        "invoice_reference": reference,
        "invoice_code": code,
        "invoice_date": dated,
        "counterparty_tax_id": null_unless(pick_text(world.parties.tax_id, e["party"]), e["has_tax_id"]),
        "counterparty_name": party_names(world.parties, e["party"], e["name_style"]),
        **{f"{name}_cny": money_array(e[name], e[f"has_{name}"]) for name in ("amount", "tax", "total")},
        "summary": entry_summaries(e, reference),
        "observed_at": pa.repeat(pa.scalar(sight.as_of, pa.timestamp("us")), count),
        **_lineage(pick_text([f"ledger_{layout}" for layout in LAYOUTS], e["layout"])),
    }
    return pa.table(columns)


def voucher_numbers(e: dict[str, Array]) -> Vector:
    word = pick_text(_VOUCHER_WORDS, e["layout"])
    return join_text(word, constant("-", len(word)), number_text(e["voucher"]))


def entry_references(world: World, e: dict[str, Array]) -> tuple[Vector, Vector]:
    """(reference, code) as the ledger keeps them: the true ones where nothing was spoilt, less what a layout lacks."""
    of = np.maximum(e["of"], 0)
    number = text_array(world.upstream["number"][of])
    last_8 = pc.utf8_slice_codeunits(number, start=-8)
    keeps_8 = np.isin(e["layout"], [LAYOUTS.index("yonyou_u9c_ap")])
    spoilt = text_array(e["reference"])
    reference = pc.coalesce(spoilt, pc.if_else(pa.array(keeps_8), last_8, number))
    reference = null_unless(reference, np.not_equal(e["reference"], "").astype(bool))
    has_code = np.isin(e["layout"], [0, REGISTER])
    true_code = null_unless(text_array(world.upstream["code"][of]), has_code & (e["of"] >= 0))
    code = pc.coalesce(text_array(e["code"]), true_code)
    return reference, null_unless(code, np.not_equal(e["code"], "").astype(bool))


def entry_summaries(e: dict[str, Array], reference: Vector) -> Vector:
    """采购材料 发票<number>, or 冲<date>发票<number> for negative money."""
    count = len(reference)
    what = pick_text(_WHAT, e["direction"])
    plain = join_text(what, constant(" 发票", count), reference)
    month = number_text(e["posted"].astype("M8[M]").astype(np.int64) % 12 + 1)
    reversal = join_text(constant("冲", count), month, constant("月发票", count), reference)
    return pc.coalesce(pc.if_else(pa.array(e["total"] < 0), reversal, plain), what)


def coverage_table(world: World, sight: Sight, lookback_days: int) -> pa.Table:
    """core_upstream__coverage from before the first issue date to the day of the view."""
    first = np.datetime64(world.span.start, "D") - lookback_days
    days = np.arange(first, np.datetime64(sight.as_of.date(), "D") + 1)
    parts = []
    for code, direction in enumerate(DIRECTIONS):
        complete = (days <= sight.complete_until[code]) & ~np.isin(
            days, np.array(sight.gap_days.get(code, []), "M8[D]")
        )
        fetched = pa.repeat(pa.scalar(sight.as_of - timedelta(minutes=30), pa.timestamp("us")), len(days))
        parts.append(
            {
                "taxpayer_id": constant(OUR_TAX_ID, len(days)),
                "direction": constant(direction, len(days)),
                "issue_date": pa.array(days),
                "is_complete": pa.array(complete),
                "fetched_at": null_unless(fetched, complete),
                **_lineage(constant(f"tax_{direction}", len(days))),
            }
        )
    return pa.concat_tables([pa.table(part) for part in parts])


def link_table(world: World, truth: Truth) -> pa.Table:
    seen = truth.sees_entry[world.links[:, 0]] & truth.sees_invoice[world.links[:, 1]]
    links = world.links[seen]
    return pa.table(
        {"ledger_record_id": record_ids("L", links[:, 0]), "upstream_record_id": record_ids("U", links[:, 1])}
    )


def fault_table(world: World, truth: Truth) -> pa.Table:
    """One row per seen record of either side."""
    sides = (
        ("upstream", "U", truth.sees_invoice, world.upstream, truth.invoice_cause, truth.invoice_resolvable),
        ("ledger", "L", truth.sees_entry, world.entries, truth.entry_cause, truth.entry_resolvable),
    )
    parts = []
    for side, prefix, seen, columns, cause, is_resolvable in sides:
        positions = np.flatnonzero(seen)
        parts.append(
            pa.table(
                {
                    "side": constant(side, len(positions)),
                    "record_id": record_ids(prefix, positions),
                    "fault": pick_text(FAULT_NAMES, columns["fault"][positions]),
                    "verdict": pick_text([CAUSES[name].value for name in CAUSE_NAMES], cause[positions]),
                    "cause": pick_text(CAUSE_NAMES, cause[positions]),
                    "is_resolvable": pa.array(is_resolvable[positions]),
                }
            )
        )
    return pa.concat_tables(parts)


def count_rows(world: World) -> tuple[int, int]:
    return row_count(world.upstream), row_count(world.entries)
