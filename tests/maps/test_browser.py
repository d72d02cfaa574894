"""Saved maps in a headless browser with the network cut: what is seen, said and reached."""

from __future__ import annotations

import itertools
import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box
from tests.maps import probes
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.district import district

from fringe.maps import Map
from fringe.maps.encode import encode_columns
from fringe.maps.palette import contrast
from fringe.model import units

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def meet(a, b, slack=0.5):
    return (
        a["x"] < b["x"] + b["w"] - slack
        and b["x"] < a["x"] + a["w"] - slack
        and a["y"] < b["y"] + b["h"] - slack
        and b["y"] < a["y"] + a["h"] - slack
    )


@SIZES
def test_a_map_paints_without_a_request_or_complaint(saved, opened, size):
    with opened(saved, size) as shown:
        colours = shown.run(probes.COLOURS)
        assert colours > 25
        assert not shown.page.is_visible("#fringe-failed")
        assert shown.requests == []
        assert shown.complaints == []


@SIZES
def test_the_first_view_shows_every_zone(chinese, opened, size, town):
    with opened(chinese, size) as shown:
        bounds = shown.run(
            "() => { const b = fringe.map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; }"
        )
        west, south, east, north = town.zones.to_crs("EPSG:4326").total_bounds
        assert bounds[0] < west < east < bounds[2]
        assert bounds[1] < south < north < bounds[3]
        # And no more than needed: the zones fill the map one way.
        assert max((east - west) / (bounds[2] - bounds[0]), (north - south) / (bounds[3] - bounds[1])) > 0.75


@SIZES
def test_popups_say_what_the_table_says(saved, opened, size, town):
    lang = saved.stem
    with opened(saved, size) as shown:
        for row in (2, 9, 17):
            text = shown.click("layer-0", row)
            zone = town.zones.iloc[row]
            assert zone["name"] in text
            expected = {
                name: units.show(zone[name], name, lang)
                for name in ("township", "zone_m2", "covered_m2", "covered_share")
            }
            found = shown.cells()
            assert {name: found.get(name, "–") for name in expected} == expected
            assert found["zone"] == town.zones.index[row]
            shown.page.keyboard.press("Escape")
            shown.page.wait_for_selector(".fringe-popup", state="detached")
        widest = int(town.plots.area.argmax())
        west, south, east, north = town.plots.to_crs("EPSG:4326").geometry.iloc[widest].bounds
        shown.run("box => fringe.map.fitBounds(box, { animate: false })", [[south, west], [north, east]])
        shown.click("layer-1", widest)
        assert shown.cells()["status"] == units.show(town.plots["status"].iloc[widest], "status", lang)


@SIZES
def test_labels_and_controls_keep_apart(saved, opened, size):
    with opened(saved, size) as shown:
        labels = shown.run("() => fringe.labels()")
        controls = shown.run("() => fringe.obstacles()")
        frame = shown.run("() => { const s = fringe.map.getSize(); return [s.x, s.y]; }")
        assert len({label["text"].split("\n")[0] for label in labels if label["layer"] == "layer-0"}) >= 18
        for one, other in itertools.combinations(labels, 2):
            assert not any(meet(a, b) for a in one["boxes"] for b in other["boxes"]), (one, other)
        for label in labels:
            for found in label["boxes"]:
                assert not any(meet(found, control) for control in controls), label
                assert found["x"] >= 0
                assert found["y"] >= 0
                assert found["x"] + found["w"] <= frame[0]
                assert found["y"] + found["h"] <= frame[1]


@SIZES
def test_no_control_covers_another_and_nothing_sticks_out(saved, opened, size):
    with opened(saved, size) as shown:
        boxes = shown.run(
            """() => [...document.querySelectorAll('.fringe-title, .fringe-panel, .fringe-control, .fringe-open')]
            .map(e => [e.className, e.getBoundingClientRect()]).filter(([, r]) => r.width && r.height)
            .map(([name, r]) => ({name, x: r.left, y: r.top, w: r.width, h: r.height}))"""
        )
        assert len(boxes) >= 5
        for one, other in itertools.combinations(boxes, 2):
            assert not meet(one, other), (one, other)
        for found in boxes:
            assert found["x"] >= 0
            assert found["x"] + found["w"] <= size[0] + 0.5
            assert found["y"] + found["h"] <= size[1] + 0.5
        assert shown.run("() => document.documentElement.scrollWidth") <= size[0]
        assert shown.run("() => document.documentElement.scrollHeight") <= size[1]


