"""A page worked by keys alone: every stop of the tab key has a name and a mark that is seen, and what opens, closes."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.maps.conftest import DESKTOP, PHONE

from fringe.maps import Map

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
DAYS = ["2024-03-01", "2024-03-08", "2024-03-15"]
# Around an element, where its mark may be.
AROUND_PX = 6
BOX = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}"""
# Pixels that must differ between marked and not: a line of two pixels along the shorter side.
LEAST = 2
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; caret-color: transparent; }"


@pytest.fixture(scope="module")
def timed(town, tmp_path_factory):
    """A map with everything a page can have but a comparison."""
    index = pd.MultiIndex.from_product([town.zones.index, DAYS], names=["zone", "date"])
    table = pd.Series(np.linspace(0, 1, len(index)), index=index, name="covered_share")
    sheet = Map("Season", lang="en", attribution="© OpenStreetMap contributors").timeline(town.zones, table)
    sheet = sheet.draw(town.plots).draw(town.roads).draw(town.villages)
    return sheet.save(tmp_path_factory.mktemp("keys") / "timed.html")


def compared(town, mode, folder):
    one = Map("Before", lang="en").shade(town.zones, "covered_share")
    two = Map("After", lang="en").shade(town.zones.assign(covered_share=0.5), "covered_share")
    return Map("Both", lang="en").draw(town.roads).compare(one, two, mode=mode).save(folder / f"{mode}.html")


class Keys:
    """The keyboard of an open page, and what it reaches."""

    def __init__(self, shown):
        self.shown, self.page = shown, shown.page
        self.line = shown.page.context.new_cdp_session(shown.page)
        self.line.send("Accessibility.enable")
        shown.page.add_style_tag(content=STILL)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def here(self):
        """Role and name of what has the focus, as the browser tells screen readers."""
        found = self.line.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        tree = self.line.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})
        node = tree["nodes"][0]
        return node.get("role", {}).get("value"), node.get("name", {}).get("value", "").strip()

    def at(self):
        return self.shown.run("() => document.activeElement === document.body ? '' : document.activeElement.className")

    def mark(self):
        """How many pixels around the focus show that it is there."""
        left, top, width, height = self.shown.run(BOX)
        size = self.page.viewport_size
        x, y = max(0, left - AROUND_PX), max(0, top - AROUND_PX)
        clip = {
            "x": x,
            "y": y,
            "width": min(size["width"], left + width + AROUND_PX) - x,
            "height": min(size["height"], top + height + AROUND_PX) - y,
        }
        assert clip["width"] > 0, self.at()
        assert clip["height"] > 0, self.at()
        marked = self.picture(clip)
        self.shown.run(
            "() => document.activeElement.setAttribute('style', 'outline: none !important;' + "
            "(document.activeElement.dataset.was = document.activeElement.getAttribute('style') || ''))"
        )
        bare = self.picture(clip)
        self.shown.run("() => document.activeElement.setAttribute('style', document.activeElement.dataset.was)")
        return int((np.abs(marked - bare).max(axis=2) > 60).sum()), min(width, height)

    def picture(self, clip):
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")).astype(int)

    def round(self, most=80):
        """Go once round the page and return (class, role, name, marked) of every stop."""
        stops = []
        self.shown.run("() => document.activeElement.blur()")
        for _ in range(most):
            self.press("Tab")
            if not self.at() and self.shown.run("() => document.activeElement === document.body"):
                break
            role, name = self.here()
            pixels, side = self.mark()
            stops.append((self.at(), role, name, pixels >= LEAST * side))
        assert len(stops) < most
        return stops


def whole(stops):
    """Assert that every stop has a name and a mark."""
    assert [stop for stop in stops if not stop[2]] == []
    assert [stop for stop in stops if not stop[3]] == []


