"""A headless browser without a network, which keeps what pages ask for and complain about."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.maps import probes
from tests.maps.district import District, district

DESKTOP, PHONE = (1366, 768), (390, 844)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
_HOW = "no Chromium found: apt-get install chromium fonts-noto-cjk"


@dataclass
class Opened:
    """A page, what it asked for beyond its own file, and what it complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def run(self, script: str, argument: object = None) -> Any:
        return self.page.evaluate(script, argument)

    def click(self, layer: str, row: int) -> str:
        """Click where a row lies on top and return the text of its popup."""
        self.page.wait_for_function("() => !(fringe.map._panAnim && fringe.map._panAnim._inProgress)")
        spot = self.run("([layer, row]) => fringe.spot(layer, row)", [layer, row])
        assert spot, f"row {row} of {layer} cannot be reached"
        frame = self.run(
            "() => { const r = fringe.map.getContainer().getBoundingClientRect(); return [r.left, r.top]; }"
        )
        self.page.mouse.click(spot["x"] + frame[0], spot["y"] + frame[1])
        self.page.wait_for_selector(".fringe-popup")
        return self.page.inner_text(".fringe-popup")

    def cells(self) -> dict[str, str]:
        """Return the open popup's figures by column."""
        return self.run(probes.CELLS)


def _chromium() -> str:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if not found:
        if os.environ.get("CI"):
            pytest.fail(_HOW)
        pytest.skip(_HOW)
    return found


@pytest.fixture(scope="session")
def browser():
    path = _chromium()
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """Open a file at a size and wait for its first whole picture."""

    @contextmanager
    def open_file(path: Path, size: tuple[int, int] = DESKTOP, *, scale: int = 1, **options: Any):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale, offline=True, **options
        )
        page = context.new_page()
        found = Opened(page)
        own = path.as_uri()
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((own, "data:", "blob:")) else found.requests.append(asked.url),
        )
        page.on(
            "console", lambda said: found.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.goto(own)
        page.wait_for_selector("html[data-painted]", state="attached", timeout=20_000)
        try:
            yield found
        finally:
            context.close()

    return open_file


@pytest.fixture(scope="session")
def town() -> District:
    return district()


@pytest.fixture(scope="session", params=["zh", "en"])
def saved(request, town, tmp_path_factory) -> Path:
    """The district's map on disk, in both languages."""
    folder = tmp_path_factory.mktemp("maps")
    return town.sheet(request.param, attribution="© OpenStreetMap contributors", organisation="指挥部 Office").save(
        folder / f"{request.param}.html"
    )


@pytest.fixture(scope="session")
def chinese(town, tmp_path_factory) -> Path:
    """The district's map on disk in Chinese, for what does not depend on the language."""
    folder = tmp_path_factory.mktemp("chinese")
    return town.sheet("zh", attribution="© OpenStreetMap contributors", organisation="指挥部 Office").save(
        folder / "zh.html"
    )
