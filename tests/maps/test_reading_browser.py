"""Reading aids in a headless browser: search, filter, table, measuring, full screen, curves, photographs, chainage."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyproj import Geod
from shapely import LineString, Point, box
from tests.maps import probes
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.test_browser import HOSTILE, meet

from fringe.maps import Map
from fringe.maps.document import _PAGE_WORDS
from fringe.model import words

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

COUNTS = """number => [...document.querySelectorAll('.fringe-layer')[number].querySelectorAll('.fringe-count')]
  .map(count => Number(count.textContent.replace(/,/g, '')))"""
SELECTED = "() => fringe.selected && [fringe.selected.layer.id, fringe.selected.row]"
ROWS = """() => [...document.querySelectorAll('.fringe-scroll tr[data-at]')]
  .map(line => [...line.cells].map(cell => cell.textContent))"""
MAP_AND_TABLE = """() => [
  fringe.map.getContainer().getBoundingClientRect().bottom,
  document.querySelector('.fringe-dock').getBoundingClientRect().top,
]"""
FURNITURE = """name => [
  '#fringe-' + name, '.fringe-title', '.fringe-panel', '.fringe-scale', '.fringe-sources', '.fringe-zoom',
  '.fringe-tools', '.fringe-open',
].flatMap(place => [...document.querySelectorAll(place)].slice(0, 1)).map(e => [e.className, e.getBoundingClientRect()])
  .filter(([, r]) => r.width && r.height)
  .map(([name, r]) => ({name, x: r.left, y: r.top, w: r.width, h: r.height}))"""
PHOTO_IS_THERE = """() => {
  const image = document.querySelector('.fringe-photo img');
  return image && image.complete && image.naturalWidth === 300;
}"""


def tool(shown, name):
    if not shown.page.is_visible(f".fringe-tool-{name}"):
        shown.page.click(".fringe-more")
    shown.page.click(f".fringe-tool-{name}")


def look_up(shown, text):
    tool(shown, "search")
    shown.page.fill(".fringe-search-input", "")
    shown.page.keyboard.type(text)
    shown.page.wait_for_function("() => document.querySelector('#fringe-search .fringe-said').textContent")
    shown.page.wait_for_timeout(150)
    return [item.split("\n") for item in shown.page.locator(".fringe-hits li").all_inner_texts()]


def at_first_fine(shown):
    assert shown.requests == []
    assert shown.complaints == []


def zones(n=2, /, **columns):
    cells = [box(113 + at * 0.01, 34, 113.01 + at * 0.01, 34.01) for at in range(n)]
    data = {"name": [f"Zone {at}" for at in range(n)], **columns}
    index = pd.Index([f"Z{at}" for at in range(n)], name="zone")
    return gpd.GeoDataFrame(data, index=index, geometry=cells, crs="EPSG:4326")


@SIZES
def test_search_by_initials_opens_the_zone(chinese, opened, size, town):
    # 王 w, 张 z … the district's names end in 村; the first zone is looked up by the initials of its name.
    name = town.zones["name"].iloc[0]
    letters = {"王家村": "wjc"}[name]
    with opened(chinese, size) as shown:
        hits = look_up(shown, letters)
        assert hits[0][0] == name
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        assert name in shown.page.inner_text(".fringe-popup h2")
        layer, row = shown.run(SELECTED)
        assert town.zones["name"].iloc[row] == name or layer != "layer-0"
        at_first_fine(shown)


def test_search_by_number_and_by_part_of_a_name_with_keys_alone(chinese, opened):
    with opened(chinese) as shown:
        assert look_up(shown, "p-017")[0][0] == "P-017"
        shown.page.keyboard.press("Escape")
        assert not shown.page.is_visible("#fringe-search")
        assert shown.run("() => document.activeElement.classList.contains('fringe-tool-search')")
        hits = look_up(shown, "家村")
        assert len(hits) > 2
        shown.page.keyboard.press("ArrowDown")
        box_ = shown.page.locator(".fringe-search-input")
        active = box_.get_attribute("aria-activedescendant")
        assert shown.page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        assert box_.get_attribute("aria-expanded") == "true"
        wanted = shown.page.locator(f"#{active} b").inner_text()
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        assert shown.page.inner_text(".fringe-popup h2") == wanted
        # Escape closes it again: the map has the focus.
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")


def test_nothing_found_is_said(chinese, opened):
    with opened(chinese) as shown:
        assert look_up(shown, "qqqqqq") == []
        assert shown.page.inner_text("#fringe-search .fringe-said") == words.text("map.search_none", "zh")


@pytest.mark.parametrize(
    ("text", "letters", "found"),
    [
        ("王桐村", "wtc", 0),
        ("王桐村", "tc", 1),
        ("王桐村", "wc", -1),
        ("重庆路 12", "zql", 0),
        ("重庆路 12", "cql12", 0),
        ("a重", "ac", 0),
        ("王", "wt", -1),
    ],
)
def test_initials_are_found_at_the_start_or_within(chinese, opened, text, letters, found):
    from fringe.maps.reading import initials

    with opened(chinese) as shown:
        assert (
            shown.run(
                "([text, letters, read]) => fringe.initialsAt(text, letters, read)", [text, letters, initials([text])]
            )
            == found
        )


@SIZES
def test_a_filter_leaves_out_counts_anew_and_says_so(chinese, opened, size, town):
    with opened(chinese, size) as shown:
        before = shown.run(probes.PICTURE)
        tool(shown, "filter")
        shown.page.locator(".fringe-chip", has_text="圃田乡").click()
        kept = town.zones["township"] == "圃田乡"
        assert shown.run("() => fringe.layers[0].left && [...fringe.layers[0].left]") == [
            int(not keep) for keep in kept
        ]
        assert sum(shown.run(COUNTS, 0)) == kept.sum()
        assert sum(shown.run(COUNTS, 1)) == len(town.plots)
        assert shown.run(probes.PICTURE) != before
        # A second column of another layer narrows that one down.
        shown.page.locator(".fringe-chip", has_text="已栽植").click()
        assert sum(shown.run(COUNTS, 1)) == (town.plots["status"] == "planted").sum()
        note = shown.page.locator(".fringe-filtered").evaluate("e => e.textContent")
        assert "圃田乡" in note
        assert "已栽植" in note
        labels = {
            label["text"].split("\n")[0] for label in shown.run("() => fringe.labels()") if label["layer"] == "layer-0"
        }
        assert labels <= set(town.zones["name"][kept])
        gone = int(np.flatnonzero(~kept)[0])
        assert shown.run("row => fringe.spot('layer-0', row)", gone) is None
        shown.page.click(".fringe-clear")
        assert sum(shown.run(COUNTS, 0)) == len(town.zones)
        assert shown.run(probes.PICTURE) == before
        assert not shown.page.is_visible(".fringe-filtered")
        at_first_fine(shown)


def test_what_is_left_out_is_neither_found_nor_listed(chinese, opened, town):
    with opened(chinese) as shown:
        gone = town.zones[town.zones["township"] != "圃田乡"]
        tool(shown, "filter")
        shown.page.locator(".fringe-chip", has_text="圃田乡").click()
        number = str(gone.index[0]).lower()
        assert look_up(shown, number) == []
        shown.page.keyboard.press("Escape")
        tool(shown, "table")
        shown.page.wait_for_selector(".fringe-scroll tr[data-at]")
        listed = {line[0] for line in shown.run(ROWS)}
        assert listed == set(town.zones.index) - set(gone.index)


def test_kinds_of_different_things_are_filtered_apart(opened, tmp_path):
    one = zones(4, kind=["pilot", "ordinary"] * 2, covered_share=0.5)
    places = gpd.GeoDataFrame(
        {"kind": ["oak", "elm", "oak", "elm"]},
        geometry=[Point(113.005 + at * 0.01, 34.005) for at in range(4)],
        crs="EPSG:4326",
    ).rename_axis("tree")
    path = Map("A", lang="en").shade(one, "covered_share").draw(places).save(tmp_path / "a.html")
    with opened(path) as shown:
        tool(shown, "filter")
        shown.page.locator(".fringe-chip", has_text="oak").click()
        assert shown.run("() => fringe.layers.map(layer => layer.left && [...layer.left])") == [None, [0, 1, 0, 1]]


@SIZES
def test_the_table_lists_sorts_and_finds_on_the_map(chinese, opened, size, town):
    with opened(chinese, size) as shown:
        tool(shown, "table")
        shown.page.wait_for_selector(".fringe-scroll tr[data-at]")
        heads = shown.page.locator(".fringe-scroll th button").all_inner_texts()
        share = heads.index(words.label("covered_share", "zh"))
        header = shown.page.locator(".fringe-scroll th").nth(share)
        header.locator("button").evaluate("e => e.click()")
        assert header.get_attribute("aria-sort") == "ascending"
        order = town.zones["covered_share"].sort_values(kind="stable", na_position="last").index
        rows = shown.run(ROWS)
        assert [row[0] for row in rows] == list(order)[: len(rows)]
        header.locator("button").evaluate("e => e.click()")
        down = [row[0] for row in shown.run(ROWS)]
        assert down[0] == order[town.zones["covered_share"].notna().sum() - 1]
        # The map is not covered: it has become smaller.
        frame = shown.run(MAP_AND_TABLE)
        assert frame[0] <= frame[1] + 1
        shown.page.locator(".fringe-scroll tr[data-at]").first.focus()
        shown.page.keyboard.press("ArrowDown")
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        assert shown.run(SELECTED) == ["layer-0", list(town.zones.index).index(down[1])]
        assert shown.page.locator(".fringe-scroll tr[aria-selected=true] td").first.inner_text() == down[1]
        shown.page.keyboard.press("Escape")
        assert not shown.page.is_visible(".fringe-dock")
        at_first_fine(shown)


def test_a_table_of_many_rows_holds_only_those_in_sight(opened, tmp_path):
    n = 30_000
    points = gpd.GeoDataFrame(
        {"name": [f"树{at}" for at in range(n)], "households": np.arange(n)},
        index=pd.Index([f"V{at}" for at in range(n)], name="village"),
        geometry=gpd.points_from_xy(113 + np.arange(n) % 200 * 1e-4, 34 + np.arange(n) // 200 * 1e-4),
        crs="EPSG:4326",
    )
    with opened(Map("A", lang="zh").draw(points).save(tmp_path / "a.html")) as shown:
        tool(shown, "table")
        shown.page.wait_for_selector(".fringe-scroll tr[data-at]")
        assert shown.page.locator(".fringe-scroll tr").count() < 80
        assert shown.page.locator(".fringe-scroll table").get_attribute("aria-rowcount") == str(n + 1)
        shown.page.locator(".fringe-scroll tr[data-at]").first.focus()
        shown.page.keyboard.press("End")
        assert shown.run("() => document.activeElement.getAttribute('aria-rowindex')") == str(n + 1)
        assert shown.page.locator(".fringe-scroll tr").count() < 80
        shown.page.click("#fringe-table .fringe-close")
        hits = look_up(shown, "s29999")
        assert hits[0][0] == "树29999"
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        assert shown.cells()["village"] == "V29999"


RINGS = [
    [(34.70, 113.60), (34.72, 113.66), (34.66, 113.70), (34.64, 113.61)],
    [(0.0, 0.0), (0.0, 0.01), (0.01, 0.01)],
    [(60.0, -1.0), (61.0, -1.5), (60.5, 1.5)],
    [(-33.9, 18.4), (-33.9, 18.4001), (-33.9001, 18.4001), (-33.9001, 18.4)],
    [(30.0, 110.0), (35.0, 110.0), (35.0, 116.0), (30.0, 116.0)],
]


def test_lengths_and_areas_are_those_of_the_ellipsoid(chinese, opened):
    geod = Geod(ellps="WGS84")
    with opened(chinese) as shown:
        for ring in RINGS:
            lat, lon = zip(*ring, strict=True)
            length, area = shown.run("places => [fringe.lengthOf(places), fringe.areaOf(places)]", ring)
            assert length == pytest.approx(geod.line_length(lon, lat), rel=2e-5)
            assert area == pytest.approx(abs(geod.polygon_area_perimeter(lon, lat)[0]), rel=1e-3)
        assert shown.run("places => fringe.crosses(places)", [[0, 0], [1, 1], [0, 1], [1, 0]]) is True
        assert shown.run("places => fringe.crosses(places)", [[0, 0], [0, 1], [1, 1], [1, 0]]) is False


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_measuring_by_clicks_and_keys(opened, tmp_path, lang):
    path = Map("A", lang=lang).draw(zones()).save(tmp_path / "a.html")
    with opened(path) as shown:
        tool(shown, "measure")
        frame = shown.run(
            "() => { const r = fringe.map.getContainer().getBoundingClientRect(); return [r.left, r.top]; }"
        )
        places = [(500, 300), (700, 300), (700, 500), (500, 500)]
        ring = []
        for x, y in places:
            shown.page.mouse.click(x + frame[0], y + frame[1])
            ring.append(
                shown.run(
                    "([x, y]) => { const l = fringe.map.containerPointToLatLng([x, y]); return [l.lat, l.lng]; }",
                    [x, y],
                )
            )
        assert not shown.page.is_visible(".fringe-popup")
        lat, lon = zip(*ring, strict=True)
        area = abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])
        texts = shown.page.locator("#fringe-measure td").all_inner_texts()
        numbers = [float(text.split()[0].replace(",", "")) for text in texts]
        assert numbers[2] == pytest.approx(area, rel=5e-3)
        assert numbers[3] == pytest.approx(area * 3 / 2000, rel=5e-3)
        assert numbers[4] == pytest.approx(area / 10_000, rel=5e-3)
        for unit in ("m2", "mu", "ha"):
            assert any(text.endswith(words.text(f"map.unit_{unit}", lang)) for text in texts)
        # Keys: back one, and the centre of the map as a point.
        shown.page.focus(".folium-map")
        shown.page.keyboard.press("Backspace")
        assert shown.page.locator("#fringe-measure td").count() == 5
        shown.page.keyboard.press("Enter")
        assert not shown.page.is_visible(".fringe-popup")
        shown.page.keyboard.press("Escape")
        assert not shown.page.is_visible("#fringe-measure")
        assert shown.run("() => document.querySelectorAll('.leaflet-overlay-pane path').length") == 0
        shown.click("layer-0", 0)
        at_first_fine(shown)


def test_full_screen_and_back(chinese, opened):
    with opened(chinese) as shown:
        shown.page.click(".fringe-full")
        shown.page.wait_for_selector('.fringe-full[aria-pressed="true"]')
        assert shown.run("() => Boolean(document.fullscreenElement)")
        shown.page.click(".fringe-full")
        shown.page.wait_for_function("() => !document.fullscreenElement")


@SIZES
@pytest.mark.parametrize("name", ["search", "filter", "table", "measure"])
def test_an_open_tool_covers_no_title_legend_or_scale(chinese, opened, size, name):
    with opened(chinese, size) as shown:
        tool(shown, name)
        shown.page.wait_for_timeout(100)
        boxes = shown.run(FURNITURE, name)
        for one, other in itertools.combinations(boxes, 2):
            assert not meet(one, other), (one, other)
        assert shown.run("() => document.documentElement.scrollWidth") <= size[0]
        unnamed = shown.run(probes.UNNAMED_CONTROLS)
        assert unnamed == 0


def test_tools_are_reached_by_keyboard_and_stay_off_paper(chinese, opened):
    with opened(chinese) as shown:
        reached = set()
        for _ in range(14):
            shown.page.keyboard.press("Tab")
            reached.update(shown.run("() => [...document.activeElement.classList]"))
        assert {f"fringe-tool-{name}" for name in ("search", "filter", "table", "measure")} <= reached
        tool(shown, "filter")
        shown.page.locator(".fringe-chip").first.click()
        tool(shown, "table")
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        for place in (".fringe-tools", ".fringe-fly", ".fringe-dock"):
            assert not shown.page.locator(place).first.is_visible(), place
        assert shown.page.is_visible(".fringe-filtered")
        sides = shown.run("() => [document.querySelector('.fringe-main').clientHeight, fringe.map.getSize().y]")
        assert sides[0] == sides[1]


def test_popups_draw_curves_and_show_photographs(opened, tmp_path):
    days = pd.date_range("2020-01-05", periods=4, freq="7D")
    index = pd.MultiIndex.from_product([["Z1", "Z0"], days], names=["zone", "date"])
    table = pd.DataFrame(
        {"planned_share": [0.25, 0.5, 0.75, 1.0] * 2, "progress_share": [0.1, 0.4, np.nan, np.nan] + [np.nan] * 4},
        index,
    )
    Image.new("RGB", (300, 200), "#aa2222").save(tmp_path / "<img src=x onerror=alert(1)>.png")
    sheet = Map("A", lang="en").shade(zones(covered_share=0.5), "covered_share")
    sheet = sheet.details(curves=table, photos={"Z1": tmp_path / "<img src=x onerror=alert(1)>.png"})
    with opened(sheet.save(tmp_path / "a.html")) as shown:
        shown.click("layer-0", 1)
        said = shown.page.locator(".fringe-curve svg").get_attribute("aria-label")
        # What is planned is told on the day up to which progress is known.
        assert "50.0% (2020-01-12)" in said
        assert "40.0% (2020-01-12)" in said
        lines = shown.page.locator(".fringe-curve path[stroke]")
        assert [line.get_attribute("d").count("L") for line in lines.all()] == [3, 1]
        assert lines.nth(0).get_attribute("stroke-dasharray") != "none"
        # Right is later and up is more.
        first = [float(part) for part in lines.nth(1).get_attribute("d")[1:].replace("L", " ").split()]
        assert first[2] > first[0]
        assert first[3] < first[1]
        shown.page.wait_for_function(PHOTO_IS_THERE)
        assert shown.page.locator(".fringe-photo figcaption").evaluate("e => e.textContent").startswith("<img")
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        shown.click("layer-0", 0)
        assert shown.page.locator(".fringe-photo").count() == 0
        assert shown.page.locator(".fringe-curve path[stroke]").count() == 1
        at_first_fine(shown)


def test_chainage_is_found_between_posts_and_nowhere_else(opened, tmp_path):
    track = gpd.GeoDataFrame(
        {"line": ["East"]}, geometry=[LineString([(113, 34), (113.02, 34)])], crs="EPSG:4326", index=["T"]
    ).rename_axis("track")
    posts = gpd.GeoDataFrame(
        {"line": "East", "km": [12.2, 12.0, 12.1]},
        geometry=[Point(113.02, 34), Point(113, 34), Point(113.01, 34)],
        crs="EPSG:4326",
    )
    with opened(Map("A", lang="en").draw(track).chainage(posts).save(tmp_path / "a.html")) as shown:
        assert look_up(shown, "DK12+050") == [["DK12+050", "East"]]
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        assert "12+050" in shown.page.inner_text(".fringe-popup")
        centre = shown.run(
            "() => { const c = document.querySelector('.leaflet-popup'); return fringe.map._popup.getLatLng(); }"
        )
        assert centre["lng"] == pytest.approx(113.005, abs=2e-6)
        assert centre["lat"] == pytest.approx(34, abs=2e-6)
        assert look_up(shown, "k12+201") == []


def test_the_square_of_two_figures_counts_and_follows_the_filter(opened, tmp_path):
    frame = zones(
        6,
        covered_share=[0.1, 0.4, 0.9, 0.1, 0.9, np.nan],
        progress_share=[0.1, 0.5, 0.9, 0.9, 0.2, 0.5],
        kind=["pilot", "ordinary"] * 3,
    )
    edges = (0, 0.3, 0.6, 1)
    path = (
        Map("A", lang="en")
        .bivariate(frame, "covered_share", "progress_share", breaks=(edges, edges))
        .save(tmp_path / "a.html")
    )
    with opened(path) as shown:
        cells = "() => [...document.querySelectorAll('.fringe-cell')].map(cell => Number(cell.textContent))"
        assert shown.run(cells) == [1, 0, 1, 0, 1, 0, 1, 0, 1]
        # Up is more: the cell of the highest progress stands above that of the lowest.
        tops = shown.run(
            "() => [...document.querySelectorAll('.fringe-cell')].map(cell => cell.getBoundingClientRect().top)"
        )
        assert tops[0] > tops[3] > tops[6]
        tool(shown, "filter")
        shown.page.locator(".fringe-chip", has_text="Pilot").click()
        assert shown.run(cells) == [1, 0, 1, 0, 0, 0, 0, 0, 1]
        at_first_fine(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_show_as_typed_in_every_tool(opened, tmp_path, text):
    frame = zones(4, kind=[text, "b"] * 2, covered_share=0.5).assign(name=[text, "b", "c", "d"])
    sheet = Map("A", lang="en").shade(
        frame.set_index(pd.Index([text, "b", "c", "d"], name="zone")), "covered_share", name=text
    )
    with opened(sheet.save(tmp_path / "a.html")) as shown:
        tool(shown, "search")
        shown.run("() => { document.querySelector('.fringe-search-input').value = ''; }")
        found = shown.run("async text => (await fringe.search(text)).hits.map(hit => hit.title)", text)
        assert text in found
        shown.page.fill(".fringe-search-input", text.replace("\u2028", " ").replace("\u2029", " "))
        shown.page.wait_for_selector(".fringe-hits li")
        assert shown.page.locator(".fringe-hits b").first.evaluate("e => e.textContent") == text
        tool(shown, "filter")
        shown.page.wait_for_selector(".fringe-chip")
        assert any(
            text in chip
            for chip in shown.run("() => [...document.querySelectorAll('.fringe-chip')].map(e => e.textContent)")
        )
        shown.run(
            "text => [...document.querySelectorAll('.fringe-chip')].find(e => e.textContent.startsWith(text)).click()",
            text,
        )
        assert text in shown.run("() => document.querySelector('.fringe-filtered').textContent")
        tool(shown, "table")
        shown.page.wait_for_selector(".fringe-scroll tr[data-at]")
        assert text in shown.run(ROWS)[0]
        assert text in shown.run("() => document.querySelector('.fringe-pick').textContent")
        assert shown.run("() => document.title") == "A"
        assert shown.run("() => document.querySelectorAll('img').length") == 0
        at_first_fine(shown)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_words_of_the_page_are_there_in_both_languages(lang):
    for word in _PAGE_WORDS:
        assert words.has(f"map.{word}")
        assert words.text(f"map.{word}", lang)
