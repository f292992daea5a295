"""A warehouse with many findings, made by SQL in a moment: every cause, many parties, two directions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipelines.model import CAUSES, FINDING_VERDICTS
from pipelines.night import Night
from pipelines.settings import Settings
from tests.unit.alert_warehouse import TAX_ID, fill_warehouse

STATEMENTS = Path(__file__).with_suffix(".sql")


def plant_crowd(settings: Settings, night: Night, count: int) -> None:
    """Two nights on record and `count` findings, one in a hundred of them new."""
    before = night.as_of - timedelta(days=1)
    causes = [cause for cause, verdict in CAUSES.items() if verdict in FINDING_VERDICTS]
    values = {
        "causes": causes,
        "verdicts": [str(CAUSES[cause]) for cause in causes],
        "count": count,
        "taxpayer": TAX_ID,
        "as_of": night.as_of,
        "night_id": night.night_id,
        "earlier": Night(before).night_id,
    }
    with fill_warehouse(settings, night) as house:
        house.night_row(as_of=before)
        house.night_row()
        for statement in house.con.extract_statements(STATEMENTS.read_text(encoding="utf-8")):
            house.con.execute(statement, {name: values[name] for name in statement.named_parameters})
