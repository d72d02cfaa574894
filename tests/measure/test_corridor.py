"""Belts: by hand, against the definitions point by point, on tracks of every awkward shape."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box
from tests.measure.layers import X, Y, frame
from tests.measure.rails import bent_tracks, beside, rail, straight

import fringe as fr
from fringe.errors import CRSError, FringeWarning, LayerError


def sides(belts):
    return belts.set_index("side").geometry


def same(shape, expected):
    return shape.symmetric_difference(expected).area < 1e-6


def test_one_track():
    belts = fr.corridor(rail([straight()], km=[12.3]), width_m=50, offset_m=5, planar=True)
    assert same(sides(belts)["left"], box(X, Y + 5, X + 1000, Y + 55))
    assert same(sides(belts)["right"], box(X, Y - 55, X + 1000, Y - 5))
    assert belts["label"].tolist() == ["K12+300–K13+300"] * 2


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_side(side):
    belts = fr.corridor(rail([straight()], km=[0]), width_m=50, sides=side, planar=True)
    assert belts["side"].tolist() == [side]


def test_belts_begin_at_the_outermost_of_several_tracks():
    tracks = rail([straight(at=at, backward=at > 0) for at in (0, 5, -8, 30)], km=[12.3, None, None, None])
    belts = fr.corridor(tracks, width_m=50, planar=True)
    assert same(sides(belts)["left"], box(X, Y + 30, X + 1000, Y + 80))
    assert same(sides(belts)["right"], box(X, Y - 58, X + 1000, Y - 8))


def test_a_passing_loop_is_outermost_only_where_it_lies():
    loop = LineString([(X + 300, Y), (X + 310, Y + 10), (X + 690, Y + 10), (X + 700, Y)])
    belts = fr.corridor(rail([straight(), loop], km=[0, None]), width_m=50, offset_m=2, planar=True)
    left = sides(belts)["left"]
    # Away from the switches: 2..52 m beside the main track, 12..62 m beside the loop.
    assert same(left.intersection(box(X, Y, X + 200, Y + 99)), box(X, Y + 2, X + 200, Y + 52))
    assert same(left.intersection(box(X + 400, Y, X + 600, Y + 99)), box(X + 400, Y + 12, X + 600, Y + 62))
    assert not left.intersects(box(X + 400, Y, X + 600, Y + 11.9))
    assert same(sides(belts)["right"], box(X, Y - 52, X + 1000, Y - 2))
    # At the switches it is all within 50 m of a track, and between none.
    assert left.difference(shapely.union_all([straight(), loop]).buffer(52 + 1e-6, quad_segs=64)).area < 0.1


def test_tracks_farther_apart_are_corridors_of_their_own():
    tracks = rail([straight(2000), straight(at=31)], km=[0, 0])
    belts = fr.corridor(tracks, width_m=10, planar=True)
    assert belts[["part", "side"]].to_numpy().tolist() == [[1, "left"], [1, "right"], [2, "left"], [2, "right"]]
    assert belts.area.tolist() == pytest.approx([20_000] * 2 + [10_000] * 2)


def test_a_yard_hangs_together_track_by_track():
    tracks = rail([straight(at=at) for at in (0, 25, 50, 75)], km=[0, None, None, None])
    belts = fr.corridor(tracks, width_m=10, planar=True)
    assert same(sides(belts)["left"], box(X, Y + 75, X + 1000, Y + 85))


def test_a_branch_leaves_its_line_and_makes_a_part():
    branch = LineString([(X + 500, Y), (X + 600, Y + 10), (X + 700, Y + 40), (X + 700, Y + 900)])
    with pytest.warns(FringeWarning, match="no start chainage is told for East"):
        belts = fr.corridor(rail([straight(3000), branch], km=[0, None]), width_m=10, planar=True)
    assert belts["direction_from"].tolist() == ["chainage"] * 2 + ["digitised"] * 2
    assert belts["part"].tolist() == [1, 1, 2, 2]
    # All of the branch beyond 30 m has belts.
    far = shapely.ops.substring(branch, 400, branch.length)
    assert belts[belts["part"] == 2].union_all().buffer(0.01).intersects(far)
    assert belts[belts["part"] == 2].area.sum() == pytest.approx(2 * 10 * 870, rel=0.02)


def test_lines_are_apart_even_where_they_run_together():
    tracks = rail([straight(), straight(at=10)], line=["A", "B"], km=[0, 0])
    with pytest.warns(FringeWarning, match="belts of A, B share more than 1%"):
        belts = fr.corridor(tracks, width_m=20, planar=True)
    assert belts["line"].tolist() == ["A", "A", "B", "B"]
    assert same(belts.geometry.iloc[0], box(X, Y, X + 1000, Y + 20))


@pytest.mark.parametrize(("apart", "named"), [(60, "A, B"), (99, "A, B"), (99.6, None), (120, None)])
def test_belts_over_each_other_are_said_from_a_hundredth_on(apart, named):
    # Belts of 50 m between two lines share 100 m less what these are apart: 40 m, 1 m, 0.4 m, nothing.
    tracks = rail([straight(), straight(at=apart), straight(at=9000)], line=["A", "B", "C"], km=[0] * 3)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        belts = fr.corridor(tracks, width_m=50, planar=True)
    assert [str(item.message).split(" share")[0] for item in said] == (
        [f"railways: the belts of {named}"] * bool(named)
    )
    assert belts.area.tolist() == pytest.approx([50_000.0] * 6)


def test_structures_are_left_out_on_request():
    tracks = rail(
        [straight(400), straight(200, start=400), straight(400, start=600)],
        km=[0, None, None],
        structure=["embankment", "bridge", None],
    )
    belts = fr.corridor(tracks, width_m=10, without=("bridge", "tunnel"), planar=True)
    expected = shapely.union(box(X, Y, X + 400, Y + 10), box(X + 600, Y, X + 1000, Y + 10))
    assert same(sides(belts)["left"], expected)
    assert belts["label"].tolist() == ["K0+000–K1+000"] * 2


def test_structures_go_by_chinese_words_too():
    tracks = rail([straight(400), straight(200, start=400)], km=[0, None], structure=["路基", "特大桥"])
    assert fr.corridor(tracks, width_m=10, without="bridge", planar=True).area.tolist() == pytest.approx([4000.0] * 2)
    with pytest.raises(LayerError, match="without cannot be 'brigde'"):
        fr.corridor(tracks, width_m=10, without="brigde")


def test_a_layer_without_structures_says_that_nothing_is_left_out():
    with pytest.warns(FringeWarning, match="no bridge or tunnel is left out"):
        fr.corridor(rail([straight()], km=[0]), width_m=10, without=("bridge",))


@settings(max_examples=60, deadline=None)
@given(
    bent=bent_tracks(),
    seed=st.integers(0, 1000),
    width=st.sampled_from([20.0, 50.0]),
    offset=st.sampled_from([0.0, 10.0]),
)
def test_belts_hold_the_points_the_definition_says(bent, seed, width, offset):
    axis, tracks = bent
    belts = sides(fr.corridor(tracks, width_m=width, offset_m=offset, planar=True))
    west, south, east, north = axis.buffer(80).bounds
    rng = np.random.default_rng(seed)
    for x, y in rng.uniform([west, south], [east, north], (300, 2)):
        expected = beside(axis, Point(x, y), offset, offset + width)
        if expected is not None:
            found = int(belts["left"].contains(Point(x, y))) - int(belts["right"].contains(Point(x, y)))
            assert found == expected


@settings(max_examples=40, deadline=None)
@given(bent=bent_tracks(), width=st.sampled_from([5.0, 40.0]))
def test_belts_are_as_large_as_their_line_is_long(bent, width):
    # Steiner: both sides together have 2 w L, less what bends gain and lose, at most w² |turn| / 2 each.
    axis, tracks = bent
    total = fr.corridor(tracks, width_m=width, planar=True).area.sum()
    assert total == pytest.approx(2 * width * axis.length, abs=width**2 * 0.25 * 9)


@settings(max_examples=30, deadline=None)
@given(bent=bent_tracks(), seed=st.integers(0, 99))
def test_order_and_direction_of_pieces_change_nothing(bent, seed):
    _, tracks = bent
    shuffled = tracks.sample(frac=1, random_state=seed)
    flip = np.random.default_rng(seed).random(len(shuffled)) < 0.5
    shuffled = shuffled.set_geometry(shuffled.geometry.where(~flip, shuffled.geometry.reverse()))
    if len(tracks) == 1:  # a single start stands at the beginning of its piece as drawn
        shuffled = tracks
    first, second = (sides(fr.corridor(some, width_m=30, planar=True)) for some in (tracks, shuffled))
    assert all(first[side].symmetric_difference(second[side]).area < 1e-3 for side in ("left", "right"))


def test_a_bend_tighter_than_the_belt_is_wide():
    # A quarter of a circle of 30 m: inside, the belt of 50 m reaches past the centre.
    angle = np.linspace(0, np.pi / 2, 46)
    arc = LineString(np.stack([X + 30 * np.sin(angle), Y + 30 - 30 * np.cos(angle)], axis=1))
    belts = sides(fr.corridor(rail([arc], km=[0]), width_m=50, planar=True))
    # Outside, rectangles along the chords and sectors at the 44 corners of 2 degrees between them.
    assert belts["right"].area == pytest.approx(50 * arc.length + 50**2 / 2 * np.radians(88), rel=1e-4)
    assert belts["left"].is_valid
    # All that is left of the track by a normal of up to 50 m: the sector of 30 m, and beyond the centre one of 20 m,
    # both half a chord wider at their ends.
    assert belts["left"].area == pytest.approx(np.pi / 4 * (30**2 + 20**2), rel=0.05)


def test_widths_are_true_metres_where_the_plane_is_not():
    # UTM at its central meridian shrinks lengths by 4/10,000.
    crs = "EPSG:32650"
    tracks = gpd.GeoDataFrame(
        {"line": ["A"], "km_start": [0]}, geometry=[LineString([(5e5, 3.84e6), (501_000, 3.84e6)])], crs=crs
    )
    left = sides(fr.corridor(tracks, width_m=100))["left"]
    _, south, _, north = left.bounds
    to_degrees = pyproj.Transformer.from_crs(crs, pyproj.CRS(crs).geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform([500_500, 500_500], [south, north])
    assert pyproj.CRS(crs).get_geod().line_length(lon, lat) == pytest.approx(100, rel=1e-6)
    assert north - south == pytest.approx(100 * 0.9996, rel=1e-6)


def test_a_line_that_doubles_back_is_taken_apart_and_once():
    there_and_back = LineString([(X, Y), (X + 500, Y), (X + 1000, Y), (X + 500, Y), (X, Y)])
    with pytest.warns(FringeWarning, match="turns back|drawn twice") as said:
        belts = fr.corridor(rail([there_and_back], km=[0]), width_m=50, planar=True)
    assert len(said) == 2
    assert same(sides(belts)["left"], box(X, Y, X + 1000, Y + 50))


def half_turn(radius, n):
    """The vertices of a half turn to the left, from heading east at the origin to heading west."""
    angle = np.linspace(0, np.pi, n)
    return [(X + 1000 + radius * np.sin(at), Y + radius - radius * np.cos(at)) for at in angle]


FOLDS = {
    "square": [(X + 1000, Y), (X + 1000, Y + 10)],
    "narrow": [(X + 1000, Y), (X + 1000, Y + 0.3)],
    "tapered": [(X + 1000, Y), (X + 1004, Y + 5), (X + 1000, Y + 10)],
    "round": half_turn(5, 40),
    "nearly as wide as a corridor": half_turn(14, 80),
}


@pytest.mark.parametrize("bend", FOLDS.values(), ids=FOLDS)
def test_a_line_drawn_there_and_back_with_a_gap_is_two_tracks_of_one_corridor(bend):
    fold = LineString([(X, Y), *bend, (X, bend[-1][1])])
    tracks = rail([fold, straight(at=5000)], line=["East", "North"], km=[0, 0])
    with pytest.warns(FringeWarning, match=r"row T0.*bend tighter than any track has \(15 m") as said:
        belts = fr.corridor(tracks, width_m=50, planar=True)
    assert len(said) == 1
    east = belts[belts["line"] == "East"]
    assert east["label"].tolist() == ["K0+000–K1+000"] * 2
    # The bend has no belts; drawn finely its ends stay with the arms, on less than a tenth of the turn.
    north = bend[-1][1]
    assert sides(east)["left"].symmetric_difference(box(X, north, X + 1000, north + 50)).area < 2
    assert sides(east)["right"].symmetric_difference(box(X, Y - 50, X + 1000, Y)).area < 2
    with pytest.warns(FringeWarning, match="bend tighter"):
        table = fr.corridor_coverage(tracks, tracks.iloc[:0].set_geometry([]), width_m=50, by="line", planar=True)
    assert table.loc["East", "plantable_m"] == pytest.approx(2000, abs=1)


def test_the_arms_of_several_folds_are_tracks():
    there_and_back = [(X, Y), (X + 1000, Y), (X + 1000, Y + 10), (X, Y + 10), (X, Y + 20), (X + 1000, Y + 20)]
    with pytest.warns(FringeWarning, match="bend tighter"):
        belts = fr.corridor(rail([LineString(there_and_back)], km=[0]), width_m=50, planar=True)
    assert same(sides(belts)["left"], box(X, Y + 20, X + 1000, Y + 70))
    assert same(sides(belts)["right"], box(X, Y - 50, X + 1000, Y))


@pytest.mark.parametrize(
    "bend",
    [half_turn(18, 7), half_turn(18, 100), half_turn(150, 7), [(X + 1000, Y), (X + 1000, Y + 40)]],
    ids=["coarse tram loop", "tram loop", "railway", "street corners"],
)
def test_bends_tracks_can_have_stay_one_line(bend):
    loop = LineString([(X, Y), *bend, (X, bend[-1][1])])
    belts = fr.corridor(rail([loop], km=[0]), width_m=10, planar=True)
    assert belts["part"].tolist() == [1, 1]
    assert belts["km_to"].tolist() == pytest.approx([loop.length / 1000] * 2)


def test_a_line_that_is_hardly_more_than_a_bend_is_left_as_it_is():
    turntable = LineString(Point(X, Y).buffer(8, quad_segs=16).exterior.coords)
    belts = fr.corridor(rail([turntable], km=[0]), width_m=10, sides="left", planar=True)
    assert belts.area.sum() == pytest.approx(np.pi * (18**2 - 8**2), rel=0.01)


def test_a_switchback_is_two_legs():
    zigzag = LineString([(X, Y), (X + 1000, Y), (X, Y + 100)])
    with pytest.warns(FringeWarning, match=r"turns back|no start chainage|belts of East share"):
        belts = fr.corridor(rail([zigzag], km=[0]), width_m=20, planar=True)
    # Up to 300 m from the point (told to 50 m) the legs are within 30 m of each other and share their belts.
    assert belts[belts["part"] == 1].area.sum() == pytest.approx(2 * 20 * np.hypot(1000, 100), rel=0.01)
    assert belts[belts["part"] == 2].area.sum() == pytest.approx(2 * 20 * 675, abs=2 * 20 * 25)


def test_a_line_that_crosses_itself_is_said():
    spiral = LineString([(X, Y), (X + 1000, Y), (X + 1000, Y + 400), (X + 500, Y + 400), (X + 500, Y - 500)])
    with pytest.warns(FringeWarning, match="crosses itself|belts of East share"):
        belts = fr.corridor(rail([spiral], km=[0]), width_m=20, planar=True)
    assert belts["part"].tolist() == [1, 1]
    assert belts.is_valid.all()


def test_a_ring_runs_round_once():
    ring = Point(X, Y).buffer(1000, quad_segs=64).exterior
    belts = fr.corridor(rail([LineString(ring.coords)], km=[0]), width_m=50, planar=True)
    assert belts.area.sum() == pytest.approx(np.pi * (1050**2 - 950**2), rel=1e-3)


def test_ends_that_face_each_other_are_joined_and_others_are_not():
    tracks = rail([straight(490), straight(490, start=510)], km=[0, None])
    assert fr.corridor(tracks, width_m=10, planar=True)["part"].tolist() == [1, 1]
    tracks = rail([straight(400), straight(400, start=500)], km=[0, 0.5])
    assert fr.corridor(tracks, width_m=10, planar=True)["part"].tolist() == [1, 1, 2, 2]


def test_a_row_in_several_parts_is_one_line():
    parts = MultiLineString([straight(500, start=500), straight(500)])
    belts = fr.corridor(
        frame([parts], index=["T"], line=["A"], km_start=[None]).assign(km_start=3.0), width_m=10, planar=True
    )
    assert belts.area.tolist() == pytest.approx([10_000] * 2)


def test_disused_tracks_make_no_corridor_and_tracks_being_built_do():
    tracks = rail(
        [straight(), straight(at=10), straight(at=20)], km=[0] * 3, state=["in_use", "construction", "disused"]
    )
    with pytest.warns(FringeWarning, match="row T2.*disused"):
        belts = fr.corridor(tracks, width_m=10, planar=True)
    assert same(sides(belts)["left"], box(X, Y + 10, X + 1000, Y + 20))
    with pytest.raises(LayerError, match="every track is disused"):
        fr.corridor(tracks.assign(state="disused"), width_m=10)


@pytest.mark.parametrize("width", [float("nan"), float("inf"), "50", None, True])
def test_a_width_that_is_no_number_is_refused(width):
    with pytest.raises(LayerError, match=f"width_m must be a number, and '{width}' was given.*such as 50"):
        fr.corridor(rail([straight()], km=[0]), width_m=width)


@pytest.mark.parametrize("width", [1e-9, 0.0999])
@pytest.mark.parametrize("measure", ["corridor", "corridor_coverage", "corridor_gaps"])
def test_a_width_that_is_none_of_a_belt_is_refused(width, measure):
    layers = [rail([straight()], km=[0])] + ([frame([])] if measure != "corridor" else [])
    with pytest.raises(LayerError, match=f"width_m must be at least 0.1 m, and {width} was given"):
        getattr(fr, measure)(*layers, width_m=width)


def test_the_narrowest_belt():
    assert fr.corridor(rail([straight()], km=[0]), width_m=0.1, planar=True).area.tolist() == pytest.approx([100.0] * 2)


@pytest.mark.parametrize(("wish", "remedy"), [("width_m", "such as 50"), ("step_m", "such as 100")])
def test_the_remedy_fits_the_wish(wish, remedy):
    with pytest.raises(LayerError, match=f"{wish} must be above 0, and -3 was given.*{remedy}"):
        fr.corridor_gaps(rail([straight()], km=[0]), frame([]), **({"width_m": 50} | {wish: -3}))


@pytest.mark.parametrize("width", [0, -5])
def test_a_width_of_nothing_is_refused(width):
    with pytest.raises(LayerError, match="width_m must be above 0"):
        fr.corridor(rail([straight()], km=[0]), width_m=width)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(LayerError) as caught:
        fr.corridor(rail([straight()], km=[0]), width_m=-1, offset_m=-1, sides="north")
    assert {found.code for found in caught.value.problems} == {
        "distance_not_positive", "distance_negative", "argument_unknown",
    }  # fmt: skip


def test_no_tracks_no_layer_and_no_lines_are_refused():
    with pytest.raises(LayerError):
        fr.corridor(rail([straight()], km=[0]).iloc[:0], width_m=10)
    with pytest.raises(LayerError, match="not a GeoDataFrame"):
        fr.corridor(pd.DataFrame({"line": ["A"]}), width_m=10)
    with pytest.raises(LayerError):
        fr.corridor(rail([box(X, Y, X + 1, Y + 1)], km=[0]), width_m=10)
    with pytest.raises(LayerError, match="no length"):
        fr.corridor(rail([LineString([(X, Y), (X, Y)])], km=[0]), width_m=10)


def test_a_track_without_length_among_others_is_left_out():
    with pytest.warns(FringeWarning, match="row T1.*no length"):
        belts = fr.corridor(rail([straight(), LineString([(X, Y), (X, Y)])], km=[0, None]), width_m=10, planar=True)
    assert belts.area.tolist() == pytest.approx([10_000] * 2)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:6933"])
def test_a_plane_unfit_for_widths_is_refused(crs):
    with pytest.raises(CRSError):
        fr.corridor(rail([straight()], km=[0]).to_crs(crs), width_m=10)


def test_tracks_without_a_line_are_said():
    with pytest.warns(FringeWarning, match="name no line"):
        belts = fr.corridor(rail([straight()], line=[None], km=[0]), width_m=10)
    assert belts["line"].tolist() == ["(missing)"] * 2


def test_nothing_is_written_to():
    tracks = rail([straight(), straight(at=5, backward=True)], km=[0, None], structure=["bridge", None])
    before = tracks.copy(deep=True)
    fr.corridor(tracks, width_m=10, without=("bridge",))
    pd.testing.assert_frame_equal(pd.DataFrame(tracks), pd.DataFrame(before))
