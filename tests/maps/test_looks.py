"""What a map owes its readers: nothing under the buttons, no name over a finding, texts that stay sharp, long names."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import GeometryCollection, LineString, MultiPoint, Point, box
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.test_browser import meet

import fringe as fr
from fringe.maps import Map, Symbol

pytestmark = pytest.mark.browser
LONG = "管城回族区城乡接合部综合整治提升工程第三标段片区甲"


def wide_zones(n=6, **columns):
    cells = [box(113.7 + i * 0.02, 34.7, 113.718 + i * 0.02, 34.72) for i in range(n)]
    frame = gpd.GeoDataFrame({"name": [f"Z{i}" for i in range(n)], "covered_share": 0.5}, geometry=cells, crs=4326)
    return frame.assign(**columns).rename_axis("zone")


@pytest.fixture(scope="module")
def sample_map(tmp_path_factory):
    return fr.Study.open(fr.sample()).map().save(tmp_path_factory.mktemp("sample") / "a.html")


@pytest.mark.parametrize("size", [DESKTOP, (860, 620)])
def test_a_wide_place_stands_beside_the_buttons(opened, tmp_path, size):
    path = Map("A", lang="en").shade(wide_zones(), "covered_share").save(tmp_path / "a.html")
    with opened(path, size) as shown:
        west = shown.run("() => fringe.map.latLngToContainerPoint([34.71, 113.7]).x")
        east = shown.run("() => fringe.map.getSize().x - fringe.map.latLngToContainerPoint([34.71, 113.818]).x")
        buttons = shown.run(
            "() => Math.max(...fringe.obstacles().filter(b => b.x < 30 && b.y < 400).map(b => b.x + b.w))"
        )
        assert west >= buttons - 3
        assert 0 < east < 40
        assert {label["text"].split("\n")[0] for label in shown.run("() => fringe.labels()")} == {
            f"Z{i}" for i in range(6)
        }


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_no_name_stands_on_a_finding(opened, sample_map, size):
    with opened(sample_map, size) as shown:
        points = shown.run(
            """() => fringe.layers.filter(layer => layer.kind === "findings").flatMap(layer => {
              const corner = fringe.map.getPixelBounds().min, k = Math.pow(2, fringe.map.getZoom() + 8 - fringe.bits);
              return [...Array(layer.n).keys()].map(row => {
                const [x, y] = fringe.vertex(layer.data, row, layer.data.starts[layer.data.paths[row]]);
                return { x: x * k - corner.x - 4, y: y * k - corner.y - 4, w: 8, h: 8 };
              });
            })"""
        )
        boxes = [each for label in shown.run("() => fringe.labels()") for each in label["boxes"]]
        assert len(points) > 5
        assert len(boxes) > 20
        assert not any(meet(point, each) for point in points for each in boxes)


def test_texts_stay_on_whole_pixels_when_the_frame_changes(opened, sample_map):
    with opened(sample_map) as shown:
        shown.page.click(".fringe-tool-table")
        shown.page.wait_for_timeout(200)
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_timeout(200)
        places = shown.run(
            """() => [...document.querySelectorAll('.leaflet-fringe-labels-pane canvas')].flatMap(canvas => {
              const matrix = new DOMMatrix(getComputedStyle(canvas).transform);
              return [matrix.m41, matrix.m42, matrix.a];
            })"""
        )
        assert len(places) == 3
        assert all(place == round(place) for place in places)


def test_long_names_are_written_in_lines_and_found_whole(opened, tmp_path):
    names = [LONG, "A very long name that a clerk pasted from a contract about a corridor", "C", "D", "E", "F"]
    path = Map("A", lang="zh").shade(wide_zones(name=names), "covered_share").save(tmp_path / "a.html")
    with opened(path) as shown:
        labels = {label["text"].split("\n")[0]: label for label in shown.run("() => fringe.labels()")}
        for name in names[:2]:
            lines, (place,) = labels[name]["lines"], labels[name]["boxes"]
            assert 2 < len(lines) <= 4
            assert place["w"] < 180
        assert "".join(labels[LONG]["lines"][:3]).rstrip("…") in LONG


def test_a_map_that_moved_for_a_popup_goes_back(opened, sample_map):
    with opened(sample_map) as shown:
        before = shown.run("() => fringe.map.getCenter()")
        shown.click("layer-0", 1)
        shown.page.wait_for_timeout(600)
        assert shown.run("() => fringe.map.getCenter()") != before
        shown.page.keyboard.press("Escape")
        shown.page.wait_for_timeout(600)
        after = shown.run("() => fringe.map.getCenter()")
        assert [after["lat"], after["lng"]] == pytest.approx([before["lat"], before["lng"]], abs=2e-5)


def test_points_and_lines_among_areas_are_drawn_and_found(opened, tmp_path):
    shapes = [
        box(113.7, 34.7, 113.71, 34.71),
        MultiPoint([(113.72, 34.7), (113.74, 34.72)]),
        LineString([(113.7, 34.72), (113.71, 34.73)]),
        Point(113.73, 34.71),
        GeometryCollection([box(113.75, 34.7, 113.76, 34.71), Point(113.755, 34.73)]),
    ]
    frame = gpd.GeoDataFrame({"name": list("abcde")}, geometry=shapes, crs=4326).rename_axis("thing")
    style = Symbol(fill="#aa3366", stroke="#112233", radius=6)
    path = Map("A", lang="en").draw(frame, style=style, label=False).save(tmp_path / "a.html")
    with opened(path) as shown:
        for lat, lon, name in (
            (34.705, 113.705, "a"),
            (34.7, 113.72, "b"),
            (34.72, 113.74, "b"),
            (34.725, 113.705, "c"),
            (34.71, 113.73, "d"),
            (34.73, 113.755, "e"),
            (34.705, 113.755, "e"),
        ):
            ink = shown.run(
                """async ([lat, lon]) => {
                  await fringe.settled();
                  const p = fringe.map.latLngToContainerPoint([lat, lon]).round();
                  return [...fringe.picture().getContext('2d').getImageData(p.x, p.y, 1, 1).data];
                }""",
                [lat, lon],
            )
            assert ink[3] > 0, name
            found = shown.run(
                "([lat, lon]) => fringe.featuresAt(L.latLng(lat, lon)).map(hit => hit.layer.title(hit.row))", [lat, lon]
            )
            assert found[0] == name


def test_what_would_be_a_veil_is_left_out_from_afar_and_the_legend_says_so(opened, tmp_path):
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary", "track"]},
        geometry=[LineString([(113, 34), (115, 36)]), LineString([(113, 36), (113.5, 35.5), (115, 34)])],
        crs=4326,
    ).rename_axis("road")
    with opened(Map("A", lang="en").draw(roads).save(tmp_path / "a.html")) as shown:
        at = "([lat, lon]) => fringe.featuresAt(L.latLng(lat, lon)).length"
        said = "() => document.querySelectorAll('.fringe-unscaled').length"
        assert (shown.run(at, [34.5, 113.5]), shown.run(at, [35.5, 113.5]), shown.run(said)) == (1, 0, 1)
        assert shown.run("() => document.querySelector('.fringe-unscaled').dataset.scale") == "closer in"
        shown.run("() => fringe.map.setView([35.5, 113.5], 15, { animate: false })")
        assert (shown.run(at, [35.5, 113.5]), shown.run(said)) == (1, 0)


def test_days_that_name_the_sides_are_said_once(opened, tmp_path):
    one = Map("2019-12-31", date="2019-12-31").shade(wide_zones(), "covered_share")
    two = Map("2020-04-10", date="2020-04-10").shade(wide_zones(covered_share=0.7), "covered_share")
    with opened(Map("A", lang="en").compare(one, two).save(tmp_path / "a.html")) as shown:
        assert shown.page.locator(".fringe-side-name").all_inner_texts() == ["2019-12-31", "2020-04-10"]
        assert shown.page.locator(".fringe-both-heads").first.inner_text().split() == ["12-31", "04-10"]
        shown.page.focus(".fringe-grip")
        shown.page.keyboard.press("Home")
        shown.page.wait_for_timeout(150)
        box = "selector => document.querySelector(selector).getBoundingClientRect()"
        tag, buttons = shown.run(box, ".fringe-divider .fringe-after")["left"], shown.run(box, ".fringe-zoom")["right"]
        assert tag >= buttons


@pytest.mark.parametrize("typed", ["K1", "k1+000", "1+000"])
def test_a_whole_kilometre_needs_no_plus(opened, tmp_path, typed):
    posts = gpd.GeoDataFrame(
        {"line": "L", "km": [0.0, 2.0]}, geometry=[Point(113.7, 34.7), Point(113.72, 34.7)], crs=4326
    )
    path = Map("A", lang="en").shade(wide_zones(), "covered_share").chainage(posts).save(tmp_path / "a.html")
    with opened(path) as shown:
        hits = shown.run(
            "typed => fringe.search(typed).then(found => found.hits.map(hit => [hit.says, hit.at && hit.at.lng]))",
            typed,
        )
        assert hits[0][0] == "L"
        assert hits[0][1] == pytest.approx(113.71, abs=1e-6)


def test_blanks_between_chinese_signs_mean_nothing_and_townships_are_found(opened, tmp_path):
    zones = wide_zones(name=["南曹村", *"BCDEF"], township=["南曹乡", *["十八里河街道"] * 5])
    with opened(Map("A", lang="zh").shade(zones, "covered_share").save(tmp_path / "a.html")) as shown:
        for typed, n in (("南 曹", 1), ("ncx", 1), ("十八里河", 5)):
            assert shown.run("typed => fringe.search(typed).then(found => found.total)", typed) == n, typed
        # What rows belong to stays a column of the filter.
        assert [shown.run("() => fringe.layers[0].filters.map(at => fringe.layers[0].heads[at].name)")] == [
            ["township"]
        ]


def test_curves_of_one_day_are_a_point(opened, tmp_path):
    index = pd.MultiIndex.from_product([["0"], ["2020-01-05"]], names=["zone", "date"])
    zones = wide_zones(1)
    zones.index = pd.Index(["0"], name="zone")
    sheet = (
        Map("A", lang="en")
        .shade(zones, "covered_share")
        .details(curves=pd.DataFrame({"progress_share": [0.4]}, index=index))
    )
    with opened(sheet.save(tmp_path / "a.html")) as shown:
        assert "40.0%" in shown.click("layer-0", 0)
        assert shown.page.locator(".fringe-curve circle").count() == 1


def test_overlaps_of_what_lets_something_through_are_no_darker(opened, tmp_path):
    # More rows than are joined in one path, all over one place, and one beside it.
    shapes = [*(box(113.7, 34.7, 113.71 + i * 1e-5, 34.71) for i in range(50)), box(113.73, 34.7, 113.74, 34.71)]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=4326).rename_axis("thing")
    style = Symbol(fill="#2244aa", opacity=0.4)
    with opened(Map("A", lang="en").draw(frame, style=style, popup=False).save(tmp_path / "a.html")) as shown:
        ink = "async place => { const p = fringe.map.latLngToContainerPoint(place).round(); await fringe.settled();"
        ink += " return [...fringe.picture().getContext('2d').getImageData(p.x, p.y, 1, 1).data]; }"
        # Inks under an opacity are rounded.
        assert shown.run(ink, [34.705, 113.705]) == pytest.approx(shown.run(ink, [34.705, 113.735]), abs=4)
        assert shown.run(ink, [34.705, 113.705])[3] == round(0.4 * 255)


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (1400, 990)])
def test_paper_has_the_whole_legend_whatever_the_window(opened, sample_map, size):
    with opened(sample_map, size) as shown:
        shown.run("() => window.dispatchEvent(new Event('beforeprint'))")
        shown.page.emulate_media(media="print")
        beyond = shown.run(
            """() => {
              const body = document.querySelector('.fringe-panel-body'), foot = body.getBoundingClientRect().bottom;
              const rows = [...body.querySelectorAll('li, h3')].filter(row => row.getClientRects().length);
              return rows.map(row => row.getBoundingClientRect().bottom - foot).filter(over => over > 1).length;
            }"""
        )
        assert beyond == 0


def test_a_filter_follows_the_days(opened, tmp_path):
    study = fr.Study.open(fr.sample())
    days = ["2019-12-15", "2020-02-15", "2020-04-10"]
    with opened(study.map(every=days, lang="en").save(tmp_path / "a.html")) as shown:
        shown.page.click(".fringe-tool-filter")
        shown.page.get_by_role("button", name="Accepted").click()
        statuses = {day: fringe_statuses(study, day) for day in days}
        for at, day in enumerate(days):
            shown.run("at => fringe.time.go(at)", at)
            seen = shown.run(
                """() => {
                  const layer = fringe.layers.find(one => one.kind === "plots"), found = {};
                  for (let row = 0; row < layer.n; row++) {
                    if (layer.there(row)) found[layer.code(row)] = (found[layer.code(row)] || 0) + 1;
                  }
                  return Object.fromEntries(layer.legend.map(item => [item.label, found[item.symbol] || 0]));
                }"""
            )
            assert seen == {**dict.fromkeys(seen, 0), "Accepted": statuses[day]["accepted"]}
            chip = shown.page.get_by_role("button", name="Planned").locator(".fringe-count").inner_text()
            assert int(chip.replace(",", "")) == statuses[day].get("planned", 0)


def fringe_statuses(study, day):
    from fringe.model.states import status_on

    return status_on(study.plots, pd.Timestamp(day))[0].value_counts().to_dict()


def test_chainage_is_found_far_along_a_line_of_many_posts(opened, tmp_path):
    km = [step / 10 for step in range(601)]
    places = [Point(113.0 + each / 100, 34.7) for each in km]
    posts = gpd.GeoDataFrame({"line": "L", "km": km}, geometry=places, crs=4326)
    path = Map("A", lang="en").shade(wide_zones(), "covered_share").chainage(posts).save(tmp_path / "a.html")
    with opened(path) as shown:
        for typed, lon in (("K0+050", 113.0005), ("K31+250", 113.3125), ("K59+950", 113.5995)):
            found = "typed => fringe.search(typed).then(found => found.hits.map(hit => hit.at && hit.at.lng))"
            assert shown.run(found, typed)[0] == pytest.approx(lon, abs=1e-6)
