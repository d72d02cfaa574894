"""Pages hold everything, forbid the rest, and take Folium's own elements where they can."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import branca
import folium
import pytest
from folium.plugins import HeatMap

import fringe.maps
from fringe.errors import MapError

ASSETS = Path(fringe.maps.__file__).parent / "assets"


class Scripts(HTMLParser):
    """The scripts that run, the policy, and every address in the markup."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.policy, self.addresses, self.handlers = [], "", [], []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        # A place in the page itself is no address.
        self.addresses += [to for name, to in attrs if name in {"src", "href", "action", "data"} and to[:1] != "#"]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        self._open = tag == "script" and given.get("type") not in {"application/json", "text/plain"}
        if self._open:
            self.scripts.append("")

    def handle_endtag(self, _):
        self._open = False

    def handle_data(self, data):
        if self._open:
            self.scripts[-1] += data


def test_vendored_files_are_what_the_lock_says():
    lock = json.loads((ASSETS / "assets.lock.json").read_text())
    locked = {name: digest for package in lock.values() for name, digest in package["sha256"].items()}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (ASSETS / "vendor").iterdir()}
    assert locked == found
    assert all(package["licence"] and package["version"] for package in lock.values())


@pytest.mark.parametrize("path", sorted(ASSETS.rglob("*.js")), ids=lambda path: path.name)
def test_scripts_can_stand_inside_a_page(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"</script|<!--", text, re.IGNORECASE)
    assert not re.search(r"\beval\(|new Function\(", text) or path.name == "jquery.js"
    assert "\r" not in text
    if path.parent.name == "js":
        assert "innerHTML" not in text
        assert "insertAdjacentHTML" not in text


def test_a_page_asks_for_nothing_and_allows_only_its_scripts(saved):
    page = Scripts(saved.read_text(encoding="utf-8"))
    assert page.addresses == []
    assert page.handlers == []
    digests = [
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'" for text in page.scripts
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert sorted(rules["script-src"].split()) == sorted(digests)
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert "url(http" not in saved.read_text(encoding="utf-8")


def test_folium_elements_can_be_added(town, opened, tmp_path):
    made = town.sheet("en").to_folium()
    place = town.villages.to_crs("EPSG:4326").geometry.iloc[0]
    folium.Marker((place.y, place.x), popup="A <b>site</b> `visit`", tooltip="here").add_to(made)
    folium.Circle((place.y, place.x), radius=900).add_to(made)
    before = made.get_root().render()
    made.save(str(tmp_path / "own.html"))
    assert (tmp_path / "own.html").read_text(encoding="utf-8") == before
    with opened(tmp_path / "own.html") as shown:
        shown.page.click(".leaflet-marker-icon")
        shown.page.wait_for_selector(".leaflet-popup-content b")
        assert shown.run("() => document.querySelector('.leaflet-marker-icon').naturalWidth") > 0
        assert shown.requests == []
        assert shown.complaints == []


def test_ids_are_counted_and_the_callers_tree_is_left_alone(town):
    pages = []
    for _ in range(2):
        made = town.sheet("en").to_folium()
        marker = folium.Marker((34.6, 113.7), popup="x").add_to(made)
        made.get_root().script.add_child(
            branca.element.Element(f"{made.get_name()}.on('click', () => {marker.get_name()});")
        )
        names = made.get_name(), marker.get_name(), list(made.get_root().script._children)
        pages.append(made.get_root().render())
        assert names == (made.get_name(), marker.get_name(), list(made.get_root().script._children))
        assert names[0] not in pages[-1]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("element", "named"),
    [
        (lambda: folium.TileLayer("OpenStreetMap"), "openstreetmap"),
        (lambda: folium.Marker((34, 113), icon=folium.Icon(color="red")), "awesome-markers"),
        (lambda: HeatMap([[34, 113]]), "leaflet_heat"),
    ],
)
def test_elements_that_need_the_internet_are_refused_by_name(town, element, named):
    made = town.sheet("en").to_folium()
    element().add_to(made)
    with pytest.raises(MapError, match=re.compile(named, re.IGNORECASE)):
        made.get_root().render()


def test_the_map_refuses_another_figure(town):
    figure = branca.element.Figure()
    figure.add_child(town.sheet("en").to_folium())
    with pytest.raises(MapError, match="Figure"):
        figure.render()