@SIZES
def test_every_layer_can_be_switched_with_its_legend(chinese, opened, size):
    with opened(chinese, size) as shown:
        if shown.page.is_visible(".fringe-open"):
            shown.page.click(".fringe-open")
        names = shown.page.locator(".fringe-layer").count()
        assert names == 6
        for number in range(names):
            entry = shown.page.locator(".fringe-layer").nth(number)
            rows = entry.locator(".fringe-entries li")
            before, visible = shown.run(probes.PICTURE), rows.count()
            entry.locator("input").click()
            assert shown.run(probes.PICTURE) != before
            assert shown.run(probes.ONLY_THIS_ONE_IS_OFF, number)
            assert all(not rows.nth(row).is_visible() for row in range(visible))
            entry.locator("input").click()
            assert shown.run(probes.PICTURE) == before
            assert all(rows.nth(row).is_visible() for row in range(visible))


def test_legend_counts_add_up_to_the_zones_and_the_plots(chinese, opened, town):
    with opened(chinese) as shown:
        for number, frame in ((0, town.zones), (1, town.plots)):
            counts = (
                shown.page.locator(".fringe-layer")
                .nth(number)
                .locator(".fringe-entries .fringe-count")
                .all_inner_texts()
            )
            assert sum(int(count) for count in counts) == len(frame)


def test_chinese_glyphs_are_drawn_not_boxes(town, opened, tmp_path):
    path = town.sheet("zh").save(tmp_path / "zh.html")
    with opened(path) as shown:
        glyphs = shown.run(probes.GLYPHS)
        assert len(set(glyphs[:3])) == 3
        assert not set(glyphs[:3]) & set(glyphs[3:])
        assert any(label["text"].startswith(town.zones["name"].iloc[0]) for label in shown.run("() => fringe.labels()"))


@SIZES
def test_text_stands_out_from_its_ground(saved, opened, size):
    with opened(saved, size) as shown:
        if shown.page.is_visible(".fringe-open"):
            shown.page.click(".fringe-open")
        shown.click("layer-0", 2) if size == DESKTOP else None
        texts = shown.run(probes.TEXTS)
        assert len(texts) > 20

        def hexed(colour):
            parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
            alpha = parts[3] if len(parts) == 4 else 1
            # What shines through a control is at worst the darkest class of the map.
            return "#" + "".join(
                f"{round(part * alpha + dark * (1 - alpha)):02x}"
                for part, dark in zip(parts, (74, 110, 143), strict=False)
            )

        poor = [(text, ink, ground) for text, ink, ground in texts if contrast(hexed(ink), hexed(ground)) < 4.5]
        assert poor == []
        # Labels are written with a halo on any ground.
        assert contrast("#1b252d", "#ffffff") > 4.5


