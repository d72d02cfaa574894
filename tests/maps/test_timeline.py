"""Timelines: what the page is told of each day, and what it shows when the slider moves."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from tests.maps import probes
from tests.maps.conftest import DESKTOP, PHONE
from tests.maps.test_browser import HOSTILE, meet

from fringe.errors import FringeWarning, MapError
from fringe.maps import Map
from fringe.maps.timeline import Timed, days_of, describe_times, timed_statuses, timed_values
from fringe.model import units, words
from fringe.model.states import STATUSES

BROWSER = pytest.mark.browser
DAYS = ["2020-01-06", "2020-01-13", "2020-01-20", "2020-01-27"]
SHARES = {"A": [0.05, 0.25, 0.55, 0.95], "B": [0.15, 0.15, None, 0.45]}
# P-1 is planted, then lost; P-2 is planned, then planted; P-3 comes on the last day.
DATES = {
    "planned_on": [None, "2020-01-06", None],
    "planted_on": ["2020-01-08", "2020-01-20", "2020-01-27"],
    "lost_on": ["2020-01-22", None, None],
}
STATUS = {"P-1": [None, "planted", "planted", "lost"], "P-2": ["planned", "planned", "planted", "planted"]}
STATUS["P-3"] = [None, None, None, "planted"]


def zones(names=("A", "B", "C")):
    cells = [box(n * 0.02, 0, n * 0.02 + 0.02, 0.02) for n in range(len(names))]
    frame = gpd.GeoDataFrame({"name": [f"Zone {n}" for n in names]}, index=list(names), geometry=cells, crs=4326)
    return frame.rename_axis("zone")


def shares():
    """Two of three zones, one of them without a figure on the third day."""
    lines = [(name, day, value) for name, row in SHARES.items() for day, value in zip(DAYS, row, strict=True)]
    table = pd.DataFrame(lines, columns=["zone", "date", "covered_share"]).dropna()
    return table.set_index(["zone", "date"])["covered_share"]


def plots():
    cells = [box(n * 0.02 + 0.004, 0.004, n * 0.02 + 0.016, 0.016) for n in range(3)]
    frame = gpd.GeoDataFrame(DATES, index=["P-1", "P-2", "P-3"], geometry=cells, crs=4326)
    return frame.rename_axis("plot")


def season(lang="en", **title):
    return Map("Season", lang=lang, **title).timeline(zones(), shares()).timeline(plots(), on=DAYS)


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request, tmp_path_factory):
    return season(request.param).save(tmp_path_factory.mktemp("season") / f"{request.param}.html")


def test_classes_are_those_of_all_days():
    layer = season().document()["layers"][0]
    assert [item["label"] for item in layer["legend"]] == ["0–20", "20–40", "40–60", "60–80", "80–100", "No data"]
    # The last day: B in the third class, A in the last, C without a figure.
    assert [item["count"] for item in layer["legend"]] == [0, 0, 1, 0, 1, 1]


def test_the_days_of_a_map_are_those_of_all_its_layers():
    late = shares().loc[(slice(None), DAYS[1::2])]
    found = Map("A", lang="en").timeline(zones(), late).timeline(plots(), on=DAYS[:3]).document()
    assert found["days"] == DAYS
    assert [layer["times"]["places"] for layer in found["layers"]] == [[-1, 0, 0, 1], [0, 1, 2, 2]]


@given(
    st.integers(1, 5).flatmap(
        lambda n_days: st.lists(st.lists(st.integers(-1, 5), min_size=n_days, max_size=n_days), min_size=1, max_size=40)
    )
)
def test_steps_lead_from_nothing_to_every_day(rows):
    """A second reading of the block, in plain Python: walking forwards gives each day's symbols."""
    codes = np.array([[6 if code < 0 else code for code in row] for row in rows])
    timed = Timed(
        "status", pd.date_range("2020-01-01", periods=codes.shape[1]), np.array(rows), STATUSES, vanishes=True
    )
    block = describe_times(timed, codes, 6)
    counts, ahead, steps = (_ints(block, name) for name in ("counts", "rows", "steps"))
    state, at = [6] * len(rows), 0
    for day, count in enumerate(counts):
        row = 0
        for i in range(at, at + count):
            row += ahead[i]
            assert steps[i]
            state[row] += steps[i]
        at += count
        assert state == codes[:, day].tolist()


