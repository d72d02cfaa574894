"""Folium's own elements on the map: what is inside the page is shown, what is on the internet is refused by name."""

from __future__ import annotations

import base64
import struct
import zlib

import branca
import folium
import geopandas as gpd
import numpy as np
import pytest
from folium import plugins
from folium.plugins import HeatMap
from shapely import box

from fringe.errors import MapError
from fringe.maps import Map, save

HOST = "https://pictures.example.org"


def dot(side=8):
    rows = b"".join(b"\0" + b"\xc0\x10\x10" * side for _ in range(side))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def framed(markup):
    return folium.Marker((34, 113), popup=folium.Popup(branca.element.IFrame(markup, width=200, height=80)))


@pytest.mark.parametrize(
    ("element", "address"),
    [
        (lambda: folium.Marker((34, 113), icon=folium.CustomIcon(f"{HOST}/pin.png")), "pin.png"),
        (
            lambda: folium.Marker((34, 113), icon=folium.CustomIcon(dot(), shadow_image=f"{HOST}/shade.png")),
            "shade.png",
        ),
        (lambda: folium.raster_layers.ImageOverlay(f"{HOST}/old.png", [[34, 113], [35, 114]]), "old.png"),
        (lambda: folium.raster_layers.VideoOverlay(f"{HOST}/fly.webm", [[34, 113], [35, 114]]), "fly.webm"),
        (lambda: folium.Marker((34, 113), popup=f"<img src='{HOST}/a.png'>"), "a.png"),
        (lambda: folium.Marker((34, 113), popup=f"<img src={HOST}/b.png>"), "b.png"),
        (lambda: folium.Marker((34, 113), popup="<img src='//cdn.example.org/c.png'>"), "//cdn.example.org/c.png"),
        (lambda: folium.Marker((34, 113), tooltip=f"<b style=\"background:url('{HOST}/d.png')\">x</b>"), "d.png"),
        (lambda: folium.Marker((34, 113), popup=f"<video poster='{HOST}/e.png'></video>"), "e.png"),
        (lambda: folium.Marker((34, 113), popup=f"<iframe src='{HOST}/page.html'></iframe>"), "page.html"),
        (lambda: framed(f"<p>x</p><img src='{HOST}/f.png'>"), "f.png"),
        (lambda: folium.Marker((34, 113), icon=folium.DivIcon(html=f"<img src='{HOST}/g.png'>")), "g.png"),
        (lambda: HeatMap([[34.0, 113.0]]), "leaflet_heat"),
    ],
)
def test_what_is_on_the_internet_is_refused_by_name(town, element, address):
    made = town.sheet("en").to_folium()
    element().add_to(made)
    with pytest.raises(MapError, match=address.replace(".", r"\.")) as caught:
        made.get_root().render()
    assert caught.value.render("zh")


def test_all_addresses_of_one_kind_of_element_are_named_together(town):
    made = town.sheet("en").to_folium()
    for n in range(3):
        folium.Marker((34, 113), popup=f"<img src='{HOST}/{n}.png'>").add_to(made)
    HeatMap([[34.0, 113.0]]).add_to(made)
    with pytest.raises(MapError) as caught:
        made.get_root().render()
    found = {problem.params["element"]: problem.params["url"] for problem in caught.value.problems}
    assert found == {
        "folium.Popup": ", ".join(f"{HOST}/{n}.png" for n in range(3)),
        "folium.plugins.HeatMap": "leaflet_heat.min.js",
    }


