"""Settings: from the environment (`FAPIAO_*`) and from `fapiao.toml` in the data root (or `FAPIAO_CONFIG`).

The environment wins over the file, the file over the defaults. Secrets (channel addresses with tokens) belong in the
environment; the settings that a snapshot keeps leave them out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pipelines.errors import UsageError
from pipelines.model import Direction, Side
from pipelines.routes import Route
from pipelines.routes_verification import VerificationService
from pipelines.validation import read_toml, say_invalid

BEIJING = ZoneInfo("Asia/Shanghai")
EXPECTED = r"^(nightly|workdays|none|weekly:(MON|TUE|WED|THU|FRI|SAT|SUN)|monthly:([1-9]|1[0-9]|2[0-8]))$"
"""When a source owes a file; a day of the month is one that every month has."""
PREFIX = "FAPIAO_"
"""Of the environment variables that are settings."""
NO_TOML = "设置文件不是有效的 TOML | The settings file is no valid TOML."


def beijing_now() -> datetime:
    """Wall clock in Beijing as a naive timestamp, the form that all tables use."""
    return datetime.now(BEIJING).replace(tzinfo=None, microsecond=0)


class Taxpayer(BaseModel):
    """One of our own entities."""

    model_config = ConfigDict(extra="forbid")
    id: str
    """Its tax id (统一社会信用代码)."""
    name: str


NAMED_BY_DAYS = frozenset({"api", "database"})
"""Kinds of routes whose files are named after the days that they hold: two of them need two folders."""


class Source(BaseModel):
    """A folder that files of one kind arrive in."""

    model_config = ConfigDict(extra="forbid")
    id: str
    """Its name in tables, alerts and commands."""
    side: Side
    folder: str
    """Relative ones lie under the data root."""
    pattern: str = "*"
    """Which files of the folder."""
    layout: str = "auto"
    """A layout's name, or `auto` to pick the shipped layout whose header fits."""
    taxpayer_id: str | None = None
    """Needed where the files do not say it, as is `direction`."""
    direction: Direction | None = None
    expected: str = Field(default="none", pattern=EXPECTED)
    """When silence is an alarm: a new or re-delivered file is due every night (`nightly`), on working days
    (`workdays`), once a week (`weekly:MON`) or month (`monthly:5`), or never (`none`)."""
    grace_hours: int = Field(default=0, ge=0, le=8784)
    """But for `nightly` a file may come so long after the end of the day on which it is due."""
    pull: Route | None = None
    """Where the night fetches the files from before it reads the folder; left out: somebody else puts them there."""
    fallbacks: list[Route] = Field(default_factory=list)
    """Tried in order when `pull` gives nothing."""


class NamedChannel(BaseModel):
    """A way out with a name."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    """Small letters, digits, `_` and `-`."""
    url_env: str
    """The environment variable with its apprise address, which may be the secret."""
    language: Literal["zh", "en"] | None = None
    """Left out: that of `alert_language`."""
    quiet_from: time | None = None
    """From then to `quiet_to` (Beijing time) nothing is sent; it goes out after, with `fapiao alerts deliver` or the
    next night."""
    quiet_to: time | None = None
    wakes_for_critical: bool = False
    """Critical alerts do not wait for the end of the quiet hours."""
    digest: str | None = Field(default=None, pattern=r"^(daily|workdays|weekly:(MON|TUE|WED|THU|FRI|SAT|SUN))$")
    """Besides, a digest of what stands, once a day (`daily`), working day (`workdays`) or week (`weekly:MON`)."""
    digest_at: time = time(8, 30)
    """It is sent by the first watch, night or `fapiao alerts deliver` after that."""


class AlertRoute(BaseModel):
    """Alerts that fit every condition go to `channels`; a condition left out fits all."""

    model_config = ConfigDict(extra="forbid")
    channels: list[str] = Field(min_length=1)
    """Names of `named_channels`."""
    taxpayers: list[str] = Field(default_factory=list)
    causes: list[str] = Field(default_factory=list)
    """Causes of findings, or kinds of other alerts: the first word of an alert's key."""
    min_amount_cny: Decimal = Field(default=Decimal(0), ge=0)
    """An alert without money never fits one above 0."""
    min_age_days: int = Field(default=0, ge=0)


class Owner(BaseModel):
    """Who acts; stands in the alerts of these sources, taxpayers and causes. The first that fits is named."""

    model_config = ConfigDict(extra="forbid")
    name: str
    contact: str = ""
    sources: list[str] = Field(default_factory=list)
    taxpayers: list[str] = Field(default_factory=list)
    causes: list[str] = Field(default_factory=list)


class OutageFile(BaseModel):
    """A file of announced outages."""

    model_config = ConfigDict(extra="forbid")
    file: str
    """.toml, .csv, or a calendar (.ics); relative ones lie under the data root."""
    sources: list[str] = Field(default_factory=list)
    """Whose systems it speaks of, empty for every source; a row that names sources itself wins."""
    title: str | None = None
    """Of a calendar only the events whose title holds this text."""


