"""Indicators from the shell, with their formulas and sources."""

from __future__ import annotations

import openpyxl
import pandas as pd
from tests.test_cli import run

import fringe as fr
from fringe.reports.indicators import cited


def test_indicators_go_to_a_workbook_with_their_sources(tmp_path):
    path = tmp_path / "indicators.xlsx"
    assert run("table", fr.sample(), "--indicators", "green_land_ratio,road_density", "-o", path, "--lang", "zh") == 0
    book = openpyxl.load_workbook(path)
    figures = pd.DataFrame(book.worksheets[0].values)
    assert figures.iloc[0].tolist() == ["片区编号", "名称", "绿地率（%）", "道路网密度（公里/平方公里）"]
    study = fr.Study.open(fr.sample())
    ratio = study.indicators(["green_land_ratio"])["green_land_ratio"]
    assert figures.iloc[1:, 2].astype(float).tolist() == (ratio * 100).round(1).tolist()
    notes = [row[0] for row in book["公式与出处"].iter_rows(values_only=True)]
    assert notes == [cited("green_land_ratio", "zh"), cited("road_density", "zh")]


def test_an_unknown_indicator_and_a_contradiction_are_refused(capsys):
    assert run("table", fr.sample(), "--indicators", "green_lnd_ratio", "--lang", "en") == 1
    assert "Did you mean 'green_land_ratio'" in capsys.readouterr().err
    assert run("table", fr.sample(), "--indicators", "all", "--per", "township", "--lang", "en") == 2
