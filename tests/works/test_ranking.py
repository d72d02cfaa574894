"""Assessment by hand, by law, and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe.errors import FringeWarning, LedgerError
from fringe.io.assessment import read_assessment
from fringe.model.assessment import Assessment, Gate, Item
from fringe.works.ranking import rank

modest = settings(max_examples=40, deadline=None)
SCHEME = Assessment(
    (Item("progress_share", weight=40), Item("spi_t", floor=0.5, target=1.0, weight=20), Item("n_open", 10, 0, 40)),
    gates=(Gate("n_accidents", ">", 0, name="安全事故"), Gate("n_late", ">=", 5, score=60.0, name="迟报")),
    grades={"excellent": 90.0, "good": 80.0, "pass": 60.0},
    awards={"red_flag": 1, "yellow_flag": 1},
    tie="weight",
)


def table(**columns):
    n = len(next(iter(columns.values())))
    given_columns = {
        "progress_share": [0.5] * n,
        "spi_t": [1.0] * n,
        "n_open": [0] * n,
        "n_accidents": [0] * n,
        "n_late": [0] * n,
        "weight": [1.0] * n,
    }
    return pd.DataFrame(given_columns | columns, index=pd.Index([f"T{at}" for at in range(n)], name="township"))


def test_points_by_hand():
    found = rank(table(progress_share=[1.0, 0.5, 0.0], spi_t=[1.2, 0.75, 0.4], n_open=[0, 5, 20]), score=SCHEME)
    assert found["points_progress_share"].tolist() == [40, 20, 0]
    assert found["points_spi_t"].tolist() == [20, 10, 0]
    # Ten open findings earn nothing, none earns all: less is better.
    assert found["points_n_open"].tolist() == [40, 20, 0]
    assert found["score"].tolist() == [100, 50, 0]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["grade"].tolist() == ["excellent", "fail", "fail"]


def test_a_bonus_where_the_scheme_has_one():
    scheme = Assessment((Item("progress_share", target=0.8, weight=50, cap=1.2), Item("spi_t", weight=50)))
    found = rank(table(progress_share=[0.8, 0.88, 1.0]), score=scheme)
    assert found["score"].tolist() == pytest.approx([100, 105, 110])


def test_gates_limit_and_the_lowest_decides():
    found = rank(table(n_accidents=[0, 1, 0, 2], n_late=[0, 0, 7, 9], progress_share=[1.0] * 4), score=SCHEME)
    assert found["score"].tolist() == [100, 0, 60, 0]
    assert found["gate"].tolist() == [None, "安全事故", "迟报", "安全事故"]
    assert found["grade"].tolist() == ["excellent", "fail", "pass", "fail"]
    # A veto holds in every draw.
    assert found["rank_low"].tolist() == [1, 3, 2, 3]
    assert found["rank_high"].tolist() == [1, 3, 2, 3]


def test_equal_scores_share_a_rank_and_the_heavier_stands_first():
    found = rank(table(progress_share=[0.5, 0.9, 0.5, 0.1], weight=[1.0, 1.0, 3.0, 1.0]), score=SCHEME)
    assert found["rank"].tolist() == [2, 1, 2, 4]
    assert found["list_no"].tolist() == [3, 1, 2, 4]


def test_flags_go_by_rank_to_no_small_group_and_never_between_equals():
    five = rank(table(progress_share=[0.1, 0.9, 0.5, 0.4, 0.3]), score=SCHEME)
    assert five["award"].tolist() == ["yellow_flag", "red_flag", None, None, None]
    assert rank(table(progress_share=[0.1, 0.9, 0.5, 0.4]), score=SCHEME)["award"].isna().all()
    tied = rank(table(progress_share=[0.1, 0.9, 0.9, 0.4, 0.3]), score=SCHEME)
    assert tied["award"].tolist() == ["yellow_flag", None, None, None, None]


def test_groups_are_ranked_each_on_its_own():
    units = table(progress_share=[0.9, 0.1, 0.5, 0.6]).assign(kind=["a", "b", "a", "b"])
    found = rank(units, score=SCHEME, within="kind")
    assert found["rank"].tolist() == [1, 2, 2, 1]
    assert "2 个单位中列第 1 名" in rank(units, score=SCHEME, within="kind", lang="zh").loc["T0", "why"]


def test_a_unit_without_a_figure_is_not_scored_and_said():
    with pytest.warns(FringeWarning, match="T1"):
        found = rank(table(progress_share=[0.9, None, 0.5]), score=SCHEME, lang="en")
    assert found["score"].isna().tolist() == [False, True, False]
    assert found["rank"].tolist() == [1, pd.NA, 2]
    assert found.loc["T1", "why"] == "Not scored: progress missing."


def test_a_gate_that_cannot_be_looked_at_is_no_pass():
    units = table(progress_share=[0.9, 0.8, 0.7, 0.6, 0.5], n_accidents=[None, 0, 0, 0, 0])
    with pytest.warns(FringeWarning, match="T0"):
        found = rank(units, score=SCHEME, lang="en")
    assert np.isnan(found.loc["T0", "score"])
    assert found.loc["T0", "award"] is None
    # Four units are left, too few for flags.
    assert found["award"].isna().all()
    assert found.loc["T1", "rank"] == 1
    assert found.loc["T0", "why"] == "Not scored: 安全事故 missing."


def test_a_gate_above_the_score_limits_nothing_and_is_not_named():
    found = rank(table(progress_share=[0.0], spi_t=[0.5], n_late=[7]), score=SCHEME)
    assert found.loc["T0", ["score", "gate"]].tolist() == [40, None]


def test_units_without_a_group_are_ranked_among_themselves():
    units = table(progress_share=[0.9, 0.1, 0.5]).assign(kind=["a", None, None])
    assert rank(units, score=SCHEME, within="kind")["rank"].tolist() == [1, 2, 1]


@pytest.mark.parametrize("draws", [-1, 1.5, True])
def test_draws_are_counted(draws):
    with pytest.raises(LedgerError, match="draws"):
        rank(table(progress_share=[0.9]), score=SCHEME, draws=draws)


def test_a_single_item_is_named_once():
    found = rank(table(progress_share=[0.4]), score="progress_share", draws=0, lang="en")
    assert found.loc["T0", "why"] == "40.0 points, place 1 of 1; most points from progress (40.0%: 40.0 of 100.0)."


def test_workload_and_starting_point_are_taken_off():
    rng = np.random.default_rng(1)
    n_tasks, start = rng.uniform(10, 60, 20), rng.uniform(0, 1, 20)
    effort = np.zeros(20)
    effort[7] = 0.1
    progress = 0.2 + 0.005 * n_tasks + 0.2 * start
    scheme = Assessment((Item("progress_share"),), adjust=("n_tasks", "start_share"))
    units = table(progress_share=progress + effort).assign(n_tasks=n_tasks, start_share=start)
    found = rank(units, score=scheme)
    assert found["adjusted_rank"].tolist()[7] == 1
    # What the line explains is gone: without the one effort all would stand alike.
    without = rank(units.assign(progress_share=progress), score=scheme)
    assert without["adjusted_score"].std() < 1e-6
    assert without["adjusted_rank"].tolist() == [1] * 20
    assert without["adjusted_score"].mean() == pytest.approx(without["score"].mean())
    # A second way to the same residual.
    design = np.column_stack([np.ones(20), n_tasks, start])
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    score = found["score"].to_numpy()
    np.testing.assert_allclose(found["adjusted_score"], score - hat @ score + score.mean(), atol=1e-6)


def test_too_few_units_are_not_adjusted_and_it_is_said():
    scheme = Assessment((Item("progress_share"),), adjust=("n_tasks",))
    with pytest.warns(FringeWarning, match="fewer than 10"):
        found = rank(table(progress_share=[0.2, 0.4]).assign(n_tasks=[1, 2]), score=scheme)
    assert found["adjusted_score"].isna().all()
    assert found["adjusted_rank"].isna().all()


def test_the_interval_says_how_sure_a_rank_is():
    close = table(progress_share=[0.9, 0.5, 0.502, 0.1])
    unsure = Assessment((Item("progress_share", noise=0.02),))
    found = rank(close, score=unsure)
    assert found["rank_low"].tolist() == [1, 2, 2, 4]
    assert found["rank_high"].tolist() == [1, 3, 3, 4]
    pd.testing.assert_frame_equal(found, rank(close, score=unsure))
    assert rank(close, score=unsure, draws=0)["rank_low"].isna().all()


@modest
@given(
    values=st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=2, max_size=7),
    at=st.integers(0, 6),
    more=st.integers(1, 5),
)
def test_doing_better_never_scores_less_and_others_keep_their_score(values, at, more):
    at %= len(values)
    progress, spi, opened = (list(column) for column in zip(*values, strict=True))
    before = table(progress_share=[x / 20 for x in progress], spi_t=[x / 10 for x in spi], n_open=opened)
    progress[at] += more
    after = before.assign(progress_share=[x / 20 for x in progress])
    first, second = rank(before, score=SCHEME, draws=20), rank(after, score=SCHEME, draws=20)
    assert second["score"].iloc[at] >= first["score"].iloc[at]
    assert second["rank"].iloc[at] <= first["rank"].iloc[at]
    others = np.arange(len(values)) != at
    pd.testing.assert_series_equal(first["score"][others], second["score"][others])
    assert ((first["rank_low"] <= first["rank"]) & (first["rank"] <= first["rank_high"])).all()
    alone = rank(before.iloc[[at]], score=SCHEME, draws=0)
    assert alone["score"].iloc[0] == first["score"].iloc[at]


def test_the_sentence_is_made_of_the_figures():
    units = table(progress_share=[0.9, 0.5], n_open=[0, 6], n_accidents=[0, 1])
    english = rank(units, score=SCHEME, draws=0, lang="en")["why"]
    assert english["T0"] == (
        "96.0 points, place 1 of 2; most points from still open (0: 40.0 of 40.0); "
        "most lost on progress (90.0%: 36.0 of 40.0), 4.0 points."
    )
    assert "limited to 0.0 points by '安全事故'" in english["T1"]
    chinese = rank(units, score=SCHEME, draws=0, lang="zh")["why"]
    assert chinese["T0"].startswith("得 96.0 分，2 个单位中列第 1 名；")
    assert "因“安全事故”，得分以 0.0 分为限" in chinese["T1"]


def test_columns_and_weights_are_scheme_enough():
    units = table(progress_share=[0.2, 0.6])
    assert rank(units, score="progress_share")["score"].tolist() == pytest.approx([20, 60])
    both = rank(units, score={"progress_share": 1, "spi_t": 3})["score"]
    assert both.tolist() == pytest.approx([80, 90])


def test_what_is_wrong_is_named_together():
    units = table(progress_share=[0.2, 0.6]).rename(columns={"n_open": "open"})
    units["spi_t"] = ["x", 1.0]
    with pytest.raises(LedgerError) as raised:
        rank(pd.concat([units, units.iloc[:1]]), score=SCHEME)
    assert {found.code for found in raised.value.problems} == {"id_duplicate", "measure_column_missing", "not_a_number"}


GOOD = """
title = "月考核"
edition = "2020-01"
tie = "weight"
adjust = ["n_tasks"]

