"""Before and after: what a comparison is as a value, and how its divider and its two maps behave in a browser."""

from __future__ import annotations

import contextlib
import re
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from tests.maps import probes
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.test_browser import HOSTILE, meet

from fringe.errors import MapError
from fringe.maps import Map
from fringe.model import units

BROWSER = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
# West, middle, east: the middle one is cut by the divider.
BEFORE, AFTER = [0.05, 0.15, np.nan], [0.25, 0.55, 0.95]


def zones(shares):
    cells = [box(n * 0.02, 0, n * 0.02 + 0.02, 0.03) for n in range(3)]
    frame = gpd.GeoDataFrame(
        {"name": ["West", "Middle", "East"], "covered_share": shares}, index=["A", "B", "C"], geometry=cells, crs=4326
    )
    return frame.rename_axis("zone")


def plots(statuses):
    cells = [box(n * 0.02 + 0.005, 0.002, n * 0.02 + 0.015, 0.008) for n in range(len(statuses))]
    index = [f"P-{n}" for n in range(len(statuses))]
    return gpd.GeoDataFrame({"status": statuses}, index=index, geometry=cells, crs=4326).rename_axis("plot")


def state(shares, statuses, title="", **facts):
    return Map(title, lang="en", **facts).shade(zones(shares), "covered_share").draw(plots(statuses))


def sheet(mode="swipe", lang="en", names=("", "")):
    before = state(BEFORE, ["planned", "planned"], names[0], date="2019-11-01")
    after = state(AFTER, ["kept", "kept", "lost"], names[1], date="2020-04-01")
    roads = (
        zones(BEFORE).set_index(pd.Index(["w1", "w2", "w3"], name="water")).iloc[:1].translate(0, 0.012).scale(1, 0.1)
    )
    water = gpd.GeoDataFrame(geometry=roads, crs=4326).rename_axis("water")
    return Map("Two states", lang=lang).draw(water).compare(before, after, mode=mode)


@pytest.fixture(scope="module")
def swipe(tmp_path_factory):
    return sheet().save(tmp_path_factory.mktemp("swipe") / "swipe.html")


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    return sheet("side").save(tmp_path_factory.mktemp("side") / "side.html")


def test_a_colour_means_the_same_on_both_sides():
    one, _, two, _, _ = sheet().document()["layers"]
    labels = ["0–20", "20–40", "40–60", "60–80", "80–100", "No data"]
    assert [item["label"] for item in one["legend"]] == [item["label"] for item in two["legend"]] == labels
    assert one["symbols"] == two["symbols"]
    assert [item["count"] for item in one["legend"]] == [2, 0, 0, 0, 0, 1]
    assert [item["count"] for item in two["legend"]] == [0, 1, 1, 0, 1, 0]


def test_words_keep_their_colours_on_both_sides():
    kinds = [Map("", lang="en").shade(zones(BEFORE).assign(kind=kind), "kind") for kind in (["b"] * 3, ["a", "b", "c"])]
    one, two = Map("A", lang="en").compare(*kinds).document()["layers"]
    assert one["symbols"] == two["symbols"]
    assert [(item["label"], item["count"]) for item in one["legend"]][:3] == [("a", 0), ("b", 3), ("c", 0)]


def test_layers_drawn_alike_are_twins_and_others_are_not():
    layers = sheet().document()["layers"]
    assert [layer.get("side") for layer in layers] == ["before", "before", "after", "after", None]
    assert [layer.get("twin") for layer in layers] == ["layer-2", "layer-3", None, None, None]
    assert [layer.get("twin_of") for layer in layers] == [None, None, "layer-0", "layer-1", None]
    other = Map("", lang="en").shade(zones(AFTER), "covered_share", breaks=[0, 0.5, 1])
    found = Map("A", lang="en").compare(Map("").shade(zones(BEFORE), "covered_share"), other).document()["layers"]
    assert not any("twin" in layer for layer in found)


