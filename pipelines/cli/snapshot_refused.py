"""Commands on snapshots whose disk may refuse to write."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from pipelines.errors import FapiaoError
from pipelines.refused import explain_refusal

P = ParamSpec("P")


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