[items.progress_share]
name = "完成率"
weight = 60
cap = 1.1
noise = 0.02

[items.n_open]
floor = 10
target = 0
weight = 40

[gates.accident]
column = "n_accidents"
op = ">"
value = 0
name = "安全事故"

[grades]
excellent = 90
pass = 60

[awards]
red_flag = 2
"""


def test_a_scheme_is_read_whole(tmp_path):
    path = tmp_path / "月考核.toml"
    path.write_text(GOOD, encoding="utf-8")
    scheme = read_assessment(path)
    assert [(item.column, item.weight, item.cap) for item in scheme.items] == [
        ("progress_share", 60, 1.1),
        ("n_open", 40, 1.0),
    ]
    assert scheme.gates == (Gate("n_accidents", ">", 0.0, 0.0, "安全事故"),)
    assert (scheme.tie, scheme.adjust, dict(scheme.awards)) == ("weight", ("n_tasks",), {"red_flag": 2})
    assert scheme.table()["direction"].tolist() == ["higher", "lower"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("weight = 60", "weight = 0", 7, "> 0"),
        ("weight = 60", "wieght = 60", 9, "wieght"),
        ("cap = 1.1", "cap = 0.9", 7, ">= 1"),
        ("target = 0", "target = 10", 13, "10"),
        ('op = ">"', 'op = "=>"', 18, "=>"),
        ("pass = 60", "pass = 95", 24, "excellent > pass"),
        ("red_flag = 2", "red_flag = -1", 28, "-1"),
        ("red_flag = 2", "red_flags = 2", 29, "red_flag"),
        ('adjust = ["n_tasks"]', 'adjust = "n_tasks"', 5, "adjust"),
    ],
)
def test_what_is_wrong_in_a_scheme_is_named_by_line(tmp_path, old, new, line, said):
    path = tmp_path / "scheme.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(LedgerError) as raised:
        read_assessment(path)
    (found,) = raised.value.problems
    assert found.rows == (line,)
    assert said in found.render("en")
    assert said in found.render("zh")


def test_a_scheme_without_items_and_one_that_is_no_toml(tmp_path):
    path = tmp_path / "scheme.toml"
    path.write_text('title = "x"\n', encoding="utf-8")
    with pytest.raises(LedgerError, match="no items"):
        read_assessment(path)
    path.write_text("items = [", encoding="utf-8")
    with pytest.raises(LedgerError):
        read_assessment(path)
    with pytest.raises(ValueError, match=r"absent\.toml"):
        read_assessment(tmp_path / "absent.toml")
