"""A simulator for a person: which books go with a scenario, and what to write into the settings to pull from it."""

from __future__ import annotations

from pipelines.demo.parties import OUR_NAME
from pipelines.simulator.books import OUR_TAX_ID, first_day_for, make_books
from pipelines.simulator.playing import Clock
from pipelines.simulator.scenario import Account, Scenario
from pipelines.simulator.server import Simulator

SETTINGS = """\
[[taxpayers]]
id = "{taxpayer}"
name = "{name}"

[[sources]]
id = "tax_api"
side = "upstream"
folder = "inbox/tax_api"
layout = "tax_api_pinyin"
taxpayer_id = "{taxpayer}"

[sources.pull]
kind = "api"
base_url = "{url}"
auth = {auth}
listing = {{ path = "/invoices", page_size = 20, params = {params} }}
changes = {{ path = "/changes", page_size = 20, params = {params} }}
answer = {{ money = {{ je = "data.totals.je", jshj = "data.totals.jshj" }} }}
requests_per_second = 20
first_day = {first_day}
"""
PARAMS = '{ from = "{from}", to = "{to}", taxpayer = "{taxpayer}" }'
AUTH = {
    "client": '{ kind = "client", id_env = "TAX_API_ID", secret_env = "TAX_API_SECRET" }',
    "signed": '{ kind = "signed", id_env = "TAX_API_ID", secret_env = "TAX_API_SECRET" }',
    "bearer": '{ kind = "bearer", token_env = "TAX_API_SECRET" }',
}


def make_simulator(
    scenario: Scenario, port: int = 0, seed: int | None = None, invoices: int | None = None
) -> Simulator:
    """Not started yet; `seed` and `invoices` replace the scenario's. Raises BadInputError for a flip of none."""
    declared = scenario.books
    books = make_books(
        declared.seed if seed is None else seed,
        declared.invoices if invoices is None else invoices,
        declared.first_day or first_day_for(Clock(scenario.now).read()),
        declared.months,
    )
    return Simulator(books, scenario, port)


def write_settings(simulator: Simulator, account: Account) -> str:
    """The part of fapiao.toml that pulls from this simulator; secrets are named, not written."""
    first_day = simulator.books.invoices[0].issued_at.date().replace(day=1)
    return SETTINGS.format(
        url=simulator.url,
        auth=AUTH[account.kind],
        params=PARAMS,
        taxpayer=OUR_TAX_ID,
        name=OUR_NAME,
        first_day=first_day,
    )


def write_environment(account: Account) -> str:
    """The shell's lines that set what the settings name."""
    return f"export TAX_API_ID={account.id}\nexport TAX_API_SECRET={account.secret}\n"
