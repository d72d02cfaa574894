"""Bare stretches: which steps they have, where they end, and that none is forgotten."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from tests.measure.layers import X, Y, frame, tiles
from tests.measure.rails import rail, straight

import fringe as fr


def plots(*shapes, **columns):
    return frame(shapes, index=[f"P{at}" for at in range(len(shapes))], name="plot", **columns)


def test_gaps_by_hand():
    green = plots(box(X + 300, Y, X + 800, Y + 50), box(X, Y - 50, X + 1000, Y))
    gaps = fr.corridor_gaps(rail([straight()], km=[12.3]), green, width_m=50, planar=True)
    assert gaps.columns.tolist() == ["line", "side", "km_from", "km_to", "length_m", "label", "zone", "geometry"]
    assert gaps["label"].tolist() == ["K12+300–K12+600", "K13+100–K13+300"]
    assert gaps["side"].tolist() == ["left", "left"]
    assert gaps["length_m"].tolist() == pytest.approx([300, 200])
    assert gaps["zone"].isna().all()
    assert gaps.geometry.iloc[0].symmetric_difference(box(X, Y, X + 300, Y + 50)).area < 1e-6


def test_steps_begin_at_whole_chainage():
    gaps = fr.corridor_gaps(rail([straight(300)], km=[12.25]), plots(box(X + 50, Y, X + 150, Y + 50)), width_m=50,
                            sides="left", planar=True)  # fmt: skip
    assert gaps["label"].tolist() == ["K12+400–K12+550", "K12+250–K12+300"]


def test_ground_that_cannot_be_planted_is_no_gap_and_ends_one():
    pond = frame([box(X + 400, Y - 99, X + 500, Y + 99)])
    gaps = fr.corridor_gaps(rail([straight()], km=[0]), plots(), width_m=50, exclude=pond, planar=True)
    assert gaps[["side", "label"]].to_numpy().tolist() == [
        ["left", "K0+500–K1+000"],
        ["right", "K0+500–K1+000"],
        ["left", "K0+000–K0+400"],
        ["right", "K0+000–K0+400"],
    ]


def test_a_half_greened_step_is_a_gap_of_what_is_left():
    gaps = fr.corridor_gaps(
        rail([straight(100)], km=[0]), plots(box(X, Y, X + 100, Y + 30)), width_m=50, sides="left", planar=True
    )
    assert gaps.area.tolist() == pytest.approx([2000])
    assert len(fr.corridor_gaps(
        rail([straight(100)], km=[0]), plots(box(X, Y, X + 100, Y + 30)), width_m=50, sides="left", min_share=0.6,
        planar=True)) == 0  # fmt: skip


def test_each_gap_has_one_zone_and_those_outside_are_left_out():
    zones = frame(
        [box(X, Y - 99, X + 360, Y + 99), box(X + 360, Y - 99, X + 700, Y + 99)], index=["W", "E"], name="zone"
    )
    gaps = fr.corridor_gaps(rail([straight()], km=[0]), plots(), width_m=50, zones=zones, sides="left", planar=True)
    assert gaps[["zone", "label"]].to_numpy().tolist() == [["W", "K0+000–K0+400"], ["E", "K0+400–K0+700"]]


def test_no_gaps():
    gaps = fr.corridor_gaps(
        rail([straight()], km=[0]), plots(box(X - 9, Y - 99, X + 2000, Y + 99)), width_m=50, zones=tiles(1, 2000)
    )
    assert len(gaps) == 0
    assert gaps.crs == tiles(1, 9).crs
    assert gaps.columns.tolist() == ["line", "side", "km_from", "km_to", "length_m", "label", "zone", "geometry"]


def test_a_bridge_that_is_left_out_ends_a_gap_only_where_it_fills_a_step():
    tracks = rail(
        [straight(400), straight(200, start=400), straight(350, start=600), straight(50, start=950)],
        km=[0, None, None, None],
        structure=[None, "bridge", None, "bridge"],
    )
    gaps = fr.corridor_gaps(tracks, plots(), width_m=50, sides="left", without=("bridge",), planar=True)
    assert gaps["label"].tolist() == ["K0+000–K0+400", "K0+600–K1+000"]
    assert gaps["length_m"].tolist() == pytest.approx([400, 350])


@settings(max_examples=40, deadline=None)
@given(green=st.lists(st.booleans(), min_size=10, max_size=10), other=st.lists(st.booleans(), min_size=10, max_size=10))
def test_gaps_are_the_runs_of_bare_steps(green, other):
    shapes = [box(X + 100 * at, Y, X + 100 * at + 100, Y + 50) for at in range(10) if green[at]]
    shapes += [box(X + 100 * at, Y - 50, X + 100 * at + 100, Y) for at in range(10) if other[at]]
    gaps = fr.corridor_gaps(rail([straight()], km=[0]), plots(*shapes), width_m=50, planar=True)
    expected = sorted(
        (side, start, stop) for side, planted in (("left", green), ("right", other)) for start, stop in runs(planted)
    )
    found = sorted((row.side, round(row.km_from * 10), round(row.km_to * 10)) for row in gaps.itertuples())
    assert found == expected
    assert gaps["length_m"].is_monotonic_decreasing
    table = fr.corridor_coverage(rail([straight()], km=[0]), plots(*shapes), width_m=50, planar=True)
    bare = table["plantable_m"].iloc[0] * (1 - table["green_length_share"].iloc[0])
    assert gaps["length_m"].sum() == pytest.approx(bare, abs=1e-6)


def runs(planted):
    """The stretches of False, as half-open ranges."""
    found, start = [], None
    for at, green in enumerate([*planted, True]):
        if not green and start is None:
            start = at
        elif green and start is not None:
            found.append((start, at))
            start = None
    return found


def test_a_gap_is_a_row_to_keep():
    gaps = fr.corridor_gaps(rail([straight()], km=[0]), plots(), width_m=50, planar=True)
    assert gaps.index.name == "gap"
    assert (gaps["zone"].iloc[0] is None) or pd.isna(gaps["zone"].iloc[0])
    assert gaps.is_valid.all()
