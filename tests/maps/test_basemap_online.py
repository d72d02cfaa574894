"""Online basemaps in a browser whose requests are answered here: what is asked, of whom, with which key, when not."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from PIL import Image
from shapely import Point
from tests.io import archives
from tests.maps import quadrants
from tests.maps.conftest import DESKTOP, PHONE, Opened
from tests.maps.test_basemap_browser import bare, corner_of, near, shot

from fringe.maps import Map
from fringe.maps.online import KEY

pytestmark = pytest.mark.browser

TEMPLATE = "https://tiles.example.org/{z}/{x}/{y}.png"
SECRET = "fedcba98" * 4
INK = (120, 60, 140)


# Where the first layer's first vertex is on the screen.
FIRST_POINT = """() => {
  const data = fringe.layers[0].data, [x, y] = fringe.vertex(data, 0, 0);
  const k = Math.pow(2, fringe.map.getZoom() + 8 - data.bits);
  const corner = fringe.map.getPixelBounds().min, frame = fringe.map.getContainer().getBoundingClientRect();
  return [frame.left + x * k - corner.x, frame.top + y * k - corner.y];
}"""


def tile(colour=INK):
    held = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def answered(browser):
    """Open a file with a network that answers here: tiles, or a refusal."""

    @contextmanager
    def open_file(path, *, status=200, fragment="", answer=None):
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page = context.new_page()
        found = Opened(page)

        def serve(route):
            url = route.request.url
            if url.startswith("file:"):
                return route.continue_()
            found.requests.append(url)
            body = answer(url) if answer else tile()
            return route.fulfill(status=status, body=body if status == 200 else b"", content_type="image/png")

        page.route("**/*", serve)
        page.on("console", lambda said: found.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector("html[data-painted]", state="attached", timeout=20_000)
        try:
            yield found
        finally:
            context.close()

    return open_file


def says(found):
    return found.page.locator(".fringe-ground-says").first.inner_text()


def test_tiles_are_asked_of_the_provider_and_shown(answered, tmp_path):
    path = bare().basemap(TEMPLATE).save(tmp_path / "a.html")
    with answered(path) as found:
        assert near(shot(found), INK, 3).mean() > 0.5
        assert {urlsplit(url).netloc for url in found.requests} == {"tiles.example.org"}
        view = [float(edge) for edge in found.run("() => fringe.map.getBounds().toBBoxString()").split(",")]
        change = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
        west, south, east, north = change.transform_bounds(*view)
        for url in found.requests:
            zoom, x, y = map(int, re.fullmatch(r"/(\d+)/(\d+)/(\d+)\.png", urlsplit(url).path).groups())
            assert abs(zoom - found.run("() => fringe.map.getZoom()")) <= 0.5
            box = archives.bounds(zoom, x, y)
            # In sight, or in the ring of canvas tiles around it.
            reach = 4 * (box[2] - box[0])
            assert box[0] < east + reach and box[2] > west - reach  # noqa: PT018
            assert box[1] < north + reach and box[3] > south - reach  # noqa: PT018
        assert len(found.requests) == len(set(found.requests))
        assert found.complaints == []
        assert says(found) == ""


def test_nothing_is_asked_without_an_opt_in_while_hidden_or_when_switched_off(answered, tmp_path):
    with answered(bare().save(tmp_path / "a.html")) as found:
        shot(found)
        assert found.requests == []
    with answered(bare().basemap(TEMPLATE, name="Net", show=False).save(tmp_path / "b.html")) as found:
        shot(found)
        assert found.requests == []
        found.page.get_by_label("Net").check()
        assert near(shot(found), INK, 3).mean() > 0.5
        asked = len(found.requests)
        found.page.get_by_label("Net").uncheck()
        found.run("() => fringe.map.setZoom(fringe.map.getZoom() + 1, {animate: false})")
        shot(found)
        assert asked == len(found.requests) > 0


def test_other_hosts_are_out_of_reach_of_the_page(answered, tmp_path):
    path = bare().basemap(TEMPLATE).save(tmp_path / "a.html")
    with answered(path) as found:
        shot(found)
        tried = """() => new Promise(resolve => {
          const image = new Image();
          image.onload = () => resolve('came');
          image.onerror = () => resolve('blocked');
          image.src = 'https://elsewhere.example.org/a.png';
        })"""
        assert found.run(tried) == "blocked"
        assert not any("elsewhere" in url for url in found.requests)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_a_network_a_page_is_silent_and_complete(opened, tmp_path, lang):
    sheet = Map("A", lang=lang).shade(quadrants.squares(), "covered_share").basemap(TEMPLATE)
    with opened(sheet.save(tmp_path / "a.html")) as found:
        shot(found)
        assert found.requests == []
        assert found.complaints == []
        assert says(found) == {"zh": "没有网络，在线底图暂不可用；其余图层不受影响。"}.get(lang, says(found))
        assert "network" in says(found) or lang == "zh"
        # Fills stay as they are as long as nothing lies under them.
        assert found.run("() => fringe.layers[0].veil || 1") == 1


def test_a_provider_that_refuses_is_given_up_and_said(answered, tmp_path):
    with answered(bare().basemap(TEMPLATE).save(tmp_path / "a.html"), status=403) as found:
        shot(found)
        assert "key" in says(found)
        asked = len(found.requests)
        found.run("() => fringe.map.setZoom(fringe.map.getZoom() + 1, {animate: false})")
        shot(found)
        assert len(found.requests) == asked


def test_tianditu_waits_for_a_key_that_only_the_page_keeps(answered, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    path = bare().basemap("tianditu-imagery").save(tmp_path / "a.html")
    assert SECRET not in path.read_text(encoding="utf-8")
    with answered(path) as found:
        shot(found)
        assert found.requests == []
        assert "needs a key" in says(found)
        field = found.page.get_by_label("Key (tk)")
        field.fill(SECRET)
        field.press("Enter")
        assert near(shot(found), INK, 3).mean() > 0.5
        assert not field.is_visible()
        assert says(found) == ""
        hosts, layers = set(), set()
        for url in found.requests:
            parts = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
            assert parts["tk"] == SECRET
            hosts.add(urlsplit(url).netloc)
            layers.add(parts["LAYER"])
            zoom, x, y = (int(parts[name]) for name in ("TILEMATRIX", "TILECOL", "TILEROW"))
            west, south, east, north = archives.bounds(zoom, x, y)
            away = np.array([west + east, south + north]) / 2 - quadrants.middle()
            assert np.abs(away).max() < 9000
        assert layers == {"img", "cia"}
        assert hosts <= {f"t{n}.tianditu.gov.cn" for n in range(8)}
        assert len(hosts) > 1
        kept = "() => [document.cookie, location.hash, document.body.textContent, ...Object.keys(localStorage)].join()"
        assert SECRET not in found.run(kept)


@pytest.mark.parametrize("zoom", [13.0, 13.4, 13.6])
def test_paper_takes_the_tiles_that_are_there(answered, tmp_path, zoom):
    with answered(bare().basemap(TEMPLATE).save(tmp_path / "a.html")) as found:
        found.run("zoom => fringe.map.setZoom(zoom, {animate: false})", zoom)
        shot(found)
        found.page.context.set_offline(offline=True)
        found.run("() => { window.dispatchEvent(new Event('beforeprint')); }")
        with Image.open(io.BytesIO(found.page.screenshot())) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        assert near(pixels, INK, 3).mean() > 0.3


def test_a_bookmark_brings_the_key(answered, tmp_path):
    path = bare().basemap("tianditu").save(tmp_path / "a.html")
    with answered(path, fragment=f"#tk={SECRET}") as found:
        assert near(shot(found), INK, 3).mean() > 0.5
        assert all(SECRET in url for url in found.requests)


def test_an_embedded_key_needs_no_asking(answered, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    path = bare().basemap("tianditu", embed_key=True).save(tmp_path / "a.html")
    with answered(path) as found:
        assert near(shot(found), INK, 3).mean() > 0.5
        assert found.page.locator(".fringe-ground-key").count() == 0


def test_a_shifted_basemap_and_the_shifted_copy_meet(answered, tmp_path):
    # The provider's four colours meet at the golden place in GCJ-02; the point given in WGS 84 must lie there.
    lon, lat = 113.70615318957913, 34.678880692182716
    x0, y0 = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(lon, lat)

    def drawn(url):
        zoom, x, y = (int(parse_qs(urlsplit(url).query)[name][0]) for name in "zxy")
        west, _, east, north = archives.bounds(zoom, x, y)
        at = (np.arange(256) + 0.5) * (east - west) / 256
        south_of, east_of = (north - at < y0)[:, None], (west + at > x0)[None, :]
        held = io.BytesIO()
        Image.fromarray(np.array(quadrants.COLOURS, dtype=np.uint8)[2 * south_of + east_of]).save(held, "PNG")
        return held.getvalue()

    marks = [Point(113.70 + dx, 34.68 + dy) for dx, dy in ((0, 0), (-0.01, -0.008), (0.01, 0.008))]
    points = gpd.GeoDataFrame(geometry=marks, crs="EPSG:4326", index=pd.Index(list("abc"), name="mark"))
    sheet = Map("A", lang="zh").draw(points).basemap("Gaode.Normal")
    with answered(sheet.save(tmp_path / "a.html"), answer=drawn) as found:
        assert found.page.inner_text(".fringe-stamp") == "坐标已偏移至 GCJ-02，仅供叠加显示"
        found.run("() => fringe.show(fringe.layers[0], false)")
        pixels = shot(found)
        at = found.run(FIRST_POINT)
        assert np.abs(np.array(corner_of(pixels, at)) - at).max() <= 1
        assert {urlsplit(url).netloc for url in found.requests} == {"webrd01.is.autonavi.com"}


def test_pictures_of_online_maps_use_the_key_without_keeping_it(tmp_path, monkeypatch):
    """The page that a browser takes a picture of holds the key; the map's own page does not."""
    from fringe.maps import pictures

    seen = []
    monkeypatch.setenv(KEY, SECRET)
    monkeypatch.setattr(pictures, "take_picture", lambda page, path, **_: seen.append(page) or path)
    sheet = bare().basemap("tianditu")
    sheet.to_png(tmp_path / "a.png")
    assert SECRET in seen[0]
    assert SECRET not in sheet.to_folium().get_root().render()


