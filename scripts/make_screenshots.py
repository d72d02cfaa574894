# ruff: noqa: INP001 - a script, not a package
"""Make the pictures of docs/ anew: maps of the sample, and of Liechtenstein where its data are, as readers see them.

Usage: ``FRINGE_DATA=… python scripts/make_screenshots.py``. Needs Chromium with a Chinese font, playwright, and
pdftoppm (Debian's poppler-utils) for the printed sheets; run by hand only.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

import fringe as fr

DOCS = Path(__file__).parent.parent / "docs"
DESKTOP, PHONE = (1366, 768), (390, 844)
_COLOURS = 256
_NAMES = ("chromium", "google-chrome", "msedge")


def put(picture: bytes, name: str) -> None:
    """Write a picture in its most frequent colours, the others as the nearest of them: small, and its inks exact."""
    with Image.open(io.BytesIO(picture)) as image:
        full = image.convert("RGB")
    counted = sorted(full.getcolors(full.width * full.height) or (), reverse=True)[:_COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted for part in colour])
    full.quantize(palette=palette, dither=Image.Dither.NONE).save(DOCS / name, optimize=True)


@contextmanager
def browser() -> Iterator[Callable[..., None]]:
    """Yield a function that takes a picture of a page."""
    path = next(found for name in _NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])

        def take(
            page: Path,
            name: str,
            size: tuple[int, int] = DESKTOP,
            act: Callable[[Any], None] | None = None,
            **rest: Any,
        ) -> None:
            window = {"width": size[0], "height": size[1]}
            context = started.new_context(viewport=window, offline=True, **rest)
            shown = context.new_page()
            shown.goto(page.as_uri())
            shown.wait_for_selector("html[data-painted]", state="attached")
            if act:
                act(shown)
            shown.evaluate("fringe.settled()")
            shown.wait_for_timeout(300)
            put(shown.screenshot(), name)
            context.close()

        yield take
        started.close()


def printed(sheet: fr.Map, name: str, folder: Path) -> None:
    """Make a picture of the sheet of paper."""
    sheet.to_pdf(folder / "sheet.pdf")
    command = ["pdftoppm", "-r", "110", "-png", "-singlefile", folder / "sheet.pdf", folder / "sheet"]
    subprocess.run(command, check=True)  # noqa: S603
    put((folder / "sheet.png").read_bytes(), name)


def ask(shown: Any) -> None:
    """Open the popup of a zone near the middle."""
    spot = shown.evaluate("fringe.spot('layer-0', fringe.layers[0].n >> 1)")
    shown.mouse.click(spot["x"], spot["y"] + shown.evaluate("fringe.map.getContainer().getBoundingClientRect().top"))
    shown.wait_for_selector(".fringe-popup")


def main() -> None:
    """Make all pictures there are data for."""
    study = fr.Study.open(fr.sample())
    sheet = study.map(lang="zh")
    with tempfile.TemporaryDirectory() as made, browser() as take:
        folder = Path(made)
        page = sheet.save(folder / "map.html")
        take(page, "map-desktop.png")
        take(page, "map-popup.png", act=ask)
        take(page, "map-phone.png", PHONE)
        take(page, "map-dark.png", color_scheme="dark")
        printed(sheet, "map-print.png", folder)
        take(study.map(every="W", lang="zh").save(folder / "season.html"), "map-season.png")
        take(study.map(before="2020-01-31", lang="zh").save(folder / "winter.html"), "map-swipe.png")
        data = os.environ.get("FRINGE_DATA")
        if not data:
            return
        layers = fr.read_osm(Path(data, "liechtenstein", "liechtenstein-2015.osm.pbf"))
        title, source = "Liechtenstein, green areas 2015", "© OpenStreetMap contributors"
        country = fr.Study.from_layers(layers, title=title, attribution=source).map(lang="en")
        page = country.save(folder / "country.html")
        take(page, "liechtenstein-desktop.png")
        take(page, "liechtenstein-phone.png", PHONE)
        take(page, "liechtenstein-dark.png", color_scheme="dark")
        printed(country, "liechtenstein-print.png", folder)


if __name__ == "__main__":
    main()
