"""How long `fapiao find` takes on many invoices, each question whole, in a process that has started.

`python -m benchmarks.find --invoices 10000000 [--folder KEPT]` prints what publishing took, and min, median and max
seconds of every kind of question.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median

from pipelines.find import FindResult, find_invoices
from pipelines.night import Night
from pipelines.publish import publish_night
from pipelines.query import run_query
from pipelines.settings import Settings
from pipelines.warehouse import load_sql, open_warehouse

NIGHT = Night(datetime(2026, 11, 24, 2))
SAMPLE = "SELECT invoice_number FROM core_upstream__invoice WHERE rowid % $step = 1"
Question = Callable[[Settings, str], FindResult]

QUESTIONS: dict[str, Question] = {
    "whole number": find_invoices,
    "last 8 digits": lambda settings, number: find_invoices(settings, number[-8:]),
    "last 5 digits": lambda settings, number: find_invoices(settings, number[-5:]),
    "part: *12345?78": lambda settings, number: find_invoices(settings, f"*{number[-8:-3]}?{number[-2:]}"),
    "part: *12345*": lambda settings, number: find_invoices(settings, f"*{number[-8:-3]}*"),
    "nothing found": lambda settings, number: find_invoices(settings, f"99{number[2:]}"),
    "number and party": lambda settings, number: find_invoices(settings, number, party="科技(北京)"),
    "fuzzy, a late digit wrong": lambda settings, number: find_invoices(
        settings, f"{number[:-3]}x{number[-2:]}", fuzzy=True
    ),
    "fuzzy, an early digit missing": lambda settings, number: find_invoices(settings, number[1:], fuzzy=True),
    "amount alone": lambda settings, _: find_invoices(settings, amount=Decimal("1130.00")),
    "a day and a party": lambda settings, _: find_invoices(
        settings, party="示例123号", date_from=date(2026, 3, 1), date_to=date(2026, 3, 1)
    ),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--invoices", type=int, default=10_000_000)
    options.add_argument("--folder", type=Path, help="where the data root is kept and taken again")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fapiao-find-") as temporary:
        settings = Settings(data_root=chosen.folder or Path(temporary), threads=2)
        if not settings.published_path.is_file():
            print(build(settings, chosen.invoices), flush=True)
        for line in measure_questions(settings, chosen.invoices):
            print(line, flush=True)


def build(settings: Settings, invoices: int) -> str:
    """A published night of so many invoices; what publishing took."""
    values = {"invoices": invoices, "day": date(2026, 11, 23), "night_id": NIGHT.night_id, "as_of": NIGHT.as_of}
    with open_warehouse(settings) as con:
        con.execute("SET preserve_insertion_order = TRUE")
        for statement in con.extract_statements(load_sql("find_world", "benchmarks")):
            con.execute(statement, {name: values[name] for name in statement.named_parameters})
    started = time.perf_counter()
    published = publish_night(settings, NIGHT)
    return f"published in {time.perf_counter() - started:.0f} s, {published.size_bytes / 1e6:,.0f} MB"


def measure_questions(settings: Settings, invoices: int, runs: int = 7) -> Iterable[str]:
    sample = SAMPLE.replace("$step", str(max(1, invoices // 100)))
    numbers = [number for (number,) in run_query(settings, sample).rows if len(number) == 20]
    chosen = random.Random(7).sample(numbers, runs)  # noqa: S311 - which invoices are asked for
    yield "| question | hits | min s | median s | max s |\n| --- | --- | --- | --- | --- |"
    for name, question in QUESTIONS.items():
        found = [_time(question, settings, number) for number in chosen]
        seconds = sorted(took for took, _ in found)
        hits = f"{min(hits for _, hits in found):,} - {max(hits for _, hits in found):,}"
        yield f"| {name} | {hits} | {seconds[0]:.3f} | {median(seconds):.3f} | {seconds[-1]:.3f} |"


def _time(question: Question, settings: Settings, number: str) -> tuple[float, int]:
    started = time.perf_counter()
    hits = question(settings, number).hits
    return time.perf_counter() - started, hits


if __name__ == "__main__":
    main()
