"""The composite index: by hand, by law, and against a plain telling of the formula."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fringe import ahp_weights, composite, entropy_weights, read_scheme
from fringe.errors import LayerError
from fringe.model.scheme import Dimension, Indicator, Scheme

FILE = Path(__file__).with_name("scheme.toml")
HALF = {
    "rubbish_closed_share": 0.75,
    "bare_share": 0.125,
    "illegal_m2_per_ha": 25.0,
    "wires_tidy_share": 0.45,
    "hardened_share": 0.8,
    "density_km_per_km2": 5.0,
    "covered_share": 0.225,
    "complaints_per_1000": 11.0,
}


def zones(**rows):
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("zone").astype(float)


def test_half_of_everything_is_a_half():
    scores = composite(zones(A=HALF), read_scheme(FILE))
    assert scores.loc["A", ["clean", "orderly", "comfortable", "pleasant", "composite"]].tolist() == pytest.approx(
        [0.5] * 5
    )
    assert scores.loc["A", ["rated", "n_indicators", "rank", "rank_low", "rank_high"]].tolist() == [True, 8, 1, 1, 1]


def test_dimensions_are_added_up_within_and_multiplied_across():
    row = HALF | {
        "rubbish_closed_share": 1.0,
        "illegal_m2_per_ha": 0.0,
        "covered_share": 0.1,
        "complaints_per_1000": 2.0,
    }
    scores = composite(zones(A=row), read_scheme(FILE)).loc["A"]
    # clean (1 + .5)/2; orderly (1·1 + 2·.5)/3; comfortable .5 with twice the weight; pleasant (0 + 1)/2.
    assert scores["clean"] == pytest.approx(0.75)
    assert scores["orderly"] == pytest.approx(2 / 3)
    assert scores["composite"] == pytest.approx(0.75**0.2 * (2 / 3) ** 0.2 * 0.5**0.4 * 0.5**0.2)


def test_nothing_makes_up_for_a_dimension_at_its_floor():
    best = {one.column: one.target for one in read_scheme(FILE).indicators}
    row = best | {"covered_share": 0.0, "complaints_per_1000": 100.0}
    assert composite(zones(A=row), read_scheme(FILE)).loc["A", "composite"] == 0
    beyond = best | {"density_km_per_km2": 30.0}
    assert composite(zones(A=beyond), read_scheme(FILE)).loc["A", "composite"] == 1


@pytest.mark.parametrize(("missing", "rated"), [(3, True), (4, False), (5, False)])
def test_forty_percent_missing_is_not_rated(missing, rated):
    names = [f"i{at}" for at in range(10)]
    dimensions = (
        Dimension("p", tuple(Indicator(name, 0.0, 1.0) for name in names[:5])),
        Dimension("q", tuple(Indicator(name, 0.0, 1.0) for name in names[5:])),
    )
    row = dict.fromkeys(names, 0.5) | dict.fromkeys(names[:missing], np.nan)
    scores = composite(zones(A=row), Scheme(dimensions)).loc["A"]
    assert scores["rated"] == rated
    assert scores["indicators_share"] == pytest.approx(1 - missing / 10)
    assert (scores["reason"] is None) == rated
    assert math.isnan(scores["composite"]) != rated
    assert pd.isna(scores["rank"]) != rated
    assert scores["q"] == 0.5


def test_a_missing_dimension_is_not_made_up_for():
    dimensions = (Dimension("p", (Indicator("a", 0, 1),)), Dimension("q", (Indicator("b", 0, 1), Indicator("c", 0, 1))))
    scores = composite(zones(A={"a": np.nan, "b": 1.0, "c": 1.0}), Scheme(dimensions)).loc["A"]
    assert scores["reason"] == "dimension_missing"
    assert not scores["rated"]


def test_a_missing_indicator_leaves_its_weight_to_the_others():
    scores = composite(zones(A=HALF | {"rubbish_closed_share": np.nan, "bare_share": 0.05}), read_scheme(FILE))
    assert scores.loc["A", "clean"] == pytest.approx(1.0)


def test_ranks_and_their_intervals():
    two = Scheme((Dimension("p", (Indicator("a", 0, 1),)), Dimension("q", (Indicator("b", 0, 1),))))
    table = zones(
        best={"a": 0.9, "b": 0.9}, left={"a": 0.8, "b": 0.2}, right={"a": 0.2, "b": 0.8}, worst={"a": 0.1, "b": 0.1}
    )
    scores = composite(table, two)
    # Best and worst are so whatever the weights; left and right stand as the weights have it.
    assert scores["rank"].tolist() == [1, 2, 2, 4]
    assert scores["rank_low"].tolist() == [1, 2, 2, 4]
    assert scores["rank_high"].tolist() == [1, 3, 3, 4]
    assert composite(table, two, draws=0)["rank_low"].isna().all()
    pd.testing.assert_frame_equal(scores, composite(table, two, seed=0))


def plain(row, scheme):
    """Tell the formula in plain Python."""
    known = sum(not math.isnan(row[one.column]) for one in scheme.indicators)
    if (len(scheme.indicators) - known) * 10 >= 4 * len(scheme.indicators):
        return math.nan
    score, whole = 1.0, sum(dimension.weight for dimension in scheme.dimensions)
    for dimension in scheme.dimensions:
        total = weights = 0.0
        for one in dimension.indicators:
            if not math.isnan(row[one.column]):
                total += one.weight * min(max((row[one.column] - one.floor) / (one.target - one.floor), 0), 1)
                weights += one.weight
        if not weights:
            return math.nan
        score *= (total / weights) ** (dimension.weight / whole)
    return score


figures = st.one_of(st.just(math.nan), st.floats(-1, 2, width=32))
weights = st.floats(0.1, 5)


@st.composite
def schemes(draw):
    dimensions, at = [], 0
    for key in draw(st.sampled_from([["p"], ["p", "q"], ["p", "q", "r"]])):
        indicators = []
        for _ in range(draw(st.integers(1, 4))):
            floor, span = draw(st.floats(-1, 1)), draw(st.floats(0.25, 2))
            indicators.append(Indicator(f"i{at}", floor, floor + draw(st.sampled_from([1, -1])) * span, draw(weights)))
            at += 1
        dimensions.append(Dimension(key, tuple(indicators), draw(weights)))
    return Scheme(tuple(dimensions))


def tables(scheme, n=5):
    row = st.fixed_dictionaries({one.column: figures for one in scheme.indicators})
    return st.lists(row, min_size=1, max_size=n).map(
        lambda rows: zones(**{f"Z{at}": row for at, row in enumerate(rows)})
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_laws(data):
    scheme = data.draw(schemes())
    table = data.draw(tables(scheme))
    scores = composite(table, scheme, draws=40)
    expected = [plain(row, scheme) for row in table.to_dict("records")]
    np.testing.assert_allclose(scores["composite"], expected, atol=1e-12)
    rated = scores[scores["rated"]]
    assert rated["composite"].between(0, 1).all()
    assert (rated["rank_low"] <= rated["rank_high"]).all()
    # A zone more shifts nobody's score, to the last bit.
    alone = composite(table.iloc[:1], scheme, draws=0)
    columns = ["composite", *(dimension.key for dimension in scheme.dimensions)]
    pd.testing.assert_frame_equal(alone[columns], scores.iloc[:1][columns], check_exact=True)
    # Neither does the order of the zones.
    turned = composite(table.iloc[::-1], scheme, draws=40).iloc[::-1]
    pd.testing.assert_frame_equal(turned, scores)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_improving_an_indicator_never_lowers_the_score(data):
    scheme = data.draw(schemes())
    table = data.draw(tables(scheme, 1))
    one = data.draw(st.sampled_from(scheme.indicators))
    before = composite(table, scheme, draws=0)["composite"].item()
    better = table.assign(
        **{one.column: table[one.column] + math.copysign(data.draw(st.floats(0, 2)), one.target - one.floor)}
    )
    after = composite(better, scheme, draws=0)["composite"].item()
    assert math.isnan(before) == math.isnan(after)
    assert math.isnan(before) or after >= before - 1e-12


def test_the_scheme_is_published_with_weights_that_sum_to_one():
    table = read_scheme(FILE).table()
    assert table["overall_weight"].sum() == pytest.approx(1)
    assert table.groupby("dimension")["weight"].sum().tolist() == pytest.approx([1] * 4)
    assert table.loc["wires_tidy_share", ["weight", "dimension_weight"]].tolist() == pytest.approx([2 / 3, 0.2])
    assert table.loc["bare_share", "direction"] == "lower"
    heavier = read_scheme(FILE).weighted({"pleasant": 5.0, "bare_share": 3.0}).table()
    assert heavier.loc["bare_share", ["weight", "dimension_weight"]].tolist() == pytest.approx([0.75, 1 / 9])


def problems_of(tmp_path, text):
    path = tmp_path / "index.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayerError) as found:
        read_scheme(path)
    return [(problem.code, problem.rows) for problem in found.value.problems]


def test_everything_wrong_with_a_scheme_is_said_with_its_line(tmp_path):
    text = """titel = "x"
