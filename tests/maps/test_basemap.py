"""Basemaps as values: what is accepted and refused, cut, shifted, embedded and said; without a browser."""

from __future__ import annotations

import io
import re
import zlib

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
import xyzservices.providers
from PIL import Image
from shapely import Point
from tests.io import archives
from tests.io.test_tiles import LAKE, ROAD, vectors
from tests.maps import quadrants

from fringe.errors import MapError
from fringe.maps import Map
from fringe.maps.online import KEY, TIANDITU, provider_of
from fringe.maps.underlay import fitted
from fringe.model.rules import rule_value

TEMPLATE = "https://tiles.example.org/{z}/{x}/{y}.png"
SECRET = "0123456789abcdef" * 2


@pytest.fixture
def picture(tmp_path):
    return quadrants.geotiff(tmp_path / "photo.tif")


def grounds(sheet):
    return sheet.document()["basemaps"]


def page(sheet):
    return sheet.to_folium().get_root().render()


def policy(text):
    return dict(rule.strip().split(" ", 1) for rule in re.search(r'Policy" content="([^"]+)"', text)[1].split(";"))


@pytest.mark.parametrize(
    ("source", "rest", "part"),
    [
        ("no such map", {}, "OpenStreetMap.Mapnik"),
        (7, {}, "tianditu"),
        ("no.tif", {}, "no.tif"),
        ("no.pmtiles", {}, "no.pmtiles"),
        ("https://example.org/{z}/{x}.png", {}, "{y}"),
        ("https://example.org/{z}/{x}/{y}/{style}.png", {}, "{style}"),
        ("https://example.org/{z}/{x}/{y}.png?key=abc", {}, "embed_key=True"),
        ("https://online1.map.bdimg.com/{z}/{x}/{y}.png", {}, "BD-09"),
        (TEMPLATE, {"datum": "bd09"}, "BD-09"),
        (TEMPLATE, {"datum": "xian80"}, "wgs84, gcj02"),
        ("Gaode.Normal", {"datum": "wgs84"}, "gcj02"),
        (TEMPLATE, {"opacity": 0}, "opacity"),
        (TEMPLATE, {"opacity": float("nan")}, "opacity"),
        (TEMPLATE, {"max_mb": -1}, "max_mb"),
        (TEMPLATE, {"embed_key": True}, "needs no key"),
        ("tianditu", {"embed_key": True}, KEY),
        ("Thunderforest.Landscape", {}, "apikey"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(monkeypatch, source, rest, part):
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(MapError) as caught:
        Map("A", lang="en").basemap(source, **rest)
    assert part in caught.value.render("en")
    assert caught.value.render("zh") != caught.value.render("en")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(MapError) as caught:
        Map("A").basemap("no such map", opacity=3, max_mb=0, datum="bd09")
    assert len(caught.value.problems) == 4


def test_maps_stay_as_they_are(picture):
    before = quadrants.sheet()
    after = before.basemap(picture, name="Photo").basemap(TEMPLATE)
    assert before.basemaps == ()
    assert [each.title("en") for each in after.basemaps] == ["Photo", "tiles.example.org"]
    assert "basemaps" not in before.document()
    assert "basemap.js" not in page(before)
    assert "fringe.underlays" not in page(before)


@pytest.mark.parametrize(
    ("source", "datum"),
    [
        ("tianditu", "wgs84"), ("OpenStreetMap.Mapnik", "wgs84"), ("Esri.WorldImagery", "wgs84"), (TEMPLATE, "wgs84"),
        ("Gaode.Normal", "gcj02"), ("https://rt0.map.gtimg.com/tile?z={z}&x={x}&y={y}", "gcj02"),
        ("https://mt1.google.cn/vt?lyrs=m&x={x}&y={y}&z={z}", "gcj02"),
        ("https://mt1.google.com/vt?lyrs=m&x={x}&y={y}&z={z}", "gcj02"),
        ("https://mt1.google.com/vt?lyrs=s&x={x}&y={y}&z={z}", "wgs84"),
    ],
)  # fmt: skip
def test_the_datum_of_a_provider_is_known_by_its_host(source, datum):
    assert Map("A").basemap(source).basemaps[0].datum == datum


def test_an_unknown_host_is_in_the_datum_stated():
    assert Map("A").basemap(TEMPLATE, datum="gcj02").basemaps[0].datum == "gcj02"


def test_tianditu_is_asked_as_its_service_wants():
    for name, layers in TIANDITU.items():
        provider = provider_of(name)
        assert provider.hosts == tuple(f"https://t{n}.tianditu.gov.cn" for n in range(8))
        for url, layer in zip(provider.urls, layers, strict=True):
            parts = dict(pair.split("=") for pair in url.split("?")[1].split("&"))
            assert url.split("?")[0] == f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts"
            assert parts == {
                "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": layer, "STYLE": "default",
                "TILEMATRIXSET": "w", "FORMAT": "tiles", "TILEMATRIX": "{z}", "TILEROW": "{y}", "TILECOL": "{x}",
                "tk": "{key}",
            }  # fmt: skip


def test_only_our_own_names_are_translated():
    assert provider_of("tianditu").title("zh") == "天地图矢量"
    assert "国家地理信息公共服务平台" in provider_of("tianditu").credit("zh")
    named = xyzservices.TileProvider(name="legend", url=TEMPLATE, attribution="map.legend")
    assert (provider_of(named).title("zh"), provider_of(named).credit("zh")) == ("legend", "map.legend")


def test_the_key_is_in_no_file_unless_asked_for(monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    sheet = quadrants.sheet().basemap("tianditu")
    assert SECRET not in page(sheet)
    assert SECRET not in sheet._repr_html_()
    assert grounds(sheet)[0]["asks"] is True
    assert SECRET in sheet._page()
    embedded = quadrants.sheet().basemap("tianditu", embed_key=True)
    assert SECRET in page(embedded)
    assert SECRET not in repr(embedded.basemaps)
    monkeypatch.delenv(KEY)
    with pytest.raises(MapError, match=KEY):
        embedded.document()


def test_keys_that_a_caller_has_filled_in_are_embedded_on_purpose_only():
    filled = xyzservices.providers.Thunderforest.Landscape(apikey=SECRET)
    with pytest.raises(MapError, match="embed_key=True"):
        Map("A").basemap(filled)
    assert SECRET in Map("A").basemap(filled, embed_key=True).basemaps[0].source.urls[0]


def test_a_page_may_ask_the_hosts_of_its_providers_and_no_others(picture):
    asked = policy(
        page(quadrants.sheet().basemap("Esri.WorldImagery").basemap("https://a.example.org:8443/{z}/{x}/{y}"))
    )
    assert asked["img-src"].split() == [
        "data:", "blob:", "https://server.arcgisonline.com", "https://a.example.org:8443",
    ]  # fmt: skip
    assert asked["connect-src"] == asked["default-src"] == "'none'"
    assert policy(page(quadrants.sheet().basemap(picture)))["img-src"] == "data: blob:"


def test_sources_are_named_once_and_no_review_number_is_made_up():
    sheet = (
        quadrants.sheet(attribution="© OpenStreetMap contributors").basemap("OpenStreetMap.Mapnik").basemap("tianditu")
    )
    document = sheet.document()
    assert document["attribution"].count("OpenStreetMap") == 1
    assert "Tianditu" in document["attribution"]
    assert "No map review number" in document["review"]
    told = quadrants.sheet().basemap(TEMPLATE, attribution="Our own survey").document()
    assert told["attribution"] == "Our own survey"


@pytest.mark.parametrize(("lang", "stamp"), [("zh", "坐标已偏移至 GCJ-02，仅供叠加显示"), ("en", "GCJ-02")])
def test_a_shifted_basemap_shifts_a_copy_of_the_layers_and_says_so(lang, stamp):
    place = gpd.GeoDataFrame({"name": ["here"]}, geometry=[Point(113.70, 34.68)], crs="EPSG:4326")
    posts = gpd.GeoDataFrame({"line": ["L"], "km": [1.0]}, geometry=[Point(113.70, 34.68)], crs="EPSG:4326")
    plain = Map("A", lang=lang).draw(place).chainage(posts)
    sheet = plain.basemap("Gaode.Normal")
    here, there = (each.document()["view"][:2] for each in (plain, sheet))
    # 577.40 m towards 102.4 degrees: the golden number of the datum.
    azimuth, _, metres = pyproj.Geod(ellps="WGS84").inv(*here, *there)
    assert abs(metres - 577.40) < 0.05
    assert abs(azimuth - 102.4) < 0.1
    document = sheet.document()
    assert stamp in document["stamps"][0]
    assert document["blocks"]["axes"] != plain.document()["blocks"]["axes"]
    assert plain.document()["stamps"] == []
    assert sheet.layers[0].frame.geometry[0] == Point(113.70, 34.68)


def test_pictures_of_two_datums_do_not_lie_over_each_other(picture, tmp_path):
    with pytest.raises(MapError, match="gcj02"):
        quadrants.sheet().basemap(picture).basemap("Gaode.Normal")
    with pytest.raises(MapError, match="gcj02"):
        quadrants.sheet().basemap("Gaode.Normal").basemap(picture)
    both = quadrants.sheet().basemap("Gaode.Normal").basemap(picture, datum="gcj02")
    assert len(both.document()["stamps"]) == 1
    # Vectors come along.
    archive = vectors(tmp_path / "a.mbtiles", {"water": [(quadrant_lake(), {"class": "lake"})]})
    drawn = quadrants.sheet().basemap("Gaode.Normal").basemap(archive)
    own, water = drawn.document()["layers"]
    assert water["base"]
    assert own["level"] > water["level"]


def quadrant_lake():
    at = gpd.GeoSeries.from_xy([quadrants.EAST], [quadrants.NORTH], crs=quadrants.CRS).to_crs("EPSG:3857")[0]
    return at.buffer(600)


def test_a_shifted_archive_of_vectors_comes_to_its_true_place(tmp_path):
    archive = vectors(tmp_path / "a.mbtiles", {"water": [(quadrant_lake(), {"class": "lake"})]})
    found = [quadrants.sheet().basemap(archive, datum=datum).document() for datum in ("wgs84", "gcj02")]
    blocks = [each["layers"][1]["blocks"][0] for each in found]
    assert found[0]["blocks"][blocks[0]] != found[1]["blocks"][blocks[1]]
    assert found[1]["stamps"] == []


def test_what_lies_elsewhere_is_refused(tmp_path):
    away = quadrants.geotiff(tmp_path / "a.tif", crs="EPSG:4548")
    for source in (away, vectors(tmp_path / "b.mbtiles", {"water": [(LAKE, {"class": "lake"})]})):
        far = Map("A").draw(gpd.GeoDataFrame(geometry=[Point(10, 50)], crs="EPSG:4326")).basemap(source)
        with pytest.raises(MapError, match="where the map is"):
            far.document()
    distant = archives.mbtiles(
        tmp_path / "c.mbtiles", {(12, 0, 0): next(iter(quadrants.tiles(range(12, 13)).values()))}, "png"
    )
    with pytest.raises(MapError, match="where the map is"):
        quadrants.sheet().basemap(distant).document()


def test_archives_that_cannot_be_shown_say_why(tmp_path):
    """Tiles in the right place that are too many, too fine for a public map or too large are not called misplaced."""
    finest = archives.mbtiles(tmp_path / "a.mbtiles", quadrants.tiles(range(18, 19), reach=0), "png")
    around = quadrants.squares().geometry.buffer(20_000)
    wide = Map("A", lang="en").draw(gpd.GeoDataFrame(geometry=around))
    small = gpd.GeoDataFrame(geometry=[Point(quadrants.EAST, quadrants.NORTH).buffer(90)], crs=quadrants.CRS)
    public = Map("A", lang="en", audience="public", watermark=True).draw(small)
    coarse = archives.mbtiles(tmp_path / "b.mbtiles", noisy(range(12, 13)), "png")
    wrong = {}
    for code, sheet in {
        "map_basemap_too_many": wide.basemap(finest),
        "map_basemap_too_fine": public.basemap(finest, max_mb=0.0001),
        "map_basemap_size": quadrants.sheet().basemap(coarse, max_mb=0.001),
    }.items():
        with pytest.raises(MapError) as caught:
            sheet.document()
        assert [problem.code for problem in caught.value.problems] == [code]
        wrong[code] = caught.value
        assert "{" not in caught.value.render("zh") + caught.value.render("en")
    said = wrong["map_basemap_too_many"].render("en")
    assert "zoom of the archive is 18" in said
    # The remedy helps.
    tiles = quadrants.tiles(range(18, 19), reach=0)
    zoom = int(re.search(r"coarser zooms from (\d+)", said)[1])
    tiles.update(quadrants.tiles(range(zoom, zoom + 2), reach=0))
    assert grounds(wide.basemap(archives.mbtiles(tmp_path / "c.mbtiles", tiles, "png")))[0]["most"] == zoom + 1
    said = wrong["map_basemap_too_fine"].render("en")
    pixel = 40_075_016.7 / 256 / 2**18 * np.cos(np.radians(34.68))
    assert f"about {pixel:.2g} m a pixel" in said
    assert f"{rule_value('LIB-PUBLIC-PIX'):g} m (LIB-PUBLIC-PIX)" in said
    zoom = int(re.search(r"with zoom (\d+)", said)[1])
    assert 2 ** (18 - zoom) * pixel >= rule_value("LIB-PUBLIC-PIX") > 2 ** (17 - zoom) * pixel
    tiles = quadrants.tiles(range(zoom, zoom + 1), reach=0)
    assert grounds(public.basemap(archives.mbtiles(tmp_path / "d.mbtiles", tiles, "png")))[0]["least"] == zoom


@pytest.mark.parametrize("clear", [False, True])
def test_pictures_fit_their_megabytes(clear):
    noise = np.random.default_rng(5).integers(0, 256, (900, 1200, 4)).astype(np.uint8)
    noise[..., 3] = 255
    noise[:50, :50, 3] = 0 if clear else 255
    for most in (10**7, 300_000, 30_000):
        data, kind, width = fitted(noise, most)
        assert len(data) <= most
        with Image.open(io.BytesIO(data)) as image:
            assert image.width == width
            assert image.format == {"image/webp": "WEBP", "image/jpeg": "JPEG"}[kind]
            assert image.mode == ("RGBA" if clear else "RGB")
    assert width < 1200
    assert fitted(noise, 20) is None


def test_the_cap_counts_what_stands_in_the_page(tmp_path):
    noise = np.random.default_rng(5).integers(0, 256, (3, 1500, 1500)).astype(np.uint8)
    file = quadrants.geotiff(tmp_path / "a.tif", noise, reach_m=1500.0)
    plain = len(page(quadrants.sheet()))
    for most in (0.3, 1.0):
        grown = len(page(quadrants.sheet().basemap(file, max_mb=most))) - plain
        assert 0.5 * most * 1e6 < grown < most * 1e6 + 40_000
    archive = archives.mbtiles(tmp_path / "b.mbtiles", noisy(range(11, 16)), "png")
    grown = len(page(quadrants.sheet().basemap(archive, max_mb=1.5))) - plain
    assert grown < 1.54e6
    with pytest.raises(MapError, match="max_mb"):
        quadrants.sheet().basemap(archive, max_mb=0.001).document()


def noisy(zooms):
    rng, found = np.random.default_rng(6), {}
    for place in quadrants.tiles(zooms, reach=1, side=16):
        held = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (128, 128, 3)).astype(np.uint8)).save(held, "PNG")
        found[place] = held.getvalue()
    return found


def test_equal_maps_have_equal_pages(picture, tmp_path):
    archive = archives.pmtiles(tmp_path / "a.pmtiles", quadrants.tiles(), "png")
    vector = vectors(
        tmp_path / "b.pmtiles", {"water": [(quadrant_lake(), {"class": "lake"})], "roads": [(ROAD, {"kind": "path"})]}
    )

    def made():
        sheet = quadrants.sheet().basemap(picture).basemap(archive).basemap(vector).basemap("tianditu")
        return zlib.crc32(page(sheet).encode())

    assert made() == made()


def test_public_maps_show_no_picture_finer_than_the_rule(tmp_path):
    fine = quadrants.geotiff(tmp_path / "a.tif", quadrants.pixels(2000), reach_m=200.0)
    small = gpd.GeoDataFrame(geometry=[Point(quadrants.EAST, quadrants.NORTH).buffer(90)], crs=quadrants.CRS)
    public = Map("A", lang="en", audience="public", watermark=True).draw(small)
    document = public.basemap(fine, name="Photo").document()
    assert any("LIB-PUBLIC-PIX" in note and "unverified" in note for note in document["notes"])
    finest = rule_value("LIB-PUBLIC-PIX")
    assert said_m(document) >= finest
    internal = Map("A", lang="en").draw(small).basemap(fine, name="Photo").document()
    assert said_m(internal) == pytest.approx(0.2, rel=0.05)
    archive = archives.mbtiles(tmp_path / "b.mbtiles", quadrants.tiles(range(14, 20), reach=0), "png")
    document = (
        Map("A", lang="en", audience="public", watermark=True).draw(small).basemap(archive, name="Photo").document()
    )
    assert said_m(document) >= finest
    assert document["basemaps"][0]["most"] == 17
    assert public.basemap("tianditu").document()["basemaps"][0]["most"] == 17


def said_m(document):
    return float(
        next(re.search(r"about ([\d.]+) m", note)[1] for note in document["notes"] if note.startswith("Photo"))
    )


def test_the_ground_resolution_is_said(picture):
    # 800 pixels over 8000 m.
    assert "Photo: about 10 m a pixel" in quadrants.sheet().basemap(picture, name="Photo").document()["notes"]


def test_vector_basemaps_lie_below_in_a_group_of_their_own_and_leave_the_view_alone(tmp_path):
    layers = {
        "water": [(quadrant_lake(), {"class": "lake"})],
        "landcover": [(quadrant_lake().buffer(3000), {"class": "wood"})],
    }
    archive = vectors(tmp_path / "osm.mbtiles", layers)
    plain, sheet = quadrants.sheet(), quadrants.sheet().basemap(archive, name="OSM")
    document = sheet.document()
    below = [layer for layer in document["layers"] if layer.get("base")]
    assert {layer["group"] for layer in below} == {"OSM"}
    assert [layer["name"] for layer in below] == ["Land cover", "Water"]
    assert all(layer["level"] < 10 and layer["popup"] == 0 for layer in below)
    assert document["view"] == plain.document()["view"]
    assert set(document["veils"]) == {"layer-0"}
    with pytest.raises(MapError, match="no feature"):
        Map("A", lang="en").basemap(archive).document()


def test_states_of_a_comparison_keep_their_own_pictures(picture, tmp_path):
    other = quadrants.geotiff(tmp_path / "b.tif", quadrants.pixels()[:, ::-1])
    one, two = quadrants.sheet().basemap(picture), quadrants.sheet().basemap(other)
    both = Map("A", lang="en").basemap(TEMPLATE).compare(one, two)
    assert [each.get("side") for each in grounds(both)] == [None, "before", "after"]
    same = Map("A", lang="en").compare(one, one)
    assert [each.get("side") for each in grounds(same)] == [None]
    with pytest.raises(MapError, match="gcj02"):
        Map("A", lang="en").compare(one, quadrants.sheet().basemap("Gaode.Normal"))


@pytest.mark.parametrize("make", ["picture", "tiles"])
def test_static_sheets_draw_what_is_embedded_and_say_what_is_not(picture, tmp_path, make):
    pytest.importorskip("matplotlib")
    from fringe.maps.static import figure_of

    source = archives.mbtiles(tmp_path / "a.mbtiles", quadrants.tiles(), "png") if make == "tiles" else picture
    sheet = quadrants.sheet().basemap(source).basemap("OpenStreetMap.Mapnik")
    path = sheet.to_static(tmp_path / "a.png", dpi=100)
    with Image.open(path) as image:
        found = np.asarray(image.convert("RGB")).astype(int)
    for colour in quadrants.COLOURS:
        assert (np.abs(found - colour).max(axis=2) < 12).mean() > 0.03
    written = [text.get_text() for axes in figure_of(sheet).axes for text in axes.texts]
    assert any("not drawn on this sheet" in text for text in written)


def test_shapes_of_a_shifted_map_keep_their_form():
    zones = quadrants.squares()
    from fringe.maps.shifted import shifted

    moved = shifted(Map("A").draw(zones), "gcj02").layers[0].frame.to_crs(quadrants.CRS)
    assert np.allclose(shapely.area(moved.geometry.to_numpy()), quadrants.SIDE_M**2, rtol=5e-3)
    assert moved.union_all().buffer(0.01).covers(moved.union_all())
