"""PDF sheets and PNG pictures by a browser that is on the machine, and what is said when there is none."""

from __future__ import annotations

import os
import re
import stat
import struct
import sys
import zlib

import geopandas as gpd
import numpy as np
import pytest
from shapely import box
from tests.maps.conftest import _chromium

from fringe.errors import MapError
from fringe.maps import Map
from fringe.maps.pictures import BROWSER, find_browser

POINTS_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def _browser_there():
    _chromium()


def two_zones(**title):
    zones = gpd.GeoDataFrame(
        {"covered_share": [0.1, 0.9]},
        index=["a", "b"],
        geometry=[box(0, 0, 0.02, 0.02), box(0.02, 0, 0.04, 0.02)],
        crs="EPSG:4326",
    ).rename_axis("zone")
    return Map("Two", lang="en", **title).shade(zones, "covered_share", label=False)


def pixels(path):
    """Read a PNG by the standard: eight bits, not interlaced."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunk)
        body += chunk if kind == b"IDAT" else b""
        at += size + 12
    assert (depth, interlaced) == (8, 0)
    n = {2: 3, 6: 4}[colour]
    raw = np.frombuffer(zlib.decompress(body), dtype=np.uint8).reshape(height, 1 + width * n)
    found = np.zeros((height, width, n), dtype=np.int64)
    above = np.zeros((width, n), dtype=np.int64)
    for y in range(height):
        line = raw[y, 1:].reshape(width, n).astype(np.int64)
        above = found[y] = _unfiltered(int(raw[y, 0]), line, above)
    return found[:, :, :3]


def _unfiltered(kind, line, above):
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, axis=0) % 256
    if kind == 2:
        return (line + above) % 256
    found, left = np.zeros_like(line), np.zeros(line.shape[1], dtype=np.int64)
    corner = left
    for x in range(len(line)):
        up = above[x]
        if kind == 3:
            guess = (left + up) // 2
        else:
            p = left + up - corner
            a, b, c = abs(p - left), abs(p - up), abs(p - corner)
            guess = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
        found[x] = left = (line[x] + guess) % 256
        corner = up
    return found


@pytest.mark.browser
@pytest.mark.usefixtures("_browser_there")
@pytest.mark.parametrize(("size", "paper_mm"), [("A4", (297, 210)), ("A3", (420, 297))])
def test_a_sheet_is_one_page_of_its_paper(town, tmp_path, size, paper_mm):
    path = tmp_path / f"{size}.pdf"
    assert town.sheet("zh", attribution="© OpenStreetMap contributors").to_pdf(path, size=size) == path
    data = path.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1
    box_pt = [float(edge) for edge in re.search(rb"/MediaBox\s*\[([^\]]+)\]", data)[1].split()]
    assert box_pt[2:] == pytest.approx([edge * POINTS_PER_MM for edge in paper_mm], abs=1)
    # Words stay words that can be searched for.
    assert b"/ToUnicode" in data


@pytest.mark.browser
@pytest.mark.usefixtures("_browser_there")
def test_a_picture_has_the_size_and_colours_asked_for(tmp_path):
    sheet = two_zones()
    found = pixels(sheet.to_png(tmp_path / "two.png", width=900, height=600, scale=1.5))
    assert found.shape[:2] == (900, 1350)
    fills = [symbol["fill"] for symbol in sheet.document()["layers"][0]["symbols"]]
    # The first and the last class of five, and nothing of those between, but in the legend.
    body = found[100:, :970].reshape(-1, 3)
    inks, counts = np.unique(body @ [65536, 256, 1], return_counts=True)
    area = dict(zip(inks.tolist(), counts.tolist(), strict=True))
    first, last = (area.get(int(fills[n][1:], 16), 0) for n in (0, 4))
    assert min(first, last) > 50_000
    assert abs(first - last) / first < 0.05
    assert all(int(fills[n][1:], 16) not in area for n in (1, 2, 3))


@pytest.mark.browser
@pytest.mark.usefixtures("_browser_there")
def test_a_picture_leaves_the_file_there_if_it_cannot_be_made(tmp_path, monkeypatch):
    path = tmp_path / "two.png"
    path.write_bytes(b"before")
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(BROWSER, str(broken))
    with pytest.raises(MapError, match="no display"):
        two_zones().to_png(path)
    assert path.read_bytes() == b"before"


def test_without_a_browser_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(BROWSER, raising=False)
    for root in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.setenv(root, str(tmp_path))
    monkeypatch.setattr("fringe.maps.pictures._MAC", ())
    with pytest.raises(MapError) as caught:
        two_zones().to_pdf(tmp_path / "a.pdf")
    for lang in ("zh", "en"):
        assert BROWSER in caught.value.render(lang)
        assert "to_static" in caught.value.render(lang)


def test_browsers_of_windows_are_found_where_they_are_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(BROWSER, raising=False)
    program = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("fringe.maps.pictures.shutil.which", lambda name: name if os.path.exists(name) else None)  # noqa: PTH110
    for root in ("PROGRAMFILES", "LOCALAPPDATA"):
        monkeypatch.delenv(root, raising=False)
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    assert find_browser() == str(program)


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (lambda sheet, path: sheet.to_pdf(path, size="A0"), "A3"),
        (lambda sheet, path: sheet.to_png(path, width=0), "0 ×"),
        (lambda sheet, path: sheet.to_png(path, width=9000, scale=4), "16384"),
    ],
)
def test_odd_sizes_are_refused(tmp_path, act, part):
    with pytest.raises(MapError, match=part):
        act(two_zones(), tmp_path / "x")


def test_a_browser_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(BROWSER, str(tmp_path / "nowhere"))
    with pytest.raises(MapError, match="nowhere"):
        find_browser()
