"""The ledger of the company: one entry per booked invoice, then spoilt, split, combined, doubled and invented ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo import damage
from pipelines.demo.columns import NO_DATE, Array, Columns, Rng, day_of, on_gap_days, row_count, stack_rows, take_rows
from pipelines.demo.faults import CSV, FAULTS, JOURNALS, LONE_FAULTS, REGISTER, U9C, cause_code, fault_code
from pipelines.demo.parties import Parties
from pipelines.demo.population import Span

_NEVER_BOOKED = ("booking_lag", "not_booked", "void_not_booked", "red_full_none_booked")
_SPLIT = ("split_entries", "split_sum_off")
_DATE_WRONG = ("date_differs", "amount_and_date_wrong", "party_and_date_wrong", "number_and_date_wrong")
_AMOUNT_WRONG = ("amount_wrong", "amount_and_date_wrong")
_NULLABLE = ("none", "noise", "number_sub", "number_tra", "number_ins", "number_del", "number_of", "digits_lost")


@dataclass
class Ledger:
    """Entries and the true links (entry, invoice) as positions."""

    entries: Columns
    links: Array


def has_fault(columns: Columns, *names: str) -> Array:
    return np.isin(columns["fault"], [fault_code(name) for name in names])


def build_ledger(rng: Rng, parties: Parties, upstream: Columns, runs: list[tuple[str, Array]], span: Span) -> Ledger:
    """All entries that are ever posted; `visible` says from when an export holds them."""
    combined = np.concatenate([run for _, run in runs]) if runs else np.zeros(0, np.int64)
    base = _book_one_each(parties, upstream, _is_booked_alone(rng, upstream, combined), span)
    _spoil_text(rng, upstream, base)
    _spoil_values(rng, parties, base)
    parts = [base, _split_entries(rng, parties, upstream), _book_twice(rng, base, span)]
    links = [np.column_stack([np.arange(row_count(base)), base["of"]])]
    for part in parts[1:]:
        links.append(np.column_stack([_offset(links) + np.arange(row_count(part)), part["of"]]))
    together, together_links = _combine_entries(parties, upstream, runs, span)
    links.append(together_links + np.array([_offset(links), 0]))
    lone = _invent_entries(rng, parties, upstream, span)
    entries = stack_rows([*parts, together, lone])
    return _finish(rng, Ledger(entries, np.concatenate(links).astype(np.int64)))


def _offset(links: list[Array]) -> int:
    return sum(len(part) for part in links)


def _is_booked_alone(rng: Rng, upstream: Columns, combined: Array) -> Array:
    red_later = has_fault(upstream, "red_full_later") & upstream["is_red"] & (rng.random(row_count(upstream)) < 0.5)
    red_unbooked = has_fault(upstream, "red_full_blue_booked") & upstream["is_red"]
    alone = ~has_fault(upstream, *_NEVER_BOOKED, *_SPLIT) & ~upstream["is_surplus"] & ~red_unbooked & ~red_later
    alone[combined] = False
    return alone


def _book_one_each(parties: Parties, upstream: Columns, is_booked: Array, span: Span) -> Columns:
    rows = np.flatnonzero(is_booked)
    entries = _book(parties, upstream, rows)
    late, delayed = has_fault(entries, "booked_late"), has_fault(entries, "sync_delay")
    entries["booked"] = np.where(late, span.today, entries["booked"])
    entries["booked"] = np.where(delayed, span.today - np.timedelta64(1, "D"), entries["booked"])
    entries["posted"] = entries["booked"].copy()
    return entries


def _book(parties: Parties, upstream: Columns, rows: Array) -> Columns:
    """One true entry per given invoice."""
    count = len(rows)
    source = take_rows(upstream, rows)
    return {
        **{name: source[name] for name in ("party", "direction", "amount", "tax", "total", "fault")},
        "of": rows.astype(np.int64),
        "booked": source["posted"].copy(),
        "posted": source["posted"].copy(),
        "dated": day_of(source["issued"]),
        "reference": np.full(count, None, dtype=object),
        "code": np.full(count, None, dtype=object),
        "name_style": np.zeros(count, np.int8),
        "is_surplus": np.zeros(count, bool),
        "layout": _choose_layouts(parties, source),
    }


def _choose_layouts(parties: Parties, source: Columns) -> Array:
    """The party's ledger where it can show the fault, else the plain one."""
    homes = np.zeros((len(FAULTS), 7), bool)
    for index, fault in enumerate(FAULTS):
        homes[index, list(fault.homes)] = True
    wanted = parties.layout[source["party"]]
    return np.where(homes[source["fault"], wanted], wanted, CSV).astype(np.int8)


