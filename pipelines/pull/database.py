"""The route `database`: a ledger straight from the ERP, as one Parquet file in the source's folder."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.night import Night
from pipelines.pull.database_faults import DatabaseError
from pipelines.pull.database_query import LedgerQuery, read_ledger
from pipelines.pull.database_session import Login, parse_login
from pipelines.pull.declared import DatabaseRoute
from pipelines.pull.route import Pulled, State, Window
from pipelines.settings import Settings, Source
from pipelines.snapshots.store import hash_file
from pipelines.sources.layout import load_layout
from pipelines.sources.reasons import Message


class DatabasePuller:
    """Reads the query's answer into `<source>.parquet`; what was there before stays until the new file is whole."""

    def __init__(self, route: DatabaseRoute, settings: Settings) -> None:
        self._route = route
        self._layout = load_layout(route.layout, settings) if route.layout else None

    def pull(self, source: Source, window: Window, inbox: Path, night: Night) -> Pulled:
        """`unchanged` if the same rows came as before; the watermark is the night, since a reading sees one moment."""
        state: State
        target = inbox / f"{source.id}.parquet"
        before = _fingerprint(target)
        query = LedgerQuery(self._route.query, window.first, window.last, self._layout, self._route.batch_rows)
        try:
            read = read_ledger(self._login(), query, target)
        except DatabaseError as error:
            is_own_fault = error.kind in {"no_secret", "kind_unknown"}
            state = "empty" if error.kind == "empty" else "failed"
            return Pulled(state, message=_with_code(error), is_own_fault=is_own_fault)
        state = "unchanged" if _fingerprint(target) == before else "pulled"
        note = read.notes[0] if read.notes else None
        return Pulled(state, (target.name,), read.rows, read.rows, night.as_of, note)

    def _login(self) -> Login:
        variable = self._route.url_env
        return parse_login(os.environ.get(variable), variable, self._route.statement_timeout_seconds)


def _fingerprint(path: Path) -> str | None:
    return hash_file(path) if path.is_file() else None


def _with_code(error: DatabaseError) -> Message:
    """The sentence, closed, with the database's own code for IT."""
    code_zh, code_en = (f"（错误码 {error.code}）", f" (code {error.code})") if error.code else ("", "")
    return Message(f"{error.sentence.zh}{code_zh}。", f"{error.sentence.en}{code_en}.")