def _ints(block, wanted):
    """Read a section as the page does."""
    raw, at = block.raw(), 0
    at = 4 + int.from_bytes(raw[:4], "little")
    for name, count, planes in block.sections:
        if name == wanted:
            coded = [sum(raw[at + plane * count + i] << (8 * plane) for plane in range(planes)) for i in range(count)]
            return [(one >> 1) ^ -(one & 1) for one in coded]
        at += count * (planes or 1)
    raise KeyError(wanted)


def test_statuses_come_from_dates_alone():
    found = timed_statuses(plots(), DAYS[::-1])
    assert found.days.strftime("%Y-%m-%d").tolist() == DAYS
    told = [[None if at < 0 else STATUSES[at] for at in row] for row in found.table.tolist()]
    assert told == list(STATUS.values())


def test_a_status_without_its_date_is_warned_of():
    with pytest.warns(FringeWarning):
        timed_statuses(plots().assign(status=["kept", "planted", "planted"]), DAYS)


def test_levels_may_come_in_either_order():
    one, two = (timed_values(zones(), table, None) for table in (shares(), shares().swaplevel()))
    np.testing.assert_array_equal(one.table, two.table)
    assert np.isnan(one.table[2]).all()


def test_words_of_zones_keep_their_colours_and_miss_theirs():
    table = shares().map(lambda share: "ahead" if share > 0.2 else "behind").rename("progress_status")
    layer = Map("A", lang="en").timeline(zones(), table).document()["layers"][0]
    labels = {item["label"]: item["count"] for item in layer["legend"]}
    assert labels.pop("No data") == 1
    assert sorted(labels.values()) == [0, 2]


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: Map("A").timeline(zones()), "on=[days]"),
        (lambda: Map("A").timeline(zones(), shares(), on=DAYS), "just one"),
        (lambda: Map("A").timeline(zones(), pd.Series([1.0], name="a")), "indexed by (id, date)"),
        (lambda: Map("A").timeline(zones(), shares().rename(None)), "column="),
        (lambda: Map("A").timeline(zones(), shares().to_frame()), "covered_share"),
        (lambda: Map("A").timeline(zones(("A",)), shares()), "row B"),
        (lambda: Map("A").timeline(zones(), pd.concat([shares(), shares().iloc[:1]])), "row A"),
        (lambda: Map("A").timeline(zones(("A", "A")), shares()), "row A"),
        (lambda: Map("A").timeline(zones(), shares().rename({DAYS[0]: "soon"})), "soon"),
        (lambda: Map("A").timeline(zones(), shares().iloc[:0]), "empty"),
        (lambda: Map("A").timeline(zones(), on=DAYS), "planned_on"),
        (lambda: Map("A").timeline(plots(), on=["2020-01-06", "never"]), "never"),
        (lambda: Map("A").timeline(plots().assign(lost_on="x"), on=DAYS), "x"),
        (lambda: Map("A").timeline(zones(), shares(), scheme="jenks", popup=["nope"]), "jenks"),
    ],
)
def test_refusals_name_the_thing(call, part):
    with pytest.raises(MapError) as caught:
        call()
    assert caught.value.render("zh")
    assert part in caught.value.render("en")


def test_a_timeline_is_a_value(tmp_path):
    frame, table = zones(), shares()
    sheet = Map("A", lang="en").timeline(frame, table)
    first = sheet.save(tmp_path / "a.html").read_bytes()
    table[:] = 0.0
    assert frame.columns.tolist() == ["name", "geometry"]
    assert sheet.save(tmp_path / "b.html").read_bytes() == first
    assert days_of(sheet.layers).size == len(DAYS)


COUNTS = """id => fringe.layer(id).legend.map((item, i) => [item.label,
  Number(document.querySelectorAll('.fringe-layer')[fringe.layers.indexOf(fringe.layer(id))]
    .querySelectorAll('.fringe-entries .fringe-count')[i].textContent)])"""
GO = "async day => { fringe.time.go(day); await fringe.time.shown(); }"