def _texts(upstream: Columns, entries: Columns, rows: Array) -> tuple[list[str], list[str]]:
    of = entries["of"][rows]
    return upstream["number"][of].astype(str).tolist(), upstream["code"][of].astype(str).tolist()


def _spoil_text(rng: Rng, upstream: Columns, base: Columns) -> None:
    for name in (*damage.NOISE, *damage.TYPOS):
        rows = np.flatnonzero(has_fault(base, name))
        numbers, codes = _texts(upstream, base, rows)
        texts = damage.add_noise(name, numbers, codes) if name in damage.NOISE else damage.mistype(name, rng, numbers)
        base["reference"][rows] = np.array([*texts, None], dtype=object)[:-1]
    for name, spoil in (("digits_lost_zeros", damage.zero_last_digits), ("digits_lost_float", damage.write_as_float)):
        rows = np.flatnonzero(has_fault(base, name))
        base["reference"][rows] = [spoil(number) for number in _texts(upstream, base, rows)[0]]
    another = np.flatnonzero(has_fault(base, "number_of_another"))
    base["reference"][another] = upstream["number"][base["of"][another] + 1].astype(str).astype(object)
    absent = np.flatnonzero(has_fault(base, "number_absent_text"))
    base["reference"][absent] = rng.choice(damage.ABSENT_TEXTS, len(absent)).astype(object)
    base["reference"][has_fault(base, "number_absent_null")] = ""
    base["code"][has_fault(base, "noise_missing_code", "noise_code_and_number")] = ""
    split = np.flatnonzero(has_fault(base, "noise_split_12_8"))
    base["code"][split] = [number[:12] for number in _texts(upstream, base, split)[0]]
    _cite_blue_number(rng, upstream, base)


def _cite_blue_number(rng: Rng, upstream: Columns, base: Columns) -> None:
    """Every other reversal names the blue invoice, with negative money."""
    original = upstream["original"][base["of"]]
    rows = np.flatnonzero(has_fault(base, "red_full_both_booked") & (original >= 0) & (rng.random(len(original)) < 0.5))
    base["reference"][rows] = upstream["number"][original[rows]].astype(str).astype(object)


def _spoil_values(rng: Rng, parties: Parties, base: Columns) -> None:
    near = has_fault(base, "within_tolerance")
    cents = np.where(near, rng.integers(1, 7, len(near)) * rng.choice([-1, 1], len(near)), 0)
    off = has_fault(base, "amount_transposed", "number_and_amount_wrong")
    plain = has_fault(base, *_AMOUNT_WRONG)
    total = np.where(off, damage.transpose_cents(rng, base["total"]), base["total"])
    total = np.where(plain, damage.misstate_cents(rng, base["total"]), total) + cents
    base["amount"] = np.where(near, base["amount"], base["amount"] + total - base["total"])
    base["tax"] = np.where(near, base["tax"] + cents, base["tax"])
    base["total"] = total
    base["tax"] = np.where(has_fault(base, "tax_differs"), base["tax"] + rng.integers(8, 400, len(near)), base["tax"])
    dates = np.flatnonzero(has_fault(base, *_DATE_WRONG))
    base["dated"][dates] -= rng.integers(1, 9, len(dates)).astype("timedelta64[D]")
    _swap_parties(rng, parties, base)


def _swap_parties(rng: Rng, parties: Parties, base: Columns) -> None:
    """Booked on the neighbour in the list of parties: often the one with almost the same name."""
    rows = np.flatnonzero(has_fault(base, "party_differs", "party_and_date_wrong"))
    side = np.array([np.append(np.flatnonzero(parties.direction == d), -1) for d in (0, 1)], dtype=object)
    for direction in (0, 1):
        mine = rows[base["direction"][rows] == direction]
        same = side[direction][:-1].astype(np.int64)
        position = np.searchsorted(same, base["party"][mine])
        base["party"][mine] = same[(position + 1) % len(same)]
    noisy = has_fault(base, "noise_party_name")
    base["name_style"][noisy] = rng.integers(1, 3, int(noisy.sum()))