@pytest.mark.parametrize(
    ("element", "name", "instead"),
    [
        (lambda: folium.Marker((34, 113), icon=folium.Icon(color="red")), "folium.Icon", "folium.DivIcon"),
        (plugins.Fullscreen, "folium.plugins.Fullscreen", "the map has its own"),
        (plugins.MeasureControl, "folium.plugins.MeasureControl", "the map has its own"),
        (lambda: HeatMap([[34.0, 113.0]]), "folium.plugins.HeatMap", "Map.draw"),
        (lambda: plugins.TimestampedGeoJson("{}"), "folium.plugins.TimestampedGeoJson", "Map.timeline"),
        (lambda: folium.TileLayer("OpenStreetMap"), "folium.TileLayer", "Map.basemap"),
        (lambda: branca.colormap.LinearColormap(["red", "blue"]), "folium.LinearColormap", "Map.shade"),
        (plugins.Draw, "folium.plugins.Draw", "folium.DivIcon"),
    ],
)
def test_elements_are_called_as_their_user_calls_them_and_have_a_remedy_of_their_own(town, element, name, instead):
    made = town.sheet("en").to_folium()
    for _ in range(2):
        element().add_to(made)
    with pytest.raises(MapError) as caught:
        made.get_root().render()
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].params["element"] == name
    assert name in caught.value.render("en")
    assert instead in caught.value.render("en")
    assert name in caught.value.render("zh")


CLUSTERS = {
    "plain": lambda places: plugins.MarkerCluster(places, popups=["<b>one</b>"] * len(places)),
    "fast": plugins.FastMarkerCluster,
}


@pytest.mark.browser
@pytest.mark.parametrize("kind", CLUSTERS)
def test_clusters_of_markers_are_part_of_the_page(town, opened, tmp_path, kind):
    west, south, east, north = town.zones.to_crs("EPSG:4326").total_bounds
    middle = [(south + north) / 2, (west + east) / 2]
    places = [[middle[0] + n * 1.5e-4, middle[1]] for n in range(12)] + [[south, west]]
    made = town.sheet("en").to_folium()
    CLUSTERS[kind](places).add_to(made)
    made.save(str(tmp_path / "own.html"))
    with opened(tmp_path / "own.html") as shown:
        cluster = shown.page.locator(".marker-cluster")
        assert cluster.inner_text().strip() == "12"
        # The vendored style sheets are in the page: a round cluster.
        assert cluster.evaluate("box => getComputedStyle(box).borderTopLeftRadius") == "20px"
        assert shown.page.locator("img.leaflet-marker-icon").count() == 1
        assert shown.page.locator("img.leaflet-marker-icon").evaluate("image => image.naturalWidth") > 0
        cluster.click()
        shown.page.wait_for_function("() => document.querySelectorAll('.marker-cluster').length > 1")
        assert shown.requests == []
        assert shown.complaints == []


def test_vendored_files_are_told_by_their_name_and_stand_only_in_pages_that_ask_for_them(town, saved):
    assert "markerClusterGroup" not in saved.read_text(encoding="utf-8")
    made = town.sheet("en").to_folium()
    cluster = plugins.MarkerCluster([[34, 113]])
    cluster.default_js = [("cluster", f"{HOST}/leaflet.markercluster@9.9.9/leaflet.markercluster-src.js?x=1")]
    cluster.default_css = [("style", f"{HOST}/MarkerCluster.css")]
    page = cluster.add_to(made).get_root().render()
    assert "L.MarkerClusterGroup=" in page
    assert HOST not in page


@pytest.mark.browser
def test_what_is_inside_the_page_is_shown(town, opened, tmp_path):
    made = town.sheet("en").to_folium()
    west, south, east, north = town.zones.to_crs("EPSG:4326").total_bounds
    middle = ((south + north) / 2, (west + east) / 2)
    folium.Marker(middle, icon=folium.CustomIcon(dot(), icon_size=(24, 24))).add_to(made)
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    folium.raster_layers.ImageOverlay(picture, [[south, west], [north, east]], opacity=0.2).add_to(made)
    # A link is followed by a click, not fetched.
    folium.Marker((south, west), popup=f"<a href='{HOST}/site'>site</a> src = {HOST.split('//')[1]}").add_to(made)
    with_frame = framed("<p id='inside'>in a frame</p>")
    with_frame.location = [north, east]
    with_frame.add_to(made)
    made.save(str(tmp_path / "own.html"))
    with opened(tmp_path / "own.html") as shown:
        pin = shown.page.locator(".leaflet-marker-icon").first
        assert pin.evaluate("image => image.naturalWidth") == 8
        assert shown.page.locator(".leaflet-image-layer").evaluate("image => image.naturalWidth") == 4
        shown.run("() => fringe.map.eachLayer(one => one.getPopup && one.getPopup() && one.openPopup())")
        frame = shown.page.frame_locator(".leaflet-popup iframe")
        assert frame.locator("#inside").inner_text() == "in a frame"
        assert shown.requests == []
        assert shown.complaints == []