[dimensions.rank]
indicators = [
  { column = "a", floor = 1, target = 1 },
  { column = "b", floor = 0, target = "high" },
  { column = "c", floor = 0, target = 1, weight = 0 },
  { column = "d", floor = 0, target = 1, direction = "lower" },
  { column = "e", floor = 0, target = 1, direction = "up" },
  { column = "f", target = 1 },
  { floor = 0, target = 1 },
  { column = "c", floor = 0, target = 1, wieght = 2 },
]
[dimensions.empty]
name = "nothing"
"""
    assert set(problems_of(tmp_path, text)) == {
        ("scheme_key", (1,)),
        ("scheme_name_taken", (2,)),
        ("scheme_flat", (4,)),
        ("scheme_number", (5,)),
        ("scheme_weight", (11,)),
        ("scheme_contradicts", (7,)),
        ("scheme_direction", (8,)),
        ("scheme_key_missing", (9,)),
        ("scheme_key_missing", ()),
        ("scheme_twice", (11,)),
        ("scheme_key", (11,)),
        ("scheme_no_indicators", (13,)),
    }


@pytest.mark.parametrize(
    ("text", "code"), [("", "scheme_empty"), ("dimensions = 3", "scheme_empty"), ("[dimensions", "toml_syntax")]
)
def test_a_file_that_is_no_scheme(tmp_path, text, code):
    assert [found for found, _ in problems_of(tmp_path, text)] == [code]
    with pytest.raises(LayerError, match="there is no file"):
        read_scheme(tmp_path / "none.toml")


def test_tables_that_cannot_be_rated():
    scheme = read_scheme(FILE)
    table = zones(A=HALF, B=HALF)
    with pytest.raises(LayerError) as found:
        composite(table.rename(columns={"bare_share": "bare_shar"}).assign(hardened_share=85.0), scheme, draws=-1)
    assert {problem.code for problem in found.value.problems} == {
        "measure_column_missing",
        "share_range",
        "argument_unknown",
    }
    with pytest.raises(LayerError, match="not a number"):
        composite(table.assign(bare_share=["0.1", "?"]), scheme)
    with pytest.raises(LayerError, match="occurs 2 times"):
        composite(pd.concat([table, table.iloc[:1]]), scheme)
    with pytest.raises(LayerError, match="not a scheme"):
        composite(table, "scheme.toml")
    with pytest.raises(LayerError, match="no dimensions"):
        composite(table, Scheme(()))
    with pytest.raises(LayerError, match="not above 0"):
        composite(table, scheme.weighted({"clean": 0.0}))
    assert composite(table.iloc[:0], scheme).empty


def judged(rows):
    names = [f"n{at}" for at in range(len(rows))]
    return pd.DataFrame(rows, index=names, columns=names)


def test_ahp_finds_the_weights_that_consistent_judgements_come_from():
    true = np.array([0.5, 0.3, 0.15, 0.05])
    weights, ratio = ahp_weights(judged(true[:, None] / true))
    np.testing.assert_allclose(weights, true)
    assert ratio == pytest.approx(0, abs=1e-12)


def test_ahp_by_hand_for_three():
    # a = 2b, b = 4c, a = 3c: the geometric means of the rows are the principal eigenvector of a 3 × 3 matrix.
    weights, ratio = ahp_weights(judged([[1, 2, 3], [1 / 2, 1, 4], [1 / 3, 1 / 4, 1]]))
    means = np.array([6, 2, 1 / 12]) ** (1 / 3)
    np.testing.assert_allclose(weights, means / means.sum())
    # The eigenvalue is 1 + t + 1/t with t the cube root of a13 / (a12 a23); CR = (it - 3) / 2 / 0.58.
    t = (3 / 8) ** (1 / 3)
    assert ratio == pytest.approx((1 + t + 1 / t - 3) / 2 / 0.58)


def test_ahp_refuses_judgements_that_contradict_one_another():
    with pytest.raises(LayerError, match=r"not below 0\.1"):
        ahp_weights(judged([[1, 5, 1 / 5], [1 / 5, 1, 5], [5, 1 / 5, 1]]))
    with pytest.raises(LayerError, match="reciprocal"):
        ahp_weights(judged([[1, 2], [2, 1]]))
    with pytest.raises(LayerError, match="reciprocal"):
        ahp_weights(judged([[1, "much"], [2, 1]]))
    with pytest.raises(LayerError, match="square"):
        ahp_weights(judged([[1, 2], [0.5, 1]]).iloc[:, :1])
    assert ahp_weights(judged([[1, 3], [1 / 3, 1]]))[0].tolist() == pytest.approx([0.75, 0.25])


def test_entropy_weights_by_hand():
    scheme = Scheme(
        (Dimension("p", (Indicator("a", 0, 1), Indicator("b", 0, 1))), Dimension("q", (Indicator("c", 0, 1),)))
    )
    table = pd.DataFrame({"a": [0.25, 0.75], "b": [0.5, 0.5], "c": [0.2, 0.2]})
    # b and c tell nothing apart: b weighs nothing beside a, c is alone.
    assert entropy_weights(table, scheme).to_dict() == {"a": 1.0, "b": 0.0, "c": 1.0}
    three = table.assign(b=[0.1, 0.9])
    entropy = [-(p * math.log(p) + (1 - p) * math.log(1 - p)) / math.log(2) for p in (0.25, 0.1)]
    apart = [1 - value for value in entropy]
    assert entropy_weights(three, scheme)["a"] == pytest.approx(apart[0] / sum(apart))