def test_everything_is_reached_by_keyboard(chinese, opened):
    with opened(chinese) as shown:
        reached = set()
        for _ in range(40):
            shown.page.keyboard.press("Tab")
            reached.add(shown.run("() => document.activeElement.className || document.activeElement.type"))
            outline = shown.run("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none" or shown.run("() => document.activeElement === document.body")
        assert {"fringe-zoom-in", "fringe-zoom-out", "fringe-fit", "checkbox", "fringe-close"} <= reached
        zoom = shown.run("() => fringe.map.getZoom()")
        shown.page.focus(".fringe-zoom-in")
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_function("zoom => fringe.map.getZoom() > zoom", arg=zoom)
        shown.page.focus(".fringe-layer input")
        shown.page.keyboard.press("Space")
        assert shown.run("() => fringe.layers[0].visible") is False
        shown.page.focus(".folium-map")
        shown.page.keyboard.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        unnamed = shown.run(probes.UNNAMED_CONTROLS)
        assert unnamed == 0


def test_the_legend_folds_and_the_map_grows(chinese, opened):
    with opened(chinese) as shown:
        width = shown.run("() => fringe.map.getSize().x")
        shown.page.click(".fringe-panel .fringe-close")
        shown.page.wait_for_function("width => fringe.map.getSize().x > width + 200", arg=width)
        shown.page.click(".fringe-open")
        shown.page.wait_for_function("width => fringe.map.getSize().x === width", arg=width)


def test_zones_are_reached_under_plots_through_the_popup(opened, tmp_path):
    zone = gpd.GeoDataFrame(
        {"name": ["Whole"]}, index=["Z"], geometry=[box(0, 0, 0.02, 0.02)], crs="EPSG:4326"
    ).rename_axis("zone")
    plot = gpd.GeoDataFrame(
        {"status": ["kept"]}, index=["P"], geometry=[box(0, 0, 0.02, 0.02)], crs="EPSG:4326"
    ).rename_axis("plot")
    path = (
        Map("A", lang="en").shade(zone.assign(covered_share=1.0), "covered_share").draw(plot).save(tmp_path / "a.html")
    )
    with opened(path) as shown:
        shown.click("layer-1", 0)
        assert shown.cells()["plot"] == "P"
        shown.page.click(".fringe-popup-others button")
        shown.page.wait_for_function("() => document.querySelector('.fringe-popup h2').textContent === 'Whole'")


HOSTILE = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "${document.title='owned'}",
    "`${document.title='owned'}`",
    "D:\\2024\\x",
    "{{ 7 * 7 }}{% raw %}",
    "a\u2028b\u2029c",
    "]]> --> &amp; &lt;",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_show_as_typed_wherever_they_stand(opened, tmp_path, text):
    zones = gpd.GeoDataFrame(
        {"name": [text, "plain"], "kind": [text, "pilot"], text: [text, "x"], "covered_share": [0.4, 0.6]},
        index=[text, "b"],
        geometry=[box(0, 0, 0.02, 0.02), box(0.02, 0, 0.04, 0.02)],
        crs="EPSG:4326",
    ).rename_axis("zone")
    points = gpd.GeoDataFrame({"name": [text]}, geometry=[Point(0.03, 0.005)], crs="EPSG:4326").rename_axis("village")
    sheet = Map(text, subtitle=text, organisation=text, review_no=text, attribution=text, lang="en")
    sheet = sheet.shade(zones, "covered_share", name=text, group=text, popup=["zone", "name", text]).shade(
        zones, "kind", show=False
    )
    with opened(sheet.draw(points, name=text).save(tmp_path / "hostile.html")) as shown:
        assert shown.run("() => document.title") == " ".join(text.split()) or shown.run("() => document.title") == text
        for place in (
            ".fringe-title h1",
            ".fringe-names span",
            ".fringe-sources",
            ".fringe-layer-name",
            ".fringe-panel h3",
        ):
            assert text in shown.page.locator(place).first.evaluate("e => e.textContent"), place
        assert text in shown.page.locator(".fringe-review").evaluate("e => e.textContent")
        shown.click("layer-0", 0)
        assert shown.page.locator(".fringe-popup h2").evaluate("e => e.textContent") == text
        assert shown.cells()["zone"] == text
        assert shown.cells()[text] == text
        assert text in shown.page.locator(".fringe-popup tr").last.evaluate("e => e.textContent")
        assert any(text in label["text"] for label in shown.run("() => fringe.labels()"))
        assert shown.run("() => document.querySelectorAll('img, script:not([type])').length") == shown.run(
            "() => document.scripts.length - document.querySelectorAll('script[type]').length"
        )
        assert shown.run("() => document.title") != "owned"
        assert shown.requests == []
        assert shown.complaints == []


def test_the_policy_stops_a_script_that_got_in(chinese, opened):
    with opened(chinese) as shown:
        shown.run(probes.INJECT_SCRIPT)
        shown.run(probes.INJECT_HANDLER)
        shown.run("() => fetch('https://example.org/').catch(() => 0)")
        shown.page.wait_for_timeout(100)
        assert shown.run("() => window.owned") is None
        assert any("Content Security Policy" in said for said in shown.complaints)


def test_numbers_read_the_same_in_the_page_and_in_python(chinese, opened):
    rng = np.random.default_rng(11)
    ties = [n / 8 for n in range(-41, 42)] + [
        0.5,
        1.5,
        2.5,
        -0.5,
        1e-9,
        -1e-9,
        0.0,
        -0.0,
        1.005,
        2.675,
        0.285,
        1e15,
        123_456_789.125,
    ]
    values = [
        *ties,
        *rng.normal(0, 1e4, 300),
        *rng.uniform(-1, 1, 200),
        *10.0 ** rng.uniform(-8, 12, 200),
        math.nan,
        math.inf,
    ]
    names = [
        "covered_share",
        "covered_m2",
        "length_m",
        "density_km_per_km2",
        "n_plots",
        "spi",
        "width_m",
        "covered_share_change",
        "covered_m2_change",
        "own",
    ]
    columns = {(name, lang): pd.Series(values, dtype=float) for name in names for lang in ("zh", "en")}
    columns["n_plots", "en"] = pd.Series(range(-3, 400_000, 17_771))
    columns["own", "en"] = pd.Series(range(-3, 400_000, 17_771))
    with opened(chinese) as shown:
        for (name, lang), column in columns.items():
            block = encode_columns(gpd.GeoDataFrame({name: column}), [name], lang)
            texts = shown.run(probes.COLUMN_TEXTS, [list(block.raw()), block.facts["columns"]])
            assert texts == [units.show(item, name, lang) for item in column.tolist()], name


def test_patterns_and_small_areas_are_seen(opened, tmp_path):
    """A plot too small for its pattern still leaves a mark, and one of another status a different one."""
    cells = [box(0, 0, 0.05, 0.05), box(0.06, 0.06, 0.06001, 0.06001), box(0.07, 0, 0.12, 0.05)]
    plots = gpd.GeoDataFrame({"status": ["lost", "kept", "kept"]}, geometry=cells, crs="EPSG:4326").rename_axis("plot")
    with opened(Map("A", lang="en").draw(plots).save(tmp_path / "a.html")) as shown:
        inks = shown.run(probes.INKS)
        assert len(inks[0]) > 3
        assert "255,255,255" in inks[0]
        assert inks[1]
        assert max(inks[2], key=inks[2].get) == "31,106,60"


def test_overlapping_areas_of_one_class_do_not_cancel(opened, tmp_path):
    plots = gpd.GeoDataFrame(
        {"status": ["kept", "kept"]},
        geometry=[box(0, 0, 0.06, 0.06), box(0.03, 0, 0.09, 0.06).reverse()],
        crs="EPSG:4326",
    ).rename_axis("plot")
    with opened(Map("A", lang="en").draw(plots).save(tmp_path / "a.html")) as shown:
        pixel = shown.run(probes.PIXEL, [0.02, 0.045])
        assert pixel == [31, 106, 60, 255]


def test_lines_are_clicked_within_reach(opened, tmp_path):
    lines = gpd.GeoDataFrame(
        {"name": ["Ring"], "road_class": ["primary"]}, geometry=[LineString([(0, 0), (0.1, 0.05)])], crs="EPSG:4326"
    ).rename_axis("road")
    with opened(Map("A", lang="en").draw(lines).save(tmp_path / "a.html")) as shown:
        assert "Ring" in shown.click("layer-0", 0)


@SIZES
def test_a_page_prints_on_one_sheet_with_its_legend(chinese, opened, size):
    with opened(chinese, size) as shown:
        printed = shown.page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        assert b"841.9" in printed or b"842" in printed
        assert shown.run("() => document.documentElement.classList.contains('fringe-printing')") is False


def test_paper_has_the_legend_no_buttons_and_the_whole_map_and_then_all_is_as_before(chinese, opened):
    view = "() => [fringe.map.getZoom(), fringe.map.getCenter().lat, fringe.map.getSize().x]"
    with opened(chinese, PHONE) as shown:
        before = shown.run(view)
        # Twice as long a legend as there is.
        shown.run(probes.DOUBLE_THE_LEGEND)
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        assert shown.page.is_visible(".fringe-panel")
        assert not shown.page.is_visible(".fringe-zoom")
        assert not shown.page.is_visible(".fringe-layer input")
        legend = shown.run(
            "() => { const b = document.querySelector('.fringe-panel-body'); return [b.scrollHeight, b.clientHeight]; }"
        )
        assert legend[0] <= legend[1] + 1
        assert len(shown.run("() => fringe.labels()")) > 25
        shown.page.emulate_media(media="screen")
        shown.run("() => window.dispatchEvent(new Event('afterprint'))")
        shown.page.wait_for_function("x => fringe.map.getSize().x === x", arg=before[2])
        assert shown.run(view) == pytest.approx(before, abs=1e-4)


def test_without_scripts_the_page_says_so(chinese, browser):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(chinese.as_uri())
    assert "浏览器" in page.inner_text("#fringe-failed")
    context.close()


def test_twenty_thousand_roads_and_plots_stay_quick(opened, tmp_path):
    """Generous limits: they catch a slip to quadratic work, not a slow machine."""
    rng = np.random.default_rng(5)
    at = rng.uniform(0, 0.2, (20_000, 2))
    lines = [LineString(place + rng.normal(0, 0.001, (12, 2)).cumsum(axis=0)) for place in at]
    roads = gpd.GeoDataFrame(
        {"road_class": rng.choice(["primary", "residential", "track"], 20_000)}, geometry=lines, crs="EPSG:4326"
    ).rename_axis("road")
    sheet = Map("Many", lang="en").draw(roads).draw(district(2).plots)
    path = sheet.save(tmp_path / "many.html")
    assert path.stat().st_size < 5_000_000
    with opened(path) as shown:
        assert shown.run("() => performance.now()") < 10_000
        spent = shown.run("() => { const t = performance.now(); fringe.redraw(); return performance.now() - t; }")
        assert spent < 2500
