"""The accuracy report: every seed, the worst of them beside each target, and which target is met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy import Accuracy, Counts, Figures, measure_accuracy
from benchmarks.books import cut_references, write_books
from benchmarks.measure import reconcile

SEEDS = (11, 23, 42, 77, 101)
"""No rule was tuned on their books."""
CONFUSED_SHOWN = 20
ALL_DIGITS = 20


@dataclass(frozen=True)
class Line:
    """One line of the report. `target` is the least allowed share, or the largest for `is_ceiling`; None: no target."""

    title: str
    field: str
    target: float | None = None
    is_ceiling: bool = False

    def share(self, figures: Figures) -> float | None:
        value: float | None = getattr(figures, self.field)
        return value

    def worst(self, all_figures: Sequence[Figures]) -> float | None:
        shares = [share for figures in all_figures if (share := self.share(figures)) is not None]
        if not shares:
            return None
        return max(shares) if self.is_ceiling else min(shares)

    def judge(self, worst: float | None) -> str:
        """`met` or `NOT met`; `-` without a target or without records."""
        if self.target is None or worst is None:
            return "-"
        is_met = worst <= self.target if self.is_ceiling else worst >= self.target
        return "met" if is_met else "NOT met"


LINES = (
    Line("links, all true links: precision", "precision_all", 0.999),
    Line("links, all true links: recall", "recall_all", 0.985),
    Line("links of broken numbers: precision", "precision_broken", 0.995),
    Line("links of broken numbers: recall", "recall_broken", 0.75),
    Line("cause right, faulty records", "cause_right_faulty", 0.97),
    Line("cause right, faulty records that the planter calls resolvable", "cause_right_resolvable"),
    Line("cause right, faulty records whose cause is not `exact`", "cause_right_not_exact"),
    Line("false alarms, share of all records", "false_alarms", 0.001, is_ceiling=True),
    Line("ceiling: faulty records that only a guess could settle", "unresolvable", is_ceiling=True),
    Line("ceiling: broken numbers that only a guess could repair", "unresolvable_broken", is_ceiling=True),
)


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.3%}"


def report_accuracy(folder: Path, seeds: Sequence[int], invoices: int, kept: int = ALL_DIGITS) -> str:
    """Generate, reconcile and count for every seed; the books are removed again. `kept`: of 20 digits in the ledger."""
    found = {str(seed): _measure_seed(folder / f"seed{seed}", seed, invoices, kept) for seed in seeds}
    head = f"{invoices:,} invoices a seed, a fifth of them with a fault, seeds {', '.join(found)}"
    head += f"; the ledger keeps the first {kept} of 20 digits" if kept < ALL_DIGITS else ""
    return "\n\n".join((head, figure_table(found), "Causes that were confused, all seeds:", confusion_table(found)))


def _measure_seed(folder: Path, seed: int, invoices: int, kept: int) -> Accuracy:
    as_of = write_books(folder, seed, invoices)
    if kept < ALL_DIGITS:
        cut_references(folder, kept)
    reconcile(folder, as_of, folder / "out")
    found = measure_accuracy(folder, folder / "out")
    for path in folder.glob("*.parquet"):
        path.unlink()
    return found


def figure_table(found: dict[str, Accuracy]) -> str:
    """One column per seed (or data set), the worst of them, the target and whether it is met."""
    figures = [accuracy.figures for accuracy in found.values()]
    rows = [
        ["accuracy", *found, "worst", "target", ""],
        ["---"] * (len(found) + 4),
        ["records", *(f"{one.records:,}" for one in figures), "", "", ""],
    ]
    return "\n".join(_row(row) for row in (*rows, *(_figure_row(line, figures) for line in LINES)))


def _figure_row(line: Line, figures: Sequence[Figures]) -> list[str]:
    worst = line.worst(figures)
    bound = "<=" if line.is_ceiling else ">="
    target = "" if line.target is None else f"{bound} {line.target:.1%}"
    return [line.title, *(percent(line.share(one)) for one in figures), percent(worst), target, line.judge(worst)]


def confusion_table(found: dict[str, Accuracy]) -> str:
    """The largest confusions of all seeds together."""
    total: Counter[tuple[str, str]] = Counter()
    for accuracy in found.values():
        total.update(accuracy.confusion)
    return table_of_counts(dict(total.most_common(CONFUSED_SHOWN)), sum(total.values()))


def fault_table(found: dict[str, Accuracy]) -> str:
    """How each planted fault fared in the first of the data sets, worst first."""
    accuracy = next(iter(found.values()))
    rows = [["planted fault", "records", "cause right", "only a guess could tell"], ["---"] * 4]
    rows += [[fault, f"{n:,}", percent(right), percent(hard)] for fault, n, right, hard in accuracy.faults]
    return "\n".join(_row(row) for row in rows)


def table_of_counts(shown: Counts, total: int) -> str:
    rows = [["planted", "judged", "records"], ["---"] * 3]
    rows += [[planted, judged, f"{records:,}"] for (planted, judged), records in shown.items()]
    return "\n".join(_row(row) for row in (*rows, ["all confusions", "", f"{total:,}"]))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
