"""One Chromium for the tests of this folder; without one they are skipped and say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Page, find_chromium, open_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: install chromium, or name one in FAPIAO_CHROMIUM")
    with open_browser(tmp_path_factory.mktemp("profile")) as page:
        yield page
