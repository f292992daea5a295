"""Whether the libraries that are installed are those of the lock file; only the ones that the project names itself."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from importlib import metadata
from pathlib import Path

from pipelines.cli.diagnosis import Diagnosis

PROJECT = "fapiao-recon"
LOCK = Path(__file__).parents[2] / "requirements.lock"


def diagnose_versions(lock: Path = LOCK) -> Diagnosis:
    subject = "版本 versions"
    here = (
        f"Python {sys.version.split()[0]}, {PROJECT} {metadata.version(PROJECT)}, duckdb {metadata.version('duckdb')}"
    )
    if not lock.is_file():
        return Diagnosis(subject, "ok", f"{here}; 没有锁文件可比 no lock file to compare with")
    wrong = [said for name, locked in _read_lock(lock).items() if (said := _compare(name, locked))]
    if wrong:
        advice = "在项目目录运行 make setup | run make setup in the project's folder"
        return Diagnosis(subject, "warn", f"{here}; 与锁文件不同 unlike the lock: {', '.join(wrong)}", advice)
    return Diagnosis(subject, "ok", f"{here}; 与锁文件一致 as locked")


def _read_lock(lock: Path) -> dict[str, set[str]]:
    """Locked versions (they may differ by Python) of each library that the project requires without an extra."""
    wanted = {
        _plain_name(requirement) for requirement in metadata.requires(PROJECT) or [] if "extra ==" not in requirement
    }
    pinned = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    locked: defaultdict[str, set[str]] = defaultdict(set)
    for name, version in pinned:
        if _plain_name(name) in wanted:
            locked[name].add(version)
    return locked


def _plain_name(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


def _compare(name: str, locked: set[str]) -> str | None:
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        found = "—"
    return None if found in locked else f"{name} {found} ({', '.join(sorted(locked))})"