@SIZES
def test_every_stop_has_a_name_and_a_mark(timed, opened, size):
    with opened(timed, size) as shown:
        keys = Keys(shown)
        stops = keys.round()
        whole(stops)
        names = " ".join(stop[0] for stop in stops)
        for part in ("leaflet-container", "fringe-zoom-in", "fringe-fit", "fringe-play"):
            assert part in names, part
        assert "slider" in {stop[1] for stop in stops}
        if size == DESKTOP:
            assert sum(stop[1] == "checkbox" for stop in stops) == 4


@pytest.mark.parametrize("mode", ["swipe", "side"])
def test_every_stop_of_a_comparison_has_a_name_and_a_mark(town, opened, tmp_path, mode):
    with opened(compared(town, mode, tmp_path)) as shown:
        stops = Keys(shown).round()
        whole(stops)
        assert len([stop for stop in stops if "leaflet-container" in stop[0]]) == (1 if mode == "swipe" else 2)
        if mode == "swipe":
            assert any("fringe-grip" in stop[0] for stop in stops)


@pytest.mark.parametrize("name", ["search", "filter", "table", "measure"])
def test_tools_open_and_close_and_have_names_and_marks(timed, opened, name):
    with opened(timed) as shown:
        keys = Keys(shown)
        for _ in range(20):
            keys.press("Tab")
            if f"fringe-tool-{name}" in keys.at():
                break
        keys.press("Enter")
        panel = shown.page.locator(f"#fringe-{name}")
        panel.wait_for(state="visible")
        if name == "search":
            shown.page.keyboard.type(shown.run("() => fringe.layers[0].text(3, fringe.layers[0].label)"))
            shown.page.wait_for_selector(".fringe-hits li")
        if name == "filter":
            shown.page.wait_for_selector(".fringe-chip")
        if name == "table":
            shown.page.wait_for_selector(".fringe-scroll tr[data-at]")
        whole(keys.round(120))
        # Back into the panel, and out by Escape: the focus is where it came from.
        shown.page.locator(f"#fringe-{name} .fringe-close").focus()
        keys.press("Escape")
        assert panel.is_hidden()
        assert f"fringe-tool-{name}" in keys.at()


def test_a_popup_opens_by_enter_is_gone_through_and_closes_by_escape(timed, opened):
    with opened(timed) as shown:
        keys = Keys(shown)
        keys.press("Tab")
        while "leaflet-container" not in keys.at():
            keys.press("Tab")
        keys.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        stops = keys.round()
        whole(stops)
        inside = [stop for stop in stops if "leaflet-popup-close-button" in stop[0]]
        assert len(inside) == 1
        # From within the popup as from the map.
        shown.page.locator(".leaflet-popup-close-button").focus()
        keys.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        assert "leaflet-container" in keys.at()
        keys.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        keys.press("Escape")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        assert "leaflet-container" in keys.at()


def test_the_close_button_of_a_popup_gives_the_focus_back(timed, opened):
    with opened(timed) as shown:
        keys = Keys(shown)
        shown.run("() => fringe.map.getContainer().focus()")
        keys.press("Enter")
        shown.page.wait_for_selector(".fringe-popup")
        shown.page.locator(".leaflet-popup-close-button").focus()
        keys.press("Enter")
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        assert "leaflet-container" in keys.at()


@SIZES
def test_the_legend_folds_and_unfolds_by_keys(timed, opened, size):
    with opened(timed, size) as shown:
        keys = Keys(shown)
        if size == DESKTOP:
            shown.page.locator(".fringe-panel input").first.focus()
            keys.press("Space")
            assert not shown.run("() => fringe.layers[0].visible")
            keys.press("Space", "Escape")
        assert shown.page.locator(".fringe-open").is_visible()
        shown.page.locator(".fringe-open").focus()
        keys.press("Enter")
        assert "fringe-close" in keys.at()
        assert shown.page.locator(".fringe-panel").is_visible()
        keys.press("Escape")
        assert "fringe-open" in keys.at()
