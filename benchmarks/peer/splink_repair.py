"""splink on DuckDB: open lines against open invoices. Arguments: invoices, lines, file for links, probability.

Candidates share the sum or the number's last digits. Number by edit distance, total and party exact, days by distance.
Trained without labels as its guide says: u by random pairs with a fixed seed, m by expectation maximisation in two
rounds, one per blocking, so that every comparison is trained. One to one: a pair counts if it is the single best of
both its line and its invoice.
"""

from __future__ import annotations

import logging
import sys

import duckdb
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.peer.files import ENTRY, INVOICE, write_links

SETTINGS = SettingsCreator(
    link_type="link_only",
    unique_id_column_name="record_id",
    blocking_rules_to_generate_predictions=[
        block_on("direction", "total_cny"),
        block_on("direction", "amount_cny"),
        block_on("direction", "substr(number, length(number) - 5)"),
    ],
    comparisons=[
        cl.DamerauLevenshteinAtThresholds("number", [1, 5]),
        cl.ExactMatch("total_cny"),
        cl.ExactMatch("party"),
        cl.AbsoluteDateDifferenceAtThresholds(
            "day", input_is_string=False, metrics=["day", "day", "day"], thresholds=[1, 30, 60]
        ),
    ],
)
BEST = """
SELECT ledger_id, upstream_id
FROM (
    SELECT
        CASE WHEN source_dataset_l = 'ledger' THEN record_id_l ELSE record_id_r END AS ledger_id,
        CASE WHEN source_dataset_l = 'ledger' THEN record_id_r ELSE record_id_l END AS upstream_id,
        match_weight
    FROM {predicted}
)
QUALIFY rank() OVER (PARTITION BY ledger_id ORDER BY match_weight DESC) = 1
    AND rank() OVER (PARTITION BY upstream_id ORDER BY match_weight DESC) = 1
    AND count(*) OVER (PARTITION BY ledger_id, match_weight) = 1
    AND count(*) OVER (PARTITION BY upstream_id, match_weight) = 1
"""


def main() -> None:
    invoices, lines, out, probability = sys.argv[1:]
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect() as con:
        api = DuckDBAPI(con)
        sides = [register(con, api, *side) for side in (("upstream", INVOICE, invoices), ("ledger", ENTRY, lines))]
        linker = Linker(sides, SETTINGS)
        train(linker)
        predicted = linker.inference.predict(threshold_match_probability=float(probability))
        links = con.execute(BEST.format(predicted=predicted.physical_name)).fetchall()
    write_links(out, links)
    print(f"{len(links)} links")


def register(con: duckdb.DuckDBPyConnection, api: DuckDBAPI, name: str, query: str, path: str) -> object:
    con.execute(f"CREATE TABLE {name} AS {query}", {"path": path})
    return api.register(name, dataset_display_name=name)


def train(linker: Linker) -> None:
    linker.training.estimate_probability_two_random_records_match(
        [block_on("direction", "total_cny", "party")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("direction", "total_cny"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("party", "day"))


if __name__ == "__main__":
    main()
