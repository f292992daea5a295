"""What an API was asked, what it gave, and what the route says of it in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.night import Night
from pipelines.pull.api_faults import ApiError
from pipelines.pull.api_listing import Listed
from pipelines.pull.route import Pulled, State, Window
from pipelines.pull.words import say
from pipelines.routes import ApiListing
from pipelines.sources.reasons import Message


@dataclass(frozen=True)
class Question:
    """One listing to ask for, both days included; `covers`: its days are days of issue, every one asked for whole."""

    name: str
    listing: ApiListing
    first: date
    last: date
    covers: bool


@dataclass(frozen=True)
class Given:
    """What a question gave; `file` is None where nothing is written."""

    question: Question
    listed: Listed
    file: str | None
    is_new: bool


def sum_up(given: list[Given], window: Window, night: Night, fault: ApiError | None = None) -> Pulled:
    """Files, rows and state of the route; `fault` ended the asking before its last question."""
    files = tuple(one.file for one in given if one.file)
    rows = sum(one.listed.rows for one in given)
    stated = [one.listed.declared for one in given if one.listed.declared is not None]
    state = _state_of(given, fault)
    watermark = night.as_of if state in {"pulled", "unchanged"} else None
    declared, said = sum(stated) if stated else None, _say(given, window, state, fault)
    is_own_fault = fault is not None and fault.kind == "no_secret"
    return Pulled(state, files, rows, declared, watermark, said, fault is not None, is_own_fault)


def _state_of(given: list[Given], fault: ApiError | None) -> State:
    if fault and fault.kind == "maintenance":
        return "maintenance"
    if fault:
        return "incomplete" if any(one.file for one in given) else "failed"
    if not all(one.listed.is_whole for one in given):
        return "incomplete"
    if not any(one.listed.rows for one in given):
        return "empty"
    return "pulled" if any(one.is_new for one in given) else "unchanged"


def _say_incomplete(given: Given) -> Message:
    listed, name = given.listed, given.question.name
    if listed.declared == listed.rows and listed.wrong_money:
        field, (declared, found) = next(iter(listed.wrong_money.items()))
        return say("api", "wrong_money", name=name, field=field, declared=f"{declared:,}", found=f"{found:,}")
    if listed.declared is None:
        return say("api", "no_total", name=name, rows=listed.rows)
    return say("api", "wrong_total", name=name, declared=listed.declared, rows=listed.rows)


def _say(given: list[Given], window: Window, state: State, fault: ApiError | None) -> Message | None:
    said = [_say_incomplete(one) for one in given if not one.listed.is_whole]
    if fault:
        said.append(fault.sentence)
    elif state == "empty":
        said.append(say("api", "empty", first=window.first, last=window.last))
    if not said:
        return None
    return Message("".join(f"{one.zh}。" for one in said), " ".join(f"{one.en}." for one in said))