def sources(found):
    return found.page.inner_text(".fringe-sources")


@pytest.mark.parametrize("credited", [True, False])
@pytest.mark.parametrize("way", ["fringe-printing", "fringe-still"])
def test_paper_and_stills_claim_no_basemap_that_never_came(answered, tmp_path, way, credited):
    """Neither its source nor its row of the legend, but that it is not there; once tiles have come, as ever."""
    own = {"attribution": "Our own survey"} if credited else {}
    path = bare(**own).basemap("tianditu", name="Streets").save(tmp_path / "a.html")
    turn = (
        "([on]) => window.dispatchEvent(new Event(on ? 'beforeprint' : 'afterprint'))"
        if way == "fringe-printing"
        else "([on]) => document.documentElement.classList.toggle('fringe-still', on)"
    )
    with answered(path) as found:
        shot(found)
        heading, row = found.page.get_by_text("Backgrounds"), found.page.locator(".fringe-ground")
        assert "Tianditu" in sources(found)
        assert "not drawn" not in sources(found)
        found.run(turn, [True])
        assert not row.is_visible()
        assert not heading.is_visible()
        assert sources(found).split("\n") == [
            *(["Our own survey"] if credited else []),
            "Online basemap 'Streets' is not drawn on this sheet",
        ]
        found.run(turn, [False])
        assert row.is_visible()
        found.page.get_by_label("Key (tk)").fill(SECRET)
        found.page.get_by_label("Key (tk)").press("Enter")
        shot(found)
        found.run(turn, [True])
        assert row.is_visible()
        assert "Tianditu" in sources(found)
        assert "not " not in sources(found)
        assert found.complaints == []