@BROWSER
def test_legend_popup_labels_and_title_follow_the_slider(page, opened):
    lang = page.stem
    with opened(page) as shown:
        assert shown.run("() => fringe.time.at") == len(DAYS) - 1
        shown.click("layer-0", 2)
        shown.page.keyboard.press("Escape")
        # There and back again, in steps and leaps.
        for day in (3, 2, 0, 1, 3, 0, 2):
            shown.run(GO, day)
            assert DAYS[day] in shown.page.inner_text(".fringe-date")
            assert shown.page.inner_text(".fringe-day") == DAYS[day]
            told = dict(shown.run(COUNTS, "layer-1"))
            for status in STATUSES:
                expected = sum(row[day] == status for row in STATUS.values())
                label = words.value("status", status, lang)
                assert told[label[:1].upper() + label[1:]] == expected
            figures = [SHARES["A"][day], SHARES["B"][day], None]
            classes = [count for _, count in shown.run(COUNTS, "layer-0")]
            assert classes == [
                sum(value is not None and low <= value < low + 0.2 for value in figures)
                for low in (0.0, 0.2, 0.4, 0.6, 0.8)
            ] + [figures.count(None)]
            for row, value in enumerate(figures):
                cell = shown.run("row => fringe.layer('layer-0').text(row, fringe.layer('layer-0').value)", row)
                assert cell == ("–" if value is None else units.show(value, "covered_share", lang))
                named = [label["text"] for label in shown.run("() => fringe.labels()") if label["row"] == row]
                if value is not None:
                    assert any(units.show(value, "covered_share", lang).split(" (")[0] in text for text in named)
        assert shown.requests == []
        assert shown.complaints == []


@BROWSER
def test_an_open_popup_tells_the_new_day_and_closes_when_its_plot_is_gone(page, opened):
    lang = page.stem
    with opened(page) as shown:
        shown.click("layer-1", 0)
        assert shown.cells()["status"] == units.show("lost", "status", lang)
        shown.run(GO, 1)
        assert shown.cells()["status"] == units.show("planted", "status", lang)
        shown.run(GO, 0)
        shown.page.wait_for_selector(".fringe-popup", state="detached")
        # Where it was lies its zone now.
        shown.run("() => fringe.open(fringe.featuresAt(L.latLng(0.01, 0.01))[0], L.latLng(0.01, 0.01))")
        shown.page.wait_for_selector(".fringe-popup")
        assert shown.cells()["covered_share"] == units.show(0.05, "covered_share", lang)
        shown.run(GO, 2)
        assert shown.cells()["covered_share"] == units.show(0.55, "covered_share", lang)


@BROWSER
def test_plots_not_there_yet_are_not_painted(page, opened):
    with opened(page) as shown:
        kept = shown.run(probes.PIXEL, [0.01, 0.05])
        shown.run(GO, 0)
        early = shown.run(probes.PIXEL, [0.01, 0.05])
        assert kept != early
        assert shown.run("() => fringe.featuresAt(L.latLng(0.01, 0.05)).map(hit => hit.layer.id)") == ["layer-0"]


@BROWSER
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_slider_is_worked_by_keys_and_says_its_day(page, opened, size):
    with opened(page, size) as shown:
        slider = shown.page.locator(".fringe-time input")
        slider.focus()
        at = "() => fringe.time.at"
        for key, day in (
            ("ArrowLeft", 2),
            ("Home", 0),
            ("ArrowRight", 1),
            ("ArrowUp", 2),
            ("End", 3),
            ("ArrowRight", 3),
        ):
            shown.page.keyboard.press(key)
            assert shown.run(at) == day
            assert DAYS[day] in slider.get_attribute("aria-valuetext")
            # It stands at the day of the calendar.
            assert slider.input_value() == str((pd.Timestamp(DAYS[day]) - pd.Timestamp(DAYS[0])).days)
        assert slider.get_attribute("aria-label")
        shown.page.keyboard.press("Space")
        assert shown.run("() => fringe.time.playing")
        shown.page.keyboard.press("Space")
        assert not shown.run("() => fringe.time.playing")
        shown.page.focus(".fringe-play")
        shown.page.keyboard.press("Home")
        assert shown.run(at) == 0


@BROWSER
def test_uneven_days_stand_apart_as_the_calendar_has_them(town, opened, tmp_path):
    days = ["2020-01-01", "2020-01-02", "2020-12-31"]
    index = pd.MultiIndex.from_product([town.zones.index, days])
    table = pd.Series(0.5, index=index, name="covered_share")
    with opened(Map("A", lang="en").timeline(town.zones, table).save(tmp_path / "a.html")) as shown:
        lefts = shown.run(
            "() => [...document.querySelectorAll('.fringe-ticks > span')].map(m => m.getBoundingClientRect().left)"
        )
        assert (lefts[1] - lefts[0]) / (lefts[2] - lefts[0]) == pytest.approx(1 / 365, abs=1e-3)
        names = shown.page.locator(".fringe-ticks .fringe-month > span:visible").all_inner_texts()
        assert names == ["2020-01", "2020-12"]
        slider = shown.page.locator(".fringe-time input")
        slider.fill("30")
        assert shown.run("() => fringe.time.at") == 1
        slider.fill("200")
        assert shown.run("() => fringe.time.at") == 2
        assert slider.input_value() == "365"


