"""How old the last good restore drill is, and whether that is too old."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pipelines.errors import IntegrityError
from pipelines.night import Night
from pipelines.reports.shapes import DrillRow
from pipelines.settings import Settings
from pipelines.snapshots.drill import age_of_last_good
from pipelines.snapshots.manifest import list_manifest_ids


def read_drill(settings: Settings, night: Night) -> DrillRow:
    """State of the drills as of the night; without any, only a snapshot older than the setting makes one overdue.

    A note that cannot be read makes it overdue: nobody can tell then.
    """
    most = settings.drill_max_age_days
    try:
        age = age_of_last_good(settings, night.as_of)
    except IntegrityError as error:
        return DrillRow(None, most, is_overdue=True, problem=f"{Path(error.where or '').name}: {error.found}")
    waited = age if age is not None else _age_of_oldest_snapshot(settings, night)
    is_overdue = waited is not None and waited > timedelta(days=most)
    return DrillRow(None if age is None else max(age.days, 0), most, is_overdue, problem=None)


def _age_of_oldest_snapshot(settings: Settings, night: Night) -> timedelta | None:
    """Snapshots are named after their night, so none needs to be read."""
    oldest = next(iter(list_manifest_ids(settings)), None)
    return night.as_of - datetime.strptime(oldest.rpartition("-")[0], "%Y%m%dT%H%M%S") if oldest else None