def test_a_source_that_something_else_on_paper_shares_stays(opened, tmp_path):
    picture = quadrants.geotiff(tmp_path / "a.tif")
    path = bare().basemap(picture, attribution="Bureau").basemap(TEMPLATE, attribution="Bureau", name="Net")
    with opened(path.save(tmp_path / "a.html")) as found:
        found.run("() => window.dispatchEvent(new Event('beforeprint'))")
        assert sources(found).split("\n")[0] == "Bureau"
        assert "'Net' is not drawn" in sources(found)
        assert found.page.get_by_text("Backgrounds").is_visible()


@pytest.mark.parametrize("size", [DESKTOP, (1366, 768), PHONE])
@pytest.mark.parametrize("attribution", ["Our own survey", None])
def test_a_map_without_its_basemap_says_so_where_it_is_seen(opened, tmp_path, size, attribution):
    sheet = Map("A", lang="en", attribution=attribution).shade(quadrants.squares(), "covered_share")
    net = sheet.basemap(TEMPLATE, name="Net", show=False, attribution="")
    with opened(net.basemap("tianditu", name="Streets", attribution="").save(tmp_path / "a.html"), size) as found:
        line, button = found.page.locator(".fringe-missing"), found.page.get_by_role("button", name="Enter key")
        assert line.inner_text().startswith("Online basemap 'Streets' is not shown")
        field = found.page.get_by_label("Streets Key (tk)")
        button.click()
        assert field.evaluate("item => item === document.activeElement")
        box = field.bounding_box()
        assert 0 <= box["y"] <= size[1] - box["height"]
        for on in ("fringe-still", "fringe-printing"):
            found.run("name => document.documentElement.classList.add(name)", on)
            assert not line.is_visible()
            found.run("name => document.documentElement.classList.remove(name)", on)
        if size == PHONE:
            found.page.click(".fringe-panel .fringe-close")
            assert line.is_visible()
        else:
            found.page.get_by_label("Streets", exact=True).uncheck()
            assert not line.is_visible()
            found.page.get_by_label("Net", exact=True).check()
            assert line.is_visible()
            found.page.get_by_role("button", name="Why?").click()
            assert "No network" in found.page.inner_text(".fringe-panel")
        assert found.complaints == []
        assert found.requests == []
