"""The pictures of docs/tour.md: parts of the morning report on the tour's own data, taken in a Chromium.

`python -m tests.browser.tour_pictures [FOLDER]` writes them, into docs/pictures if no folder is named.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path

from pipelines.night import Night
from pipelines.reports.night_report import write_report
from tests.browser.chromium import Page, open_browser
from tests.conventions.pages import ROOT
from tests.spec.tables import AS_OF
from tests.unit.tour_world import make_tour

PICTURES = {
    "tour-summary": ("document.querySelector('.tiles')", ""),
    "tour-booked-twice": ("document.querySelector('#list .finding')", "booked_twice"),
    "tour-red-letter": ("document.querySelector('#list .finding')", "dead_invoice_booked"),
    "tour-lost-day": ("document.querySelector('#coverage')", ""),
}
"""Name to the element that is shown, and the cause that the list is narrowed to before."""

WIDTH = 900
EDGE = 8
LARGEST_BYTES = 120_000


def take_pictures(folder: Path) -> list[Path]:
    """Write every picture; their paths. AssertionError for one that is too large for a page of the documentation."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fapiao-tour-") as scratch:
        settings = make_tour(Path(scratch) / "data")
        report = write_report(settings, Night(AS_OF))
        with open_browser(Path(scratch) / "profile") as page:
            page.resize(WIDTH, 900)
            page.open(report)
            return [_take_one(page, folder / f"{name}.png", *shown) for name, shown in PICTURES.items()]


def _take_one(page: Page, path: Path, element: str, cause: str) -> Path:
    cause_field = "document.getElementById('cause')"
    page.run(f"{cause_field}.value = {json.dumps(cause)}; {cause_field}.dispatchEvent(new Event('input'))")
    page.run(f"{cause_field}.dispatchEvent(new Event('change'))")
    page.run("document.querySelectorAll('#list details').forEach((more) => { more.open = true; })")
    # What is out of sight is not drawn (content-visibility), so it is brought into sight before it is measured.
    page.run(f"{element}.scrollIntoView({{block: 'center'}})")
    page.wait_for(f"{element}.getBoundingClientRect().height > 40")
    page.run("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    box = page.run(
        f"(() => {{ const b = {element}.getBoundingClientRect();"
        " return [b.x + scrollX, b.y + scrollY, b.width, b.height]; })()"
    )
    clip = {"x": box[0] - EDGE, "y": box[1] - EDGE, "width": box[2] + 2 * EDGE, "height": box[3] + 2 * EDGE, "scale": 1}
    shot = page.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
    path.write_bytes(base64.b64decode(shot["data"]))
    assert path.stat().st_size <= LARGEST_BYTES, path
    return path


if __name__ == "__main__":
    for picture in take_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"):
        print(picture.name, picture.stat().st_size)
