"""Labels, and the chainage of places along an axis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.rails import rail, straight

import fringe as fr
from fringe.errors import FringeWarning, LayerError
from fringe.measure.chainage import chainage_label, parse_chainage


@given(metres=st.integers(-5_000_000, 5_000_000))
def test_a_label_is_read_back_to_the_metre(metres):
    assert round(parse_chainage(chainage_label(metres / 1000)) * 1000) == metres


def test_what_is_no_chainage_is_not_a_number():
    assert all(np.isnan(parse_chainage(item)) for item in ("x", "K12", None, "K1+2345", ""))
    assert parse_chainage("DK 127+474.5") == pytest.approx(127.4745)


def test_posts_stand_at_whole_steps_in_true_metres():
    posts = fr.chainage(rail([straight()], km=[12.3]), step_m=250, planar=True)
    assert posts["label"].tolist() == ["K12+500", "K12+750", "K13+000", "K13+250"]
    assert (posts.geometry.x - 500_000).round(6).tolist() == [200, 450, 700, 950]


def test_chainage_follows_the_posts_where_they_do_not_fit_the_drawing():
    # 1000 m drawn, 1010 m told: within 2 %, spread evenly.
    tracks = rail([straight(), straight(start=1000)], km=[10.0, 11.01])
    posts = fr.chainage(tracks, step_m=505, planar=True)
    # 10.1 km stands 100 m of 1010 m after the first start: 10/1.01 m for each 10 m told.
    assert posts["km"].tolist() == pytest.approx([10.1, 10.605, 11.11, 11.615])
    assert (posts.geometry.x - 500_000).tolist() == pytest.approx([100 / 1.01, 605 / 1.01, 1100, 1605])


def test_a_broken_chainage_is_said():
    tracks = rail([straight(), straight(start=1000)], km=[10.0, 11.3])
    with pytest.warns(FringeWarning, match="1,300 m apart, the drawing 1,000 m"):
        fr.chainage(tracks, planar=True)


def test_a_start_that_contradicts_the_others_is_not_used():
    tracks = rail([straight(start=1000 * at) for at in range(4)], km=[10.0, 11.0, 10.5, 13.0])
    with pytest.warns(FringeWarning, match="row T2.*not used"):
        posts = fr.chainage(tracks, planar=True)
    assert posts["km"].tolist() == [10, 11, 12, 13, 14]
    assert (posts.geometry.x - 500_000).round(6).tolist() == [0, 1000, 2000, 3000, 4000]


def test_direction_is_that_of_rising_chainage_however_pieces_are_drawn():
    tracks = rail([straight(start=1000, backward=True), straight(backward=True)], km=[10.0, 11.0])
    belts = fr.corridor(tracks, width_m=10, planar=True)
    assert belts["direction_from"].tolist() == ["chainage", "chainage"]
    # Chainage rises westward, so left is south.
    assert belts.set_index("side").loc["left"].geometry.bounds[1] == pytest.approx(3_840_000 - 10)


def test_an_unreadable_chainage_is_refused():
    with pytest.raises(LayerError, match="no chainage"):
        fr.corridor(rail([straight()], km=["post 12"]), width_m=10)


def test_without_chainage_the_drawing_tells_and_that_is_said():
    with pytest.warns(FringeWarning, match="K0\\+000"):
        belts = fr.corridor(rail([straight(backward=True)]), width_m=10, planar=True)
    assert belts["direction_from"].tolist() == ["digitised", "digitised"]
    assert belts["label"].tolist() == ["K0+000–K1+000"] * 2
    assert belts.set_index("side").loc["left"].geometry.bounds[1] == pytest.approx(3_840_000 - 10)


def test_a_side_track_may_tell_the_chainage_of_the_axis():
    tracks = rail([straight(1010), straight(at=5), straight(start=505, length=400, at=-5)], km=[None, 12.0, 12.505])
    belts = fr.corridor(tracks, width_m=10, planar=True)
    assert belts["direction_from"].tolist() == ["chainage"] * 2
    assert belts["km_from"].tolist() == pytest.approx([12.0, 12.0])
