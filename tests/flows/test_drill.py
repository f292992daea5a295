"""The drill's flow: its final state follows what came of the drill."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.snapshots.drill import list_drills
from pipelines.snapshots.read import open_snapshot
from pipelines.snapshots.write import keep_night
from tests.unit.small_warehouse import FIRST, build_warehouse


@pytest.mark.usefixtures("prefect_server")
def test_a_good_drill_ends_well_and_a_bad_one_raises(data_root: Path) -> None:
    from flows.drill import DrillFailedError, drill  # noqa: PLC0415 - the environment comes first

    settings = Settings(data_root=data_root, threads=2)
    build_warehouse(settings)
    keep_night(settings, FIRST)
    assert drill(data_root=str(data_root)).is_good
    entry = open_snapshot(settings, "latest").files_of("recon__item")[0]
    (settings.snapshot_dir / entry["path"]).unlink()
    with pytest.raises(DrillFailedError, match="recon__item"):
        drill(data_root=str(data_root))
    assert [found.is_good for found in list_drills(settings)] == [True, False]
