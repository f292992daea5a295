"""A disk that refuses to write, said in one sentence with what to do, instead of as a failure of the program."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from pipelines.errors import FapiaoError

FULL = (
    "磁盘已满，没有写完；最后一个完好的快照没有受影响 | The disk is full and the work stopped; the last good snapshot "
    "is untouched.",
    "腾出空间后重新运行同一命令 | free some space and run the same command again",
)
READ_ONLY = (
    "磁盘只能读，没有写入；最后一个完好的快照没有受影响 | The disk is read-only and nothing was written; the last good "
    "snapshot is untouched.",
    "请管理员检查磁盘并改为可写后重新运行；自己变成只读的磁盘可能已坏 | have the disk checked and mounted for writing, "
    "then run it again; a disk that turned read-only by itself may be failing",
)
FORBIDDEN = (
    "没有读写此处的权限，没有写入 | This user may not read or write that file or folder; nothing was written.",
    "用平时运行夜间任务的用户运行，或改正权限 | run it as the user that runs the nights, or correct the permissions",
)
REFUSALS = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY, errno.EACCES: FORBIDDEN}
PROBE_BYTES = 1 << 16
"""A disk without so much room cannot hold what a night begins with."""


def explain_refusal(error: BaseException) -> FapiaoError | None:
    """What a person can act on, if the error says that the disk refused; DuckDB's errors say it in their text only."""
    number = error.errno if isinstance(error, OSError) else None
    if number not in REFUSALS:
        number = next((code for code in REFUSALS if os.strerror(code) in str(error)), None)
    if number is None:
        return None
    message, next_step = REFUSALS[number]
    where = error.filename2 or error.filename if isinstance(error, OSError) else None
    found = (str(error).splitlines() or [""])[0]
    return FapiaoError(message, where=where, found=found, next_step=next_step)


def require_writable(folder: Path) -> None:
    """Raises FapiaoError if nothing can be written into a folder that is there: known at once, not after minutes."""
    if not folder.is_dir():
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        refused = explain_refusal(error)
        if refused is None:
            raise
        refused.where = str(folder)
        raise refused from error
