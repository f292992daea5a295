"""Thin out old snapshots: records first, then manifests, then the files that nobody needs any more.

A kill anywhere loses nothing that a kept snapshot needs, and the next prune ends what was begun. The newest snapshot
and those on hold always stay. A store whose chain is damaged is not pruned: what a broken manifest needs is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.errors import IntegrityError, UsageError
from pipelines.settings import Settings
from pipelines.snapshots import manifest as manifests
from pipelines.snapshots import pruned, store
from pipelines.snapshots.chain import Chain, read_chain
from pipelines.snapshots.held import list_holds
from pipelines.snapshots.lock import hold_copying, hold_store
from pipelines.snapshots.policy import Policy, choose_kept, require_policy

CONTENT_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]+)?")


@dataclass(frozen=True)
class Pruned:
    """What stays, each with why, what goes, and the files that no snapshot needs then; done, or only planned."""

    kept: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    files: int
    bytes_freed: int
    is_dry_run: bool


def prune_snapshots(settings: Settings, policy: Policy, *, dry_run: bool = False) -> Pruned:
    """Remove what neither policy nor hold keeps. UsageError for an empty policy or an empty store, IntegrityError if
    the chain is damaged or another process writes the store."""
    require_policy(policy)
    if dry_run:
        plan, _ = _plan(settings, policy, is_dry_run=True)
        return plan
    with hold_copying(settings, "prune"), hold_store(settings, "prune"):
        plan, chain = _plan(settings, policy, is_dry_run=False)
        _remove_snapshots(settings, chain, plan.removed, str(policy))
        for path in _unneeded_files(settings, chain, plan.removed):
            path.unlink()
    return plan


def _plan(settings: Settings, policy: Policy, *, is_dry_run: bool) -> tuple[Pruned, Chain]:
    chain = _read_sound_chain(settings)
    begun = {found for found in chain.ids if found in chain.record_ids}
    why = _reasons(settings, chain, policy, begun)
    removed = tuple(found for found in chain.ids if found not in why)
    files = _unneeded_files(settings, chain, removed)
    kept = tuple((found, ", ".join(why[found])) for found in chain.ids if found in why)
    size = sum(path.stat().st_size for path in files)
    return Pruned(kept, removed, len(files), size, is_dry_run), chain


def _read_sound_chain(settings: Settings) -> Chain:
    chain = read_chain(settings)
    if chain.damages:
        raise IntegrityError(
            "快照链有损坏，没有清理 | The chain of snapshots is damaged; nothing was pruned.",
            where="; ".join(damage.path for damage in chain.damages[:5]),
            found="; ".join(damage.problem for damage in chain.damages[:5]),
            next_step="检查并从副本修复 | fapiao snapshot verify; fapiao snapshot repair <copy>",
        )
    if chain.pointer is None:
        raise UsageError("还没有快照，无可清理 | There is no snapshot to prune.", where=settings.snapshot_dir)
    return chain


def _reasons(settings: Settings, chain: Chain, policy: Policy, begun: set[str]) -> dict[str, list[str]]:
    """Why each kept snapshot stays. One that an earlier prune has recorded already goes, whatever the policy says."""
    moments = {
        found: datetime.fromisoformat(chain.known[found].document["as_of"]) for found in chain.ids if found not in begun
    }
    why = choose_kept(moments, policy)
    for held in list_holds(settings):
        if held in moments:
            why.setdefault(held, []).append("hold")
    latest = chain.pointer.snapshot_id if chain.pointer else ""
    for found in moments:
        if found >= latest:
            why.setdefault(found, []).append("latest")
    return why


def _unneeded_files(settings: Settings, chain: Chain, removed: tuple[str, ...]) -> list[Path]:
    """Data files that no other snapshot lists. Files that are not named by a sha256 are not ours to remove."""
    root = settings.snapshot_dir
    needed = {entry["path"] for found in chain.ids if found not in removed for entry in chain.known[found].files}
    there = [path for folder in store.DATA_FOLDERS for path in (root / folder).rglob("*") if path.is_file()]
    ours = [path for path in there if CONTENT_NAME.fullmatch(path.name)]
    return sorted(path for path in ours if str(path.relative_to(root)) not in needed)


def _remove_snapshots(settings: Settings, chain: Chain, removed: tuple[str, ...], policy: str) -> None:
    for snapshot_id in removed:
        if snapshot_id not in chain.record_ids:
            pruned.write_record(settings, chain.known[snapshot_id], policy)
    for snapshot_id in removed:
        manifests.remove_manifest(settings, snapshot_id)
