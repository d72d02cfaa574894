"""Every problem and every column of the measures has its words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.measure.layers import X, Y, frame

from fringe import measure
from fringe.measure.coverage import coverage
from fringe.measure.lengths import lengths
from fringe.model import words

CODES = sorted(
    {
        code
        for file in Path(measure.__file__).parent.glob("*.py")
        for code in re.findall(r'Problem\(\s*"(\w+)"', file.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_problems_have_words(code):
    entry = words.entries()[f"problem.{code}"]
    assert {"zh", "en", "remedy_zh", "remedy_en"} <= set(entry)
    assert set(re.findall(r"{(\w+)}", entry["zh"])) <= set(re.findall(r"{(\w+)}", entry["en"])) | {"column", "name"}


def test_columns_have_labels(grid):
    plots = frame([grid.geometry.iloc[0]], status=["kept"])
    roads = frame([grid.geometry.iloc[0].boundary])
    tables = (coverage(plots, grid), coverage(plots, grid, by="status"), lengths(roads, grid))
    for name in {name for table in tables for name in table}:
        assert words.label(name, "zh") != name
        assert words.label(name, "en") != name


def test_messages_read_in_chinese():
    with pytest.raises(ValueError, match="zones") as raised:
        coverage(frame([]), [X, Y])
    assert raised.value.render("zh") == (
        "整治片区：给出的是 list，不是带图形的 GeoDataFrame。请用 fringe.read_layer 读取，或给出 GeoDataFrame。"
    )