class Settings(BaseSettings):
    """Everything that an installation can set. Money in CNY, durations in the unit that the name ends in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", env_ignore_empty=True)

    data_root: Path = Path("data")
    """Where everything lies that a night reads and writes. Said by the environment only."""
    config: Path | None = None
    """The settings file; left out: `fapiao.toml` in the data root. Said by the environment only."""
    taxpayers: list[Taxpayer] = Field(default_factory=list)
    """Our own entities."""
    sources: list[Source] = Field(default_factory=list)
    """Where the files of both sides, and e-invoices, come from."""
    verification: VerificationService | None = None
    """The service (查验) that is asked about invoices missing upstream; left out: nobody is asked."""

    fetch_at_once: int = Field(default=4, ge=1, le=32)
    """So many sources are fetched side by side; 1: one after the other."""
    fetch_budget_seconds: float = Field(default=3600, gt=0)
    """After so long a route of a source is given up for this night, and its fallback tried."""
    maintenance: list[OutageFile] = Field(default_factory=list)
    """Announced outages: a source that cannot be fetched then is noted and raises no alarm."""
    maintenance_wait_minutes: int = Field(default=0, ge=0, le=180)
    """So long a night waits for the end of an announced outage to fetch the source after all; 0: the next night."""

    within_tolerance_cny: Decimal = Field(default=Decimal("0.06"), ge=0)
    """Money that differs by no more than that is rounding."""
    arithmetic_tolerance_cny: Decimal = Field(default=Decimal("0.00"), ge=0)
    """Amount and tax may miss the total by so much before the audit says so."""
    sync_grace_hours: int = Field(default=48, ge=0, le=8784)
    """So long after the later of issue and posting a booked invoice may be absent from the tax system, and so long
    after it began a day of the tax system may still grow."""
    booking_window_days: int = Field(default=60, ge=0, le=3660)
    """So long after its issue an invoice may be unbooked."""
    undated_lookback_days: int = Field(default=60, ge=0, le=3660)
    """A ledger line without an invoice date may be of any of so many days before its posting."""
    repair_window_days: int = Field(default=60, ge=0, le=3660)
    """So long before its posting the invoice of a line with a broken number, or with none, is looked for."""
    filed_through: str | None = Field(default=None, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
    """Last month that was filed with the tax office, such as 2026-09: later changes to it are adjustments."""

    settle_seconds: float = Field(default=5, ge=0, le=3600)
    """A file in a source's folder that changed within so many seconds is looked at again after them: one that still
    grows is left for the next night. 0 takes every file as it is."""
    memory_limit_mb: int = Field(default=1500, ge=100)
    """What the database may hold in memory; the rest is put aside on the disk."""
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Left out: as many as this machine has processors."""

    alert_channels: list[str] = Field(default_factory=list, repr=False)
    """Apprise addresses of channels without a name. They may be secrets: say them in the environment."""
    alert_language: Literal["zh", "en"] = "zh"
    """Of alerts, and the one that the page of the night opens in."""
    named_channels: list[NamedChannel] = Field(default_factory=list)
    """Channels with a name, which routes can choose."""
    alert_routes: list[AlertRoute] = Field(default_factory=list)
    """Which alerts go to which channels."""
    owners: list[Owner] = Field(default_factory=list)
    """Who acts on an alert."""
    channel_patience_seconds: float = Field(default=60, ge=1, le=600)
    """So long a channel that answers 429 or 503 with Retry-After is waited for, all its tries together."""
    escalate_after_days: int = Field(default=3, ge=1)
    """An open alert that nobody acknowledged is raised again after so many days, and again after as many more."""
    mask_names: bool = True
    """Names and ids are masked in alerts."""
    mask_report: bool = False
    """Names and ids are masked on the page of the night and in the workbook beside it."""
    publish_masked: bool = False
    """Every night is also published as recon-masked.duckdb, for people who may see pseudonyms only."""
    readers_see: Literal["open", "masked"] = "open"
    """Which published file `fapiao sql` reads."""
    data_docs_nights: int = Field(default=7, ge=1)
    """So many nights of Great Expectations' pages are kept."""
    drill_max_age_days: int = Field(default=35, ge=1)
    """After so many days without a good restore drill an alert says so."""
    night_due_hours: int = Field(default=26, ge=1, le=8784)
    """So long after the end of one night the next must have ended, or `fapiao alerts deadman` raises the alarm."""
    heartbeat_url_env: str | None = None
    """Environment variable with an address that is asked for at the end of every published night (a watch outside)."""

    @model_validator(mode="after")
    def _tell_services_apart(self) -> Self:
        if self.verification and self.verification.id in {source.id for source in self.sources}:
            raise ValueError(
                f"verification.id {self.verification.id} 与某个来源同名，请改名 | "
                f"verification.id {self.verification.id} is the id of a source: give it another one"
            )
        return self

    @model_validator(mode="after")
    def _name_each_once(self) -> Self:
        """Two of one id, or a source of a taxpayer that nobody declared, would be judged as somebody else's; what two
        sources fetch into one folder is lost."""
        said = [
            f"{key} 中 id 重复：{name} | the id {name} stands twice in {key}"
            for key, entries in (("taxpayers", self.taxpayers), ("sources", self.sources))
            for name, count in Counter(entry.id for entry in entries).items()
            if count > 1
        ]
        known = [taxpayer.id for taxpayer in self.taxpayers]
        said += [
            f"来源 {source.id} 的 taxpayer_id {source.taxpayer_id} 不在 taxpayers 中（{', '.join(known)}） | "
            f"taxpayer_id {source.taxpayer_id} of source {source.id} is none of the taxpayers"
            for source in self.sources
            if known and source.taxpayer_id and source.taxpayer_id not in known
        ]
        pulled = Counter(
            os.path.normpath(source.folder)
            for source in self.sources
            if any(route and route.kind in NAMED_BY_DAYS for route in (source.pull, *source.fallbacks))
        )
        said += [
            f"两个来源都取数到文件夹 {folder}，会互相覆盖 | two sources fetch into the folder {folder} and would "
            "overwrite each other's files"
            for folder, count in pulled.items()
            if count > 1
        ]
        if said:
            raise ValueError("; ".join(said))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def night_due(self) -> timedelta:
        """How long after the end of a night the next must have ended: a night may wait for the end of an outage too."""
        return timedelta(hours=self.night_due_hours, minutes=self.maintenance_wait_minutes)

    @property
    def landing_dir(self) -> Path:
        return self.data_root / "landing"

    @property
    def warehouse_path(self) -> Path:
        return self.data_root / "warehouse" / "recon.duckdb"

    @property
    def spill_dir(self) -> Path:
        return self.data_root / "warehouse" / "spill"

    @property
    def snapshot_dir(self) -> Path:
        return self.data_root / "snapshots"

    @property
    def published_path(self) -> Path:
        return self.data_root / "published" / "recon.duckdb"

    @property
    def masked_path(self) -> Path:
        return self.published_path.with_name("recon-masked.duckdb")

    @property
    def readable_path(self) -> Path:
        """The published file that readers get: `readers_see` says which."""
        return self.masked_path if self.readers_see == "masked" else self.published_path

    @property
    def report_dir(self) -> Path:
        return self.data_root / "reports"

    def source_folder(self, source: Source) -> Path:
        """The folder of a source; relative ones lie under the data root."""
        return self.data_root / source.folder

    @property
    def public(self) -> dict[str, Any]:
        """The settings without secrets and without paths of this machine, as JSON-ready values."""
        return self.model_dump(mode="json", exclude={"alert_channels", "data_root", "config"})

    @property
    def fingerprint(self) -> str:
        """sha256 over the public settings: equal settings give equal results."""
        return hashlib.sha256(json.dumps(self.public, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def load_settings(data_root: Path | None = None) -> Settings:
    """Read the settings; `data_root` wins over `FAPIAO_DATA_ROOT`, which wins over `./data`.

    Raises UsageError that names the file, the setting, what was found and what is allowed.
    """
    root = data_root or Path(os.environ.get("FAPIAO_DATA_ROOT") or "data")
    named = os.environ.get("FAPIAO_CONFIG")
    path = Path(named) if named else root / "fapiao.toml"
    if named and not path.is_file():
        raise UsageError(
            "设置文件不存在 | The settings file does not exist.",
            where=path,
            expected="FAPIAO_CONFIG 所指的文件 | the file that FAPIAO_CONFIG names",
        )
    values = read_toml(NO_TOML, path) if path.is_file() else {}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise say_invalid(
            "设置项不能采用 | A setting is not usable.", str(path), error, Settings, values, _list_variables()
        ) from None
    except SettingsError as error:
        raise _say_no_json(error) from None
    settings.data_root = root
    return settings


def _list_variables() -> dict[str, str]:
    """Settings that the environment sets, each with its variable."""
    said = {name.lower(): name for name, value in os.environ.items() if value}
    return {key: said[name] for key in Settings.model_fields if (name := f"{PREFIX}{key}".lower()) in said}


def _say_no_json(error: SettingsError) -> UsageError:
    """A list or a group in an environment variable is JSON; its value may be a secret and is not told."""
    named = re.search(r'field "(\w+)"', str(error))
    variable = _list_variables().get(named[1]) if named else None
    return UsageError(
        "环境变量的值不能采用 | The value of an environment variable is not usable.",
        where=variable or f"{PREFIX}*",
        expected='JSON，列表如 ["地址一", "地址二"] | JSON; a list such as ["first", "second"]',
    )
