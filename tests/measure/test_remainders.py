"""What is left of zones: the same ground as by one overlay, whether plots become holes or are overlaid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, box
from tests.measure.layers import X, Y, lattice_shapes

from fringe.measure import remainders as module
from fringe.measure.cuts import cut
from fringe.measure.remainders import remainders


def array(*shapes):
    return np.array([*shapes, None], dtype=object)[:-1]


def left(zones, plots):
    cuts = cut(zones, plots, native=False)
    return remainders(zones, plots, (cuts.zone_at, cuts.plot_at))


def assert_as_by_overlay(zones, plots):
    pieces, zone_at = left(zones, plots)
    assert shapely.is_valid(pieces).all()
    assert (np.diff(zone_at) >= 0).all()
    for at, zone in enumerate(zones):
        expected = zone - shapely.union_all(plots)
        own = pieces[zone_at == at]
        assert shapely.union_all(own).symmetric_difference(expected).area < 1e-6
        assert len(own) == sum(part.area > 0 for part in shapely.get_parts(expected))


@st.composite
def apart(draw):
    """Shapes clear of each other: each shrunk into a field of its own."""
    fields = [(i, j, shape) for i in range(3) for j in range(3) for shape in draw(lattice_shapes(most=1))]
    return [
        shapely.transform(shape, lambda xy, i=i, j=j: (xy - [X, Y]) / 4 + [X + 40 * i, Y + 40 * j])
        for i, j, shape in fields
    ]


@settings(max_examples=80, deadline=None)
@given(zones=lattice_shapes(least=1, most=3), crowd=lattice_shapes(most=4), loners=apart())
def test_the_same_ground_as_by_one_overlay(zones, crowd, loners):
    assert_as_by_overlay(array(*zones), array(*crowd, *loners))


def test_holes_of_a_clear_plot_stay_bare():
    ring = box(2, 2, 8, 8) - box(4, 4, 6, 6)
    pieces, _ = left(array(box(0, 0, 10, 10)), array(ring))
    assert sorted(shapely.area(pieces)) == [4.0, 64.0]


def test_plots_in_several_pieces_of_a_zone():
    # A strip cuts the zone in two; either side has a plot, and one plot has a part on each.
    zone = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])
    plots = array(
        box(4, -1, 5, 11), box(1, 1, 2, 2), box(7, 1, 8, 2), MultiPolygon([box(22, 4, 23, 5), box(26, 4, 27, 5)])
    )
    assert_as_by_overlay(array(zone), plots)
    pieces, _ = left(array(zone), plots)
    assert sorted(shapely.area(pieces)) == [39.0, 49.0, 98.0]


@pytest.mark.parametrize("plot", [box(0, 4, 1, 5), shapely.Polygon([(0, 5), (3, 4), (3, 6)])])
def test_a_plot_on_the_border_is_no_hole(plot):
    assert_as_by_overlay(array(box(0, 0, 10, 10)), array(plot))


def test_only_what_is_not_clear_is_overlaid(monkeypatch):
    taken = []
    overlay = module.overlay
    monkeypatch.setattr(module, "overlay", lambda how, zones, plots: taken.extend(plots) or overlay(how, zones, plots))
    left(array(box(0, 0, 10, 10)), array(box(1, 1, 2, 2), box(4, 4, 6, 6), box(5, 5, 7, 7)))
    assert [shape.area for shape in taken] == [7.0]


def test_where_holes_fail_the_zone_is_overlaid(monkeypatch):
    monkeypatch.setattr(module, "is_valid", lambda shapes: np.zeros(len(shapes), dtype=bool))
    ring = box(12, 2, 18, 8) - box(14, 4, 16, 6)
    assert_as_by_overlay(array(box(0, 0, 10, 10), box(10, 0, 20, 10)), array(box(1, 1, 2, 2), ring, box(9, 0, 11, 1)))
