"""The pictures of docs/tour.md can be taken again, from the tour's own data and the page as it is now."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.browser.chromium import find_chromium
from tests.browser.tour_pictures import PICTURES, WIDTH, take_pictures


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
def test_every_picture_is_taken_and_shows_more_than_a_blank(tmp_path: Path) -> None:
    taken = take_pictures(tmp_path)
    assert [path.stem for path in taken] == list(PICTURES)
    for path in taken:
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert width > WIDTH - 50, path
        assert height > 150, path
        assert path.stat().st_size > 10_000, path
