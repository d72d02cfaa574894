"""Levels that add up: by hand, by law, and against fractions."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.errors import LedgerError
from fringe.works.progress import progress
from fringe.works.rollup import check_levels, roll_up

LEVELS = ["district", "township", "zone"]
ZONES = pd.DataFrame(
    {
        "district": ["管城", "管城", "管城", "中牟"],
        "township": ["甲镇", "甲镇", "乙乡", "甲镇"],
        "zone": ["a1", "a2", "b1", "a1"],
        "green_m2": [10.4, 20.4, 30.4, 40.4],
        "n_plots": [1, 2, 3, 4],
        "green_share": [0.1, 0.2, 0.3, 0.4],
    }
)


def test_three_levels_by_hand():
    levels = roll_up(ZONES, LEVELS)
    assert list(levels) == ["all", "district", "township", "zone"]
    assert levels["all"].columns.tolist() == ["green_m2", "n_plots"]  # a share is never added up
    assert levels["all"]["green_m2"].tolist() == [102]  # 101.6
    assert levels["district"]["green_m2"].to_dict() == {
        "管城": 61,
        "中牟": 41,
    }  # 61.2 and 40.4, the larger remainder up
    assert levels["township"]["green_m2"].to_dict() == {
        ("管城", "甲镇"): 31, ("管城", "乙乡"): 30, ("中牟", "甲镇"): 41,
    }  # fmt: skip
    assert levels["zone"]["green_m2"].tolist() == [11, 20, 30, 41]
    assert levels["zone"].index.names == LEVELS
    assert levels["zone"]["n_plots"].tolist() == [1, 2, 3, 4]
    check_levels(levels)


def test_places_of_one_name_in_two_townships_stay_two():
    levels = roll_up(ZONES, LEVELS)
    assert len(levels["zone"]) == 4
    assert len(roll_up(ZONES, ["zone"])["zone"]) == 3


@pytest.mark.parametrize(("decimals", "whole"), [(1, 101.6), (2, 101.6), (-1, 100), (-2, 100)])
def test_decimals(decimals, whole):
    levels = roll_up(ZONES, LEVELS, decimals=decimals)
    assert levels["all"]["green_m2"].item() == whole
    check_levels(levels, decimals=decimals)


def test_levels_may_stand_in_another_table():
    table = pd.DataFrame({"covered_m2": [1.5, 2.5, 3.0]}, index=pd.Index(["z1", "z2", "z3"], name="zone"))
    places = pd.DataFrame({"township": ["A", "B", "A"]}, index=pd.Index(["z1", "z2", "z3"], name="zone"))
    levels = roll_up(table, ["township", "zone"], places=places)
    assert levels["township"]["covered_m2"].to_dict() == {"A": 5, "B": 2}
    plots = pd.DataFrame({"zone": ["z1", "z2", "z9"], "area_m2": 1.0})
    with pytest.raises(LedgerError, match="z9"):
        roll_up(plots, ["township", "zone"], places=places)


def test_shares_are_those_of_the_sums():
    table = ZONES.assign(zone_m2=100.0)
    levels = roll_up(table, LEVELS, shares={"green_share": ("green_m2", "zone_m2")})
    assert levels["all"]["green_share"].item() == 102 / 400
    assert levels["district"]["green_share"].tolist() == [61 / 300, 41 / 100]
    empty = roll_up(table.assign(zone_m2=0.0), LEVELS, shares={"green_share": ("green_m2", "zone_m2")})
    assert empty["all"]["green_share"].isna().all()


def test_a_place_without_a_name_is_not_lost():
    levels = roll_up(ZONES.assign(township=["甲镇", None, "乙乡", "甲镇"]), LEVELS)
    assert levels["township"]["green_m2"].sum() == 102
    assert levels["township"].index.get_level_values("township").isna().sum() == 1
    check_levels(levels)


def test_the_works_of_a_season_add_up(season_frames):
    tasks, reports = season_frames
    own = progress(tasks, reports, on="2020-01-31", by=["lead_unit", "zone", "category"])
    levels = roll_up(own, ["lead_unit", "zone", "category"], columns=["target", "done", "excess"], decimals=2)
    whole = progress(tasks, reports, on="2020-01-31", by=None)
    for column in ("target", "done", "excess"):
        assert levels["all"][column].item() == round(whole[column].item(), 2)
    check_levels(levels, decimals=2)


@pytest.mark.parametrize(
    ("table", "more", "code", "said"),
    [
        (ZONES, {"levels": ["shire", "zone"]}, "level_unknown", "shire"),
        (ZONES, {"levels": []}, "level_unknown", ""),
        (ZONES, {"columns": ["blue_m2"]}, "amount_unknown", "blue_m2"),
        (ZONES, {"columns": ["zone"]}, "amount_unknown", "green_m2"),
        (ZONES[["zone", "township", "district", "green_share"]], {}, "amount_unknown", "green_share"),
        (ZONES.assign(green_m2=[1, None, 2, np.inf]), {}, "amount_missing", "2"),
        (ZONES, {"shares": {"x_share": ("green_m2", "zone_m2")}}, "amount_unknown", "zone_m2"),
        (ZONES.assign(green_m2=1e12), {"decimals": 6}, "amount_too_fine", "6"),
    ],
)
def test_what_is_wrong_is_refused_and_named(table, more, code, said):
    with pytest.raises(LedgerError) as caught:
        roll_up(table, **{"levels": LEVELS, **more})
    assert code in {found.code for found in caught.value.problems}
    for lang in ("zh", "en"):
        assert said in caught.value.render(lang)


@pytest.mark.parametrize(
    ("level", "row", "place"),
    [("zone", 0, "甲镇"), ("township", 2, "中牟"), ("district", 1, "中牟"), ("all", 0, "all")],
)
def test_levels_that_do_not_add_up_are_refused(level, row, place):
    levels = roll_up(ZONES, LEVELS)
    levels[level].iloc[row, 0] += 1
    with pytest.raises(LedgerError) as caught:
        check_levels(levels)
    assert {found.code for found in caught.value.problems} == {"levels_disagree"}
    assert {found.params["column"] for found in caught.value.problems} == {"green_m2"}
    assert place in caught.value.render("zh")
    assert caught.value.render("en")


def test_no_rows_are_nothing():
    levels = roll_up(ZONES.head(0), LEVELS)
    assert levels["all"]["green_m2"].tolist() == [0]
    assert levels["zone"].empty
    check_levels(levels)


def test_a_place_that_lost_its_parts_is_refused():
    levels = roll_up(ZONES, LEVELS)
    gap = levels["zone"].assign(green_m2=[None, 20, 30, 41])
    with pytest.raises(LedgerError, match="管城/甲镇"):
        check_levels({**levels, "zone": gap})
    with pytest.raises(LedgerError, match="中牟"):
        check_levels({**levels, "township": levels["township"].iloc[:-1]})
    with pytest.raises(LedgerError, match="all"):
        check_levels({**levels, "district": levels["district"].iloc[:-1]})


def test_one_level_may_be_named_alone_and_only_tables_add_up():
    assert roll_up(ZONES, "district")["district"]["n_plots"].tolist() == [6, 4]
    with pytest.raises(LedgerError, match="list"):
        roll_up([1, 2], LEVELS)


def test_inputs_are_not_written_to():
    before = ZONES.copy(deep=True)
    roll_up(ZONES, LEVELS)
    pd.testing.assert_frame_equal(ZONES, before)


leaves = st.lists(
    st.tuples(
        st.sampled_from("AB"),
        st.sampled_from("stu"),
        st.sampled_from("xyz"),
        st.floats(-1e9, 1e9, allow_nan=False, width=64),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(leaves, st.integers(-3, 4))
def test_every_figure_is_its_exact_sum_rounded_and_parts_add_up(rows, decimals):
    table = pd.DataFrame(rows, columns=[*LEVELS, "green_m2"])
    levels = roll_up(table, LEVELS, decimals=decimals)
    check_levels(levels, decimals=decimals)
    unit = Fraction(10) ** -decimals
    names = list(levels)
    for depth, level in enumerate(names):
        figures = levels[level]["green_m2"]
        for path, printed in figures.items():
            own = path if isinstance(path, tuple) else (path,)
            held = [row[3] for row in rows if depth == 0 or row[:depth] == own]
            exact = sum(map(Fraction, held))
            units = round(Fraction(printed) / unit)
            assert abs(units - exact / unit) < 1
            assert printed == units / 10**decimals if decimals > 0 else printed == units * 10**-decimals
        if depth:
            units_of = [round(Fraction(value) / unit) for value in figures]
            above = [round(Fraction(value) / unit) for value in levels[names[depth - 1]]["green_m2"]]
            assert sum(units_of) == sum(above)


@settings(max_examples=60, deadline=None)
@given(leaves)
def test_the_whole_is_the_exact_sum_in_whatever_order(rows):
    table = pd.DataFrame(rows, columns=[*LEVELS, "green_m2"])
    whole = roll_up(table, LEVELS)["all"]["green_m2"].item()
    assert whole == roll_up(table.iloc[::-1], LEVELS)["all"]["green_m2"].item()
    assert whole == math.floor(sum(map(Fraction, table["green_m2"])) + Fraction(1, 2))