def _split_entries(rng: Rng, parties: Parties, upstream: Columns) -> Columns:
    """Two or three lines per invoice; their sums are the invoice's, but for `split_sum_off`."""
    rows = np.flatnonzero(has_fault(upstream, *_SPLIT) & ~upstream["is_surplus"])
    pieces = rng.integers(2, 4, len(rows))
    owner = np.repeat(np.arange(len(rows)), pieces)
    entries = _book(parties, upstream, rows[owner])
    starts = np.cumsum(pieces) - pieces
    number = np.arange(len(owner)) - starts[owner]
    is_last = number == pieces[owner] - 1
    share = rng.integers(20, 40, len(owner))
    for name in ("amount", "tax"):
        whole = entries[name]
        part = np.where(is_last, 0, whole * share // 100)
        taken = np.bincount(owner, weights=part, minlength=len(rows)).astype(np.int64) if len(rows) else part
        entries[name] = np.where(is_last, whole - taken[owner], part)
    spoilt = is_last & has_fault(entries, "split_sum_off")
    entries["amount"] = np.where(spoilt, entries["amount"] + 5000, entries["amount"])
    entries["total"] = entries["amount"] + entries["tax"]
    return entries


def _book_twice(rng: Rng, base: Columns, span: Span) -> Columns:
    again = take_rows(base, has_fault(base, "booked_twice"))
    days = rng.integers(1, 12, row_count(again)).astype("timedelta64[D]")
    again["booked"] = np.minimum(again["booked"] + days, span.today - np.timedelta64(2, "D"))
    again["posted"] = again["booked"].copy()
    again["is_surplus"][:] = True
    return again


def _combine_entries(
    parties: Parties, upstream: Columns, runs: list[tuple[str, Array]], span: Span
) -> tuple[Columns, Array]:
    """One entry per run of invoices, money summed; links count from the first of these entries."""
    firsts = np.array([run[0] for _, run in runs], dtype=np.int64)
    entries = _book(parties, upstream, firsts)
    owner = np.repeat(np.arange(len(runs)), [len(run) for _, run in runs])
    members = np.concatenate([run for _, run in runs]) if runs else firsts
    for name in ("amount", "tax", "total"):
        sums = np.zeros(len(runs), np.int64)
        np.add.at(sums, owner, upstream[name][members])
        entries[name] = sums
    spoilt = has_fault(entries, "combined_sum_off")
    for name in ("amount", "total"):
        entries[name] = np.where(spoilt, entries[name] + 12300, entries[name])
    for name in ("booked", "posted"):
        entries[name] = np.minimum(entries[name] + np.timedelta64(2, "D"), span.today - np.timedelta64(2, "D"))
    entries["dated"][:] = NO_DATE
    texts = [_write_run(name, upstream["number"][run].astype(str).tolist(), i) for i, (name, run) in enumerate(runs)]
    entries["reference"] = np.array([*texts, None], dtype=object)[:-1]
    return entries, np.column_stack([owner, members])


def _write_run(name: str, numbers: list[str], turn: int) -> str:
    if name == "combined_range":
        return f"{numbers[0]}{'-~至'[turn % 3]}{numbers[-1]}"
    if name == "combined_slash" and numbers[0][:-2] == numbers[-1][:-2]:
        return "/".join([numbers[0], *(number[-2:] for number in numbers[1:])])
    return "、,，;"[turn % 4].join(numbers)


def _invent_entries(rng: Rng, parties: Parties, upstream: Columns, span: Span) -> Columns:
    """Entries without an invoice: modelled on real ones, with a number and money of their own."""
    counts = {name: span.lone_counts.get(name, 0) for name in LONE_FAULTS}
    is_model = (upstream["fault"] == 0) & (upstream["posted"] <= span.today - np.timedelta64(6, "D"))
    is_model &= ~on_gap_days(upstream["direction"], day_of(upstream["issued"]), span.gap_days)
    models = rng.choice(np.flatnonzero(is_model), min(sum(counts.values()), int(is_model.sum())), replace=False)
    entries = _book(parties, upstream, models)
    entries["fault"] = np.repeat([fault_code(name) for name in counts], list(counts.values()))[: len(models)]
    entries["fault"] = entries["fault"].astype(np.int16)
    numbers = upstream["number"][models].astype(str).tolist()
    pairs = zip(numbers, entries["fault"].tolist(), rng.integers(10**6, 9 * 10**6, len(models)).tolist(), strict=True)
    entries["reference"] = np.array([*(_invent_number(n, f, s) for n, f, s in pairs), None], dtype=object)[:-1]
    entries["layout"] = np.where(
        has_fault(entries, "unreadable_reference"), _choose_layouts(parties, entries), CSV
    ).astype(np.int8)
    entries["amount"] = entries["amount"] + rng.integers(10_003, 99_999, len(models)) * 10 + 7
    entries["total"] = entries["amount"] + entries["tax"]
    entries["of"][:] = -1
    return entries


def _invent_number(model: str, fault: int, serial: int) -> str:
    """A number like the model's that no tax system issued, and in three of four cases none could."""
    name = FAULTS[fault].name
    digital = model if len(model) == 20 else f"26112000000{serial}77"[:20].ljust(20, "3")
    stem = {
        "not_found": f"{digital[:5]}0008{serial}{serial % 9973:04d}",
        "impossible_region": f"{digital[:2]}38{digital[4:]}",
        "impossible_year": f"31{digital[2:]}",
        "impossible_length": f"{digital}{serial % 89 + 10}",
        "unreadable_reference": damage.UNREADABLE_TEXTS[serial % len(damage.UNREADABLE_TEXTS)],
    }[name]
    return stem if name in {"impossible_length", "unreadable_reference"} else stem[:20].ljust(20, "6")


def _finish(rng: Rng, ledger: Ledger) -> Ledger:
    """Order by posting, number the vouchers per ledger and month, fix what each layout cannot keep."""
    entries = ledger.entries
    entries["visible"] = (entries["booked"] + np.timedelta64(1, "D")).astype("datetime64[s]")
    register = entries["layout"] == REGISTER
    entries["posted"] = np.where(register, entries["dated"], entries["posted"])
    entries["dated"] = np.where(np.isin(entries["layout"], [*JOURNALS, U9C]), NO_DATE, entries["dated"])
    _drop_columns(rng, entries)
    order = np.lexsort((rng.random(row_count(entries)), entries["posted"]))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    sorted_entries = take_rows(entries, order)
    sorted_entries["voucher"] = _number_vouchers(sorted_entries)
    links = ledger.links[ledger.links[:, 1] >= 0]
    return Ledger(sorted_entries, np.column_stack([place[links[:, 0]], links[:, 1]]))


def _number_vouchers(entries: Columns) -> Array:
    month = entries["posted"].astype("datetime64[M]").astype(np.int64)
    group = month * 10 + entries["layout"]
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], group[order])
    numbers = np.empty(len(group), np.int64)
    numbers[order] = np.arange(len(group)) - starts + 1
    return numbers


