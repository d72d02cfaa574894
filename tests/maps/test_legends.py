"""Legends: fixed classes stay as they are, changes go by their sign, words keep their order, and no entry is idle."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from fringe.errors import FringeWarning
from fringe.maps import Map, palette
from fringe.maps.kinds import MOST_KINDS
from fringe.model import units

BREAKS = [0.05, 0.10, 0.15]
CHANGE = "covered_share_change"
INSIDE = [0.06, 0.07, 0.11, 0.12, 0.13, 0.15]


def zones(values, column="covered_share"):
    cells = [box(113.7 + n * 0.02, 34.7, 113.718 + n * 0.02, 34.72) for n in range(len(values))]
    frame = gpd.GeoDataFrame({"name": [f"Zone {n}" for n in range(len(values))]}, geometry=cells, crs=4326)
    return frame.assign(**{column: pd.Series(values)}).rename_axis("zone")


def layer(values, column="covered_share", lang="en", **options):
    return Map("A", lang=lang).shade(zones(values, column), column, **options).document()["layers"][0]


def entries(found):
    return [(item["label"], item["count"]) for item in found["legend"]]


def labels(found):
    return [item["label"] for item in found["legend"]]


def looks(found):
    return {item["label"]: found["symbols"][item["symbol"]] for item in found["legend"]}


# Fixed classes.


@pytest.mark.parametrize("outside", [[], [0.02], [0.20], [0.02, 0.20, 0.9], [0.0, np.nan]])
def test_fixed_classes_have_one_colour_and_one_label_every_week(outside):
    quiet, week = looks(layer(INSIDE, breaks=BREAKS)), looks(layer([*outside, *INSIDE[len(outside) :]], breaks=BREAKS))
    assert list(quiet) == ["5–10", "10–15"]
    assert {label: week[label] for label in quiet} == quiet
    assert [label for label in week if label not in quiet] == [
        label
        for label, there in (("<5", min(outside, default=1) < 0.05), (">15", max(outside, default=0) > 0.15))
        if there
    ] + ["No data"] * bool(np.isnan(outside).any())


@given(st.lists(st.one_of(st.floats(-2, 2), st.just(float("nan"))), min_size=1, max_size=8), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_fixed_colour_tells_the_class_whatever_else_is_there(values, change):
    column, edges = (CHANGE, [-0.5, -0.1, 0.0, 0.2, 1]) if change else ("covered_share", [0, 0.2, 0.5, 1])
    every = layer([-3, -0.3, -0.05, 0, 0.1, 0.3, 3, None], column, breaks=edges)
    found = layer(values, column, breaks=edges)
    assert found["symbols"] == every["symbols"]
    known = dict(zip(labels(every), [item["symbol"] for item in every["legend"]], strict=True))
    assert all(known[item["label"]] == item["symbol"] for item in found["legend"])
    assert sum(item["count"] for item in found["legend"]) == len(values)


def test_fixed_classes_keep_their_colours_over_days_and_sides():
    days = ["2020-01-06", "2020-01-13", "2020-01-20"]
    index = pd.MultiIndex.from_product([range(2), days], names=["zone", "date"])
    table = pd.Series([0.02, 0.06, 0.07, 0.11, 0.12, 0.13], index=index, name="covered_share")
    season = Map("A", lang="en").timeline(zones([0.0, 0.0]), table, breaks=BREAKS).document()["layers"][0]
    # The zone below the first edge is there on the first day only; the legend has its row on all of them.
    assert entries(season) == [("<5", 0), ("5–10", 1), ("10–15", 1)]
    states = [Map("", lang="en").shade(zones(values), "covered_share", breaks=BREAKS) for values in ([0.06], [0.9])]
    before, after = Map("A", lang="en").compare(*states).document()["layers"]
    assert entries(before) == [("5–10", 1), ("10–15", 0), (">15", 0)]
    assert entries(after) == [("5–10", 0), ("10–15", 0), (">15", 1)]
    assert before["symbols"] == after["symbols"] == season["symbols"]


# Changes.


def test_fixed_changes_go_by_their_sign():
    edges = [-0.01, -0.001, 0.001, 0.02, 0.04, 0.06]
    values = [-0.006, 0.0, 0.01, 0.03, 0.05, -0.02, 0.07]
    for options in ({}, {"scheme": "diverging"}, {"scheme": "fixed"}):
        found = layer(values, CHANGE, breaks=edges, **options)
        assert labels(found) == [
            "<-1.0",
            "-1.0 to -0.1",
            "-0.1 to +0.1",
            "+0.1 to +2.0",
            "+2.0 to +4.0",
            "+4.0 to +6.0",
            ">+6.0",
        ]
        symbols = list(looks(found).values())
        assert ["pattern" in symbol for symbol in symbols] == [True, True] + [False] * 5
        assert symbols[2]["fill"] == palette.DIVERGING["change"][2]
        lab = palette.to_lab([symbol["fill"] for symbol in symbols])
        # Falls are orange, rises blue, and both darken away from the middle.
        assert (lab[:2, 2] > lab[2, 2]).all()
        assert (lab[3:, 2] < 0).all()
        assert (np.diff(lab[:3, 0]) > 0).all()
        assert (np.diff(lab[2:, 0]) < 0).all()


def test_another_scheme_or_palette_is_what_was_asked_for():
    plain = layer([-0.01, 0.0, 0.02], CHANGE, scheme="equal", breaks=[-0.01, 0.0, 0.02])
    assert labels(plain) == ["-1 to 0", "0 to 2"]
    assert not any("pattern" in symbol for symbol in plain["symbols"][:-1])
    own = layer([-0.01, 0.0, 0.02], CHANGE, palette="sage")
    assert "pattern" in next(iter(looks(own).values()))


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([-0.05, 0, 0.05], ["-5 to 0", "No change", "0 to +5"]),
        # Falls and rises never share an open class.
        ([0.02, 0.05], ["<0", "No change", "0 to +2", "+2 to +5"]),
        ([-0.05, -0.02], ["-5 to -2", "-2 to 0", "No change", ">0"]),
    ],
)
def test_nothing_is_neither_fall_nor_rise(edges, expected):
    found = layer([-0.01, 0.0, 0.0004, 0.01], CHANGE, breaks=edges)
    assert labels(found) == expected
    counts = dict(entries(found))
    assert counts["No change"] == 2
    assert looks(found)["No change"]["fill"] == palette.DIVERGING["change"][2]


def test_a_change_map_tells_its_rows_apart():
    values = [-0.006, -0.001, 0, *np.linspace(0.003, 0.026, 19), 0.035, 0.04, 0.043, 0.052]
    found = layer(values, CHANGE)
    counts = dict(entries(found))
    assert counts["No change"] == 1
    assert all(counts.values())
    assert max(counts.values()) < len(values) / 2
    assert sum(label.startswith("-") for label in counts) + sum("to +" in label for label in counts) <= 5
    # A further fall changes no colour of the classes there are.
    more = layer([*values[1:], -0.05], CHANGE)
    assert {label: looks(more)[label] for label in counts if label in looks(more)} == {
        label: look for label, look in looks(found).items() if label in looks(more)
    }


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_what_the_map_shows_as_nothing_is_no_change(values):
    """As displayed: the label on the map says 0.0%, the legend no change; and the other way round."""
    frame = zones(values, CHANGE)
    shade = Map("A", lang="en").shade(frame, CHANGE).layers[0].style
    classes = shade.classes(frame)
    for value, code in zip(values, classes.assign(values).tolist(), strict=True):
        shown = units.show(value, CHANGE, "en")
        if max(map(abs, values)) >= 0.002 and abs(abs(value) - 0.0005) > 1e-9:
            assert (code == classes.neutral) == (shown == "0.0%")
        assert classes.signs()[code] in (0, np.sign(value))


def test_changes_of_whole_numbers_are_told_in_whole_numbers():
    found = layer([-1, 0, 1, 2, 4], "n_plots_change", k=5)
    assert entries(found) == [("-1", 1), ("No change", 1), ("+1", 1), ("+2", 1), ("+3 to +4", 1)]
    assert labels(layer([0, 0], "n_plots_change")) == ["No change"]


# Words.


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (pd.Categorical(["中", "低", "高", "低"], categories=["低", "中", "高"], ordered=True), ["低", "中", "高"]),
        (pd.Categorical([10, 2, 1, 3]), ["1", "2", "3", "10"]),
        (["3", "10", "1", "2"], ["1", "2", "3", "10"]),
        (["第十组", "第二组", "第十二组", "第一组"], ["第一组", "第二组", "第十组", "第十二组"]),
        (pd.Series([10, 2, 1, 3], dtype=object), ["1", "2", "3", "10"]),
        (pd.cut(pd.Series([0.5, 12.0, 3.0, 1.5]), [0, 1, 2, 10, 100]), ["(0, 1]", "(1, 2]", "(2, 10]", "(10, 100]"]),
        (pd.cut(pd.Series([0.5, 12.0, 3.0]), [0, 1, 10, 100]).astype(object), ["(0, 1]", "(1, 10]", "(10, 100]"]),
        ([True, False, True], ["否", "是"]),
        (pd.Series([True, None, False], dtype="boolean"), ["否", "是", "无数据"]),
        (pd.to_datetime(["2020-02-01", "2020-01-01"]), ["2020-01-01", "2020-02-01"]),
        # Two times of one day read alike.
        (pd.to_datetime(["2020-01-01 08:00", "2020-01-01 09:00"]), ["2020-01-01"]),
        ([dt.date(2020, 10, 1), dt.date(2020, 9, 1)], ["2020-09-01", "2020-10-01"]),
        (["b", "", "a", " \u3000", None], ["a", "b", "无数据"]),
        (["", " "], ["无数据"]),
        (["map.other", "value.status.kept"], ["map.other", "value.status.kept"]),
        (["on_track", "behind", "ahead"], ["ahead", "on_track", "behind"]),
    ],
)
def test_words_stand_in_their_order_as_popups_say_them(items, expected):
    found = layer(items, "sort", lang="zh")
    assert labels(found) == expected
    assert sum(item["count"] for item in found["legend"]) == len(items)
    assert len({str(look) for look in looks(found).values()}) == len(expected)


@pytest.mark.parametrize("ordered", [True, False])
def test_days_and_sides_keep_the_order_of_words(ordered):
    kinds = ["low", "middle", "high"]
    items = pd.Categorical(["high", "low", "middle", None], categories=kinds, ordered=ordered)
    index = pd.MultiIndex.from_product([range(2), ["2020-01-06", "2020-01-13"]], names=["zone", "date"])
    table = pd.Series(items, index=index, name="sort")
    found = Map("A", lang="en").timeline(zones([0, 0]), table).document()["layers"][0]
    assert entries(found) == [("low", 1), ("middle", 0), ("high", 0), ("No data", 1)]
    sides = [
        Map("", lang="en").shade(zones(pd.Categorical(part, categories=part, ordered=ordered), "sort"), "sort")
        for part in (["middle", "high"], kinds)
    ]
    before, after = Map("A", lang="en").compare(*sides).document()["layers"]
    assert labels(before) == labels(after) == kinds
    assert before["symbols"] == after["symbols"]
    assert [item["count"] for item in before["legend"]] == [0, 1, 1]


def test_more_kinds_than_a_legend_tells_apart_are_said_and_the_rarest_share_an_entry():
    items = [f"kind {n}" for n in range(30) for _ in range(1 + n % 3)]
    with pytest.warns(FringeWarning, match="sort holds 30 different"):
        found = layer(items, "sort")
    assert len(found["legend"]) == MOST_KINDS
    assert found["legend"][-1]["label"] == "Others (7 kinds)"
    assert sum(item["count"] for item in found["legend"]) == len(items)
    # The ten kinds of three rows stay, and those of two; of those with one row seven give way.
    listed = dict(entries(found)[:-1])
    assert all(listed[f"kind {n}"] == 1 + n % 3 for n in range(30) if n % 3)
    assert list(listed) == sorted(listed, key=lambda label: int(label.split()[1]))
    assert len({str(symbol) for symbol in found["symbols"]}) == len(found["symbols"])
    assert len(layer([f"kind {n}" for n in range(MOST_KINDS)], "sort")["legend"]) == MOST_KINDS


def season_of_many():
    days = ["2020-01-06", "2020-01-13"]
    index = pd.MultiIndex.from_product([range(40), days], names=["zone", "date"])
    table = pd.Series([f"kind {zone if day == days[0] else zone % 3}" for zone, day in index], index=index, name="sort")
    with pytest.warns(FringeWarning, match="40"):
        return Map("A", lang="en").timeline(zones([0] * 40), table)


def test_many_kinds_over_days_are_counted_on_all_of_them():
    found = season_of_many().document()["layers"][0]
    assert found["legend"][-1]["label"] == "Others (17 kinds)"
    assert [item["count"] for item in found["legend"][:3]] == [14, 13, 13]
    # Rows in one entry differ in their popups.
    assert "words" not in found["times"]
    assert "values" in found["times"]


@pytest.mark.browser
def test_popups_of_folded_kinds_say_the_own_word(opened, tmp_path):
    with opened(season_of_many().save(tmp_path / "a.html")) as shown:
        shown.run("() => fringe.time.go(0)")
        texts = shown.run(
            "() => fringe.layer('layer-0').read().then(() => [3, 39].map((row) => "
            "fringe.layer('layer-0').text(row, fringe.layer('layer-0').times.column)))"
        )
        assert texts == ["kind 3", "kind 39"]
        counts = shown.run(
            "() => [...document.querySelectorAll('.fringe-entries .fringe-count')].map((one) => +one.textContent)"
        )
        assert sum(counts) == 40
        assert counts[-1] == 17
        assert shown.complaints == []


# Whole numbers and round edges.


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([1, 2, 1], {}, ["1", "2"]),
        ([1, 2, np.nan], {}, ["1", "2", "No data"]),
        ([0, 4, 9, 12], {"k": 3}, ["0–4", "5–9", "10–15"]),
        ([1, 2, 3, 3, 3, 3], {"scheme": "quantile"}, ["1", "2", "3"]),
        ([1.99, 2.5, 3.2, 4.4], {"scheme": "natural", "k": 2}, ["1–4", "4–5"]),
        ([1.5, 2.5, 3.5, 3.5, 3.5], {"scheme": "quantile", "k": 3}, ["1–3", "3–4"]),
        ([0.4567, 0.4567], {"column": "covered_share"}, ["45.7"]),
        ([3, 8, 12], {"breaks": [0, 5, 10], "column": "n_plots"}, ["0–4", "5–10", ">10"]),
        # By their name alone: a missing value makes floats of whole numbers.
        ([3, 8, np.nan], {"breaks": [0, 5, 10]}, ["0–5", "5–10", "No data"]),
    ],
)
def test_classes_are_called_in_round_figures(values, options, expected):
    assert labels(layer(values, **{"column": "floors", **options})) == expected


@given(
    st.lists(st.integers(0, 3000), min_size=1, max_size=20),
    st.sampled_from(["equal", "quantile", "natural"]),
    st.integers(1, 7),
)
@settings(max_examples=60, deadline=None)
def test_whole_numbers_are_in_the_class_whose_label_names_them(values, scheme, k):
    found = layer(values, "floors", scheme=scheme, k=k)
    ends = [[int(end.replace(",", "")) for end in label.split("–")] for label in labels(found)]
    assert all(one[-1] < other[0] for one, other in pairwise(ends))
    counts = [sum(end[0] <= value <= end[-1] for value in values) for end in ends]
    assert counts == [item["count"] for item in found["legend"]]


# Layers of no known kind.


def test_unknown_layers_differ_and_have_names():
    areas = zones([0, 0])
    sheet = Map("A", lang="en")
    for index in ("uID", "uID", None, None, "block"):
        sheet = sheet.draw(areas.rename_axis(index))
    assert [one.title("en") for one in sheet.layers] == ["uID", "uID 2", "Layer 1", "Layer 2", "block"]
    assert sheet.layers[2].title("zh") == "图层 1"
    assert len({one.style for one in sheet.layers}) == 5
    # Layers of known kinds keep their look and take no turn.
    again = Map("A", lang="en").draw(areas).draw(areas.rename_axis("plot")).draw(areas.rename_axis("block"))
    assert again.layers[0].style == Map("A").draw(areas).layers[0].style
    assert again.layers[2].style == sheet.layers[0].style
    lines = gpd.GeoDataFrame(geometry=[LineString([(113.7, 34.7), (113.8, 34.7)])], crs=4326)
    points = gpd.GeoDataFrame(geometry=[Point(113.7, 34.7)], crs=4326)
    for frame in (lines, points):
        two = Map("A").draw(frame).draw(frame)
        assert two.layers[0].style != two.layers[1].style
    assert "Layer 1" in repr(Map("A", lang="en").draw(points))


# "No data".


def test_no_data_is_listed_if_a_row_on_any_day_has_none():
    assert labels(layer([0.1, 0.9]))[-1] == "80–100"
    assert entries(layer([0.1, np.nan]))[-1] == ("No data", 1)
    days = ["2020-01-06", "2020-01-13"]
    index = pd.MultiIndex.from_product([range(2), days], names=["zone", "date"])
    whole = pd.Series([0.1, 0.3, 0.2, 0.9], index=index, name="covered_share")
    for table, there in ((whole, False), (whole.iloc[1:], True), (whole.round(1).astype(str).rename("sort"), False)):
        found = Map("A", lang="en").timeline(zones([0, 0]), table).document()["layers"][0]
        assert (("No data", 0) in entries(found)) == there
    # A layer that begins later than another has nothing to show until then.
    late = Map("A", lang="en").timeline(zones([0, 0]), whole.loc[(slice(None), days[1:])], name="late")
    found = late.timeline(zones([0, 0]), whole).document()["layers"]
    assert [("No data", 0) in entries(one) for one in found] == [True, False]


def test_no_data_of_one_side_is_listed_on_both():
    sides = [Map("", lang="en").shade(zones(values), "covered_share") for values in ([0.1, 0.9], [0.1, np.nan])]
    before, after = Map("A", lang="en").compare(*sides).document()["layers"]
    assert [entries(one)[-1] for one in (before, after)] == [("No data", 0), ("No data", 1)]
    whole = Map("A", lang="en").compare(sides[0], sides[0]).document()["layers"]
    assert all("No data" not in labels(one) for one in whole)
