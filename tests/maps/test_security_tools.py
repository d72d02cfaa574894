"""Whatever stands in the data, it shows as typed and never runs: in tools, comparisons, timelines, curves and notes.

The same payloads as in `test_security`, on pages of which every tool is open, and in Folium's own elements.
"""

from __future__ import annotations

import html
from dataclasses import replace

import folium
import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box
from tests.maps.test_security import PAYLOADS

from fringe.maps import Map
from fringe.maps.photos import Photo

pytestmark = pytest.mark.browser

EVERY = pytest.mark.parametrize("name", PAYLOADS)
# Texts of elements and of the attributes that people or their screen readers are told.
TEXT = """selector => [...document.querySelectorAll(selector)].flatMap(element =>
  [element.textContent, ...['title', 'alt', 'aria-label'].map(name => element.getAttribute(name) || '')])"""
ELEMENTS = (
    "() => document.querySelectorAll('img:not(.fringe-photo img), iframe, object, embed, a[href^=javascript]').length"
)
HANDLERS = (
    "() => [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length"
)
DAYS = ["2020-01-06", "2020-01-13"]
OPEN = """async number => {
  const layer = fringe.layers[number], box = layer.data.boxes;
  const middle = L.point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
  await fringe.open({ layer, row: 0 }, L.CRS.EPSG3857.pointToLatLng(middle, fringe.bits - 8));
}"""


def cells(n=4):
    return [box(0.02 * at, 0, 0.02 * at + 0.02, 0.03) for at in range(n)]


def zones(text, **columns):
    frame = gpd.GeoDataFrame({"name": [text, "b", "c", "d"], **columns}, geometry=cells(), crs="EPSG:4326")
    return frame.set_index(pd.Index([text, "b", "c", "d"], name="zone"))


def as_typed(shown, text, sinks):
    """Assert that each sink shows a text, and that nothing else came of it."""
    silent = [sink for sink, selector in sinks.items() if not any(text in each for each in shown.run(TEXT, selector))]
    assert silent == []
    unharmed(shown)
    assert shown.requests == []
    assert shown.complaints == []


def unharmed(shown):
    assert shown.run("() => document.title") != "owned"
    assert shown.run("() => window.owned") is None
    assert shown.run(ELEMENTS) == 0
    assert shown.run(HANDLERS) == 0


@EVERY
def test_search_filter_and_table(opened, tmp_path, name):
    text = PAYLOADS[name]
    frame = zones(text, **{text: [text, "x"] * 2, "covered_share": 0.5})
    track = gpd.GeoDataFrame({"line": [text]}, geometry=[LineString([(0, 0.01), (0.08, 0.01)])], crs="EPSG:4326")
    posts = gpd.GeoDataFrame(
        {"line": text, "km": [1.0, 2.0]}, geometry=[Point(0, 0.01), Point(0.08, 0.01)], crs="EPSG:4326"
    )
    sheet = Map("A", lang="en").shade(frame, "covered_share", name=text, popup=["zone", "name", text])
    sheet = sheet.details(filters=[text]).draw(track.rename_axis("track")).chainage(posts)
    with opened(sheet.save(tmp_path / "tools.html")) as shown:
        assert text in shown.run("async text => (await fringe.search(text)).hits.map(hit => hit.title)", text)
        shown.run("() => fringe.tools.search.open()")
        # A million signs are more than anyone types.
        typed = text[:60].replace("\u2028", " ").replace("\u2029", " ")
        for query, sinks in (
            (typed, {"hit": ".fringe-hits b", "list": ".fringe-hits"}),
            ("K1+500", {"line of a hit": ".fringe-hits span"}),
        ):
            shown.page.fill(".fringe-search-input", query)
            shown.page.wait_for_selector(".fringe-hits li")
            as_typed(shown, text, sinks)
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        as_typed(shown, text, {"popup of a chainage": ".fringe-popup-layer"})
        shown.run("() => fringe.tools.filter.open()")
        shown.page.wait_for_selector(".fringe-chip", state="attached")
        shown.run(
            "text => [...document.querySelectorAll('.fringe-chip')].find(e => e.textContent.startsWith(text)).click()",
            text,
        )
        as_typed(
            shown,
            text,
            {
                "facet": ".fringe-facet summary",
                "chip": ".fringe-chip",
                "chips": ".fringe-chips",
                "said": ".fringe-filtered",
            },
        )
        shown.run("() => fringe.tools.table.open()")
        shown.page.wait_for_selector(".fringe-scroll tr[data-at]", state="attached")
        as_typed(
            shown,
            text,
            {
                "table": ".fringe-scroll table",
                "head": ".fringe-scroll th",
                "cell": ".fringe-scroll td",
                "pick": ".fringe-pick option",
            },
        )


@EVERY
@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_sides_of_a_comparison(opened, tmp_path, name, mode):
    text = PAYLOADS[name]
    one = Map(text, lang="en", date=DAYS[0]).shade(zones("a", covered_share=0.2), "covered_share")
    two = Map(text, lang="en", date=DAYS[1]).shade(zones("a", covered_share=0.7), "covered_share")
    alone = one.draw(gpd.GeoDataFrame({"name": [text]}, geometry=cells(1), crs="EPSG:4326"), name=text)
    with opened(Map("A", lang="en").compare(alone, two, mode=mode).save(tmp_path / "sides.html")) as shown:
        sinks = {
            "side": ".fringe-side-name b",
            "heads": ".fringe-both-heads span",
            "of a side": ".fringe-layer-name .fringe-note",
        }
        told = {"swipe": {"divider": ".fringe-grip"}, "side": {"second map": ".fringe-second"}}[mode]
        as_typed(shown, text, {**sinks, **told})


