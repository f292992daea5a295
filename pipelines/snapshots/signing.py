"""Ed25519 signatures of manifests and of records of pruning: who can write the store but has no key cannot forge them.

A signature is 64 plain bytes beside the file (`<name>.sig`), over the bytes of the file; `openssl pkeyutl -verify
-rawin` checks it too. Keys are PEM files outside the store; where they lie is said by the environment only.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from pipelines.errors import UsageError

SIGNING_KEY = "FAPIAO_SNAPSHOT_SIGNING_KEY"
PUBLIC_KEYS = "FAPIAO_SNAPSHOT_PUBLIC_KEYS"
"""Paths of PEM files, separated as in PATH: old keys stay here after a change of keys."""
SUFFIX = ".sig"


def signature_path(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def load_signing_key() -> Ed25519PrivateKey | None:
    """The key that new manifests are signed with; None if none is configured. UsageError if it cannot be used."""
    named = os.environ.get(SIGNING_KEY)
    if not named:
        return None
    try:
        key = load_pem_private_key(Path(named).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(SIGNING_KEY, type(error).__name__) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(SIGNING_KEY, type(key).__name__)
    return key


def load_public_keys() -> list[Ed25519PublicKey]:
    """Keys that a signature may be of: the configured ones and the public half of the signing key; may be none."""
    own = load_signing_key()
    paths = [part for part in os.environ.get(PUBLIC_KEYS, "").split(os.pathsep) if part]
    return [*([own.public_key()] if own else []), *(_load_public_key(Path(path)) for path in paths)]


def _load_public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(PUBLIC_KEYS, type(error).__name__) from None
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(PUBLIC_KEYS, type(key).__name__)
    return key


def _unusable(setting: str, found: str) -> UsageError:
    """Says neither the path nor the content of a key."""
    return UsageError(
        "签名密钥不能使用 | A key for signatures cannot be used.",
        where=setting,
        found=found,
        expected=(
            "未加密的 Ed25519 私钥（PEM）的路径，当前用户可读 | "
            "the path of an unencrypted Ed25519 key as PEM, readable by this user"
        ),
        next_step="openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out public.pem",
    )


def sign(content: bytes) -> bytes | None:
    """The signature of some bytes; None if no key is configured."""
    key = load_signing_key()
    return key.sign(content) if key else None


def is_signed_by(keys: list[Ed25519PublicKey], content: bytes, signature: bytes) -> bool:
    """Whether one of the keys made the signature."""
    return any(_is_valid(key, content, signature) for key in keys)


def _is_valid(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
