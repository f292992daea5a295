"""The peers beside `fapiao reconcile`: comparing two files, and repairing broken numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.accuracy import BROKEN_FAULTS
from benchmarks.books import count_rows, write_books
from benchmarks.measure import Measured, reconcile
from benchmarks.peers import COMPARE_ALL, COMPARE_FILES, COMPARERS, REPAIRERS, Environment
from pipelines.warehouse import load_sql

Shares = dict[str | None, tuple[int, ...]]
"""Counts per planted fault; those of all under None."""
NAMED_VERSIONS = ("duckdb", "polars", "datacompy", "fastrecon", "reladiff", "splink", "recskit", "reconcile-py")


def describe_environment(environment: Environment) -> str:
    named = [line for line in environment.versions if line.split("==")[0].lower() in NAMED_VERSIONS]
    refused = [f"{one} does not install: {reason}" for one, reason in environment.refused.items()]
    return "; ".join(["Peers from PyPI in an environment of their own: " + ", ".join(named), *refused])


def report_compare(environment: Environment, books: Path, ours: Measured) -> str:
    """Seconds and peak of every comparer on the two files that `ours` was measured on, right after it."""
    files = [str(books / "invoice.parquet"), str(books / "entry.parquet")]
    lines = [
        f"Comparing the same two files, {count_rows(Path(files[0])):,} invoices, by key; the total unless said:\n",
        "| | seconds | peak MB | said |\n| --- | --- | --- | --- |",
        f"| fapiao reconcile (explains and writes) | {ours.seconds:.1f} | {ours.peak_mb:.0f} | |",
    ]
    verdicts = []
    for peer in (COMPARE_ALL, COMPARE_FILES, *COMPARERS):
        found = environment.run(peer, *files, "-")
        lines.append(f"| {peer.title} | {describe_run(found)} |")
        if peer.requirement.startswith("datacompy") and isinstance(found, Measured):
            verdicts.append(_judge_speed(peer.title, found.seconds / ours.seconds))
    return "\n".join([*lines, "", *verdicts])


def _judge_speed(title: str, ratio: float) -> str:
    """The target at 5 million: `fapiao reconcile` takes less than this comparison, so its time is more than ours."""
    return f"- {title} takes {ratio:.2f} x our time (target at 5 million > 1: {'met' if ratio > 1 else 'NOT met'})"


def describe_run(found: Measured | str) -> str:
    if isinstance(found, str):
        return f"- | - | {found}"
    return f"{found.seconds:.1f} | {found.peak_mb:.0f} | {found.said.strip().splitlines()[-1]}"


def report_peers(environment: Environment, folder: Path, seed: int, invoices: int) -> str:
    """What the comparers call wrong, and what the repairers link, on the books of one seed."""
    as_of = write_books(folder, seed, invoices)
    reconcile(folder, as_of, folder / "out")
    head = f"Books of seed {seed}, {invoices:,} invoices."
    return "\n\n".join((head, _report_calls(environment, folder), _report_repair(environment, folder, as_of)))


def _report_calls(environment: Environment, books: Path) -> str:
    """False alarms of the comparers by planted fault."""
    result = {"item": str(books / "out/recon__item.parquet"), "member": str(books / "out/recon__member.parquet")}
    _copy("result_call", {**result, "out": str(books / "called.parquet")})
    columns = {"fapiao reconcile": _call_shares(books)}
    notes = []
    for peer in COMPARERS:
        files = [str(books / name) for name in ("invoice.parquet", "entry.parquet", "called.parquet")]
        found = environment.run(peer, *files)
        if isinstance(found, str):
            notes.append(f"{peer.title} {found}")
        else:
            columns[peer.title] = _call_shares(books)
    title = "Records called missing or changed that are matched or pending, by planted fault (of how many records):"
    total = {name: shares[None] for name, shares in columns.items()}
    rows = [["all", *(f"{alarms:,} of {n:,} ({alarms / n:.2%})" for n, alarms, *_ in total.values())]]
    rows += [["true findings overlooked", *(f"{missed:,} of {real:,}" for _, _, real, missed in total.values())]]
    return "\n\n".join((title, _table(["fault", *columns], rows + _fault_rows(columns, 1)), *notes))


def _call_shares(books: Path) -> Shares:
    values = {"called": str(books / "called.parquet"), "truth": str(books / "truth_fault.parquet")}
    return count_shares("call_share", values)


def _report_repair(environment: Environment, books: Path, as_of: str) -> str:
    """Links of the open lines, of which many have no invoice: precision, recall, time, and each fault."""
    pool = books / "pool"
    _write_pool(books, pool)
    ours = reconcile(pool, as_of, pool / "out")
    _copy("result_link", {"member": str(pool / "out/recon__member.parquet"), "out": str(pool / "links.parquet")})
    columns = {"fapiao reconcile": _link_shares(books, pool)}
    times: dict[str, Measured | str] = {"fapiao reconcile": ours}
    for peer in REPAIRERS:
        files = [str(pool / name) for name in ("invoice.parquet", "entry.parquet", "links.parquet")]
        times[peer.title] = environment.run(peer, *files)
        if isinstance(times[peer.title], Measured):
            columns[peer.title] = _link_shares(books, pool)
    counts = [count_rows(pool / f"{name}.parquet") for name in ("entry", "invoice")]
    title = (
        f"Repairing: {counts[0]:,} open lines (broken numbers, and lines without an invoice) against {counts[1]:,} "
        "open invoices; everything else is taken out by the truth, which makes the task easier than in a whole ledger:"
    )
    rows = [[name, *_repair_row(columns.get(name, {}).get(None)), describe_time(one)] for name, one in times.items()]
    table = _table(["", "links", "precision", "recall", "seconds"], rows)
    by_fault = _table(["found / wrong / true links", *columns], _repair_fault_rows(columns))
    return "\n\n".join((title, table, by_fault))


def describe_time(found: Measured | str) -> str:
    return found if isinstance(found, str) else f"{found.seconds:.1f}"


def _write_pool(books: Path, pool: Path) -> None:
    pool.mkdir(exist_ok=True)
    truth = {"truth": str(books / "truth_fault.parquet"), "link": str(books / "truth_link.parquet")}
    for name in ("invoice", "entry"):
        values = {name: str(books / f"{name}.parquet"), "out": str(pool / f"{name}.parquet")}
        _copy(f"pool_{name}", truth | values | {"broken": list(BROKEN_FAULTS)})
    (pool / "coverage.parquet").write_bytes((books / "coverage.parquet").read_bytes())


def _link_shares(books: Path, pool: Path) -> Shares:
    paths = {
        "found": pool / "links",
        "entry": pool / "entry",
        "link": books / "truth_link",
        "truth": books / "truth_fault",
    }
    return count_shares("repair_share", {name: f"{path}.parquet" for name, path in paths.items()})


def _repair_row(counts: tuple[int, ...] | None) -> list[str]:
    if counts is None:
        return ["-", "-", "-"]
    true_links, found, wrong = counts
    links = found + wrong
    return [f"{links:,}", f"{found / links:.2%}" if links else "-", f"{found / true_links:.2%}"]


def _repair_fault_rows(columns: dict[str, Shares]) -> list[list[str]]:
    faults = sorted({fault for shares in columns.values() for fault in shares if fault is not None})
    none = (0, 0, 0)
    return [[fault, *(_found_text(shares.get(fault, none)) for shares in columns.values())] for fault in faults]


def _found_text(counts: Sequence[int]) -> str:
    true_links, found, wrong = counts
    return f"{found} / {wrong} / {true_links}"


def _fault_rows(columns: dict[str, Shares], place: int) -> list[list[str]]:
    """The faults that any of them gets wrong, the worst first."""
    worst = {fault: max(s[fault][place] for s in columns.values()) for fault in next(iter(columns.values())) if fault}
    wrong = sorted((fault for fault, count in worst.items() if count), key=lambda fault: -worst[fault])
    return [[fault, *(f"{s[fault][place]:,} of {s[fault][0]:,}" for s in columns.values())] for fault in wrong]


def count_shares(name: str, values: dict[str, str]) -> Shares:
    """The rows of one counting query, by planted fault; the sum of all under None."""
    with duckdb.connect() as con:
        rows = con.execute(load_sql(name, "benchmarks"), values).fetchall()
    return {row[0]: tuple(row[1:]) for row in rows}


def _copy(name: str, values: dict[str, object]) -> None:
    with duckdb.connect() as con:
        statement = load_sql(name, "benchmarks")
        con.execute(statement if "COPY" in statement else f"COPY ({statement}) TO $out (FORMAT parquet)", values)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
