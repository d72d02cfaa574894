"""Coverage on four hectares that a reader can check on paper, and its laws on a lattice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from tests.measure.layers import X, Y, frame, lattice_plots, lattice_shapes, slow_coverage, tiles

from fringe.errors import CRSError, FringeError, FringeWarning, LayerError
from fringe.measure.coverage import coverage
from fringe.measure.cuts import polygonal

PRECEDENCE = ["kept", "accepted", "planted", "under_way", "planned", "lost"]
TILING = tiles(3, 40)
modest = settings(max_examples=25, deadline=None)


def at(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


@pytest.fixture
def three():
    """A plot in SW alone, one across all four zones, and one in SW over the half of the first."""
    return frame(
        [at(10, 10, 30, 30), at(90, 90, 110, 110), at(20, 10, 40, 30)],
        index=["P1", "P2", "P3"],
        name="plot",
        status=["planted", "kept", "planned"],
        green_class=["G1", "G2", "G1"],
    )


def close(left, right, rtol=1e-9, atol=1e-6):
    pd.testing.assert_frame_equal(left, right, rtol=rtol, atol=atol, check_dtype=False)


# By hand


def test_four_hectares_and_three_plots(three, grid):
    table = coverage(three.drop(columns="status"), grid, planar=True)
    assert table.index.equals(grid.index)
    assert table["zone_m2"].tolist() == [10_000] * 4
    # P1 and P3 are 400 m2 each and share 200; a quarter of P2 (100 m2) lies in every zone.
    assert table["covered_m2"].to_dict() == {"NW": 100, "NE": 100, "SW": 700, "SE": 100}
    assert table["summed_m2"].to_dict() == {"NW": 100, "NE": 100, "SW": 900, "SE": 100}
    assert table["overlap_m2"].to_dict() == {"NW": 0, "NE": 0, "SW": 200, "SE": 0}
    assert table["covered_share"].to_dict() == {"NW": 0.01, "NE": 0.01, "SW": 0.07, "SE": 0.01}
    assert table["n_plots"].to_dict() == {"NW": 1, "NE": 1, "SW": 3, "SE": 1}
    assert "not_counted_m2" not in table
    assert "net_m2" not in table


def test_only_planted_accepted_and_kept_count(three, grid):
    row = coverage(three, grid, planar=True).loc["SW"]
    # The planned P3 has 200 m2 that no counted plot lies on.
    assert row[["covered_m2", "not_counted_m2", "overlap_m2", "n_plots"]].tolist() == [500, 200, 0, 2]


def test_statuses_override(three, grid):
    row = coverage(three, grid, statuses=["planned"], planar=True).loc["SW"]
    assert row[["covered_m2", "not_counted_m2", "n_plots"]].tolist() == [400, 300, 1]
    assert coverage(three, grid, statuses="planned", planar=True).loc["SW", "covered_m2"] == 400


def test_by_kind_has_every_zone_and_kind(three, grid):
    table = coverage(three, grid, by="green_class", statuses=["planned", "planted", "kept"], planar=True)
    assert table.index.names == ["zone", "green_class"]
    assert table.index.tolist() == [(zone, kind) for zone in grid.index for kind in ("G1", "G2")]
    assert table["covered_m2"].tolist() == [0, 100, 0, 100, 600, 100, 0, 100]
    assert table.loc[("SW", "G1"), "overlap_m2"] == 200
    assert table["net_m2"].tolist() == table["covered_m2"].tolist()


def test_by_status_shows_all_statuses_and_gives_shared_ground_to_the_furthest(three, grid):
    table = coverage(three, grid, by="status", planar=True).loc["SW"]
    assert table.index.tolist() == ["kept", "planted", "planned"]
    assert table["covered_m2"].tolist() == [100, 400, 400]
    assert table["net_m2"].tolist() == [100, 400, 200]
    assert "not_counted_m2" not in table


def test_by_status_with_statuses_shows_those_only(three, grid):
    table = coverage(three, grid, by="status", statuses=["planned", "kept"], planar=True).loc["SW"]
    assert table["net_m2"].to_dict() == {"kept": 100, "planned": 400}


def test_categories_give_the_order_of_kinds(three, grid):
    three["green_class"] = pd.Categorical(three["green_class"], categories=["G2", "G1"])
    three.loc["P2", "geometry"] = three.loc["P1", "geometry"]
    net = coverage(three, grid, by="green_class", planar=True).loc["SW", "net_m2"]
    assert net.to_dict() == {"G2": 400, "G1": 0}


def test_a_missing_kind_has_its_own_row_and_is_said(three, grid):
    three.loc["P2", "green_class"] = None
    with pytest.warns(FringeWarning, match="P2"):
        table = coverage(three, grid, by="green_class", planar=True)
    assert table.loc[("NE", "(missing)"), "covered_m2"] == 100


def test_on_a_day_the_dates_decide(grid):
    plots = frame(
        [at(10, 10, 30, 30), at(50, 50, 60, 60), at(70, 70, 80, 80)],
        index=["P1", "P2", "P3"],
        planned_on=pd.to_datetime(["2020-01-01", "2020-01-01", "2020-06-01"]),
        planted_on=pd.to_datetime(["2020-03-01", None, None]),
    )
    february = coverage(plots, grid, on="2020-02-01", planar=True).loc["SW"]
    march = coverage(plots, grid, on="2020-03-01", planar=True).loc["SW"]
    # The third plot is planned in June only: before that it takes no part.
    assert february[["covered_m2", "not_counted_m2"]].tolist() == [0, 500]
    assert march[["covered_m2", "not_counted_m2"]].tolist() == [400, 100]
    by_status = coverage(plots, grid, by="status", on="2020-03-01", planar=True).loc["SW", "covered_m2"]
    assert by_status.to_dict() == {"planted": 400, "planned": 100}


@pytest.fixture
def season():
    """P1 planted in March and lost in June, P2 beside it over half of it, P3 planned in May and never planted."""
    return frame(
        [at(10, 10, 30, 30), at(20, 10, 40, 30), at(30, 10, 50, 30)],
        index=["P1", "P2", "P3"],
        name="plot",
        planned_on=pd.to_datetime(["2020-01-01", "2020-01-01", "2020-05-01"]),
        planted_on=pd.to_datetime(["2020-03-01", "2020-04-01", None]),
        lost_on=pd.to_datetime(["2020-06-01", None, None]),
        green_class=["G1", "G2", "G1"],
    )


def test_a_list_of_days_is_the_curve_of_a_season(season, grid):
    days = ["2019-12-31", "2020-01-01", "2020-03-01", "2020-04-01", "2020-05-01", "2020-06-01"]
    table = coverage(season, grid, on=days, planar=True)
    assert table.index.names == ["zone", "date"]
    assert table.index.levels[1].tolist() == list(pd.to_datetime(days))
    curve = table.loc["SW"]
    assert curve["covered_m2"].tolist() == [0, 0, 400, 600, 600, 400]
    assert curve["overlap_m2"].tolist() == [0, 0, 0, 200, 200, 0]
    # Planned or lost, and under nothing that counts: P1 and P2; P2's own half; none; P3's half; and P1's half again.
    assert curve["not_counted_m2"].tolist() == [0, 600, 200, 0, 200, 400]
    assert curve["n_plots"].tolist() == [0, 0, 1, 2, 2, 1]
    assert table.loc["NE", "covered_m2"].tolist() == [0] * 6


def on_day(table, day, column):
    rows = table.reset_index()
    rows = rows[(rows["zone"] == "SW") & (rows["date"] == day)]
    return dict(zip(rows["status"], rows[column], strict=True))


def test_days_and_kinds_in_one_pass(season, grid):
    table = coverage(season, grid, by="status", on=["2020-03-01", "2020-06-01"], planar=True)
    assert table.index.names == ["zone", "date", "status"]
    assert on_day(table, "2020-03-01", "covered_m2") == {
        "planted": 400,
        "planned": 400,
        "lost": 0,
    }
    assert on_day(table, "2020-06-01", "covered_m2") == {
        "planted": 400,
        "planned": 400,
        "lost": 400,
    }
    assert on_day(table, "2020-06-01", "net_m2") == {
        "planted": 400,
        "planned": 200,
        "lost": 200,
    }


@pytest.mark.parametrize("by", [None, "status", "green_class"])
def test_no_plots_on_a_list_of_days(season, grid, by):
    table = coverage(season.iloc[:0], grid, by=by, on=["2020-03-01", "2020-04-01"])
    assert len(table) == (8 if by is None else 0)
    assert table["covered_m2"].sum() == 0


def test_days_that_are_none_or_named_twice_are_refused_together(season, grid):
    with pytest.raises(FringeError) as raised:
        coverage(season, grid, on=["2020-03-01", "soon", "2020-03-01"])
    assert [found.code for found in raised.value.problems] == ["not_a_day", "day_twice"]
    with pytest.raises(FringeError, match="list of days is empty"):
        coverage(season, grid, on=[])


def test_per_township_dissolves(three, grid):
    table = coverage(three.drop(columns="status"), grid, per="township", planar=True)
    assert table.index.name == "township"
    assert table["covered_m2"].to_dict() == {"north": 200, "south": 800}
    assert table["n_plots"].to_dict() == {"north": 1, "south": 3}


def test_per_never_sums_zones_that_overlap(three, grid):
    twice = pd.concat([grid, grid.rename(index=lambda name: name + "2")])
    once, doubled = (coverage(three, zones, per="township", planar=True) for zones in (grid, twice))
    close(once, doubled)


def test_overlapping_zones_are_each_measured_on_their_own(three):
    zones = frame([at(0, 0, 100, 100), at(0, 0, 50, 50)], index=["all", "part"])
    assert coverage(three, zones, planar=True)["covered_m2"].tolist() == [500, 400]


def test_touching_is_not_covering(grid):
    plots = frame([at(-50, 0, 0, 50), at(200, 200, 300, 300)])
    table = coverage(plots, grid, planar=True)
    assert table[["covered_m2", "n_plots", "summed_m2"]].to_numpy().sum() == 0


def test_holes_and_parts(grid):
    holed = at(0, 0, 90, 90) - at(10, 10, 80, 80)
    plots = frame([MultiPolygon([holed, at(20, 20, 30, 30)])])
    assert coverage(plots, grid, planar=True).loc["SW", "covered_m2"] == 8100 - 4900 + 100
    zones = frame([at(0, 0, 100, 100) - at(0, 0, 50, 100)], index=["east half"])
    assert coverage(plots, zones, planar=True)["covered_m2"].tolist() == [40 * 90 - 30 * 70]


def test_a_plot_larger_than_all_zones_covers_them(grid):
    table = coverage(frame([at(-999, -999, 999, 999)]), grid)
    assert table["covered_share"].tolist() == [1.0] * 4


def test_no_plots_give_zero(grid):
    for none in (frame([]), frame([], crs=None), gpd.GeoDataFrame()):
        table = coverage(none, grid)
        assert table["covered_m2"].tolist() == [0.0] * 4
        assert table["covered_share"].tolist() == [0.0] * 4
    assert coverage(frame([]), grid, by="status").empty


def test_a_zone_without_area_has_no_share(three):
    flat = Polygon([(X, Y), (X + 10, Y + 10), (X + 20, Y + 20)])
    zones = frame([at(0, 0, 100, 100), flat], index=["Z1", "Z2"])
    with pytest.warns(FringeWarning, match=r"row Z2.*no area"):
        table = coverage(three, zones, planar=True)
    assert table["covered_share"].isna().tolist() == [False, True]
    assert table["covered_m2"].tolist() == [500, 0]


# Bad input


def test_no_zones_raise(three, grid):
    with pytest.raises(LayerError, match=r"improvement zones.*no rows"):
        coverage(three, grid.iloc[:0])


def test_duplicate_ids_are_named(three, grid):
    with pytest.raises(LayerError, match="'P1' occurs 2 times"):
        coverage(three.rename(index={"P3": "P1"}), grid)


def test_all_problems_of_both_layers_are_raised_at_once(three, grid):
    three.loc["P2", "geometry"] = None
    with pytest.raises(LayerError) as raised:
        coverage(three, grid.rename(index={"NE": "NW"}))
    text = raised.value.render("en")
    assert "P2" in text
    assert "NW" in text
    assert "片区" in raised.value.render("zh")


def test_what_is_no_layer_is_refused(three, grid):
    with pytest.raises(LayerError, match="a DataFrame was given"):
        coverage(pd.DataFrame({"a": [1]}), grid)
    with pytest.raises(LayerError, match=r"improvement zones.*a list was given"):
        coverage(three, [1, 2])


def test_crs_is_checked_and_nothing_is_reprojected(three, grid):
    for zones in (grid.to_crs(3857), grid.to_crs(4326), grid.set_crs(None, allow_override=True)):
        with pytest.raises(CRSError):
            coverage(three, zones)
    with pytest.raises(CRSError):
        coverage(three.to_crs(3857), grid.to_crs(3857))


def test_unknown_words_are_refused_with_the_nearest(three, grid):
    with pytest.raises(LayerError, match="Did you mean 'green_class'"):
        coverage(three, grid, by="green_clas")
    with pytest.raises(LayerError, match="Did you mean 'township'"):
        coverage(three, grid, per="townshp")
    with pytest.raises(LayerError, match="Did you mean 'planted'"):
        coverage(three, grid, statuses=["plantd"])
    three.loc["P1", "status"] = "plantd"
    with pytest.raises(LayerError, match=r"row P1.*Did you mean 'planted'"):
        coverage(three, grid)


def test_statuses_need_a_status_and_days_need_dates(three, grid):
    bare = three.drop(columns="status")
    with pytest.raises(LayerError, match="status"):
        coverage(bare, grid, statuses=["kept"])
    with pytest.raises(LayerError, match="planted_on"):
        coverage(bare, grid, on="2020-01-01")


def test_an_empty_status_does_not_count_and_is_said(three, grid):
    three.loc["P2", "status"] = None
    with pytest.warns(FringeWarning, match="P2"):
        table = coverage(three, grid, planar=True)
    assert table.loc["NE", ["covered_m2", "not_counted_m2"]].tolist() == [0, 100]


def test_a_bow_tie_is_mended_and_said(grid):
    tie = Polygon([(X, Y), (X + 20, Y + 20), (X + 20, Y), (X, Y + 20)])
    with pytest.warns(FringeWarning, match="row P9"):
        table = coverage(frame([tie], index=["P9"]), grid, planar=True)
    assert table.loc["SW", "covered_m2"] == pytest.approx(200)


def test_nothing_is_written_to_the_inputs(three, grid):
    before = three.copy(deep=True), grid.copy(deep=True)
    coverage(three, grid, by="status", per="township")
    assert three.equals(before[0])
    assert grid.equals(before[1])
    assert not shapely.is_prepared(grid.geometry.array).any()


# Laws


@modest
@given(plots=lattice_plots(), zones=lattice_shapes(least=1, most=4))
def test_agrees_with_a_slow_loop(plots, zones):
    zones = frame(zones)
    close(coverage(plots.drop(columns="status"), zones, planar=True), slow_coverage(plots, zones))


@modest
@given(plots=lattice_plots(least=1))
def test_agrees_with_overlay_and_dissolve(plots):
    zones = TILING.reset_index(names="zone")
    pieces = gpd.overlay(plots[["geometry"]], zones[["zone", "geometry"]], how="intersection", keep_geom_type=True)
    theirs = pieces.dissolve("zone").area.reindex(TILING.index, fill_value=0.0)
    ours = coverage(plots.drop(columns="status"), TILING, planar=True)["covered_m2"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-6)


@modest
@given(plots=lattice_plots())
def test_shares_lie_between_nothing_and_all_and_sums_reconcile(plots):
    table = coverage(plots, TILING)
    assert table["covered_share"].between(0, 1).all()
    assert (table["covered_m2"] <= table["zone_m2"]).all()
    assert (table["overlap_m2"] >= 0).all()
    assert (table["summed_m2"] - table["covered_m2"] - table["overlap_m2"]).abs().max() < 1e-9
    everything = coverage(plots, TILING, statuses=PRECEDENCE)["covered_m2"]
    np.testing.assert_allclose(table["covered_m2"] + table["not_counted_m2"], everything, rtol=1e-12, atol=1e-7)


@modest
@given(plots=lattice_plots())
def test_zones_that_tile_add_up_to_the_whole(plots):
    whole = frame([shapely.union_all(TILING.geometry.array)])
    for planar in (True, False):
        tiles_m2 = coverage(plots, TILING, planar=planar)[["covered_m2", "zone_m2", "not_counted_m2"]].sum()
        whole_m2 = coverage(plots, whole, planar=planar)[["covered_m2", "zone_m2", "not_counted_m2"]].sum()
        np.testing.assert_allclose(tiles_m2, whole_m2, rtol=1e-9, atol=1e-6)


@modest
@given(plots=lattice_plots(), data=st.data())
def test_order_and_duplicates_change_nothing(plots, data):
    order = data.draw(st.permutations(range(len(plots))))
    again = pd.concat([plots, plots.rename(index=lambda name: name + "b")])
    table = coverage(plots, TILING)
    close(coverage(plots.iloc[order], TILING), table)
    columns = ["covered_m2", "not_counted_m2"]
    close(coverage(again, TILING)[columns], table[columns])
    backwards = TILING.iloc[::-1]
    close(coverage(plots, backwards), table.loc[backwards.index])


@modest
@given(plots=lattice_plots(), dx=st.integers(-3000, 3000), dy=st.integers(-3000, 3000))
def test_moving_everything_changes_nothing_in_the_plane(plots, dx, dy):
    moved = plots.set_geometry(plots.translate(dx, dy)), TILING.set_geometry(TILING.translate(dx, dy))
    close(coverage(*moved, planar=True), coverage(plots, TILING, planar=True))


@modest
@given(plots=lattice_plots(), degrees=st.integers(1, 89))
def test_turning_everything_leaves_only_rounding(plots, degrees):
    # Turned coordinates are rounded, so that borders that were one become slivers and gaps of 1e-10 m.
    turned = [
        layer.set_geometry(layer.rotate(degrees, origin=(X + 50, Y + 50)).make_valid()) for layer in (plots, TILING)
    ]
    close(coverage(*turned, planar=True), coverage(plots, TILING, planar=True), atol=1e-5)


@modest
@given(plots=lattice_plots(least=1))
def test_more_plots_never_cover_less(plots):
    fewer, more = (coverage(some, TILING)["covered_m2"] for some in (plots.iloc[1:], plots))
    assert (more >= fewer - 1e-6).all()


@modest
@given(plots=lattice_plots(least=1), across=st.integers(1, 119))
def test_splitting_plots_changes_no_coverage(plots, across):
    halves = [
        plots.set_geometry(plots.intersection(side)).rename(index=lambda name, tag=tag: name + tag)
        for tag, side in (("l", at(-1, -1, across, 999)), ("r", at(across, -1, 999, 999)))
    ]
    split = pd.concat(halves)
    split = split.set_geometry(polygonal(np.array(split.geometry.array, dtype=object)))
    split = split[split.area > 0]
    columns = ["covered_m2", "summed_m2", "not_counted_m2"]
    close(coverage(split, TILING)[columns], coverage(plots, TILING)[columns])


@modest
@given(plots=lattice_plots(), by=st.sampled_from(["status", "green_class"]))
def test_net_adds_up_to_the_union_and_rows_are_their_kinds_alone(plots, by):
    table = coverage(plots, TILING, by=by)
    counted = PRECEDENCE if by == "status" else None
    union = coverage(plots, TILING, statuses=counted)["covered_m2"]
    net = table["net_m2"].groupby("zone", sort=False).sum().reindex(TILING.index, fill_value=0.0)
    np.testing.assert_allclose(net, union, rtol=1e-9, atol=1e-6)
    assert (table["net_m2"] <= table["covered_m2"] + 1e-6).all()
    for kind in table.index.unique(by):
        alone = coverage(plots[plots[by] == kind], TILING, statuses=counted)
        columns = [name for name in alone if name in table]
        close(table.xs(kind, level=by)[columns], alone[columns])


@modest
@given(plots=lattice_plots(least=2, most=8))
def test_ground_goes_to_the_first_in_the_order(plots):
    table = coverage(plots, TILING, by="status", planar=True)
    taken = shapely.Polygon()
    for status in PRECEDENCE:
        own = shapely.union_all(plots.geometry.array[plots["status"] == status])
        net = shapely.intersection(TILING.geometry.array, own - taken)
        if status in plots["status"].to_numpy():
            np.testing.assert_allclose(table.xs(status, level="status")["net_m2"], shapely.area(net), atol=1e-6)
        taken = shapely.union(taken, own)


DAYS = [f"2020-01-0{day}" for day in range(1, 8)]


@modest
@given(plots=lattice_plots(), data=st.data(), by=st.sampled_from([None, "status", "green_class"]), planar=st.booleans())
def test_each_day_of_a_list_has_the_figures_it_has_alone(plots, data, by, planar):
    dates = st.lists(st.none() | st.sampled_from(DAYS), min_size=len(plots), max_size=len(plots))
    plots = plots.drop(columns="status")
    for column in ("planned_on", "planted_on", "kept_on", "lost_on"):
        plots[column] = pd.to_datetime(pd.Series(data.draw(dates), index=plots.index, dtype=object))
    season = coverage(plots, TILING, by=by, on=DAYS, planar=planar).reset_index()
    for day in DAYS:
        alone = coverage(plots, TILING, by=by, on=day, planar=planar)
        of_day = season[season["date"] == day].drop(columns="date").set_index(alone.index.names)
        here = of_day[of_day.index.isin(alone.index)]
        assert list(here.index) == list(alone.index)
        close(here.reset_index(drop=True), alone.reset_index(drop=True))
        assert of_day.loc[~of_day.index.isin(alone.index), "covered_m2"].sum() == 0  # kinds of other days


def test_workers_change_nothing():
    rng = np.random.default_rng(5)
    centres = shapely.points(rng.uniform((X, Y), (X + 3000, Y + 3000), (4000, 2)))
    plots = frame(shapely.buffer(centres, 20, quad_segs=3))
    zones = tiles(55, 55)
    one, several = (coverage(plots, zones, workers=workers) for workers in (1, 3))
    pd.testing.assert_frame_equal(one, several, check_exact=True)
    pd.testing.assert_frame_equal(one, coverage(plots, zones), check_exact=True)