def test_a_comparison_is_a_value(tmp_path):
    first = sheet()
    data = first.save(tmp_path / "a.html").read_bytes()
    assert sheet().save(tmp_path / "b.html").read_bytes() == data
    assert first._repr_html_() == first._repr_html_()
    assert first.comparison.days == ("2019-11-01", "2020-04-01")
    before = state(BEFORE, ["kept"])
    Map("A").compare(before, state(AFTER, ["kept"]))
    assert [layer.side for layer in before.layers] == [None, None]
    assert before.layers[0].style.also is None


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda one: Map("A").compare(one, "after"), "str"),
        (lambda one: Map("A").compare(one, Map("Nothing")), "Nothing"),
        (lambda one: Map("A").compare(one, one, mode="flip"), "swipe, side"),
        (lambda one: Map("A").compare(one, Map("A").compare(one, one)), "itself a comparison"),
        (lambda one: Map("A").compare(one, one).compare(one, one), "itself a comparison"),
    ],
)
def test_refusals_name_the_thing(call, part):
    with pytest.raises(MapError) as caught:
        call(state(BEFORE, ["kept"]))
    assert caught.value.render("zh")
    assert part in caught.value.render("en")


DIVIDE = """async share => {
  fringe.other.divide(share);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
TAGS = (
    """() => [...document.querySelectorAll('.fringe-side-name')].filter(e => e.offsetWidth).map(e => e.textContent)"""
)


@BROWSER
@SIZES
def test_each_side_of_the_divider_is_its_own_state(swipe, opened, size):
    with opened(swipe, size) as shown:
        assert shown.run(TAGS) == ["Before2019-11-01", "After2020-04-01"]
        dots = {share: [] for share in (0.0, 0.5, 1.0)}
        for share, found in dots.items():
            shown.run(DIVIDE, share)
            # Left and right of the middle, in the western and the eastern zone.
            found += [tuple(shown.run(probes.PIXEL, place)) for place in ([0.02, 0.005], [0.02, 0.055])]
        assert dots[0.5] == [dots[1.0][0], dots[0.0][1]]
        assert dots[0.0][0] != dots[1.0][0]
        assert dots[0.0][1] != dots[1.0][1]
        assert shown.requests == []
        assert shown.complaints == []


@BROWSER
def test_what_is_seen_is_what_the_picture_says(swipe, opened):
    """The panes themselves, photographed, against the picture the tests look at."""
    with opened(swipe) as shown:
        frame = shown.run(
            "() => { const r = fringe.map.getContainer().getBoundingClientRect(); return [r.left, r.top]; }"
        )
        for share in (0.2, 0.8):
            shown.run(DIVIDE, share)
            for place in ([0.018, 0.0055], [0.018, 0.054]):
                spot = shown.run("([y, x]) => fringe.map.latLngToContainerPoint([y, x])", place)
                at = {"x": spot["x"] + frame[0], "y": spot["y"] + frame[1], "width": 1, "height": 1}
                before = shown.page.screenshot(clip=at)
                shown.run("() => { fringe.tiles._box.style.display = 'none'; }")
                west = shown.page.screenshot(clip=at)
                shown.run("() => { fringe.tiles._box.style.display = ''; }")
                # Hiding the tiles of "before" is seen on the left only.
                left = spot["x"] < share * shown.run("() => fringe.map.getSize().x")
                assert (before != west) is left


@BROWSER
def test_popups_and_clicks_belong_to_their_side(swipe, opened):
    with opened(swipe) as shown:
        place = "() => fringe.featuresAt(L.latLng(0.02, 0.03)).map(hit => hit.layer.id)"
        shown.run(DIVIDE, 0.9)
        assert shown.run(place) == ["layer-0"]
        shown.click("layer-0", 1)
        assert shown.cells()["covered_share"] == units.show(0.15, "covered_share", "en")
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        shown.run(DIVIDE, 0.1)
        assert shown.run(place) == ["layer-2"]
        shown.click("layer-2", 1)
        assert shown.cells()["covered_share"] == units.show(0.55, "covered_share", "en")


@BROWSER
@SIZES
def test_no_label_crosses_the_divider(swipe, opened, size):
    """A label cut in two would read as half of one figure and half of the other."""
    with opened(swipe, size) as shown:
        for share in (0.3, 0.45, 0.5, 0.62):
            shown.run(DIVIDE, share)
            x = round(share * shown.run("() => fringe.map.getSize().x"))
            labels = {name: shown.run("side => fringe.labels(side)", name) for name in ("before", "after")}
            assert sum(map(len, labels.values()))
            assert all(box["x"] + box["w"] <= x for label in labels["before"] for box in label["boxes"])
            assert all(box["x"] >= x for label in labels["after"] for box in label["boxes"])
            controls = shown.run("() => fringe.obstacles()")
            for label in (*labels["before"], *labels["after"]):
                assert not any(meet(found, control) for found in label["boxes"] for control in controls)


@BROWSER
def test_the_divider_is_dragged_and_the_map_stays(swipe, opened):
    with opened(swipe) as shown:
        centre = shown.run("() => [fringe.map.getCenter().lat, fringe.map.getCenter().lng]")
        grip = shown.page.locator(".fringe-grip").bounding_box()
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        shown.page.mouse.move(x, y)
        shown.page.mouse.down()
        shown.page.mouse.move(x - 200, y, steps=4)
        shown.page.mouse.up()
        shown.page.wait_for_timeout(100)
        now = shown.page.locator(".fringe-grip").bounding_box()
        assert now["x"] == pytest.approx(grip["x"] - 200, abs=1.5)
        assert shown.run("() => [fringe.map.getCenter().lat, fringe.map.getCenter().lng]") == centre
        assert shown.page.query_selector(".fringe-popup") is None


@BROWSER
def test_the_divider_stays_where_it_is_while_the_map_moves(swipe, opened):
    with opened(swipe) as shown:
        before = shown.page.locator(".fringe-grip").bounding_box()
        shown.run("() => fringe.map.panBy([120, 40], { animate: false })")
        shown.run("() => fringe.map.setZoom(fringe.map.getZoom() + 1, { animate: false })")
        shown.page.wait_for_timeout(100)
        assert shown.page.locator(".fringe-grip").bounding_box() == pytest.approx(before, abs=1)


@BROWSER
def test_the_divider_is_worked_by_keys_and_says_where_it_is(swipe, opened):
    with opened(swipe) as shown:
        grip = shown.page.locator(".fringe-grip")
        assert grip.get_attribute("role") == "slider"
        assert "Before 2019-11-01" in grip.get_attribute("aria-label")
        grip.focus()
        for key, share in (("ArrowRight", 52), ("PageDown", 42), ("ArrowLeft", 40), ("End", 100), ("Home", 0)):
            shown.page.keyboard.press(key)
            shown.page.wait_for_function(
                "share => document.querySelector('.fringe-grip').getAttribute('aria-valuenow') === String(share)",
                arg=share,
            )
            assert str(share) in grip.get_attribute("aria-valuetext")


@BROWSER
@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_one_legend_counts_and_switches_both_sides(mode, request, opened):
    with opened(request.getfixturevalue(mode)) as shown:
        assert shown.page.locator(".fringe-layer").count() == 3
        entry = shown.page.locator(".fringe-layer").first
        assert entry.locator(".fringe-both-heads span").all_inner_texts() == ["Before", "After"]
        counts = [int(text) for text in entry.locator(".fringe-count").all_inner_texts()]
        assert counts == [2, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0]
        entry.locator("input").click()
        assert shown.run("() => fringe.layers.map(layer => layer.visible)") == [False, True, False, True, True]
        entry.locator("input").click()
        assert shown.run("() => fringe.layers.every(layer => layer.visible)")


SEEN = """() => [fringe.map, fringe.other.map].map(map => {
  const b = map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
})"""


@BROWSER
@SIZES
def test_two_maps_move_together(side, opened, size):
    with opened(side, size) as shown:
        assert shown.run(TAGS) == ["Before2019-11-01", "After2020-04-01"]
        for move in (
            "() => fringe.map.panBy([37, 21], { animate: false })",
            "() => fringe.other.map.panBy([-80, 33], { animate: false })",
            "() => fringe.map.setZoom(fringe.map.getZoom() + 0.75)",
            "() => fringe.other.map.setZoom(fringe.other.map.getZoom() - 1.5)",
        ):
            before = shown.run(SEEN)
            shown.run(move)
            shown.page.wait_for_timeout(60)
            one, two = shown.run(SEEN)
            assert [one, two] != before
            # Within a pixel of each other.
            pixel = (one[2] - one[0]) / shown.run("() => fringe.map.getSize().x")
            assert one == pytest.approx(two, abs=2 * pixel)
        assert shown.requests == []
        assert shown.complaints == []


@BROWSER
def test_two_maps_have_popups_of_their_own_state(side, opened):
    with opened(side) as shown:
        for name, share in (("fringe.map", 0.15), ("fringe.other.map", 0.55)):
            spot = shown.run(
                f"""() => {{ const map = {name}, r = map.getContainer().getBoundingClientRect();
                const p = map.latLngToContainerPoint([0.02, 0.03]); return [p.x + r.left, p.y + r.top]; }}"""
            )
            shown.page.mouse.click(*spot)
            shown.page.wait_for_selector(".fringe-popup")
            assert shown.cells()["covered_share"] == units.show(share, "covered_share", "en")
            frame = shown.run(f"() => {name}.getContainer().getBoundingClientRect().left")
            assert shown.page.locator(".fringe-popup").bounding_box()["x"] >= frame
            shown.page.keyboard.press("Escape")
            shown.page.wait_for_selector(".fringe-popup", state="detached")


@BROWSER
@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_a_comparison_prints_on_one_sheet_and_then_all_is_as_before(mode, request, opened):
    with opened(request.getfixturevalue(mode)) as shown:
        before = shown.run(probes.PICTURE)
        printed = shown.page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        shown.page.wait_for_timeout(300)
        assert shown.run(probes.PICTURE) == before
        assert shown.complaints == []


@BROWSER
@pytest.mark.parametrize("text", HOSTILE[:4])
@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_names_of_sides_show_as_typed(opened, tmp_path, text, mode):
    with opened(sheet(mode, names=(text, text)).save(tmp_path / "hostile.html")) as shown:
        assert shown.page.locator(".fringe-side-name b").first.evaluate("e => e.textContent") == text
        assert shown.run("() => document.title") == "Two states"
        assert shown.complaints == []


@BROWSER
def test_paper_holds_both_sides_of_a_swipe(swipe, opened):
    with opened(swipe) as shown:
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        assert shown.run("() => getComputedStyle(fringe.map.getPane('fringe-features')).clipPath") == "none"
        inks = shown.run(
            """() => [0.01, 0.05].map(x => {
              const canvas = fringe.map.getPane('fringe-features').querySelector('canvas');
              const place = fringe.map.latLngToLayerPoint([0.02, x]).subtract(L.DomUtil.getPosition(canvas));
              const scale = canvas.width / canvas.clientWidth;
              return [...canvas.getContext('2d').getImageData(place.x * scale, place.y * scale, 1, 1).data];
            })"""
        )
        # The lightest class before, the darkest after.
        assert [ink[:3] for ink in inks] == [[0xE8, 0xEC, 0xEE], [0x4A, 0x6E, 0x8F]]
        assert shown.run("() => fringe.labels('after').length")


# The middle of the divider on paper, in pixels of the page, noted when it is printed.
NOTE_DIVIDER = """() => window.addEventListener('beforeprint', () => {
  const box = document.querySelector('.fringe-divider').getBoundingClientRect();
  window.divided = box.left + box.width / 2;
})"""


def drawn_on(printed):
    """What a page of a PDF draws, as lines of numbers and an operator."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL):
        with contextlib.suppress(zlib.error):
            lines = zlib.decompressobj().decompress(stream).decode("latin-1").splitlines()
            found += [line.split() for line in lines if line.endswith((" cm", " re"))]
    return [([float(number) for number in numbers], operator) for *numbers, operator in found]


