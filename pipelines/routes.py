"""How a source is pulled, as the settings say it: one model per kind of route.

Secrets are never in the settings: `*_env` names the environment variable that holds one.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class _Route(BaseModel):
    """What every route has: how far back it looks again."""

    model_config = ConfigDict(extra="forbid")
    overlap_days: int = Field(default=60, ge=0)
    """So many days are asked for again every night."""
    first_day: date | None = None
    """On the first night the window begins here; without it, `overlap_days` before the night."""


class _Part(BaseModel):
    """A part of the settings of an API. A place in an answer is a path of keys such as `data.rows`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BearerAuth(_Part):
    """A token that does not expire, in an environment variable."""

    kind: Literal["bearer"] = "bearer"
    token_env: str


class ClientAuth(_Part):
    """OAuth client credentials: a token is fetched from `login_path`, and again when the API answers 401."""

    kind: Literal["client"] = "client"
    login_path: str = "/oauth/token"
    id_env: str
    secret_env: str
    found_at: str = "access_token"


class SignedAuth(_Part):
    """Every request is signed: HMAC-SHA256 over method, path with query, time, nonce and the body's SHA-256."""

    kind: Literal["signed"] = "signed"
    id_env: str
    secret_env: str
    id_header: str = "X-App-Id"
    time_header: str = "X-Timestamp"
    nonce_header: str = "X-Nonce"
    signature_header: str = "X-Signature"


ApiAuth = Annotated[BearerAuth | ClientAuth | SignedAuth, Field(discriminator="kind")]


class ApiAnswer(_Part):
    """Where things stand in an answer.

    `code` is read where an API reports errors under status 200; `total` None: it states no total; `money`: field of a
    row = place of its declared sum, in yuan; `next` is the cursor of the following page, None: pages are numbered."""

    rows: str = "data.rows"
    total: str | None = "data.total"
    money: dict[str, str] = {}
    next: str | None = None
    code: str | None = None
    ok_codes: list[str] = ["0", "200"]
    maintenance_codes: list[str] = []


class ApiTask(_Part):
    """A listing that is ordered first: its path is the one to order at; `{task}` in the paths is the task's id."""

    id: str = "data.task_id"
    status_path: str
    status: str = "data.status"
    done: list[str] = ["done"]
    failed: list[str] = ["failed"]
    fetch_path: str
    poll_seconds: float = Field(default=5, gt=0)


def know_gaps(params: dict[str, str], known: tuple[str, ...]) -> dict[str, str]:
    """The same. Raises ValueError for a gap in braces that nothing fills."""
    unknown = set(re.findall(r"{(.*?)}", " ".join(params.values()))) - set(known)
    if unknown:
        raise ValueError(f"unknown {{{min(unknown)}}}; known: {', '.join(f'{{{name}}}' for name in known)}")
    return params


class ApiListing(_Part):
    """One question: with `task` it is ordered, awaited and fetched, otherwise its pages are asked for at once. Values
    of `params` may hold `{from}`, `{to}`, `{taxpayer}` and `{direction}`."""

    path: str
    params: dict[str, str] = {"from": "{from}", "to": "{to}"}
    page_param: str = "page"
    size_param: str = "size"
    cursor_param: str = "cursor"
    page_size: int = Field(default=500, ge=1)
    task: ApiTask | None = None

    @field_validator("params")
    @classmethod
    def _know_every_gap(cls, params: dict[str, str]) -> dict[str, str]:
        return know_gaps(params, ("from", "to", "taxpayer", "direction"))


class ApiService(BaseModel):
    """A service that is asked by https: where, how it is signed in to, how often and how long."""

    model_config = ConfigDict(extra="forbid")
    base_url: str = Field(pattern=r"^https?://[^@]*$")
    """https, but for this machine."""
    auth: ApiAuth
    answer: ApiAnswer = ApiAnswer()
    requests_per_second: float = Field(default=2, gt=0)
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(default=5, ge=1)
    """Of one request: a passing failure is tried again after a wait."""
    longest_wait_seconds: float = Field(default=120, ge=0)
    """A service that asks for more ends the asking of this night."""
    budget_seconds: float = Field(default=1800, gt=0)
    """Of one night's asking, retries included."""

    @model_validator(mode="after")
    def _stay_encrypted(self) -> Self:
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:|/|$)", self.base_url):
            raise ValueError("an API is asked by https: http would send the invoices and the token in the clear")
        return self


class ApiRoute(ApiService, _Route):
    """A system's API. `listing` is asked for each calendar month of the window, `changes` (by day of operation) for
    what changed since the last night."""

    kind: Literal["api"] = "api"
    listing: ApiListing
    changes: ApiListing | None = None


class DatabaseRoute(_Route):
    """An ERP's database; the query may use `:from` and `:to` (days, both included)."""

    kind: Literal["database"] = "database"
    url_env: str
    query: str
    layout: str | None = None
    statement_timeout_seconds: int = Field(default=600, ge=1)
    batch_rows: int = Field(default=10_000, ge=1)


class RemoteRoute(_Route):
    """A drop folder: `url` is local, sftp:// or s3://; `url_env` names a variable instead where the URL is secret."""

    kind: Literal["remote"] = "remote"
    url: str | None = None
    url_env: str | None = None
    pattern: str = "*"
    stable_seconds: int = Field(default=60, ge=0)

    @model_validator(mode="after")
    def _have_one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("either url or url_env is needed, not both")
        if re.search(r"://[^/@]*:[^/@]*@", self.url or ""):
            raise ValueError("a password belongs in the environment: name its variable in url_env")
        return self


class MailboxRoute(_Route):
    """A folder of an IMAP mailbox, whose attachments are taken. A mail above `max_bytes` is left and said; `ca_file`
    holds the certificates (PEM) to trust instead of the system's. Without `tls` only this machine is talked to."""

    kind: Literal["mailbox"] = "mailbox"
    host: str
    port: int = 993
    user: str
    password_env: str
    mailbox: str = "INBOX"
    tls: bool = True
    ca_file: str | None = None
    max_bytes: int = Field(default=50_000_000, ge=1)


class FolderRoute(_Route):
    """Files that somebody puts into the source's own folder: nothing is pulled; as a fallback it asks a person."""

    kind: Literal["folder"] = "folder"


Route = Annotated[ApiRoute | DatabaseRoute | RemoteRoute | MailboxRoute | FolderRoute, Field(discriminator="kind")]
