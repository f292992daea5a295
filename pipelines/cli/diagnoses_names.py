"""What `fapiao doctor` looks at of names in the settings: what they name must be there."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from pipelines.cli.diagnosis import Diagnosis
from pipelines.model import CAUSES
from pipelines.settings import PREFIX, Settings

KINDS = (
    *("file", "source", "pull", "rule", "drill", "channel", "crash", "job", "maintenance", "watch", "deadman"),
    *("finding", "overdue", "resolved"),
)
"""What a route or an owner may name beside the causes of findings: the first word of an alert's key."""
OTHER_VARIABLES = frozenset({"COPY_KEY", "SNAPSHOT_SIGNING_KEY", "SNAPSHOT_PUBLIC_KEYS", "MASK_KEY", "KNOWN_HOSTS"})
"""Variables that are no settings, for they hold secrets or places of secrets."""


def diagnose_names(settings: Settings) -> Iterator[Diagnosis]:
    """Nothing where every name is known."""
    known = {
        "sources": {source.id for source in settings.sources}
        | ({settings.verification.id} if settings.verification else set()),
        "taxpayers": {taxpayer.id for taxpayer in settings.taxpayers},
        "causes": {*CAUSES, *KINDS},
    }
    groups: dict[str, Iterable[BaseModel]] = {
        "owners": settings.owners,
        "alert_routes": settings.alert_routes,
        "maintenance": settings.maintenance,
    }
    for group, entries in groups.items():
        for number, entry in enumerate(entries, start=1):
            yield from _find_unknown(f"{group} {getattr(entry, 'name', number)}", entry, known)
    yield from _diagnose_variables(settings)


def _find_unknown(subject: str, entry: BaseModel, known: dict[str, set[str]]) -> Iterator[Diagnosis]:
    for key, names in known.items():
        unknown = sorted(set(getattr(entry, key, ())) - names)
        if unknown:
            detail = f"{key} 中没有这些 names what is not there: {', '.join(unknown)}"
            yield Diagnosis(f"设置 settings {subject}", "fail", detail, _advise(unknown[0], names))


def _advise(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"是否为 did you mean {near[0]}" if near else "改正 fapiao.toml | correct fapiao.toml"


def _diagnose_variables(settings: Settings) -> Iterator[Diagnosis]:
    """A variable that is almost a setting is one that was mistyped; any other may be of somebody else."""
    allowed = {f"{PREFIX}{name}".upper() for name in (*Settings.model_fields, *OTHER_VARIABLES)}
    named = set(list_variables(settings.model_dump()))
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in allowed and name not in named:
            near = difflib.get_close_matches(name.upper(), sorted(allowed), n=1, cutoff=0.85)
            detail = f"{name}：没有这个设置，不起作用 | no setting of that name: it does nothing"
            advice = f"是否为 did you mean {near[0]}" if near else "不用就去掉 | unset it if nothing else needs it"
            yield Diagnosis("环境变量 environment", "fail" if near else "warn", detail, advice)


def list_variables(values: Any) -> Iterator[str]:
    """Every environment variable that settings, or a part of them, name, however deep: such fields end in `_env`."""
    if isinstance(values, dict):
        for name, value in values.items():
            if name.endswith("_env") and isinstance(value, str):
                yield value
            else:
                yield from list_variables(value)
    elif isinstance(values, list):
        for value in values:
            yield from list_variables(value)
