"""Great Expectations' Data Docs, one folder a night, for the last nights.

A night has a site of its own, so that an older one is removed by removing a folder and never has to be built again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from pipelines.night import Night
from pipelines.settings import Settings

_SITE = "night"
_INDEX = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>检查结果 | Data Docs</title>
<h1>检查结果 | Data Docs</h1><ul>{links}</ul></html>
"""
_NIGHT_FOLDER = re.compile(r"\d{8}T\d{6}")


def write_data_docs(context: Any, settings: Settings, night: Night) -> Path:
    """Build the pages of the night that `context` judged, drop those of nights beyond the setting, list the rest.

    Returns `index.html` over all kept nights. Nothing but folders named like a night is ever removed.
    """
    root = settings.report_dir / "data_docs"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _build_site(context, root / night.night_id)
    _drop_old_nights(root, settings.data_docs_nights)
    return _write_index(root)


def _build_site(context: Any, folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    site = {
        "class_name": "SiteBuilder",
        "store_backend": store,
        "site_index_builder": index,
        "show_how_to_buttons": False,
    }
    context.add_data_docs_site(_SITE, site)
    context.build_data_docs(site_names=[_SITE])


def _kept_nights(root: Path) -> list[Path]:
    """Folders of nights, newest first."""
    nights = [path for path in root.iterdir() if path.is_dir() and _NIGHT_FOLDER.fullmatch(path.name)]
    return sorted(nights, key=lambda path: path.name, reverse=True)


def _drop_old_nights(root: Path, keep: int) -> None:
    for folder in _kept_nights(root)[keep:]:
        shutil.rmtree(folder)


def _write_index(root: Path) -> Path:
    links = "".join(f'<li><a href="{path.name}/index.html">{path.name}</a></li>' for path in _kept_nights(root))
    page = root / "index.html"
    page.write_text(_INDEX.format(links=links), encoding="utf-8")
    return page
