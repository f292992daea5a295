"""The first stage of a night: every source's files are landed, read, typed; the core tables are settled.

Each file is one transaction: a crash between two files loses nothing, and running the night again adds nothing. A
file that cannot be used is stopped with a sentence in both languages, and the rest goes on.

Not detected: a ledger line that was deleted in the ERP stays until somebody says so; an export states what is in it,
not what it should have held.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from pipelines.einvoice.landed import keep_documents, read_delivery
from pipelines.model import Side
from pipelines.night import Night
from pipelines.settings import Settings, Source
from pipelines.sources.again import (
    OutdatedFile,
    fingerprint_reading,
    forget_rows,
    list_outdated,
    note_reading,
    withdraw_sightings,
)
from pipelines.sources.calendar import load_calendar, overdue_days, say_days
from pipelines.sources.decode import refuse_too_large
from pipelines.sources.landing import LandedFile, find_growing, is_fault_of, land_file, list_deliveries
from pipelines.sources.layout import Layout, known_layouts
from pipelines.sources.period import find_period
from pipelines.sources.read import FileReading
from pipelines.sources.reasons import Message, StoppedFileError, UnreadableFileError, join_messages
from pipelines.sources.recognise import read_with_layout
from pipelines.sources.rejects import say_account
from pipelines.sources.typing import FileAccount, prepare_typing, settle_core, type_file
from pipelines.warehouse import Connection, open_warehouse, run_sql, transaction

logger = logging.getLogger(__name__)

AWAY_WAITS_S = (15.0, 120.0)
"""How long to wait before a source that is away is asked again, once each."""

NO_ROWS = frozenset({"title", "header", "blank", "note", "subtotal", "control_total"})
"""Kinds of ignored rows that a file without any posting has, too."""


@dataclass(frozen=True)
class SourceIntake:
    """How one source did tonight; `state` is received, unchanged, silent, maintenance or failed."""

    source_id: str
    state: str
    files_new: int
    files_failed: int
    rows_new: int
    messages: tuple[Message, ...] = ()
    is_away: bool = False
    """Its folder cannot be read, which may pass by waiting."""


@dataclass(frozen=True)
class Intake:
    """How every source did tonight."""

    sources: tuple[SourceIntake, ...]

    @property
    def failed(self) -> dict[str, str]:
        """The sources that owed something and brought nothing, or nothing that can be used, with their state."""
        return {one.source_id: one.state for one in self.sources if one.state not in ("received", "unchanged")}


def take_in(settings: Settings, night: Night) -> Intake:
    """Land, read and type what the sources delivered; writes raw_*, core_* and night__source.

    A look back (a later night has ended already) takes nothing in: it shows what was known then.
    """
    with open_warehouse(settings) as con:
        prepare_typing(con, settings)
        if run_sql(con, "night/later_night", {"as_of": night.as_of}).fetchone():
            with transaction(con):
                settle_core(con, settings, night.as_of)
            return Intake(())
        sources = _take_sources(con, settings, night)
        with transaction(con):
            settle_core(con, settings, night.as_of)
            _write_states(con, sources, night)
    return Intake(sources)


def _take_sources(con: Connection, settings: Settings, night: Night) -> tuple[SourceIntake, ...]:
    """Every source in its turn; one whose share is away is asked again after the others."""
    taken = {source.id: _take_or_say(con, settings, source, night) for source in settings.sources}
    for seconds in AWAY_WAITS_S:
        away = [source for source in settings.sources if taken[source.id].is_away]
        if not away:
            break
        time.sleep(seconds)
        taken |= {source.id: _take_or_say(con, settings, source, night) for source in away}
    return tuple(taken.values())


def _take_or_say(con: Connection, settings: Settings, source: Source, night: Night) -> SourceIntake:
    """A folder that cannot be read fails its source, not the others; a fault of our own disk still stops the night."""
    try:
        return _take_source(con, settings, source, night)
    except OSError as error:
        if not is_fault_of(error, settings.source_folder(source)):
            raise
        logger.warning("source %s: its folder cannot be read: %s", source.id, error.strerror)
        found = _state_of(con, settings, source, night)
        kept = found.messages if found.files_new or found.files_failed else ()
        said = (*kept, _say_unreadable(source, error))
        return replace(found, state="failed", messages=said, is_away=not isinstance(error, PermissionError))


def _say_unreadable(source: Source, error: OSError) -> Message:
    return Message(
        f"来源 {source.id} 的文件夹 {source.folder} 读不了（{error.strerror}）：其余来源照常核对，"
        "此来源按已收到的数据核对。请 IT 恢复共享或权限。",
        f"Source {source.id}: its folder {source.folder} cannot be read ({error.strerror}). The others went on; this "
        "one is judged on what came before. Have IT restore the share or the rights.",
    )


def _take_source(con: Connection, settings: Settings, source: Source, night: Night) -> SourceIntake:
    paths = list_deliveries(settings, source)
    growing = find_growing(paths, settings.settle_seconds) if _is_filled_by_others(source) else set()
    large = {path: said for path in paths if (said := _say_too_large(path))}
    for path in (path for path in paths if path not in growing and path not in large):
        landed = land_file(settings, source, path, night)
        with transaction(con):
            if _is_taken(con, source, landed):
                _note_delivery(con, settings, source, landed, night)
                if not _is_first_to_tell_period(con, settings, source, landed):
                    continue
                forget_rows(con, source, landed)
            _take_file(con, settings, source, landed, night)
    _read_again(con, settings, source, night)
    found = _state_of(con, settings, source, night)
    found = replace(found, messages=(*found.messages, *_say_growing(growing), *large.values()))
    return replace(found, state="failed", files_failed=found.files_failed + len(large)) if large else found


def _say_too_large(path: Path) -> Message | None:
    """Why a file is not even opened; None for one that may be read."""
    try:
        refuse_too_large(path.name, path.stat().st_size)
    except UnreadableFileError as error:
        return error.sentence
    return None


def _say_growing(paths: set[Path]) -> tuple[Message, ...]:
    if not paths:
        return ()
    names = ", ".join(sorted(path.name for path in paths))
    return (
        Message(
            f"文件 {names} 还在写入，今夜没有采用；写完后下一夜会读取。",
            f"Still being written and not used tonight: {names}; the next night reads what is whole.",
        ),
    )


def _is_filled_by_others(source: Source) -> bool:
    """A file that we have pulled ourselves was renamed into its place whole."""
    return source.pull is None or any(route.kind == "folder" for route in source.fallbacks)


def _is_taken(con: Connection, source: Source, landed: LandedFile) -> bool:
    found = con.execute(
        "SELECT count(*) FROM raw_file WHERE file_id = ? AND source_id = ? AND status = 'read'",
        [landed.file_id, source.id],
    ).fetchone()
    return found != (0,)


def _is_first_to_tell_period(con: Connection, settings: Settings, source: Source, landed: LandedFile) -> bool:
    """A file that was renamed because nothing told its days."""
    found = con.execute(
        "SELECT layout FROM raw_file WHERE file_id = ? AND source_id = ? AND period_from IS NULL",
        [landed.file_id, source.id],
    ).fetchone()
    layout = known_layouts(settings).get(found[0]) if found else None
    return layout is not None and find_period(layout, landed.name, "") is not None


def _note_delivery(con: Connection, settings: Settings, source: Source, landed: LandedFile, night: Night) -> None:
    # A file made after the night's moment shows the same moment every night: it came once.
    is_ahead = landed.observed_at == night.as_of
    delivery = [landed.file_id, source.id, landed.name, landed.observed_at]
    known = con.execute(
        "FROM raw_delivery WHERE file_id = ? AND source_id = ? AND file_name = ? AND (observed_at = ? OR ?)",
        [*delivery, is_ahead],
    ).fetchone()
    if known is None:
        first, last = _read_name(settings, source, landed.name) or (None, None)
        con.execute("INSERT INTO raw_delivery VALUES (?, ?, ?, ?, ?, ?, ?)", [*delivery, night.as_of, first, last])


def _read_name(settings: Settings, source: Source, name: str) -> tuple[date, date] | None:
    """The issue dates that a file's name asks for, if a layout that the source may have looks for them there."""
    layouts = [
        layout
        for known, layout in known_layouts(settings).items()
        if layout.side == source.side and source.layout in (known, "auto")
    ]
    return next(filter(None, (find_period(layout, name, "") for layout in layouts)), None)


