"""Embedded basemaps in a browser without a network: where they lie, what shows through, legend, paper, comparisons."""

from __future__ import annotations

import io
import shutil
import subprocess

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely import box
from tests.io import archives
from tests.io.test_tiles import vectors
from tests.maps import quadrants
from tests.maps.conftest import PHONE

from fringe.maps import Map

pytestmark = pytest.mark.browser

# Where the corner of the four squares is on the screen.
MIDDLE = """([lat, lon]) => {
  const frame = fringe.map.getContainer().getBoundingClientRect(), at = fringe.map.latLngToContainerPoint([lat, lon]);
  return [frame.left + at.x, frame.top + at.y];
}"""
FRAME = """() => {
  const box = document.querySelector('.fringe-main').getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}"""
DRAWN = """async () => {
  await fringe.settled();
  await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""


def degrees():
    at = gpd.GeoSeries.from_xy([quadrants.EAST], [quadrants.NORTH], crs=quadrants.CRS).to_crs("EPSG:4326")[0]
    return [at.y, at.x]


def shot(found):
    found.run(DRAWN)
    with Image.open(io.BytesIO(found.page.screenshot())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def near(pixels, colour, most=14):
    return np.abs(pixels - np.array(colour)).max(axis=-1) <= most


def corner_of(pixels, at, reach=60):
    """Where the four colours around a place of the screen meet, and the place itself, in pixels."""
    x, y = (round(part) for part in at)
    part = pixels[y - reach : y + reach, x - reach : x + reach]
    apart = np.abs(part[:, :, None] - np.array(quadrants.COLOURS)).sum(axis=3)
    nearest = apart.argmin(axis=2)
    row, col = (nearest[:, :20] == 0).sum(axis=0).mean(), (nearest[:20] == 0).sum(axis=1).mean()
    assert set(nearest.ravel()) == {0, 1, 2, 3}
    return x - reach + col, y - reach + row


def bare(**title):
    """Two small squares far from where the colours meet, so that the picture alone is seen there."""
    east, north, reach = quadrants.EAST, quadrants.NORTH, quadrants.SIDE_M
    shapes = [box(east + x - 10, north + x - 10, east + x + 10, north + x + 10) for x in (-reach, reach)]
    marks = gpd.GeoDataFrame(geometry=shapes, crs=quadrants.CRS, index=pd.Index(["a", "b"], name="mark"))
    return Map("Four colours", lang="en", **title).draw(marks, name="Marks")


@pytest.mark.parametrize("kind", ["picture", "png", "webp", "wide"])
@pytest.mark.parametrize("scale", [1, 2])
def test_pictures_lie_where_they_belong_to_a_pixel(opened, tmp_path, kind, scale):
    if kind == "picture":
        source = quadrants.geotiff(tmp_path / "a.tif")
    else:
        side = 512 if kind == "wide" else 256
        form = "WEBP" if kind == "webp" else "PNG"
        source = archives.pmtiles(tmp_path / "a.pmtiles", quadrants.tiles(form=form, side=side), form.lower())
    path = bare().basemap(source).save(tmp_path / "a.html")
    with opened(path, scale=scale) as found:
        for zoom in (None, 13.25, 15, 16.75):
            if zoom is not None:
                found.run("([at, zoom]) => fringe.map.setView(at, zoom, {animate: false})", [degrees(), zoom])
            at = found.run(MIDDLE, degrees())
            x, y = corner_of(shot(found), [part * scale for part in at])
            # A pixel of the picture where it is coarser than the screen's.
            metres = found.run(
                "() => 40075016 / 256 / Math.pow(2, fringe.map.getZoom()) * Math.cos(34.68 * Math.PI / 180)"
            )
            own = 10 if kind == "picture" else 40075016 / 256 / 2**14 * 0.82
            most = scale * max(1.0, 0.6 * own / metres)
            assert abs(x - at[0] * scale) <= most, (zoom, x, at)
            assert abs(y - at[1] * scale) <= most, (zoom, y, at)
        assert found.requests == []
        assert found.complaints == []


def test_tiles_leave_no_gaps_between_them_at_any_zoom(opened, tmp_path):
    tiles = quadrants.tiles(range(10, 15))
    plain = io.BytesIO()
    Image.new("RGB", (256, 256), (90, 140, 90)).save(plain, "PNG")
    source = archives.mbtiles(tmp_path / "a.mbtiles", dict.fromkeys(tiles, plain.getvalue()), "png")
    path = bare().basemap(source).save(tmp_path / "a.html")
    with opened(path) as found:
        for zoom in (13.5, 14.25, 16.75, 18):
            found.run("([at, zoom]) => fringe.map.setView(at, zoom, {animate: false})", [degrees(), zoom])
            x, y = (round(part) for part in found.run(MIDDLE, degrees()))
            part = shot(found)[y - 60 : y + 60, x - 60 : x + 60]
            inked = ~near(part, (90, 140, 90), 3)
            assert not inked.any(), zoom


def test_areas_let_a_basemap_show_through_and_the_legend_agrees(opened, tmp_path):
    black = quadrants.geotiff(tmp_path / "a.tif", np.full((3, 400, 400), 8, dtype=np.uint8))
    path = Map("A", lang="en").shade(quadrants.squares(), "covered_share", label=False).basemap(black, name="Night")
    with opened(path.save(tmp_path / "a.html")) as found:
        at = found.run(MIDDLE, degrees())
        inside = round(at[1]) - 40, round(at[0]) - 40
        swatch = "() => [...document.querySelector('.fringe-swatch').getContext('2d').getImageData(45, 24, 1, 1).data]"
        fill = found.run("() => fringe.layers[0].symbols[0].fill")
        fill = np.array([int(fill[n : n + 2], 16) for n in (1, 3, 5)])
        veil = found.run("() => fringe.layers[0].veil")
        seen = shot(found)[inside]
        assert 0.5 < veil < 0.8
        assert np.abs(seen - (veil * fill + (1 - veil) * 8)).max() <= 3
        assert abs(found.run(swatch)[3] - 255 * veil) <= 2
        found.page.get_by_label("Night").uncheck()
        assert np.abs(shot(found)[inside] - fill).max() <= 1
        assert found.run(swatch)[3] == 255
        found.page.get_by_label("Night").check()
        assert np.abs(shot(found)[inside] - seen).max() <= 1


def test_opacity_is_respected_and_hidden_basemaps_wait(opened, tmp_path):
    source = quadrants.geotiff(tmp_path / "a.tif")
    path = bare().basemap(source, name="Photo", opacity=0.5, show=False).save(tmp_path / "a.html")
    with opened(path) as found:
        at = found.run(MIDDLE, degrees())
        spot = round(at[1]) - 20, round(at[0]) - 20
        paper = shot(found)[spot]
        found.page.get_by_label("Photo").check()
        assert np.abs(shot(found)[spot] - (paper + np.array(quadrants.COLOURS[0])) / 2).max() <= 4


def test_damaged_tiles_are_gaps_and_coarser_ones_fill_in(opened, tmp_path):
    tiles = quadrants.tiles(range(10, 15))
    x, y = archives.place(14, quadrants.middle())
    del tiles[14, x, y]
    tiles[14, x + 1, y] = tiles[14, x + 1, y][:40]
    path = bare().basemap(archives.mbtiles(tmp_path / "a.mbtiles", tiles, "png")).save(tmp_path / "a.html")
    with opened(path) as found:
        found.run("([at, zoom]) => fringe.map.setView(at, zoom, {animate: false})", [degrees(), 15])
        at = found.run(MIDDLE, degrees())
        corner = corner_of(shot(found), at)
        assert np.abs(np.array(corner) - at).max() < 4
        assert found.complaints == []


@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_each_state_of_a_comparison_has_its_own_picture(opened, tmp_path, mode):
    red, blue = (np.zeros((3, 300, 300), dtype=np.uint8) for _ in range(2))
    red[0], blue[2] = 200, 200
    files = [quadrants.geotiff(tmp_path / f"{n}.tif", colour) for n, colour in enumerate((red, blue))]
    one, two = (bare().basemap(file, name=f"State {n}") for n, file in enumerate(files))
    path = Map("A", lang="en").compare(one, two, mode=mode).save(tmp_path / "a.html")
    with opened(path) as found:
        pixels = shot(found)
        main = found.run(FRAME)
        row = round(main[1] + main[3] / 2)
        left, right = (round(main[0] + main[2] * share) for share in (0.35, 0.65))
        assert near(pixels[row - 30 : row + 30, left - 30 : left + 30], (200, 0, 0)).mean() > 0.5
        assert near(pixels[row - 30 : row + 30, right - 30 : right + 30], (0, 0, 200)).mean() > 0.5
        assert found.complaints == []
        grounds = found.page.locator(".fringe-ground .fringe-layer-name").all_inner_texts()
        assert [name[:7] for name in grounds] == ["State 1", "State 0"]


@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_a_comparison_over_an_archive_has_it_on_both_sides_or_on_one(opened, tmp_path, mode):
    files = []
    for number, colour in enumerate(((200, 0, 0), (0, 0, 200))):
        held = io.BytesIO()
        Image.new("RGB", (512, 512), colour).save(held, "PNG")
        tiles = dict.fromkeys(quadrants.tiles(range(10, 15)), held.getvalue())
        files.append(archives.mbtiles(tmp_path / f"{number}.mbtiles", tiles, "png"))
    one, two = (bare().basemap(file, name=f"State {n}") for n, file in enumerate(files))
    for sheets, colours, names in (
        ((one, two), ((200, 0, 0), (0, 0, 200)), ["State 1", "State 0"]),
        ((one, one), ((200, 0, 0), (200, 0, 0)), ["State 0"]),
    ):
        path = Map("A", lang="en").compare(*sheets, mode=mode).save(tmp_path / "a.html")
        with opened(path) as found:
            pixels = shot(found)
            left, top, width, height = found.run(FRAME)
            row = round(top + height / 2)
            for share, colour in zip((0.35, 0.65), colours, strict=True):
                col = round(left + width * share)
                assert near(pixels[row - 30 : row + 30, col - 30 : col + 30], colour).mean() > 0.5
            assert found.complaints == []
            grounds = found.page.locator(".fringe-ground .fringe-layer-name").all_inner_texts()
            assert [name[:7] for name in grounds] == names


def test_paper_holds_the_picture_under_the_features(tmp_path):
    if not shutil.which("pdftoppm"):
        pytest.skip("pdftoppm is not installed")
    source = quadrants.geotiff(tmp_path / "a.tif")
    bare().basemap(source).to_pdf(tmp_path / "a.pdf")
    subprocess.run(["pdftoppm", "-r", "60", "-png", "-singlefile", tmp_path / "a.pdf", tmp_path / "sheet"], check=True)
    with Image.open(tmp_path / "sheet.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    for colour in quadrants.COLOURS:
        assert near(pixels, colour, 20).mean() > 0.1


def test_pictures_of_a_map_hold_its_basemap(tmp_path):
    source = archives.mbtiles(tmp_path / "a.mbtiles", quadrants.tiles(), "png")
    bare().basemap(source).to_png(tmp_path / "a.png", width=900, height=600)
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    for colour in quadrants.COLOURS:
        assert near(pixels, colour).mean() > 0.1


def test_a_phone_has_the_picture_and_its_switch(opened, tmp_path):
    path = bare().basemap(quadrants.geotiff(tmp_path / "a.tif"), name="Photo").save(tmp_path / "a.html")
    with opened(path, PHONE) as found:
        assert near(shot(found), quadrants.COLOURS[0]).mean() > 0.1
        found.page.click(".fringe-open")
        found.page.get_by_label("Photo").uncheck()
        assert found.run("() => fringe.basemaps[0].visible") is False


def test_vector_tiles_lie_below_everything_and_can_be_switched_off(opened, tmp_path):
    at = gpd.GeoSeries.from_xy([quadrants.EAST], [quadrants.NORTH], crs=quadrants.CRS).to_crs("EPSG:3857")[0]
    layers = {
        "water": [(at.buffer(3000), {"kind": "lake"})],
        "roads": [(at.buffer(900).exterior, {"kind": "major_road"})],
    }
    source = vectors(tmp_path / "a.pmtiles", layers)
    sheet = Map("A", lang="en").shade(quadrants.squares(), "covered_share").basemap(source, name="Osm")
    with opened(sheet.save(tmp_path / "a.html")) as found:
        assert found.run("() => fringe.layers.filter(layer => layer.base).map(layer => layer.name)") == [
            "Water",
            "Roads",
        ]
        assert found.run("() => fringe.layers[0].veil") < 1
        water = near(shot(found), (0xCA, 0xDF, 0xE8), 2).mean()
        assert water > 0.1
        for name in ("Water", "Roads"):
            found.page.get_by_role("checkbox", name=name).uncheck()
        assert near(shot(found), (0xCA, 0xDF, 0xE8), 2).mean() < water / 50
        assert found.run("() => fringe.layers[0].veil") == 1
        assert found.complaints == []
