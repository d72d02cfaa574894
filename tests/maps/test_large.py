"""Large maps, deep zooms, old browsers and broken files."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point, box
from tests.maps import probes
from tests.maps.conftest import DESKTOP

from fringe.maps import Map
from fringe.maps.palette import contrast

pytestmark = pytest.mark.browser
PAYLOAD = re.compile(r'(id="fringe-layer-0-shapes">\d+ )([^<]+)')
EARTH_M = 2 * np.pi * 6_378_137
# Megabytes a page may weigh beyond its data.
MOST_OVERHEAD_MB = 0.3


def plots_of(shapes):
    return gpd.GeoDataFrame({"status": "kept"}, index=range(len(shapes)), geometry=shapes, crs="EPSG:4547").rename_axis(
        "plot"
    )


def test_a_page_weighs_little_beyond_its_data(tmp_path):
    path = Map("A", lang="zh").draw(plots_of([box(450_000, 3_840_000, 450_100, 3_840_100)])).save(tmp_path / "a.html")
    room = MOST_OVERHEAD_MB * 1e6 - path.stat().st_size
    print(f"{room:,.0f} bytes of room")  # noqa: T201 - what a change may add
    assert room > 0


def test_a_district_is_right_to_ten_centimetres(opened, tmp_path):
    """The page's vertices against the frame's, on the ground; a screen pixel at zoom 19 is 25 cm there."""
    rng = np.random.default_rng(3)
    places = np.array([450_000.0, 3_840_000.0]) + rng.uniform(0, 20_000, (300, 2))
    plots = plots_of([Point(place).buffer(rng.uniform(2, 80), quad_segs=3) for place in places])
    with opened(Map("A", lang="en").draw(plots).save(tmp_path / "a.html")) as shown:
        data = shown.run(
            "() => { const d = fringe.layers[0].data, xy = [];"
            "for (let row = 0; row < d.n; row++)"
            "for (let v = d.starts[d.paths[row]]; v < d.starts[d.paths[row + 1]]; v++)"
            "xy.push(fringe.vertex(d, row, v));"
            "return [d.bits, xy.map(p => p[0]), xy.map(p => p[1]), [...d.starts]]; }"
        )
        bits, x, y, starts = data[0], *(np.array(part) for part in data[1:])
        lonlat = np.stack(
            [x / 2**bits * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**bits))))], axis=1
        )
        found = gpd.GeoSeries(gpd.points_from_xy(*lonlat.T), crs="EPSG:4326").to_crs(plots.crs)
        rows = np.repeat(np.arange(len(plots)), np.diff(starts))
        rings = plots.geometry.to_numpy()[rows]
        vertices = shapely.get_coordinates(shapely.orient_polygons(plots.geometry.to_numpy()))
        assert len(x) == len(vertices) - len(plots)
        off = [
            np.hypot(*(shapely.get_coordinates(ring) - [place.x, place.y]).T).min()
            for ring, place in zip(rings, found, strict=True)
        ]
        assert max(off) < 0.1
        # And the canvas puts them there.
        shown.run("([lat, lon]) => fringe.map.setView([lat, lon], 19, { animate: false })", [*lonlat[0][::-1]])
        pixel = shown.run(
            "async ([x, y]) => { await fringe.settled(); const v = fringe.viewAt(19, 0, 0, 1, 1, 1);"
            "const p = fringe.map.project(fringe.map.getCenter(), 19); return [x * v.k - p.x, y * v.k - p.y]; }",
            [int(x[0]), int(y[0])],
        )
        assert np.abs(pixel).max() < 0.5


def test_old_browsers_unpack_by_themselves(chinese, browser):
    pictures = []
    for old in (False, True):
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, offline=True)
        page = context.new_page()
        if old:
            page.add_init_script("delete window.DecompressionStream; delete Uint8Array.fromBase64;")
        page.goto(chinese.as_uri())
        page.wait_for_selector("html[data-painted]", state="attached", timeout=20_000)
        assert page.evaluate("typeof DecompressionStream") == ("undefined" if old else "function")
        pictures.append(page.evaluate(probes.PICTURE))
        context.close()
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_broken_file_says_so_in_both_languages(chinese, browser, tmp_path, harm, old):
    text = chinese.read_text(encoding="utf-8")

    def broken(hit):
        signs = hit[2]
        return hit[1] + (signs[: len(signs) // 2] if harm == "cut" else signs[:40] + signs[60:] + signs[40:60])

    path = tmp_path / "broken.html"
    path.write_text(PAYLOAD.sub(broken, text, count=1), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    if old:
        page.add_init_script("delete window.DecompressionStream")
    page.goto(path.as_uri())
    page.wait_for_selector("html.fringe-broken", state="attached", timeout=20_000)
    said = page.inner_text("#fringe-failed")
    assert "浏览器" in said
    assert "browser" in said
    assert page.evaluate("() => getComputedStyle(document.getElementById('fringe-failed')).opacity") == "1"
    context.close()


def test_many_areas_smaller_than_a_pixel_are_seen_and_found(opened, tmp_path):
    rng = np.random.default_rng(4)
    places = np.array([400_000.0, 3_800_000.0]) + rng.uniform(0, 150_000, (30_000, 2))
    plots = plots_of(shapely.box(*places.T, *(places + 60).T))
    with opened(Map("A", lang="en").draw(plots).save(tmp_path / "a.html")) as shown:
        seen = shown.run(
            "async () => { await fringe.settled(); const c = fringe.picture(), d = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; let n = 0;"
            "for (let i = 3; i < d.length; i += 4) if (d[i] === 255) n++; return n; }"
        )
        # Squares of two pixels, some over others.
        assert 60_000 < seen <= 120_000
        assert shown.complaints == []


def test_dark_is_readable_and_paper_stays_light(chinese, opened):
    with opened(chinese, color_scheme="dark") as shown:
        shown.click("layer-0", 2)
        texts = shown.run(probes.TEXTS)

        def hexed(colour):
            parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
            alpha = parts[3] if len(parts) == 4 else 1
            # What shines through a control is at worst the lightest class of the map.
            return "#" + "".join(f"{round(part * alpha + 236 * (1 - alpha)):02x}" for part in parts[:3])

        assert len(texts) > 20
        assert [found for found in texts if contrast(hexed(found[1]), hexed(found[2])) < 4.5] == []
        ground = "() => getComputedStyle(document.querySelector('.fringe-panel')).backgroundColor"
        assert contrast(hexed(shown.run(ground)), "#ffffff") > 10
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        assert contrast(hexed(shown.run(ground)), "#ffffff") < 1.1
