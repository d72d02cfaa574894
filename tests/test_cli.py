"""The command line reads, calls and writes; results to standard output, the rest to standard error."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from openpyxl import load_workbook
from tests import small_study

from fringe.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(item) for item in arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def study(tmp_path):
    return small_study.write(tmp_path, small_study.layers())


def test_table_prints_figures_with_labels_and_a_total(study, capsys):
    assert run("table", study) == 0
    streams = capsys.readouterr()
    table = pd.read_csv(io.StringIO(streams.out), index_col=0)
    assert table.loc[["Z-1", "Z-2", "All"], "Coverage (%)"].tolist() == [50, 0, 25]
    assert table.loc["All", "Zone area (ha)"] == pytest.approx(2)
    assert "2020-02-19" in streams.err


def test_table_in_chinese_has_hectares_and_mu(study, tmp_path):
    assert run("table", study, "--lang", "zh", "-o", tmp_path / "zones.csv") == 0
    raw = (tmp_path / "zones.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(tmp_path / "zones.csv", index_col=0)
    assert table.loc["Z-1", "覆盖面积（公顷）"] == pytest.approx(0.5)
    assert table.loc["Z-1", "覆盖面积（亩）"] == pytest.approx(7.5)
    assert table.loc["合计", "覆盖率（%）"] == pytest.approx(25)


def test_table_to_excel_keeps_numbers_and_texts(tmp_path):
    frames = small_study.layers()
    frames["zones"]["name"] = ["=1+1", "@East"]
    study = small_study.write(tmp_path, frames)
    assert run("table", study, "-o", tmp_path / "zones.xlsx") == 0
    sheet = load_workbook(tmp_path / "zones.xlsx").active
    rows = list(sheet.iter_rows())
    heads = [cell.value for cell in rows[0]]
    name = rows[1][heads.index("Name")]
    assert (name.value, name.data_type) == ("=1+1", "s")
    assert rows[1][heads.index("Coverage (%)")].value == 50
    assert rows[-1][0].value == "All"
    assert sheet.freeze_panes == "B2"


def test_table_per_township(study, capsys):
    assert run("table", study, "--per", "township") == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out), index_col=0)
    assert table.index.tolist() == ["Up", "All"]


def test_table_as_layer_has_shapes(study, tmp_path):
    import geopandas as gpd

    assert run("table", study, "-o", tmp_path / "zones.gpkg") == 0
    layer = gpd.read_file(tmp_path / "zones.gpkg")
    assert layer["covered_share"].tolist() == pytest.approx([0.5, 0, 0.25])
    assert layer.geometry.isna().tolist() == [False, False, True]


def test_groups_as_layer_have_shapes(study, tmp_path):
    import geopandas as gpd

    assert run("table", study, "--per", "township", "-o", tmp_path / "towns.gpkg") == 0
    layer = gpd.read_file(tmp_path / "towns.gpkg").set_index("township")
    assert layer.loc["Up"].geometry.area == pytest.approx(20_000)


def test_language_asked_for_is_spoken_everywhere(study, capsys):
    for arguments in (("--on", "2020-13-45"), ("--per", "nosuch"), ("-o", "x.docx")):
        assert run("table", study, "--lang", "zh", *arguments) == 1
        assert any("\u4e00" <= letter <= "\u9fff" for letter in capsys.readouterr().err)
    assert run("table", study, "--lang", "fr") == 2
    capsys.readouterr()
    assert run("table", study) == 0
    assert "as of" in capsys.readouterr().err


def test_errors_of_the_ledger_leave_coverage_and_end_with_1(tmp_path, capsys):
    frames = small_study.layers()
    frames["tasks"]["target"] = [0, 100]
    study = small_study.write(tmp_path, frames)
    assert run("table", study) == 1
    streams = capsys.readouterr()
    assert "Coverage (%)" in streams.out
    assert "Progress (%)" not in streams.out
    assert "left out" in streams.err


def test_ledgers_and_other_files_are_told_apart(study, tmp_path, capsys):
    assert run("check", study.parent / "ledger.xlsx") == 0
    (tmp_path / "image.tif").write_bytes(b"II*")
    (tmp_path / "land.osm.pbf").write_bytes(b"x")
    capsys.readouterr()
    assert run("check", tmp_path / "image.tif") == 1
    assert "raster" in capsys.readouterr().err
    assert run("check", tmp_path / "land.osm.pbf") == 1
    assert "fringe import osm" in capsys.readouterr().err


def test_a_broken_file_is_said_in_the_language_asked_for(study, tmp_path, capsys):
    (tmp_path / "broken.gpkg").write_bytes((study.parent / "zones.gpkg").read_bytes()[:5000])
    assert run("check", tmp_path / "broken.gpkg", "--lang", "zh") == 1
    assert "无法" in capsys.readouterr().err


def test_formulas_never_reach_a_spreadsheet(tmp_path):
    frames = small_study.layers()
    frames["zones"]["name"] = ["=1+1", "East"]
    study = small_study.write(tmp_path, frames)
    assert run("table", study, "-o", tmp_path / "zones.csv") == 0
    assert pd.read_csv(tmp_path / "zones.csv")["Name"].iloc[0] == "'=1+1"


def test_unknown_ending_is_said(study, tmp_path, capsys):
    assert run("table", study, "-o", tmp_path / "zones.docx") == 1
    assert ".xlsx" in capsys.readouterr().err


def test_check_of_a_sound_study_is_0(study, capsys):
    assert run("check", study) == 0
    assert "0 errors" in capsys.readouterr().err


def test_check_of_a_file_guesses_its_kind(study, capsys):
    assert run("check", study.parent / "plots.gpkg") == 0
    assert run("check", study.parent / "zones.gpkg", "--kind", "plots") == 1
    assert "status" in capsys.readouterr().out


def test_check_writes_a_table(study, tmp_path):
    run("check", study, "-o", tmp_path / "problems.csv")
    table = pd.read_csv(tmp_path / "problems.csv")
    assert {"layer", "row", "severity", "code", "message", "remedy"} == set(table.columns)


def test_init_check_table_goes_the_whole_way(tmp_path, capsys):
    folder = tmp_path / "files"
    folder.mkdir()
    small_study.write(folder, small_study.layers())
    (folder / "study.toml").unlink()
    assert run("init", folder) == 0
    assert run("init", folder) == 2
    assert run("init", folder, "--overwrite") == 0
    assert run("check", folder) == 0
    capsys.readouterr()
    assert run("table", folder) == 0
    assert "Z-1" in capsys.readouterr().out


def test_help_names_every_command(capsys):
    assert run("--help") == 0
    out = capsys.readouterr().out
    for command in ("demo", "init", "check", "table", "map", "import"):
        assert command in out
