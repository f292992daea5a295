"""Errors that a person can act on. Each class carries the exit code of the command that meets it.

Business outcomes (a missing invoice, a rejected row, a failed rule) are values and live in tables. An exception means
that the machinery, the configuration or the input as a whole cannot be used. It is caught once, in `pipelines.cli`.
"""

from __future__ import annotations

from pathlib import Path

EXIT_DONE = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_BAD_INPUT = 3
EXIT_UPSTREAM_UNAVAILABLE = 4
EXIT_INTEGRITY = 5


class FapiaoError(Exception):
    """A failure with a place, what was found, what was expected and what to do next.

    `found`, `expected` and `next_step` are optional; `where` names file, sheet, row and column as far as known.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(
        self,
        message: str,
        *,
        where: str | Path | None = None,
        found: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = str(where) if where is not None else None
        self.found = found
        self.expected = expected
        self.next_step = next_step

    def __str__(self) -> str:
        labelled = (
            ("where", self.where),
            ("found", self.found),
            ("expected", self.expected),
            ("next", self.next_step),
        )
        return "\n".join([self.message, *(f"  {label}: {text}" for label, text in labelled if text)])


class UsageError(FapiaoError):
    """The command or a setting is wrong."""

    exit_code = EXIT_USAGE


class BadInputError(FapiaoError):
    """An input cannot be read or lacks what is needed."""

    exit_code = EXIT_BAD_INPUT


class UpstreamUnavailableError(FapiaoError):
    """A source could not be reached or gave nothing."""

    exit_code = EXIT_UPSTREAM_UNAVAILABLE


class IntegrityError(FapiaoError):
    """Kept data is damaged, or counts and sums that must agree do not."""

    exit_code = EXIT_INTEGRITY
