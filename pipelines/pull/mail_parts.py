"""The attachments of a mail that can be read here; the mail's own text, its links and the pictures in it are left."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from fnmatch import fnmatch
from pathlib import PurePosixPath

PICTURES = (".png", ".jpg", ".jpeg")
TAKEN = (".xml", ".ofd", ".pdf", *PICTURES, ".xlsx", ".xls", ".csv", ".gz", ".zip")
LONGEST_NAME = 80
"""Characters; a file name has 255 bytes, a Chinese character takes three."""


def find_attachments(content: bytes, pattern: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every attachment of that pattern, also of those in forwarded mails."""
    message = email.message_from_bytes(content, policy=policy.default)
    for part in message.walk():
        name = clean_name(part.get_filename() or "")
        if not isinstance(part, EmailMessage) or part.is_multipart() or not fnmatch(name, pattern):
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes) and data and _is_taken(part, name):
            yield name, data


def _is_taken(part: EmailMessage, name: str) -> bool:
    """A picture in the text is a logo more often than an invoice."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in TAKEN and (suffix not in PICTURES or part.get_content_disposition() == "attachment")


def clean_name(name: str) -> str:
    """The name without folders and control characters, not hidden, its suffix kept."""
    last = PurePosixPath(name.replace("\\", "/")).name
    path = PurePosixPath(re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", last).lstrip(".~$ "))
    return f"{path.stem[:LONGEST_NAME]}{path.suffix}"