@BROWSER
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_playing_runs_from_the_first_day_to_the_last_and_stops(page, opened, motion):
    with opened(page, reduced_motion=motion) as shown:
        shown.run("() => { window.seen = []; fringe.map.on('daychange', () => window.seen.push(fringe.time.at)); }")
        said = shown.page.get_attribute(".fringe-play", "aria-label")
        shown.page.click(".fringe-play")
        assert shown.page.get_attribute(".fringe-play", "aria-label") != said
        shown.page.wait_for_function("() => !fringe.time.playing && fringe.time.at === 3", timeout=15_000)
        assert shown.run("() => window.seen") == [0, 1, 2, 3]
        assert shown.page.get_attribute(".fringe-play", "aria-label") == said


@BROWSER
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_bar_covers_nothing(page, opened, size):
    with opened(page, size) as shown:
        boxes = shown.run(
            """() => [...document.querySelectorAll(
              '.fringe-title, .fringe-panel, .fringe-control, .fringe-open, .fringe-time'
            )].map(e => [e.className, e.getBoundingClientRect()]).filter(([, r]) => r.width && r.height)
            .map(([name, r]) => ({name, x: r.left, y: r.top, w: r.width, h: r.height}))"""
        )
        for one, other in itertools.combinations(boxes, 2):
            assert not meet(one, other), (one, other)
        assert all(
            found["x"] + found["w"] <= size[0] + 0.5 and found["y"] + found["h"] <= size[1] + 0.5 for found in boxes
        )


@BROWSER
def test_paper_shows_the_day_chosen_and_no_slider(page, opened):
    with opened(page) as shown:
        shown.run(GO, 1)
        shown.run("() => { fringe.time.go(0); window.dispatchEvent(new Event('beforeprint')); }")
        assert DAYS[0] in shown.page.inner_text(".fringe-date")
        assert shown.run("() => [...fringe.layer('layer-1').codes]") == [6 + 1, 0, 6 + 1]
        assert not shown.page.is_visible(".fringe-time")
        shown.run("() => window.dispatchEvent(new Event('afterprint'))")
        shown.run(GO, 2)
        assert shown.page.inner_text(".fringe-day") == DAYS[2]


@BROWSER
@pytest.mark.parametrize("text", HOSTILE[:4])
def test_words_of_days_show_as_typed(opened, tmp_path, text):
    table = shares().map(lambda share: text if share > 0.2 else "plain").rename("kind")
    path = Map("A", lang="en").timeline(zones(), table).save(tmp_path / "hostile.html")
    with opened(path) as shown:
        shown.run(GO, 2)
        shown.run("() => fringe.open({ layer: fringe.layers[0], row: 0 }, L.latLng(0.01, 0.01))")
        shown.page.wait_for_selector(".fringe-popup")
        assert shown.cells()["kind"] == text
        shown.run(GO, 0)
        assert shown.cells()["kind"] == "plain"
        assert shown.run("() => document.title") == "A"
        assert shown.complaints == []


@BROWSER
def test_every_day_is_right_where_every_row_changes_on_each(opened, tmp_path):
    """Row numbers are told as steps from the row before, which are small; the rows themselves are not."""
    n, days = 900, ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"]
    cells = [
        box(113 + 0.001 * (i % 30), 34 + 0.001 * (i // 30), 113.0009 + 0.001 * (i % 30), 34.0009 + 0.001 * (i // 30))
        for i in range(n)
    ]
    layer = gpd.GeoDataFrame(geometry=cells, crs="EPSG:4326", index=pd.Index([f"Z{i}" for i in range(n)], name="zone"))
    table = np.random.default_rng(5).integers(0, 4, (n, len(days)))
    values = pd.Series(
        np.array(["a", "b", "c", "d"])[table].ravel(),
        index=pd.MultiIndex.from_product([layer.index, days]),
        name="kind",
    )
    with opened(Map("A", lang="en").timeline(layer, values).save(tmp_path / "a.html")) as shown:
        for at in (2, 0, 3, 1):
            shown.run("at => fringe.time.go(at)", at)
            words = shown.run(
                "() => { const layer = fringe.layers[0], at = layer.times.column;"
                "return [...Array(layer.n).keys()].map(row => layer.text(row, at)); }"
            )
            assert words == ["abcd"[code] for code in table[:, at]]
