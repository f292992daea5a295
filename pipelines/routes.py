"""How a source is pulled, as the settings say it: one model per kind of route.

Secrets are never in the settings: `*_env` names the environment variable that holds one.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Route(BaseModel):
    """What every route has: how far back it looks again."""

    model_config = ConfigDict(extra="forbid")
    overlap_days: int = Field(default=60, ge=0)
    first_day: date | None = None
    """On the first night the window begins here; without it, `overlap_days` before the night."""


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


Route = Annotated[DatabaseRoute | RemoteRoute | MailboxRoute | FolderRoute, Field(discriminator="kind")]
