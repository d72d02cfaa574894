"""Saved maps in headless Firefox: what Chromium's tests hold is true here too, each part once."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import zlib

import pandas as pd
import pytest
from tests.maps import firefox, probes
from tests.maps.test_compare import sheet as compared

from fringe.maps import Map
from fringe.model import units

pytestmark = pytest.mark.browser
_NAMES = ("firefox-esr", "firefox")
_HOW = "no Firefox found: apt-get install firefox-esr"
PAINTED = "document.documentElement.hasAttribute('data-painted')"
FRAME = "(r => [r.left, r.top])(fringe.map.getContainer().getBoundingClientRect())"
# Where the middle of an element is.
MIDDLE = (
    "(r => [r.left + r.width / 2, r.top + r.height / 2])(document.querySelector({selector!r}).getBoundingClientRect())"
)
KEYS = {"right": "\ue014", "home": "\ue011", "enter": "\ue007", "escape": "\ue00c"}


@pytest.fixture(scope="module")
def browser():
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if not program:
        if os.environ.get("CI"):
            pytest.fail(_HOW)
        pytest.skip(_HOW)
    with firefox.firefox(program) as started:
        yield started


@pytest.fixture
def page(browser, chinese):
    """The district's map, whole; nothing may be asked for or complained of by the end."""
    with browser.page() as made:
        made.goto(chinese)
        made.wait_for(PAINTED)
        yield made
        assert made.requests == []
        assert made.complaints == []


def click(page, selector):
    page.click(*page.run(MIDDLE.format(selector=selector)))


def click_row(page, layer, row):
    spot, frame = page.run(f"fringe.spot({layer!r}, {row})"), page.run(FRAME)
    page.click(spot["x"] + frame[0], spot["y"] + frame[1])
    page.wait_for("document.querySelector('.fringe-popup') !== null")


def asked(page, probe):
    return page.run(f"({probe})()")


def pages(printed):
    """The number of pages of a PDF, whose list of objects may be compressed."""
    found = len(re.findall(rb"/Type\s*/Page\b", printed))
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found += len(re.findall(rb"/Type\s*/Page\b", zlib.decompressobj().decompress(stream)))
    return found


def test_a_map_paints_with_its_names(page, town):
    assert asked(page, probes.COLOURS) > 25
    labels = {label["text"].split("\n")[0] for label in page.run("fringe.labels()")}
    assert len(labels & set(town.zones["name"])) >= 18
    assert page.run("getComputedStyle(document.getElementById('fringe-failed')).display") == "none"
    first, second, third, *strangers = asked(page, probes.GLYPHS)
    assert len({first, second, third}) == 3
    assert not {first, second, third} & set(strangers)


def test_a_click_opens_the_figures_of_the_table(page, town):
    for row in (2, 9):
        click_row(page, "layer-0", row)
        zone, found = town.zones.iloc[row], asked(page, probes.CELLS)
        assert found["zone"] == town.zones.index[row]
        for name in ("zone_m2", "covered_m2", "covered_share"):
            assert found[name] == units.show(zone[name], name, "zh")
        page.press(KEYS["escape"])
        page.wait_for("document.querySelector('.fringe-popup') === null")


def test_search_finds_by_keys_alone(page, town):
    name = town.zones["name"].iloc[5]
    click(page, ".fringe-tool-search")
    page.press(*name)
    page.wait_for("document.querySelectorAll('.fringe-hits li').length > 0")
    page.press(KEYS["enter"])
    page.wait_for("document.querySelector('.fringe-popup') !== null")
    assert page.run("document.querySelector('.fringe-popup h2').textContent") == name


def test_the_table_and_the_filter_open_and_the_map_zooms(page, town):
    click(page, ".fringe-tool-table")
    page.wait_for("document.querySelectorAll('.fringe-table-panel tbody td').length > 0")
    assert str(len(town.zones)) in page.run("document.querySelector('.fringe-table-panel .fringe-said').textContent")
    click(page, ".fringe-tool-table")
    click(page, ".fringe-tool-filter")
    page.wait_for("document.querySelectorAll('.fringe-chip').length > 0")
    before = asked(page, probes.PICTURE)
    page.run("document.querySelector('.fringe-chip').click()")
    assert asked(page, probes.PICTURE) != before
    click(page, ".fringe-zoom-in")
    page.wait_for("fringe.map.getZoom() % 0.25 === 0")


def test_paper_is_one_sheet_and_afterwards_all_is_as_before(page):
    view, before = page.run("[fringe.map.getZoom(), fringe.map.getCenter()]"), asked(page, probes.PICTURE)
    printed = page.print(29.7, 21.0)
    assert pages(printed) == 1
    # The map is in it: a page of words alone is a tenth of this.
    assert len(printed) > 100_000
    page.wait_for("!fringe.printing")
    assert page.run("[fringe.map.getZoom(), fringe.map.getCenter()]") == view
    assert asked(page, probes.PICTURE) == before


def test_old_browsers_unpack_by_themselves(browser, page, chinese):
    assert page.run("typeof DecompressionStream") == "function"
    with browser.page(before="delete window.DecompressionStream") as old:
        old.goto(chinese)
        old.wait_for(PAINTED)
        assert old.run("typeof DecompressionStream") == "undefined"
        assert asked(old, probes.PICTURE) == asked(page, probes.PICTURE)
        assert old.requests == old.complaints == []


def test_the_slider_steps_and_says_its_day(browser, town, tmp_path):
    zones = town.zones
    index = pd.MultiIndex.from_product(
        [zones.index, ["2024-03-01", "2024-03-08", "2024-03-15"]], names=["zone", "date"]
    )
    table = pd.Series([0.1, 0.5, 0.9] * len(zones), index=index, name="covered_share")
    path = Map("Season", lang="en").timeline(zones, table).save(tmp_path / "season.html")
    with browser.page() as page:
        page.goto(path)
        page.wait_for(PAINTED)
        seen = []
        click(page, ".fringe-time input")
        for keys in ([KEYS["home"]], [KEYS["right"]], [KEYS["right"]]):
            page.press(*keys)
            page.run("fringe.time.shown()")
            seen.append(
                (page.run("document.querySelector('.fringe-date').textContent")[-10:], asked(page, probes.PICTURE))
            )
        assert [day for day, _ in seen] == ["2024-03-01", "2024-03-08", "2024-03-15"]
        assert len({picture for _, picture in seen}) == 3
        assert page.requests == page.complaints == []


def test_the_divider_is_dragged_and_swipes(browser, tmp_path):
    with browser.page() as page:
        page.goto(compared().save(tmp_path / "swipe.html"))
        page.wait_for(PAINTED)
        before, corner = asked(page, probes.PICTURE), page.run("fringe.map.getPixelBounds().min")
        x, y = page.run(MIDDLE.format(selector=".fringe-grip"))
        page.pointer(firefox.move(x, y), firefox.DOWN, firefox.move(x + 200, y, 60), firefox.UP)
        page.wait_for("Number(document.querySelector('.fringe-grip').getAttribute('aria-valuenow')) > 60")
        assert asked(page, probes.PICTURE) != before
        # The map itself did not move.
        assert page.run("fringe.map.getPixelBounds().min") == corner
        assert page.requests == page.complaints == []
