"""A disk that refuses to write, said in one sentence with what to do, instead of as a failure of the program."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from pipelines.errors import FapiaoError

P = ParamSpec("P")

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
REFUSALS = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}


def explain_refusal(error: Exception) -> FapiaoError | None:
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


def explained(command: Callable[P, None]) -> Callable[P, None]:
    """The command, with a refusing disk as FapiaoError; whatever else it raises passes."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except FapiaoError:
            raise
        except Exception as error:
            if refused := explain_refusal(error):
                raise refused from error
            raise

    return run
