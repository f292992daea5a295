"""The first stage of a night: every source's files are landed, read, typed; the core tables are settled.

Each file is one transaction: a crash between two files loses nothing, and running the night again adds nothing. A
file that cannot be used is stopped with a sentence in both languages, and the rest goes on.

Not detected: a ledger line that was deleted in the ERP stays until somebody says so; an export states what is in it,
not what it should have held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.einvoice.landed import keep_documents, read_delivery
from pipelines.model import Side
from pipelines.night import Night
from pipelines.settings import Settings, Source
from pipelines.sources.calendar import load_calendar, overdue_days, say_days
from pipelines.sources.landing import LandedFile, land_file, list_deliveries
from pipelines.sources.reasons import Message, StoppedFileError, UnreadableFileError, join_messages
from pipelines.sources.recognise import read_with_layout
from pipelines.sources.typing import FileAccount, prepare_typing, settle_core, type_file
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction


@dataclass(frozen=True)
class SourceIntake:
    """How one source did tonight; `state` is received, unchanged, silent or failed."""

    source_id: str
    state: str
    files_new: int
    files_failed: int
    rows_new: int
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Intake:
    """How every source did tonight."""

    sources: tuple[SourceIntake, ...]


def take_in(settings: Settings, night: Night, report: Callable[[str], None] = lambda _name: None) -> Intake:
    """Land, read and type what the sources delivered; writes raw_*, core_* and night__source.

    A look back (a later night has ended already) takes nothing in: it shows what was known then.
    """
    with open_warehouse(settings) as con:
        prepare_typing(con, settings)
        if run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone():
            with transaction(con):
                settle_core(con, settings, night.as_of)
            return Intake(())
        sources = tuple(_take_source(con, settings, source, night, report) for source in settings.sources)
        with transaction(con):
            settle_core(con, settings, night.as_of)
            _write_states(con, sources, night)
    return Intake(sources)


def _take_source(
    con: Connection, settings: Settings, source: Source, night: Night, report: Callable[[str], None]
) -> SourceIntake:
    for path in list_deliveries(settings, source):
        landed = land_file(settings, source, path, night)
        with transaction(con):
            if _is_taken(con, source, landed):
                _note_delivery(con, source, landed, night)
                continue
            report(path.name)
            _take_file(con, settings, source, landed, night)
    return _state_of(con, settings, source, night)


def _is_taken(con: Connection, source: Source, landed: LandedFile) -> bool:
    found = con.execute(
        "SELECT count(*) FROM raw_file WHERE file_id = ? AND source_id = ? AND status = 'read'",
        [landed.file_id, source.id],
    ).fetchone()
    return found != (0,)


def _note_delivery(con: Connection, source: Source, landed: LandedFile, night: Night) -> None:
    con.execute(
        "INSERT INTO raw_delivery SELECT $file, $source, $name, $observed, $received WHERE NOT EXISTS ("
        "FROM raw_delivery WHERE file_id = $file AND source_id = $source AND file_name = $name "
        "AND (observed_at = $observed OR $is_ahead))",
        {
            "file": landed.file_id,
            "source": source.id,
            "name": landed.name,
            "observed": landed.observed_at,
            "received": night.as_of,
            # A file made after the night's moment shows the same moment every night: it came once.
            "is_ahead": landed.observed_at == night.as_of,
        },
    )


def _take_file(con: Connection, settings: Settings, source: Source, landed: LandedFile, night: Night) -> None:
    con.execute("DELETE FROM raw_file WHERE file_id = ? AND source_id = ?", [landed.file_id, source.id])
    _note_delivery(con, source, landed, night)
    if source.side == Side.EINVOICE:
        _take_einvoices(con, source, landed, night)
        return
    try:
        layout, reading = read_with_layout(landed.name, landed.content, source.layout, source.side, settings)
    except (StoppedFileError, UnreadableFileError) as error:
        _stop_file(con, source, landed, night, error.sentence)
        return
    account = type_file(con, source, layout, landed, reading, night.as_of)
    messages = (*reading.messages, *_account_messages(landed.name, account))
    is_complete = reading.is_complete and account.rows_kept > 0
    _write_file(con, source, landed, night, layout.name, "read", reading.period, is_complete, account, messages)


def _take_einvoices(con: Connection, source: Source, landed: LandedFile, night: Night) -> None:
    try:
        documents = read_delivery(landed.name, landed.content)
    except UnreadableFileError as error:
        _stop_file(con, source, landed, night, error.sentence)
        return
    account, messages = keep_documents(con, source, landed, documents, night.as_of)
    _write_file(con, source, landed, night, None, "read", None, not account.rows_rejected, account, messages)


def _account_messages(name: str, account: FileAccount) -> tuple[Message, ...]:
    """What a person should know of a file that was read: nothing in it, or rows that could not be used."""
    if not account.rows_kept:
        zh = f"文件 {name} 没有任何可用的行：按未收到处理，请确认导出条件后重新导出。"
        en = (
            f"File {name} holds no usable row: it counts as not received. Check what was asked for and export it again."
        )
        return (Message(zh, en),)
    if not account.rows_rejected:
        return ()
    return (
        Message(
            f"文件 {name} 有 {account.rows_rejected} 行无法采用，原因见 raw_reject。",
            f"File {name}: {account.rows_rejected} rows could not be used; raw_reject says why.",
        ),
    )


def _stop_file(con: Connection, source: Source, landed: LandedFile, night: Night, sentence: Message) -> None:
    _write_file(con, source, landed, night, None, "stopped", None, False, FileAccount(0, 0, 0, 0), (sentence,))


def _write_file(
    con: Connection,
    source: Source,
    landed: LandedFile,
    night: Night,
    layout: str | None,
    status: str,
    period: tuple[date, date] | None,
    is_complete: bool,
    account: FileAccount,
    messages: tuple[Message, ...],
) -> None:
    zh, en = join_messages(messages)
    first, last = period or (None, None)
    con.execute(
        "INSERT INTO raw_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            landed.file_id, source.id, str(source.side), layout, landed.name, len(landed.content), landed.landed_path,
            landed.observed_at, night.as_of, status, first, last, is_complete,
            account.rows_read, account.rows_kept, account.rows_rejected, account.rows_ignored, zh, en,
        ],
    )  # fmt: skip


def _state_of(con: Connection, settings: Settings, source: Source, night: Night) -> SourceIntake:
    """From what the tables say of tonight, so that running the night again gives the same answer."""
    values = {"source": source.id, "received": night.as_of}
    files = con.execute(
        "SELECT status, rows_kept, message_zh, message_en FROM raw_file "
        "WHERE source_id = $source AND received_at = $received ORDER BY observed_at, file_name",
        values,
    ).fetchall()
    failed = sum(1 for status, *_ in files if status == "stopped")
    messages = tuple(Message(zh, en) for _, _, zh, en in files if zh)
    rows = sum(kept for _, kept, *_ in files)
    if files:
        state = "failed" if failed else "received"
        return SourceIntake(source.id, state, len(files) - failed, failed, rows, messages)
    delivered = con.execute(
        "SELECT count(*) FROM raw_delivery WHERE source_id = $source AND received_at = $received", values
    ).fetchone()
    if source.expected == "none" or delivered != (0,):
        return SourceIntake(source.id, "unchanged", 0, 0, 0)
    last = _newest(con, source.id)
    if source.expected == "nightly":
        return SourceIntake(source.id, "silent", 0, 0, 0, (_silence(source, last, ("今夜", "tonight")),))
    calendar = load_calendar(settings.data_root)
    missed = overdue_days(source.expected, source.grace_hours, last, night.as_of, calendar)
    if not missed:
        return SourceIntake(source.id, "unchanged", 0, 0, 0)
    return SourceIntake(source.id, "silent", 0, 0, 0, (_silence(source, last, say_days(missed, calendar)),))


def _silence(source: Source, last: datetime | None, due: tuple[str, str]) -> Message:
    seen_zh = f"最近一次是 {last:%Y-%m-%d %H:%M}" if last else "从未收到过"
    seen_en = f"the last one is of {last:%Y-%m-%d %H:%M}" if last else "none ever came"
    place = f"{source.folder}/{source.pattern}"
    return Message(
        f"来源 {source.id} {due[0]}应有新文件（{place}），但没有收到；{seen_zh}。请补导。",
        f"Source {source.id} owed a new file for {due[1]} ({place}) and none came; {seen_en}. Export it again.",
    )


def _newest(con: Connection, source_id: str) -> datetime | None:
    found = con.execute(
        "SELECT max(d.observed_at) FROM raw_delivery d JOIN raw_file f USING (file_id, source_id) "
        "WHERE d.source_id = ? AND f.status = 'read'",
        [source_id],
    ).fetchone()
    return found[0] if found else None


def _write_states(con: Connection, sources: tuple[SourceIntake, ...], night: Night) -> None:
    con.execute("DELETE FROM night__source WHERE night_id = ?", [night.night_id])
    for source in sources:
        zh, en = join_messages(source.messages)
        con.execute(
            "INSERT INTO night__source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                night.night_id, source.source_id, source.state, source.files_new, source.files_failed, source.rows_new,
                _newest(con, source.source_id), zh, en,
            ],
        )  # fmt: skip
