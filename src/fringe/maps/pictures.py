"""Maps as PDF sheets and PNG pictures, made by a Chromium, Chrome or Edge that is on the machine.

The browser opens the map's own page without a window and without touching anybody's profile, waits until all is
painted, and prints it or takes its picture: paper, picture and screen show the same.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from fringe.errors import MapError
from fringe.maps import offline
from fringe.maps.devtools import Session, session
from fringe.model.problem import Problem

Paper = Literal["A4", "A3"]
BROWSER = "FRINGE_BROWSER"
"""The environment variable that names the browser to use."""

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "chrome",
    "browser",  # of UOS and deepin
    "qaxbrowser-safe-stable",
    "brave-browser",
)
_WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "Chromium/Application/chrome.exe",
)
_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Chromium.app/Contents/MacOS/Chromium",
)
_TIMEOUT_S = 120.0
_MOST_PX = 16_384
_PAINTED = "Boolean(document.documentElement && document.documentElement.hasAttribute('data-painted'))"
# What only a hand on the mouse needs is left out of pictures, and a long legend shrinks as on paper.
_STILL = """(async () => {
  document.documentElement.classList.add("fringe-still");
  const legend = document.querySelector(".fringe-panel-body");
  if (legend.scrollHeight > legend.clientHeight) legend.style.zoom = legend.clientHeight / legend.scrollHeight;
  fringe.redraw();
  await fringe.settled();
})()"""


def find_browser() -> str:
    """Return the browser: the one named by `FRINGE_BROWSER`, else the first that is found.

    Raises
    ------
    MapError
        If there is none, or the one named is not there.
    """
    named = os.environ.get(BROWSER)
    if named:
        found = shutil.which(named)
        if found is None:
            raise MapError(Problem("map_browser_named", "map", params={"variable": BROWSER, "value": named}))
        return found
    places = [shutil.which(name) for name in _NAMES]
    if sys.platform == "win32":
        roots = [os.environ[root] for root in _WINDOWS_ROOTS if os.environ.get(root)]
        places += [shutil.which(str(Path(root, name))) for name in _WINDOWS for root in roots]
    elif sys.platform == "darwin":
        places += [shutil.which(str(Path("/Applications", name))) for name in _MAC]
    for place in places:
        if place:
            return place
    raise MapError(Problem("map_no_browser", "map", params={"variable": BROWSER}))


def check_paper(size: str) -> None:
    """Refuse a size of paper that there is no layout for."""
    if size not in get_args(Paper):
        params = {"option": "size", "value": size, "allowed": ", ".join(get_args(Paper))}
        raise MapError(Problem("map_option_unknown", "map", params=params))


def print_pdf(page: str, path: Path, size: Paper) -> Path:
    """Write a page as it prints, on paper of a size, which its style names too, and return the path."""

    def act(shown: Session, url: str) -> str:
        # Wide, so that nothing is laid out as for a phone.
        _open(shown, url, (1400, 990), 1.0)
        # Paper waits for nothing that is still on its way.
        shown.evaluate("fringe.settled()")
        printed = shown.call(
            "Page.printToPDF", preferCSSPageSize=True, printBackground=True, scale=offline.PRINT_SCALE.get(size, 1.0)
        )
        return str(printed["data"])

    return _write(page, path, act)


def take_picture(page: str, path: Path, *, width: int, height: int, scale: float) -> Path:
    """Write a picture of a page's first view and return the path.

    Parameters
    ----------
    page
        The map's page.
    path
        Of the PNG.
    width, height
        Of the window, in CSS pixels.
    scale
        Pixels of the picture per CSS pixel.

    Raises
    ------
    MapError
        If the picture would be empty or greater than browsers can make, or there is no browser.
    """
    if not (1 <= width * scale <= _MOST_PX and 1 <= height * scale <= _MOST_PX):
        value = f"{width} × {height} × {scale:g}"
        raise MapError(Problem("map_picture_size", "map", params={"value": value, "most": _MOST_PX}))

    def act(shown: Session, url: str) -> str:
        _open(shown, url, (width, height), scale)
        shown.evaluate(_STILL)
        return str(shown.call("Page.captureScreenshot", format="png")["data"])

    return _write(page, path, act)


def _open(shown: Session, url: str, window: tuple[int, int], scale: float) -> None:
    metrics = {"width": window[0], "height": window[1], "deviceScaleFactor": scale, "mobile": False}
    shown.call("Emulation.setDeviceMetricsOverride", **metrics)
    shown.call("Page.navigate", url=url)
    shown.wait_for(_PAINTED)


def _write(page: str, path: Path, act: Callable[[Session, str], str]) -> Path:
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="fringe-", ignore_cleanup_errors=True) as folder:
        file = offline.write_page(page, Path(folder, "map.html"))
        with session(browser, timeout_s=_TIMEOUT_S) as shown:
            made = base64.b64decode(act(shown, file.as_uri()))
    return offline.write_file(made, path)
