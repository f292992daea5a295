"""Sealed copies: whoever owns the bucket sees sizes and dates of snapshots, and nothing of what is in them.

A sealed file is `fapiao-sealed-1` and a newline, 12 bytes of nonce, then AES-256-GCM of the whole file with its sealed
name as associated data, so that two cannot be swapped. Data files are named `sealed/<HMAC of the plain name>`: a plain
name carries the hash of the content, which would confirm a guess. Names of manifests, records and heads stay: dates.

The key is a file of 64 hex digits outside the store (`openssl rand -hex 32`), named by FAPIAO_COPY_KEY. Without it a
copy cannot be read by anybody, ever: keep it in two places.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.errors import IntegrityError, UsageError
from pipelines.snapshots import store

COPY_KEY = "FAPIAO_COPY_KEY"
MAGIC = b"fapiao-sealed-1\n"
NONCE_BYTES, TAG_BYTES = 12, 16
OVERHEAD_BYTES = len(MAGIC) + NONCE_BYTES + TAG_BYTES
FOLDER = "sealed"
MARKER = "SEALED"
"""Lies at a place whose copies are sealed, and says with which key."""


@dataclass(frozen=True)
class Seal:
    """Two keys made from the one of the file: for contents and for names."""

    content_key: bytes
    name_key: bytes

    @property
    def mark(self) -> bytes:
        """Content of the marker: it tells keys apart and nothing else."""
        return MAGIC + self._digest("the key of this place").encode() + b"\n"

    def _digest(self, text: str) -> str:
        return hmac.digest(self.name_key, text.encode(), "sha256").hex()

    def name(self, plain: str) -> str:
        """Where a file of the store lies at a sealed place."""
        is_data = plain.partition("/")[0] in store.DATA_FOLDERS
        return f"{FOLDER}/{self._digest(plain)}" if is_data else plain

    def close(self, content: bytes, plain: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return MAGIC + nonce + AESGCM(self.content_key).encrypt(nonce, content, self.name(plain).encode())

    def open(self, sealed: bytes, plain: str) -> bytes:
        """IntegrityError if it was not sealed with this key under this name, or was altered by a single bit."""
        start = len(MAGIC) + NONCE_BYTES
        try:
            if not sealed.startswith(MAGIC):
                raise InvalidTag
            nonce = sealed[len(MAGIC) : start]
            return AESGCM(self.content_key).decrypt(nonce, sealed[start:], self.name(plain).encode())
        except (InvalidTag, ValueError):
            raise IntegrityError(
                "副本的文件有损坏，或不是用此密钥加密的 | A sealed file is damaged, or was sealed with another key.",
                where=plain,
            ) from None


def load_seal() -> Seal | None:
    """The configured seal, None if copies are not to be sealed. UsageError for a key that cannot be used."""
    named = os.environ.get(COPY_KEY)
    if not named:
        return None
    try:
        key = bytes.fromhex(Path(named).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise _unusable(type(error).__name__) from None
    if len(key) != 32:
        raise _unusable(f"{len(key)} bytes")
    content, name = (HKDF(SHA256(), 32, salt=None, info=what).derive(key) for what in (b"content", b"name"))
    return Seal(content, name)


def _unusable(found: str) -> UsageError:
    """Says neither the path nor the content of the key."""
    return UsageError(
        "副本的密钥不能使用 | The key for sealed copies cannot be used.",
        where=COPY_KEY,
        found=found,
        expected="一个文件的路径，内有 64 位十六进制数字 | the path of a file with 64 hex digits",
        next_step="openssl rand -hex 32 > copy.key",
    )