def _take_file(con: Connection, settings: Settings, source: Source, landed: LandedFile, night: Night) -> None:
    con.execute("DELETE FROM raw_file WHERE file_id = ? AND source_id = ?", [landed.file_id, source.id])
    _note_delivery(con, settings, source, landed, night)
    if source.side == Side.EINVOICE:
        _take_einvoices(con, source, landed, night)
        return
    try:
        layout, reading = read_with_layout(landed.name, landed.content, source.layout, source.side, settings)
    except (StoppedFileError, UnreadableFileError) as error:
        _stop_file(con, source, landed, night, error.sentence)
        return
    note_reading(con, source, landed, fingerprint_reading(settings, source))
    _keep_reading(con, source, landed, night, layout, reading)


def _keep_reading(
    con: Connection, source: Source, landed: LandedFile, night: Night, layout: Layout, reading: FileReading
) -> FileAccount:
    account = type_file(con, source, layout, landed, reading, night.as_of)
    is_nothing_whole = reading.is_listing and reading.is_complete and not reading.rows_read
    is_quiet = is_nothing_whole or _is_quiet_day(con, source, landed, reading)
    notes = () if is_quiet else say_account(landed.name, account)
    messages = (*reading.messages, *notes)
    is_complete = reading.is_complete and (account.rows_kept > 0 or is_nothing_whole)
    _write_file(con, source, landed, night, layout.name, "read", reading.period, is_complete, account, messages)
    return account