@EVERY
def test_words_of_days_curves_and_photographs(opened, tmp_path, name):
    image = pytest.importorskip("PIL.Image")
    text = PAYLOADS[name]
    index = pd.MultiIndex.from_product([[text, "b", "c", "d"], DAYS], names=["zone", "date"])
    table = pd.Series([text, "x"] * 4, index=index, name="kind")
    curves = pd.DataFrame({text: [1.0, 2.0] * 4}, index=index)
    image.new("RGB", (30, 20), "#336633").save(tmp_path / "a.jpg")
    sheet = Map("A", lang="en").timeline(zones(text), table, popup=["zone", "kind"])
    layer = sheet.details(curves=curves, photos={text: tmp_path / "a.jpg"}).layers[0]
    # No file can bear all these names; what once read them may.
    photos = tuple(Photo(photo.of, text, photo.data, photo.size) for photo in layer.details.photos)
    layer = replace(layer, details=replace(layer.details, photos=photos))
    with opened(replace(sheet, layers=(layer,)).save(tmp_path / "days.html")) as shown:
        shown.run("async () => { fringe.time.go(0); await fringe.time.shown(); }")
        shown.run(OPEN, 0)
        shown.page.wait_for_selector(".fringe-photo img", state="attached")
        as_typed(
            shown,
            text,
            {
                "legend": ".fringe-entry",
                "word of a day": ".fringe-popup td",
                "curve": ".fringe-curve figcaption",
                "curve, told": ".fringe-curve svg",
                "photograph": ".fringe-photo figcaption",
                "photograph, told": ".fringe-photo img",
            },
        )


@EVERY
def test_notes_of_a_public_map_and_the_name_of_the_map(opened, tmp_path, name):
    text = PAYLOADS[name]
    secret = gpd.GeoDataFrame(geometry=cells(1), crs="EPSG:4326").rename_axis("base")
    sheet = Map(text, lang="en", audience="public", watermark=True).shade(
        zones("a", covered_share=0.5), "covered_share"
    )
    sheet = sheet.draw(secret, name=text + " 军事")
    with opened(sheet.save(tmp_path / "notes.html")) as shown:
        sinks = {"left out": ".fringe-sources", "map": ".folium-map", "title": "title", "heading": "h1"}
        as_typed(shown, text, sinks)
        assert shown.run("() => document.title") == text.strip()


@EVERY
@pytest.mark.parametrize("lazy", [False, True])
def test_popups_and_tooltips_of_foliums_own(opened, tmp_path, name, lazy):
    """They take markup; all else shows as typed, and nothing runs whatever it is."""
    text = PAYLOADS[name]
    made = Map("A", lang="en").shade(zones("a", covered_share=0.5), "covered_share").to_folium()
    popup = folium.Popup(text, lazy=lazy)
    folium.Marker((0.015, 0.03), popup=popup, tooltip=folium.Tooltip(text, permanent=True)).add_to(made)
    folium.Marker((0.015, 0.05), popup=folium.Popup(text, parse_html=True)).add_to(made)
    made.save(str(tmp_path / "own.html"))
    with opened(tmp_path / "own.html") as shown:
        markers = shown.page.locator(".leaflet-marker-icon")
        texts = shown.run("() => [document.querySelector('.leaflet-tooltip').textContent]")
        for at in range(2):
            markers.nth(at).dispatch_event("click")
            shown.page.wait_for_selector(".leaflet-popup-content", state="attached")
            texts.append(shown.run("() => [...document.querySelectorAll('.leaflet-popup-content')].pop().textContent"))
            shown.run("() => fringe.map.closePopup()")
            shown.page.wait_for_selector(".leaflet-popup-content", state="detached")
        shown.page.wait_for_timeout(50)
        assert shown.run("() => document.title") == "A"
        assert shown.run("() => window.owned") is None
        assert not [url for url in shown.requests if not url.startswith("file:")]
        assert shown.run("() => document.documentElement.hasAttribute('data-painted')")
        # A popup that is told to be a text is one.
        assert texts[2].strip() == text.strip()
        if "<" not in html.unescape(text) or "&" in text:
            assert [each.strip() for each in texts[:2]] == [html.unescape(text).strip()] * 2
            assert shown.complaints == []
        # What is markup may try, and is stopped.
        assert all("Content Security Policy" in said for said in shown.complaints)


def test_what_foliums_layers_hold_is_no_template(opened, tmp_path):
    """A value with the signs of Jinja is data, not a question to Python."""
    made = Map("A", lang="en").shade(zones("a", covered_share=0.5), "covered_share").to_folium()
    places = gpd.GeoDataFrame({"name": ["{{ 7 * 191 }}"]}, geometry=[Point(0.03, 0.015)], crs="EPSG:4326")
    tooltip = folium.GeoJsonTooltip(["name"], labels=False, permanent=True)
    folium.GeoJson(places, marker=folium.CircleMarker(), tooltip=tooltip).add_to(made)
    folium.Marker((0.015, 0.05), icon=folium.DivIcon(html="<b class='own'>{{ 7 * 191 }}</b>")).add_to(made)
    made.save(str(tmp_path / "own.html"))
    with opened(tmp_path / "own.html") as shown:
        assert shown.page.locator(".leaflet-tooltip").inner_text().strip() == "{{ 7 * 191 }}"
        assert shown.page.locator("b.own").inner_text() == "{{ 7 * 191 }}"
        assert shown.complaints == []
