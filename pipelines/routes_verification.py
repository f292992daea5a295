"""The verification service (查验) as the settings say it: a service beside the sources, asked about single invoices."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from pipelines.routes import ApiService, know_gaps

Outcome = Literal["consistent", "differs", "not_found", "limit_reached", "malformed", "timed_out"]

RESULTS: dict[str, Outcome] = {
    "001": "consistent",
    "002": "limit_reached",
    "005": "malformed",
    "006": "differs",
    "009": "not_found",
    "010": "timed_out",
}
"""Codes of the tax bureau's own service; a code that is not named counts as no conclusion."""

DIGITAL = {"fphm": "{number}", "kprq": "{date}", "jshj": "{total}"}
CODED = {"fpdm": "{code}", "fphm": "{number}", "kprq": "{date}", "je": "{amount}"}

TOLD = ("status", "issued_at", "seller_tax_id", "seller_name", "buyer_tax_id", "buyer_name", "amount", "tax", "total")
"""What an answer may tell of the invoice."""

TOLD_AS = {
    **{"status": "fpzt", "issued_at": "kprq", "amount": "je", "tax": "se", "total": "jshj"},
    **{"seller_tax_id": "xfsbh", "seller_name": "xfmc", "buyer_tax_id": "gfsbh", "buyer_name": "gfmc"},
}
"""In the pinyin initials that the tax bureau's interfaces use."""


class VerificationService(ApiService):
    """The verification service (查验), asked about single invoices that are missing upstream.

    `digital` and `coded` are what is sent for an invoice without and with an invoice code; values may hold `{code}`,
    `{number}`, `{date}`, `{amount}` and `{total}`. `results` gives the codes of the answer their meaning, `told` names
    the fields of `row`. An invoice is asked for again after `ask_again_days` at the earliest, and never sent more than
    `requests_a_day` times a day, lost answers included."""

    id: str = Field(default="verification", pattern=r"^[a-z][a-z0-9_-]*$")
    attempts: int = Field(default=3, ge=1)
    requests_per_second: float = Field(default=1, gt=0)
    budget_seconds: float = Field(default=600, gt=0)
    path: str = "/verify"
    method: Literal["GET", "POST"] = "GET"
    digital: dict[str, str] = DIGITAL
    coded: dict[str, str] = CODED
    date_format: str = "%Y-%m-%d"
    result: str = "data.result"
    message: str | None = "data.message"
    row: str = "data.row"
    results: dict[str, Outcome] = RESULTS
    told: dict[str, str] = TOLD_AS
    a_night: int = Field(default=50, ge=1)
    ask_again_days: int = Field(default=7, ge=1)
    requests_a_day: int = Field(default=4, ge=1, le=5)

    @field_validator("digital", "coded")
    @classmethod
    def _know_what_is_sent(cls, params: dict[str, str]) -> dict[str, str]:
        return know_gaps(params, ("code", "number", "date", "amount", "total"))

    @field_validator("told")
    @classmethod
    def _know_what_is_told(cls, told: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(told) - set(TOLD)):
            raise ValueError(f"unknown {unknown[0]}; known: {', '.join(TOLD)}")
        return told
