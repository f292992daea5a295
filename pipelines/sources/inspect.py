"""Reading files outside a night: `fapiao read` types them through the same path and writes Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipelines.errors import BadInputError
from pipelines.model import Direction, Side
from pipelines.night import Night
from pipelines.settings import Settings, Source
from pipelines.sources.landing import LandedFile
from pipelines.sources.layout import load_layout
from pipelines.sources.reasons import Message, StoppedFileError
from pipelines.sources.recognise import read_with_layout
from pipelines.sources.rejects import say_account
from pipelines.sources.typing import FileAccount, prepare_typing, type_file
from pipelines.warehouse import Connection, connect, ensure_tables, run_sql


@dataclass(frozen=True)
class ReadFile:
    """The account of one file; `rows_read = rows_kept + rows_rejected + rows_ignored`. `stopped` says why nothing of it
    was used."""

    path: Path
    layout: str
    account: FileAccount
    period: tuple[date, date] | None = None
    messages: tuple[Message, ...] = ()
    stopped: BadInputError | None = None


def read_to_parquet(
    settings: Settings,
    paths: Sequence[Path],
    layout: str,
    out: Path,
    taxpayer_id: str | None = None,
    direction: Direction | None = None,
) -> list[ReadFile]:
    """Type files and write `core_upstream__invoice.parquet` or `core_ledger__entry.parquet`, `rejects.parquet` and
    `ignored.parquet` into `out`, unless every file is stopped. All files share one layout's side."""
    side = Side(load_layout(layout, settings).side)
    out.mkdir(parents=True, exist_ok=True)
    con = connect(":memory:", settings)
    try:
        ensure_tables(con)
        prepare_typing(con, settings)
        source = Source(id="read", side=side, folder=".", layout=layout, taxpayer_id=taxpayer_id, direction=direction)
        accounts = [_read_or_stop(con, settings, source, path) for path in paths]
        if all(account.stopped for account in accounts):
            return accounts
        table = "core_upstream__invoice" if side == Side.UPSTREAM else "core_ledger__entry"
        run_sql(con, f"core/{table}", {"as_of": datetime.max})
        for relation, name in ((table, table), ("raw_reject", "rejects"), ("raw_ignored", "ignored")):
            _write(con, relation, out / f"{name}.parquet")
        return accounts
    finally:
        con.close()


def _read_or_stop(con: Connection, settings: Settings, source: Source, path: Path) -> ReadFile:
    try:
        return _read_one(con, settings, source, path)
    except BadInputError as error:
        return ReadFile(path, source.layout, FileAccount(0, 0, 0, 0), stopped=error)


def _read_one(con: Connection, settings: Settings, source: Source, path: Path) -> ReadFile:
    if not path.is_file():
        raise BadInputError("文件不存在 | The file does not exist.", where=path)
    content = path.read_bytes()
    night = Night.at()
    landed = LandedFile(f"{path.name}:{path.stat().st_size}", path.name, content, str(path), night.as_of)
    try:
        layout, reading = read_with_layout(path.name, content, source.layout, source.side, settings)
    except StoppedFileError as error:
        raise BadInputError(str(error.sentence), where=path) from None
    account = type_file(con, source, layout, landed, reading, night.as_of)
    messages = (*reading.messages, *say_account(path.name, account))
    return ReadFile(path, layout.name, account, reading.period, messages)


def _write(con: Connection, relation: str, path: Path) -> None:
    literal = str(path).replace("'", "''")
    con.execute(f"COPY (SELECT * FROM {relation}) TO '{literal}' (FORMAT parquet, COMPRESSION zstd)")