def _drop_columns(rng: Rng, entries: Columns) -> None:
    """Which of amount, tax, total and tax id the ledger keeps: by layout, and at random in the plain one."""
    count, layout = row_count(entries), entries["layout"]
    names = [i for i, fault in enumerate(FAULTS) if fault.name.startswith(_NULLABLE)]
    loose = (layout == CSV) & np.isin(entries["fault"], names)
    draw = rng.random((4, count))
    is_journal = np.isin(layout, JOURNALS)
    entries["has_amount"] = ~is_journal & (layout != U9C) & ~(loose & (draw[0] < 0.12))
    entries["has_total"] = (layout != REGISTER) & ~(loose & (draw[0] > 0.88))
    entries["has_tax"] = ~is_journal & (layout != U9C) & ~(loose & (draw[1] < 0.2))
    entries["has_tax_id"] = ~is_journal & (layout != U9C) & ~(loose & (draw[2] < 0.25))
    entries["dated"] = np.where(loose & (draw[3] < 0.25), NO_DATE, entries["dated"])


def linked_causes(columns: Columns) -> Array:
    """The cause of each row once both sides are there; surplus rows apart, the first of a pair is exact."""
    causes = np.array([cause_code(fault.cause) for fault in FAULTS])
    exact = cause_code("exact")
    for name in ("booked_twice", "listed_twice", *LONE_FAULTS):
        causes[fault_code(name)] = exact if name.endswith("twice") else cause_code(FAULTS[fault_code(name)].cause)
    result = causes[columns["fault"]]
    for name in ("booked_twice", "listed_twice"):
        result[columns["is_surplus"] & has_fault(columns, name)] = cause_code(name)
    return result
