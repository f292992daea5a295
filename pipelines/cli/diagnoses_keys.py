"""What `fapiao doctor` looks at of the keys of snapshots. Says neither where a key lies nor what is in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipelines.cli.diagnosis import Diagnosis
from pipelines.errors import UsageError
from pipelines.snapshots import sealing, signing


def diagnose_keys() -> list[Diagnosis]:
    """The keys that sign snapshots and the one that seals their copies; without one, what that means."""
    return [diagnose_signing(), diagnose_seal()]


def diagnose_signing() -> Diagnosis:
    subject = "快照签名 snapshot signatures"
    try:
        count, is_signing = len(signing.load_public_keys()), signing.load_signing_key() is not None
    except UsageError as error:
        return _unusable(subject, error)
    if not count:
        detail = "没有密钥：能写快照目录的人可以伪造快照 no key: who can write the store can forge snapshots"
        advice = f"umask 077; openssl genpkey -algorithm ed25519 -out key.pem; export {signing.SIGNING_KEY}=key.pem"
        return Diagnosis(subject, "warn", detail, advice)
    if is_signing and (found := _find_open(subject, signing.SIGNING_KEY)):
        return found
    signs = "签名并核对 signed and checked" if is_signing else "只核对，不签名 checked, not signed"
    return Diagnosis(subject, "ok", f"{signs}; {count} 公钥 public keys")


def diagnose_seal() -> Diagnosis:
    subject = "副本加密 sealed copies"
    try:
        seal = sealing.load_seal()
    except UsageError as error:
        return _unusable(subject, error)
    if seal is None:
        detail = f"没有密钥：副本按原样存放 no key: copies are stored as they are ({sealing.COPY_KEY})"
        return Diagnosis(subject, "ok", detail)
    return _find_open(subject, sealing.COPY_KEY) or Diagnosis(subject, "ok", "密钥可用 the key can be used")


def _unusable(subject: str, error: UsageError) -> Diagnosis:
    return Diagnosis(subject, "fail", f"{error.where}: {error.message} ({error.found})", error.next_step)


def _find_open(subject: str, setting: str) -> Diagnosis | None:
    """A secret key that others can read; None if only its owner can."""
    mode = stat.S_IMODE(Path(os.environ[setting]).stat().st_mode)
    if not mode & 0o077:
        return None
    return Diagnosis(subject, "warn", f"{setting}: 他人可读 is open to others: {mode:04o}", f'chmod 600 "${setting}"')
