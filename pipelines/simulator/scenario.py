"""What a scenario file says: the clock, the books, who may ask for what, and what goes wrong when."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import BadInputError
from pipelines.simulator.books import Status
from pipelines.simulator.faults import Fault

TRIAL_SECRET = "trial-secret"  # noqa: S105 - invented, opens nothing but a simulator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(_Part):
    """Who may ask. `secret` is an invented one: with `bearer` it is the token itself, with `client` a token is fetched
    for it, with `signed` it signs every request. `taxpayers`: whose invoices; empty for all."""

    id: str
    secret: str
    kind: Literal["bearer", "client", "signed"] = "client"
    taxpayers: frozenset[str] = frozenset()


class Flip(_Part):
    """The invoice at `place` (0 is the first issued) changes at a moment; a reversal brings its red invoice."""

    place: int
    at: datetime
    to: Status = "red_full"


class Maintenance(_Part):
    """Nothing is answered from `since` until `until`; the window is announced at /notices."""

    since: datetime
    until: datetime


class Population(_Part):
    """Which books are invented. Without `first_day` they begin about two months before the clock."""

    seed: int = 1
    invoices: int = Field(default=60, ge=1)
    first_day: date | None = None
    months: int = Field(default=3, ge=1)


class RateLimit(_Part):
    """At most `requests` within `seconds` of real time, for each account."""

    requests: int = Field(default=50, ge=1)
    seconds: float = Field(default=1, gt=0)
    retry_after: int = Field(default=1, ge=0)


class Scenario(_Part):
    """Moments are Beijing time. Without `now` the clock is the real one, otherwise it stands still until it is set.
    `token_minutes` run by this clock, `token_uses` count requests; an invoice is listed `sync_hours` after its issue.
    """

    now: datetime | None = None
    accounts: tuple[Account, ...] = (Account(id="trial", secret=TRIAL_SECRET),)
    books: Population = Population()
    token_minutes: float = Field(default=60, gt=0)
    token_uses: int | None = Field(default=None, ge=1)
    sync_hours: float = Field(default=0, ge=0)
    largest_page: int = Field(default=500, ge=1)
    task_polls: int = Field(default=2, ge=0)
    rate_limit: RateLimit = RateLimit()
    flips: tuple[Flip, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    faults: tuple[Fault, ...] = ()


def load_scenario(name: str | Path) -> Scenario:
    """A scenario from a TOML file, or a shipped one by its name. Raises BadInputError."""
    shipped = known_scenarios()
    path = Path(name)
    if str(name) not in shipped and not path.is_file():
        raise BadInputError(
            "没有这个场景 | There is no such scenario.",
            where="--scenario",
            found=str(name),
            expected=", ".join(shipped) + ", or a TOML file",
        )
    text = shipped[str(name)] if str(name) in shipped else path.read_text(encoding="utf-8")
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(
            "场景文件不能采用 | The scenario cannot be used.", where=str(name), found=str(error)
        ) from None


def known_scenarios() -> dict[str, str]:
    """The text of every shipped scenario by its name."""
    folder = resources.files("pipelines.simulator").joinpath("scenarios")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files}
