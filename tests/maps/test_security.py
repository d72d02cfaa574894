"""Whatever stands in the data, it shows as typed and never runs, wherever a text can end up."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import LineString, Point, box

from fringe.maps import Map

pytestmark = pytest.mark.browser

LONG = "长" * 1_000_000
PAYLOADS = {
    "script": "<script>document.title='owned'</script>",
    "end of script": "</script><script>document.title='owned'</script>",
    "handler": "<img src=x onerror=\"document.title='owned'\">",
    "template literal": "${document.title='owned'}",
    "backticks": "`+(document.title='owned')+`",
    "path": "D:\\2024\\x",
    "line separators": "a\u2028b\u2029c",
    "address": "javascript:document.title='owned'",
    "end of cdata": "]]> --> &amp; &lt; {{ 7 * 7 }}{% raw %}",
    "a million": LONG,
}
TEXT = "selector => [...document.querySelectorAll(selector)].map(element => element.textContent)"
# Where a text of the data ends up: a name for the report, and the selector of what shows it.
SINKS = {
    "page title": "title",
    "title": ".fringe-title h1",
    "subtitle": ".fringe-names p span:nth-child(1)",
    "organisation": ".fringe-names p span:nth-child(2)",
    "review number": ".fringe-review",
    "attribution": ".fringe-sources",
    "group of the legend": ".fringe-panel h3",
    "layer name": ".fringe-layer-name",
    "legend entry": ".fringe-entry",
    "popup heading": ".fringe-popup h2",
    "popup layer": ".fringe-popup-layer",
    "popup column": ".fringe-popup th",
    "popup value": ".fringe-popup td",
    "others at the place": ".fringe-popup-others button",
}


OPEN = """number => {
  const layer = fringe.layers[number], box = layer.data.boxes;
  const middle = L.point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
  return fringe.open({ layer, row: 0 }, L.CRS.EPSG3857.pointToLatLng(middle, fringe.bits - 8));
}"""


def sheet(text: str) -> Map:
    zones = gpd.GeoDataFrame(
        {"name": [text, "plain"], "kind": [text, "pilot"], text: [text, "x"], "covered_share": [0.4, 0.6]},
        index=[text, "b"],
        geometry=[box(0, 0, 0.02, 0.02), box(0.02, 0, 0.04, 0.02)],
        crs="EPSG:4326",
    ).rename_axis("zone")
    own = gpd.GeoDataFrame({"name": [text]}, geometry=[box(0.001, 0.001, 0.019, 0.019)], crs="EPSG:4326")
    points = gpd.GeoDataFrame({"name": [text]}, geometry=[Point(0.03, 0.005)], crs="EPSG:4326").rename_axis("village")
    lines = gpd.GeoDataFrame(
        {"name": [text], "road_class": ["primary"]}, geometry=[LineString([(0, 0.015), (0.04, 0.016)])], crs="EPSG:4326"
    ).rename_axis("road")
    made = Map(text, subtitle=text, organisation=text, review_no=text, attribution=text, lang="en")
    made = made.shade(zones, "covered_share", name=text, group=text, popup=["zone", "name", text])
    made = made.shade(zones, "kind", show=False).draw(own.rename_axis(text), name=text, popup=["name"])
    return made.draw(points, name=text, label="name").draw(lines, label="name")


@pytest.mark.parametrize("name", PAYLOADS)
def test_texts_show_as_typed_wherever_they_stand_and_nothing_runs(opened, tmp_path, name):
    text = PAYLOADS[name]
    with opened(sheet(text).save(tmp_path / "hostile.html")) as shown:
        found = {sink: [] for sink in SINKS}
        for number in (0, 2):
            shown.run(OPEN, number)
            shown.page.wait_for_selector(".fringe-popup", state="attached")
            for sink, selector in SINKS.items():
                found[sink] += shown.run(TEXT, selector)
        silent = [sink for sink, texts in found.items() if not any(text in each for each in texts)]
        assert silent == []
        if len(text) < 100:
            assert any(text in label["text"] for label in shown.run("() => fringe.labels()"))
        assert shown.run("() => document.title") != "owned"
        # No element came of a text: the pictures and scripts are the page's own.
        assert (
            shown.run("() => document.querySelectorAll('img, iframe, object, embed, a[href^=javascript]').length") == 0
        )
        assert shown.run("() => window.owned") is None
        assert shown.requests == []
        assert shown.complaints == []


ATTEMPTS = {
    "a script": "() => { const s = document.createElement('script'); s.textContent = 'owned = 1';"
    " document.body.append(s); }",
    "a handler": "() => { const d = document.createElement('div'); d.innerHTML = '<img src=x onerror=\"owned = 1\">';"
    " document.body.append(d); }",
    "a clicked handler": "() => { const b = document.createElement('button'); b.setAttribute('onclick', 'owned = 1');"
    " document.body.append(b); b.click(); }",
    "code in a text": '() => setTimeout("window.owned = 1", 0)',
    "a script in an address": "() => { const s = document.createElement('script');"
    " s.src = 'data:text/javascript,owned=1'; document.body.append(s); }",
    "an address": "() => { const a = document.createElement('a'); a.href = 'javascript:window.owned=1';"
    " document.body.append(a); a.click(); }",
    "a fetch": "() => fetch('https://example.org/').then(() => { window.owned = 1; }).catch(() => 0)",
    "a picture from the web": "() => { const i = new Image(); i.onload = () => { window.owned = 1; };"
    " i.src = 'https://example.org/a.png'; document.body.append(i); }",
    "a frame": "() => { const f = document.createElement('iframe'); f.src = 'https://example.org/';"
    " document.body.append(f); }",
    "a form": "() => { const f = document.createElement('form'); f.action = 'https://example.org/';"
    " document.body.append(f); f.submit(); }",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_policy_stops_what_got_in(chinese, opened, attempt):
    with opened(chinese) as shown:
        shown.run(ATTEMPTS[attempt])
        shown.page.wait_for_timeout(150)
        assert shown.run("() => window.owned") is None
        assert any("Content Security Policy" in said for said in shown.complaints), shown.complaints


def test_the_policy_forbids_code_from_text(chinese, opened):
    """Asked of the page itself: the tests' own door into it is not bound by the policy."""
    with opened(chinese) as shown:
        policy = shown.run("() => document.querySelector('meta[http-equiv=Content-Security-Policy]').content")
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["default-src"] == parts["connect-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
        assert "unsafe" not in parts["script-src"]
        assert all(source.startswith("'sha256-") for source in parts["script-src"].split())
