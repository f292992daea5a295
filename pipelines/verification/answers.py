"""Answers: what they say, and their way into the landing area and into core_verification__answer."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import pyarrow as pa

from pipelines.model import CONCLUSIVE
from pipelines.night import Night
from pipelines.routes_verification import TOLD, VerificationService
from pipelines.settings import Settings
from pipelines.sources.bundle import FIXED_TIME
from pipelines.sources.decode_bundle import find_path, parse_page
from pipelines.sources.landing import write_safely
from pipelines.sources.typing import prepare_typing
from pipelines.warehouse import Connection, run_sql

NOTE, PAGE = ".asked.json", ".answer.json"
TEXTS = (
    *("taxpayer_id", "direction", "asked_code", "asked_number", "asked_on", "asked_amount", "asked_total", "asked_at"),
    *("outcome", "result_code", "message", *TOLD),
)
_SCHEMA = pa.schema(
    [*((name, pa.string()) for name in TEXTS), ("ledger_ids", pa.list_(pa.string()))]
    + [(name, pa.int64()) for name in ("requests", "row_number")]
)


def read_answer(service: VerificationService, content: bytes) -> dict[str, str | None]:
    """Outcome, code, message and what is told of the invoice, as texts; `unreadable` where no result stands."""
    try:
        parsed = parse_page(content)
        code = str(find_path(parsed, service.result))
    except (ValueError, KeyError):
        return {"outcome": "unreadable"}
    told = _read_row(service, parsed)
    message = _find_text(parsed, service.message) if service.message else None
    return {"outcome": service.results.get(code, "unknown_code"), "result_code": code, "message": message, **told}


def _read_row(service: VerificationService, parsed: object) -> dict[str, str | None]:
    return {name: _find_text(parsed, f"{service.row}.{field}") for name, field in service.told.items()}


def _find_text(parsed: object, path: str) -> str | None:
    try:
        found = find_path(parsed, path)
    except KeyError:
        return None
    return None if found is None else str(found)


def keep_asked(con: Connection, settings: Settings, service: VerificationService, folder: Path, night: Night) -> int:
    """Land what lies in the folder as one file and type it; how many answers say something of their invoice.

    Within the caller's transaction; `clear_asked` removes the folder after it. The same folder again changes nothing.
    """
    notes = sorted(folder.glob(f"*{NOTE}"))
    if not notes:
        return 0
    content = _pack(folder)
    file_id = hashlib.sha256(content).hexdigest()
    target = settings.landing_dir / service.id / f"{file_id}.zip"
    write_safely(target, content)
    rows = [_read_noted(service, note, place) for place, note in enumerate(notes, start=1)]
    keys = {
        "file_id": file_id,
        "source_id": service.id,
        "file_name": f"answers_{night.night_id}.zip",
        "received_at": night.as_of,
    }
    prepare_typing(con, settings)
    con.register("told", pa.Table.from_pylist(rows, _SCHEMA))
    run_sql(con, "verification/answer", keys)
    con.unregister("told")
    relative = str(target.relative_to(settings.data_root))
    landed = {"size_bytes": len(content), "landed_path": relative, "observed_at": night.as_of, "rows": len(rows)}
    run_sql(con, "verification/landed", keys | landed)
    return sum(row["outcome"] in CONCLUSIVE for row in rows)


def clear_asked(folder: Path) -> None:
    """Remove the notes, once their bundle is landed and typed."""
    if folder.is_dir():
        shutil.rmtree(folder)


def _pack(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.json")):
            entry = zipfile.ZipInfo(path.name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _read_noted(service: VerificationService, note: Path, place: int) -> dict[str, object]:
    """A question whose answer never came, or not before the night was killed, is `no_answer`."""
    noted = json.loads(note.read_bytes())
    page = note.with_name(note.name.removesuffix(NOTE) + PAGE)
    said = read_answer(service, page.read_bytes()) if page.is_file() else {"outcome": "no_answer"}
    return {**dict.fromkeys(TOLD), **noted, **said, "row_number": place}
