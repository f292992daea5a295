"""The order in which records are joined. A new rule is an SQL file in `sql/recon/rules` and a line in one of the lists.

```
 population -> decisions, due -> cleared -> references, known invoices, red pairs, claims -> NUMBER_RULES
            -> agreed links, line roles -> similar invoices -> REPAIR_RULES -> links -> groups
            -> near misses -> verdicts -> sentences
```
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources
from itertools import takewhile
from typing import Any

from pipelines.errors import IntegrityError
from pipelines.model import CAUSES, DECISION, VERIFICATION_ANSWER, basis_of
from pipelines.settings import Settings
from pipelines.warehouse import Connection, ensure_tables, load_sql, run_sql

NUMBER_RULES = ("exact_key", "without_code", "lost_zeros", "last_8", "cut_number", "last_left", "list_sum")
"""Rules that read the number. Each takes only what the ones before it left."""

REPAIR_RULES = (
    "voucher_rest",
    "digits_lost",
    "number_mistyped",
    "second_error",
    "another_number",
    "number_absent",
    "combined_sum",
)
"""Rules that doubt the number: party, money and day must name one invoice of the whole population."""

LINK_RULES = {
    "number_list": "several numbers in one reference: the line is linked with each invoice that one of them names",
    "reversal_of_blue": "a line with negative money cites the blue invoice: it is the red letter's that reverses it",
    "decision": "a person linked these records (`fapiao decide link`)",
}
"""Values of `recon__item.rule` that no file in `sql/recon/rules` gives, each with what it takes as the same invoice."""

GATHERED = {"second_error": "second_look"}
"""What is gathered before a rule, out of what the rules before it left."""

MAX_PAIRS = 10_000
"""Lines times invoices of one lane (one sum and day, or one sum and party) that are still compared one by one; a larger
crowd is reported as skipped."""

MAX_NEIGHBOURS = 20_000_000
"""Shortened numbers of crowded lanes: beyond them the lines of all crowded lanes are reported as skipped."""

MAX_REPEATED = 100
"""Lines of one number, or red letters of one sum, from which on a crowd is counted before it is joined."""

MAX_PARTY = 200
"""Open invoices of a party beyond which no sums are sought at all."""

MAX_SET = 20
"""Open invoices of a party that are still added up set by set; a line of a larger party is reported as skipped."""

MAX_SUMS = 4_000_000
"""Half sums of all lines together; the lines with most invoices go beyond it first and are reported as skipped."""

SLIP_DAYS = 15
"""Days that a mistyped date may be off where the party's money recurs; further away it is another period's."""

MAX_STEPS = 100

PLACES = (
    *("number", "reference", "voucher", "posted_on", "issued_on", "ledger_date", "party", "ledger_party"),
    *("upstream_total", "ledger_total", "ledger_tax", "upstream_tax", "difference", "due_on", "count", "other"),
    *("why", "hint", "money", "more"),
)
"""What a sentence may name, in the order in which the macro `fill_sentence` passes them."""

OPINION_PLACES = ("answered_on", "status", "total", "issued_on", "asked_money")
"""What an answer's sentence may name, in the order in which `second_opinion` passes them."""


@dataclass(frozen=True)
class Parameters:
    """Moment and settings of one run, under the names that the SQL files use. Money in CNY, windows as named."""

    as_of: datetime
    tolerance: Decimal
    grace_hours: int
    booking_days: int
    lookback_days: int
    window_days: int
    max_pairs: int = MAX_PAIRS
    max_repeated: int = MAX_REPEATED
    max_party: int = MAX_PARTY
    max_neighbours: int = MAX_NEIGHBOURS
    max_set: int = MAX_SET
    max_sums: int = MAX_SUMS
    slip_days: int = SLIP_DAYS

    @classmethod
    def of(cls, settings: Settings, as_of: datetime) -> Parameters:
        return cls(
            as_of=as_of,
            tolerance=settings.within_tolerance_cny,
            grace_hours=settings.sync_grace_hours,
            booking_days=settings.booking_window_days,
            lookback_days=settings.undated_lookback_days,
            window_days=settings.repair_window_days,
        )


def say_rule(rule: str) -> str:
    """What a value of `recon__item.rule` takes as the same invoice: the first words of its file."""
    if rule in LINK_RULES:
        return LINK_RULES[rule]
    header = takewhile(lambda line: not line.startswith("-- writes:"), load_sql(f"recon/rules/{rule}").splitlines())
    return " ".join(line.removeprefix("--").strip() for line in header).removeprefix("rule: ")


