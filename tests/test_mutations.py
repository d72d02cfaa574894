"""Any cell of the sample may hold anything: a problem or a figure comes out, never a traceback."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fringe as fr

CELLS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.booleans(),
    st.sampled_from(["=1+1", "85%", "２０", "2020-02-30", "<script>", "D:\\2024\\x"]),
)


@pytest.fixture(scope="module")
def study():
    return fr.Study.open(fr.sample())


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_mutated_cell_never_ends_in_a_traceback(study, data):
    kind = data.draw(st.sampled_from(sorted(study.layers)))
    layer = study.layers[kind].copy()
    column = data.draw(st.sampled_from([name for name in layer.columns if name != "geometry"]))
    at = data.draw(st.integers(0, len(layer) - 1))
    layer[column] = layer[column].astype(object)
    layer.iloc[at, layer.columns.get_loc(column)] = data.draw(CELLS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fr.errors.FringeWarning)
        try:
            spoilt = study.replace(**{kind: layer})
            figures = spoilt.figures("2020-03-01")
        except fr.errors.FringeError as error:
            texts = [error.render("zh"), error.render("en")]
        else:
            texts = ["-"]
            assert len(figures) == len(study.zones)
            assert figures["covered_share"].dropna().between(0, 1).all()
            assert spoilt.check(lang="zh")["message"].str.len().gt(0).all()
    assert all(texts)
