"""The benchmark counts right: a truth of a few records, every count done by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.accuracy import Accuracy, measure_accuracy
from benchmarks.accuracy_report import figure_table
from benchmarks.books import repeat_books
from benchmarks.peer_report import count_shares
from benchmarks.real import FILES, write_real_books

FAULTS = [
    # side, record_id, fault, verdict, cause, is_resolvable
    ("upstream", "U1", "none", "matched", "exact", True),
    ("ledger", "L1", "none", "matched", "exact", True),
    ("upstream", "U2", "number_inserted", "mismatched", "number_mistyped", True),
    ("ledger", "L2", "number_inserted", "mismatched", "number_mistyped", True),
    ("upstream", "U3", "number_absent_null", "mismatched", "number_absent", False),
    ("ledger", "L3", "number_absent_null", "mismatched", "number_absent", False),
    ("upstream", "U4", "booked_twice", "matched", "exact", True),
    ("ledger", "L4", "booked_twice", "matched", "exact", True),
    ("ledger", "L5", "booked_twice", "duplicate", "booked_twice", True),
]
LINKS = [("L1", "U1"), ("L2", "U2"), ("L3", "U3"), ("L4", "U4"), ("L5", "U4")]
PERFECT = [
    # item, verdict, cause, members
    ("U:U1", "matched", "exact", ["U1", "L1"]),
    ("U:U2", "mismatched", "number_mistyped", ["U2", "L2"]),
    ("U:U3", "mismatched", "number_absent", ["U3", "L3"]),
    ("U:U4", "matched", "exact", ["U4", "L4"]),
    ("L:L5", "duplicate", "booked_twice", ["L5"]),
]


def write_table(path: Path, columns: str, rows: list[tuple[object, ...]]) -> None:
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t ({columns})")
        con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
        con.execute("COPY t TO $path (FORMAT parquet)", {"path": str(path)})


def read_rows(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        return con.execute("FROM read_parquet($path)", {"path": str(path)}).fetchall()


def measure(
    folder: Path,
    items: list[tuple[str, str, str, list[str]]],
    faults: list[tuple[str, str, str, str, str, bool]] = FAULTS,
    links: list[tuple[str, str]] = LINKS,
) -> Accuracy:
    kinds = "side VARCHAR, record_id VARCHAR, fault VARCHAR, verdict VARCHAR, cause VARCHAR, is_resolvable BOOLEAN"
    write_table(folder / "truth_fault.parquet", kinds, [*faults])
    write_table(folder / "truth_link.parquet", "ledger_record_id VARCHAR, upstream_record_id VARCHAR", [*links])
    shown = [(item, verdict, cause) for item, verdict, cause, _ in items]
    write_table(folder / "recon__item.parquet", "item_id VARCHAR, verdict VARCHAR, cause VARCHAR", [*shown])
    sides = {"U": "upstream", "L": "ledger"}
    members = [(item, sides[record[0]], record) for item, _, _, records in items for record in records]
    write_table(folder / "recon__member.parquet", "item_id VARCHAR, side VARCHAR, record_id VARCHAR", [*members])
    return measure_accuracy(folder, folder)


def replaced(*items: tuple[str, str, str, list[str]]) -> list[tuple[str, str, str, list[str]]]:
    """The perfect result, but these items instead of those whose members they have."""
    moved = {record for *_, records in items for record in records}
    return [item for item in PERFECT if not moved & set(item[3])] + list(items)


def test_a_perfect_result_is_right_in_everything(tmp_path: Path) -> None:
    found = measure(tmp_path, PERFECT)
    shares = found.figures
    assert (shares.precision_all, shares.recall_all, shares.precision_broken, shares.recall_broken) == (1, 1, 1, 1)
    assert (shares.cause_right_faulty, shares.false_alarms, found.confusion) == (1, 0, {})


def test_counts_say_how_much_there_is_and_how_much_nobody_can_tell(tmp_path: Path) -> None:
    shares = measure(tmp_path, PERFECT).figures
    assert (shares.records, shares.faulty_records, shares.broken_links) == (9, 7, 2)
    assert shares.unresolvable == pytest.approx(2 / 7)
    assert shares.unresolvable_broken == pytest.approx(1 / 2)


def test_a_link_left_open_costs_recall_and_not_precision(tmp_path: Path) -> None:
    open_items = replaced(
        ("U:U2", "missing_ledger", "not_booked", ["U2"]), ("L:L2", "missing_upstream", "not_found", ["L2"])
    )
    found = measure(tmp_path, open_items)
    shares = found.figures
    assert (shares.precision_all, shares.precision_broken) == (1, 1)
    assert shares.recall_all == pytest.approx(4 / 5)
    assert shares.recall_broken == pytest.approx(1 / 2)
    assert shares.cause_right_faulty == pytest.approx(5 / 7)
    assert shares.cause_right_resolvable == pytest.approx(3 / 5)
    assert found.confusion == {("number_mistyped", "not_booked"): 1, ("number_mistyped", "not_found"): 1}


def test_a_wrong_link_costs_precision_and_recall(tmp_path: Path) -> None:
    swapped = replaced(
        ("U:U2", "mismatched", "number_mistyped", ["U2", "L3"]), ("U:U3", "mismatched", "number_absent", ["U3", "L2"])
    )
    shares = measure(tmp_path, swapped).figures
    assert shares.precision_all == pytest.approx(2 / 4)
    assert shares.recall_all == pytest.approx(3 / 5)
    assert (shares.precision_broken, shares.recall_broken) == (0, 0)


def test_a_matched_pair_called_wrong_is_a_false_alarm(tmp_path: Path) -> None:
    shares = measure(tmp_path, replaced(("U:U1", "mismatched", "amount_differs", ["U1", "L1"]))).figures
    assert shares.false_alarms == pytest.approx(2 / 9)
    assert shares.cause_right_faulty == 1


def test_the_first_line_called_the_surplus_is_not_found(tmp_path: Path) -> None:
    turned = replaced(("U:U4", "matched", "exact", ["U4", "L5"]), ("L:L4", "duplicate", "booked_twice", ["L4"]))
    shares = measure(tmp_path, turned).figures
    assert shares.precision_all == 1
    assert shares.recall_all == pytest.approx(4 / 5)
    assert shares.false_alarms == pytest.approx(1 / 9)


def test_a_record_that_no_item_has_is_wrong(tmp_path: Path) -> None:
    lost = measure(tmp_path, [item for item in PERFECT if item[0] != "L:L5"])
    assert lost.confusion == {("booked_twice", "(none)"): 1}
    assert lost.figures.recall_all == pytest.approx(4 / 5)


def test_lines_of_a_blue_and_its_red_invoice_in_one_item_are_not_wrong_links(tmp_path: Path) -> None:
    netted = [
        (side, record, "red_full_both_booked", "matched", "red_letter_netted", True)
        for side, record in (("upstream", "U1"), ("upstream", "U2"), ("ledger", "L1"), ("ledger", "L2"))
    ]
    links = [("L1", "U1"), ("L2", "U2")]
    item = ("U:U1", "matched", "red_letter_netted", ["U1", "U2", "L1", "L2"])
    shares = measure(tmp_path, [item], netted, links).figures
    assert (shares.precision_all, shares.recall_all) == (1, 1)
    assert shares.precision_broken is None


def test_a_target_is_judged_by_the_worst_seed(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = measure(tmp_path / "good", PERFECT)
    bad = measure(tmp_path / "bad", replaced(("U:U1", "mismatched", "amount_differs", ["U1", "L1"])))
    both = {row.split("|")[1].strip(): row for row in figure_table({"1": good, "2": bad}).splitlines()}
    assert both["false alarms, share of all records"].endswith("| 0.000% | 22.222% | 22.222% | <= 0.1% | NOT met |")
    assert both["links, all true links: recall"].endswith("| 100.000% | 100.000% | 100.000% | >= 98.5% | met |")


def test_a_share_of_nothing_meets_no_target(tmp_path: Path) -> None:
    plain = [fault for fault in FAULTS if fault[1] in ("U1", "L1")]
    found = measure(tmp_path, PERFECT[:1], plain, LINKS[:1])
    row = next(line for line in figure_table({"1": found}).splitlines() if "broken numbers: recall" in line)
    assert row.endswith("| - | - | >= 75.0% | - |")


def test_repeated_books_are_other_companies_with_the_same_records(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("invoice", "entry"):
        write_table(
            source / f"{name}.parquet", "taxpayer_id VARCHAR, record_id VARCHAR, total INTEGER", [("T", "R", 5)]
        )
    write_table(source / "coverage.parquet", "taxpayer_id VARCHAR, issue_date DATE", [("T", "2026-08-03")])
    repeat_books(source, tmp_path / "twice", 2)
    rows = read_rows(tmp_path / "twice" / "entry.parquet")
    assert sorted(rows) == [("T", "R", 5), ("T-1", "R-1", 5)]
    assert len(read_rows(tmp_path / "twice" / "coverage.parquet")) == 2


def test_links_of_open_lines_are_counted_by_planted_fault(tmp_path: Path) -> None:
    measure(tmp_path, PERFECT)
    write_table(tmp_path / "entry.parquet", "record_id VARCHAR", [("L2",), ("L3",)])
    kinds = "ledger_record_id VARCHAR, upstream_record_id VARCHAR"
    write_table(tmp_path / "found.parquet", kinds, [("L2", "U2"), ("L3", "U2")])
    names = {"found": "found", "entry": "entry", "link": "truth_link", "truth": "truth_fault"}
    shares = count_shares("repair_share", {name: str(tmp_path / f"{file}.parquet") for name, file in names.items()})
    assert shares["number_inserted"] == (1, 1, 0)
    assert shares["number_absent_null"] == (1, 0, 1)
    assert shares[None] == (2, 1, 1)


def test_a_comparison_that_calls_a_matched_record_missing_raises_a_false_alarm(tmp_path: Path) -> None:
    measure(tmp_path, PERFECT)
    called = [("ledger", "L1", "missing"), ("ledger", "L2", "missing")]
    write_table(tmp_path / "called.parquet", "side VARCHAR, record_id VARCHAR, called VARCHAR", [*called])
    values = {"called": str(tmp_path / "called.parquet"), "truth": str(tmp_path / "truth_fault.parquet")}
    shares = count_shares("call_share", values)
    # records, false alarms, true findings, findings that it does not call anything
    assert shares[None] == (9, 1, 5, 4)
    assert shares["none"] == (2, 1, 0, 0)


MADE_UP = """
COPY (
    SELECT i AS "原行号", 'E1' AS "企业代号", i * 7 AS "发票号码", '2019/3/' || (1 + i % 28) AS "开票日期",
        'A' || (i % 9) AS "销方单位代号", 'B' || (i % 9) AS "购方单位代号",
        i + 0.5 AS "金额", 0.5 AS "税额", i + 1.0 AS "价税合计",
        CASE WHEN i % 10 = 0 THEN '作废发票' ELSE '有效发票' END AS "发票状态"
    FROM range(1, 401) AS r(i)
) TO $path (FORMAT csv, HEADER)
"""


def write_made_up_files(data: Path) -> None:
    data.mkdir()
    with duckdb.connect() as con:
        for name in FILES.values():
            con.execute(MADE_UP, {"path": str(data / name)})


def test_faults_planted_on_invoices_of_a_file_come_with_their_truth(tmp_path: Path) -> None:
    write_made_up_files(tmp_path / "data")
    write_real_books(tmp_path / "one", 11, tmp_path / "data")
    told = read_rows(tmp_path / "one" / "truth_fault.parquet")
    records = {("upstream", row[0]) for row in read_rows(tmp_path / "one" / "invoice.parquet")}
    records |= {("ledger", row[0]) for row in read_rows(tmp_path / "one" / "entry.parquet")}
    assert {row[:2] for row in told} == records
    assert len(told) == len(records)
    assert {"number_absent", "number_transposed", "not_found", "booked_twice"} <= {row[2] for row in told}
    links = read_rows(tmp_path / "one" / "truth_link.parquet")
    assert {("ledger", line) for line, _ in links} | {("upstream", invoice) for _, invoice in links} <= records


def test_the_same_seed_plants_the_same_faults(tmp_path: Path) -> None:
    write_made_up_files(tmp_path / "data")
    for folder, seed in (("one", 11), ("again", 11), ("other", 23)):
        write_real_books(tmp_path / folder, seed, tmp_path / "data")
    one, again, other = (sorted(read_rows(tmp_path / name / "entry.parquet")) for name in ("one", "again", "other"))
    assert one == again
    assert one != other