def join_records(
    con: Connection,
    settings: Settings,
    as_of: datetime,
    report: Callable[[str], None] = lambda _step: None,
    *,
    due: str = "everything",
) -> None:
    """Judge the records that are due; their items stand in the views `work_item` and `work_member`.

    Needs the relations `core_upstream__invoice`, `core_ledger__entry`, `work_coverage` and `work_ledger_seen`. `due` is
    `everything`, or `carried`: what is open or changed, beside the pairs that stay cleared (`recon__cleared`). The
    rules see the whole population either way. `report` is told the name of each step. Raises IntegrityError if groups
    of records do not settle.
    """
    values = vars(Parameters.of(settings, as_of))
    _load_words(con)

    def run(*names: str) -> None:
        for name in names:
            report(name)
            run_sql(con, f"recon/{name}", values)

    ensure_tables(con, (DECISION, VERIFICATION_ANSWER))
    run("macros", "population", "decided", due, "cleared")
    if due == "everything":
        run("short_number")
    run("reference", "known", "red_pair", "coverage", "claim")
    run(*(f"rules/{rule}" for rule in NUMBER_RULES))
    run("reading", "reversal", "reopened", "agreed", "list_role", "voucher_line", "line_role", "impossible", "looked")
    run("unsure", "similar", "lane", "neighbour")
    for rule in REPAIR_RULES:
        run(*filter(None, [GATHERED.get(rule)]), f"rules/{rule}")
    run("parts", "relapse")
    _repeat(con, "relapse_step")
    run("withdraw", "link")
    _repeat(con, "propagate")
    run("node", "one_sided", "near_miss", "linked", "candidate", "booked_again", "judged", "elsewhere", "told_list")
    run("second_opinion", "hinted", "explained", "set_aside", "item")


def _repeat(con: Connection, name: str) -> None:
    """Run a step until it changes nothing. Each step reaches about twice as far as the one before."""
    for _ in range(MAX_STEPS):
        if run_sql(con, f"recon/{name}").fetchone() == (0,):
            return
    raise IntegrityError(
        "相互引用的记录没有归成组：这是程序的缺陷 | Records that refer to each other did not settle into groups: a "
        "flaw of this program.",
        where=name,
        found=f"more than {MAX_STEPS} steps",
        next_step="保留输入并报告 | keep the input and report it",
    )


def load_sentences(name: str = "sentences") -> dict[str, Mapping[str, str]]:
    """Every sentence template of a file of `reference/` by key, each with its text in `zh` and `en`."""
    text = resources.files("pipelines").joinpath("reference", f"{name}.toml").read_text(encoding="utf-8")
    return dict(_flatten(tomllib.loads(text)))


def number_places(template: str, names: tuple[str, ...] = PLACES) -> str:
    """`{party}` -> `{6}`, as DuckDB's format wants it; KeyError for a name that is none of `names`."""
    places = {name: index for index, name in enumerate(names)}
    return re.sub(r"\{(\w+)\}", lambda place: f"{{{places[place[1]]}}}", template)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Mapping[str, str]]]:
    found: list[tuple[str, Mapping[str, str]]] = []
    for key, value in tree.items():
        if "zh" in value:
            found.append((prefix + key, value))
        else:
            found.extend(_flatten(value, f"{prefix}{key}."))
    return found


def _load_words(con: Connection) -> None:
    """Sentences, causes and regions as small tables; regions and the sentence of the bulk as variables too."""
    sentences = load_sentences()
    _load_sentences(con, "work_sentence", sentences, PLACES)
    _load_sentences(con, "work_opinion_sentence", load_sentences("opinion_sentences"), OPINION_PLACES)
    con.execute("CREATE OR REPLACE TEMP TABLE work_cause (cause VARCHAR, verdict VARCHAR, basis VARCHAR)")
    _insert(con, "work_cause", [(c, v, basis_of(c)) for c, v in CAUSES.items()])
    load_regions(con)
    for language in ("zh", "en"):
        before, after_number = sentences["exact"][language].split("{number}")
        con.execute(f"SET VARIABLE exact_{language} = ?", [[before, *after_number.split("{upstream_total}")]])


def load_regions(con: Connection) -> None:
    """Region codes (`reference/regions.csv`) as the table `work_region`, and as a variable that lambdas can see."""
    regions = resources.files("pipelines").joinpath("reference", "regions.csv").read_text(encoding="utf-8").split()
    con.execute("CREATE OR REPLACE TEMP TABLE work_region (region_code VARCHAR)")
    _insert(con, "work_region", [(line.split(",")[0],) for line in regions[1:]])
    con.execute("SET VARIABLE region_codes = (SELECT list(region_code) FROM work_region)")


def _load_sentences(
    con: Connection, table: str, sentences: Mapping[str, Mapping[str, str]], places: tuple[str, ...]
) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (key VARCHAR, zh VARCHAR, en VARCHAR)")
    numbered = [
        (key, number_places(text["zh"], places), number_places(text["en"], places)) for key, text in sentences.items()
    ]
    _insert(con, table, numbered)


def _insert(con: Connection, table: str, rows: Sequence[tuple[str, ...]]) -> None:
    """All rows in one statement: one for each takes longer than many a step of a night."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