@pytest.mark.browser
def test_a_page_in_a_frame_runs_nothing(town, opened, tmp_path):
    made = town.sheet("en").to_folium()
    framed("<p id='inside'>x</p><script>document.getElementById('inside').textContent = 'ran'</script>").add_to(made)
    made.save(str(tmp_path / "own.html"))
    with opened(tmp_path / "own.html") as shown:
        shown.run("() => fringe.map.eachLayer(one => one.getPopup && one.getPopup() && one.openPopup())")
        shown.page.wait_for_timeout(200)
        assert shown.page.frame_locator(".leaflet-popup iframe").locator("#inside").inner_text() == "x"


def test_ordinary_pages_allow_no_frames(saved):
    assert "frame-src" not in saved.read_text(encoding="utf-8")


def test_signs_that_folium_takes_for_a_template_are_refused_in_words(tmp_path):
    zones = gpd.GeoDataFrame({"name": ["a {% raw"]}, geometry=[box(0, 0, 0.01, 0.01)], crs="EPSG:4326")
    made = Map("A", lang="en").draw(zones.rename_axis("zone")).to_folium()
    folium.GeoJson(zones).add_to(made)
    with pytest.raises(MapError, match="template") as caught:
        made.save(str(tmp_path / "a.html"))
    assert "{%" in caught.value.render("en")
    assert not (tmp_path / "a.html").exists()


def test_anything_else_is_no_map_to_save(tmp_path):
    with pytest.raises(MapError, match=r"folium\.Map") as caught:
        save("map.html", tmp_path / "a.html")
    assert "folium.Map" in caught.value.render("zh")


def test_one_function_saves_maps_of_either_making(tmp_path):
    zones = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(0, 0, 0.01, 0.01)], crs="EPSG:4326").rename_axis("zone")
    sheet = Map("A", lang="en").draw(zones)
    pages = [save(made, tmp_path / "a.html").read_bytes() for made in (sheet, sheet.to_folium())]
    assert pages[0] == pages[1] == sheet.save(tmp_path / "b.html").read_bytes()


@pytest.mark.browser
def test_a_map_of_folium_alone_needs_no_network(browser, tmp_path):
    own = folium.Map(location=(34.7, 113.7), zoom_start=12, tiles=None)
    cluster = plugins.MarkerCluster().add_to(own)
    for shift in range(5):
        folium.Marker((34.7 + shift * 1e-4, 113.7), popup="found").add_to(cluster)
    folium.Marker((34.72, 113.72), popup="alone").add_to(own)
    context = browser.new_context(offline=True)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(save(own, tmp_path / "own.html").as_uri())
    page.wait_for_selector(".marker-cluster")
    page.click(".leaflet-marker-icon:not(.marker-cluster)")
    assert page.inner_text(".leaflet-popup-content") == "alone"
    assert page.locator("#fringe-failed").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    context.close()


@pytest.mark.parametrize("added", [folium.TileLayer(), folium.Marker((0, 0), icon=folium.Icon(color="red"))])
def test_a_map_of_folium_names_what_it_cannot_hold(added, tmp_path):
    own = folium.Map(tiles=None)
    added.add_to(own)
    with pytest.raises(MapError, match=r"folium\.(TileLayer|Icon)"):
        save(own, tmp_path / "own.html")
    assert not (tmp_path / "own.html").exists()