def _is_quiet_day(con: Connection, source: Source, landed: LandedFile, reading: FileReading) -> bool:
    """Whether it is a ledger's export of days without postings: a header and nothing else, under a name that never
    held a row. Nothing asks for a person then; whether the export was whole stays unknown, so it moves no window."""
    if source.side != Side.LEDGER or reading.rows.num_rows or reading.refused.num_rows:
        return False
    if not set(reading.ignored["kind"].to_pylist()) <= NO_ROWS:
        return False
    held = con.execute(
        "FROM raw_file WHERE source_id = ? AND file_name = ? AND rows_kept > 0", [source.id, landed.name]
    ).fetchone()
    return held is None


def _read_again(con: Connection, settings: Settings, source: Source, night: Night) -> None:
    """Files that the settings or the layout of before could not use whole. One that is not read at all with those of
    today stays as it was read."""
    fingerprint = fingerprint_reading(settings, source)
    for outdated in list_outdated(con, settings, source, fingerprint):
        landed = outdated.landed
        try:
            layout, reading = read_with_layout(landed.name, landed.content, source.layout, source.side, settings)
        except (StoppedFileError, UnreadableFileError) as error:
            logger.warning("source %s: %s was not read again: %s", source.id, landed.name, error.sentence.en)
            note_reading(con, source, landed, fingerprint)
            continue
        with transaction(con):
            forget_rows(con, source, landed)
            con.execute("DELETE FROM raw_file WHERE file_id = ? AND source_id = ?", [landed.file_id, source.id])
            account = _keep_reading(con, source, landed, night, layout, reading)
            withdraw_sightings(con, source, landed)
            note_reading(con, source, landed, fingerprint)
            _date_back(con, source, outdated, account)