@BROWSER
@pytest.mark.parametrize("width", [900, 1367])
@pytest.mark.parametrize("share", [0.5, 0.31])
def test_paper_changes_sides_at_the_divider_and_is_true_to_scale(swipe, opened, share, width):
    """Chromium prints canvases as shapes with a step of their own: it must be that of the page around them."""
    with opened(swipe, (width, 800)) as shown:
        shown.run(DIVIDE, share)
        shown.run(NOTE_DIVIDER)
        drawn = drawn_on(shown.page.pdf(prefer_css_page_size=True, print_background=True))
        steps = [numbers for numbers, operator in drawn if operator == "cm" and numbers[0] == numbers[3]]
        step, left = steps[0][0], steps[0][4]
        # 96 pixels an inch, 300 dots: nothing was shrunk to fit.
        assert step == pytest.approx(300 / 96)
        # Patterns have finer steps of their own.
        coarse = [numbers[0] for numbers in steps if numbers[0] > step / 2]
        assert coarse == pytest.approx([step] * len(coarse))
        # As high as the map.
        boxes = {tuple(numbers) for numbers, operator in drawn if operator == "re" and numbers[3] > 500 * step}
        borders = {x + w for x, y, w, h in boxes for x2, y2, _, h2 in boxes if (x + w, y, h) == (x2, y2, h2)}
        assert [(border - left) / step for border in borders] == [pytest.approx(shown.run("() => divided"), abs=1)]


@BROWSER
def test_paper_shows_both_maps_alike(side, opened):
    with opened(side) as shown:
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        one, two = shown.run(SEEN)
        pixel = (one[2] - one[0]) / shown.run("() => fringe.map.getSize().x")
        assert one == pytest.approx(two, abs=2 * pixel)
        assert one[0] < 0
        assert one[2] > 0.06