def _date_back(con: Connection, source: Source, before: OutdatedFile, account: FileAccount) -> None:
    """A file that reads as before is no news of tonight."""
    if (account.rows_kept, account.rows_rejected) == (before.rows_kept, before.rows_rejected):
        con.execute(
            "UPDATE raw_file SET received_at = ? WHERE file_id = ? AND source_id = ?",
            [before.received_at, before.landed.file_id, source.id],
        )


def _take_einvoices(con: Connection, source: Source, landed: LandedFile, night: Night) -> None:
    try:
        documents = read_delivery(landed.name, landed.content)
    except UnreadableFileError as error:
        _stop_file(con, source, landed, night, error.sentence)
        return
    account, messages = keep_documents(con, source, landed, documents, night.as_of)
    _write_file(con, source, landed, night, None, "read", None, not account.rows_rejected, account, messages)


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
    """A source whose system is being maintained tonight owes nothing: it is stale, and says until when."""
    found = _state_of_files(con, settings, source, night)
    resting = run_sql(con, "pull/source_resting", {"source": source.id, "night_id": night.night_id}).fetchone()
    if resting is None or found.state == "failed":
        return found
    said = Message(*resting)
    if found.state == "received":
        return replace(found, messages=(*found.messages, said))
    return replace(found, state="maintenance", messages=(said,))


def _state_of_files(con: Connection, settings: Settings, source: Source, night: Night) -> SourceIntake:
    """From what the tables say of tonight, so that running the night again gives the same answer. A stopped file that
    still lies there from an earlier night has its own alert."""
    values = {"source": source.id, "received": night.as_of}
    files = con.execute(
        "SELECT status, rows_kept, message_zh, message_en FROM raw_file "
        "WHERE source_id = $source AND received_at = $received AND (status = 'read' OR file_id IN ("
        "SELECT file_id FROM raw_delivery WHERE source_id = $source AND received_at = $received)) "
        "ORDER BY observed_at, file_name",
        values,
    ).fetchall()
    failed = sum(1 for status, *_ in files if status == "stopped")
    messages = tuple(Message(zh, en) for _, _, zh, en in files if zh)
    rows = sum(kept for _, kept, *_ in files)
    delivered = con.execute(
        "SELECT count(*) FROM raw_delivery WHERE source_id = $source AND received_at = $received", values
    ).fetchone()
    if files and delivered != (0,):
        state = "failed" if failed else "received"
        return SourceIntake(source.id, state, len(files) - failed, failed, rows, messages)
    read_again = SourceIntake(source.id, "unchanged", len(files), 0, rows, messages)
    found = _judge_silence(con, settings, source, night) if delivered == (0,) else None
    return replace(read_again, state="silent", messages=(*messages, found)) if found else read_again


def _judge_silence(con: Connection, settings: Settings, source: Source, night: Night) -> Message | None:
    """What to say of a source that brought nothing tonight; None if it owes nothing."""
    if source.expected == "none":
        return None
    last = _newest(con, source.id)
    if source.expected == "nightly":
        return None if _came_today(con, source, night) else _silence(source, last, ("今夜", "tonight"))
    calendar = load_calendar(settings.data_root)
    missed = overdue_days(source.expected, source.grace_hours, last, night.as_of, calendar)
    return _silence(source, last, say_days(missed, calendar)) if missed else None


def _came_today(con: Connection, source: Source, night: Night) -> bool:
    """A second run on the day on which its file came does not make a source silent."""
    found = con.execute(
        "SELECT count(*) FROM raw_delivery JOIN raw_file f USING (file_id, source_id) WHERE source_id = $source "
        "AND f.status = 'read' AND raw_delivery.received_at BETWEEN date_trunc('day', $as_of) AND $as_of",
        {"source": source.id, "as_of": night.as_of},
    ).fetchone()
    return found != (0,)


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
