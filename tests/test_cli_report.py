"""Reports on the command line and in a study: recorded, listed, taken back, written out."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from openpyxl import Workbook
from tests import small_study

import fringe as fr
from fringe.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(item) for item in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(params=["toml", "gpkg"])
def study(tmp_path, request):
    """A study of files with a store beside them, and one in a file."""
    path = small_study.write(tmp_path, small_study.layers())
    if request.param == "toml":
        path.write_text(path.read_text(encoding="utf-8") + 'store = "store.gpkg"\n', encoding="utf-8")
        return path
    fr.Study.open(path).save(tmp_path / "study.gpkg")
    return tmp_path / "study.gpkg"


def test_what_is_added_counts_when_the_study_is_opened_again(study, capsys):
    before = fr.Study.open(study).progress("2020-03-01")["progress_share"]
    assert before["Z-1"] == pytest.approx(0.5)
    assert run("report", "add", study, "T-1", "--date", "2020-02-28", "--done", "4000", "--reporter", "Li") == 0
    streams = capsys.readouterr()
    (name,) = streams.out.split()
    assert "1 reports recorded" in streams.err
    opened = fr.Study.open(study)
    assert opened.progress("2020-03-01")["progress_share"]["Z-1"] == pytest.approx(0.8)
    assert opened.progress("2020-02-20")["progress_share"]["Z-1"] == pytest.approx(0.5)
    assert opened.reports["reporter"][name] == "Li"
    assert opened.reports.index.tolist() == ["R-1", name]
    assert not [found for found in opened.all_problems() if found.severity == "error"]
    assert run("report", "undo", study, name, "--note", "a slip") == 0
    assert fr.Study.open(study).progress("2020-03-01")["progress_share"]["Z-1"] == pytest.approx(0.5)
    assert run("report", "undo", study, name) == 1
    assert "taken back" in capsys.readouterr().err


def test_a_study_in_memory_goes_along(study):
    opened = fr.Study.open(study)
    after = opened.report("T-1", date="2020-02-28", done=4000, note="x")
    corrected = after.report("T-1", date="2020-02-28", done="3000m2", corrects=after.reports.index[-1])
    undone = corrected.undo(corrected.reports.index[-1])
    shares = [one.progress("2020-03-01")["progress_share"]["Z-1"] for one in (opened, after, corrected, undone)]
    assert shares == pytest.approx([0.5, 0.8, 0.6, 0.8])
    again = fr.Study.open(study)
    assert again.reports.index.tolist() == undone.reports.index.tolist()
    for name in ("task", "date", "done", "recorded_at", "corrects"):
        assert again.reports[name].equals(undone.reports[name]), name
    assert opened.reports.index.tolist() == ["R-1"]


def test_a_listing_tells_what_stood_when(study, capsys):
    assert run("report", "add", study, "T-1", "--date", "2020-02-28", "--done", "4000") == 0
    assert run("report", "add", study, "T-2", "--date", "2020-03-02", "--done", "0.05km") == 0
    assert run("report", "undo", study, "R-1") == 0
    capsys.readouterr()

    def listed(*options):
        assert run("report", "list", study, *options) == 0
        return pd.read_csv(io.StringIO(capsys.readouterr().out), index_col=0)

    everything = listed()
    assert len(everything) == 4
    assert everything["Stands"].tolist() == [False, True, True, True]
    assert listed("--task", "T-2").shape[0] == 1
    assert listed("--since", "2020-03-01").shape[0] == 1
    old = listed("--known-on", "2020-02-20")
    assert (old.index.tolist(), old["Stands"].tolist()) == (["R-1"], [True])
    assert run("report", "list", study, "--task", "T-9") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["T-1", "--date", "2020-02-28"], 2, "--done"),
        (["T-1", "--date", "2020-02-28", "--done", "1", "--from", "x.xlsx"], 2, "--from"),
        ([], 2, "--from"),
        (["--from", "no.xlsx"], 1, "no.xlsx"),
        (["T-9", "--date", "2020-02-28", "--done", "1"], 1, "T-9"),
        (["T-1", "--date", "2099-01-01", "--done", "1"], 1, "2099-01-01"),
        (["T-1", "--date", "2020-02-28", "--done", "3km"], 1, "3km"),
        (["T-1", "--date", "2020-02-28", "--done=-3"], 1, "-3"),
        (["T-1", "--date", "2020-02-30", "--done", "3"], 1, "2020-02-30"),
        (["T-1", "--date", "2020-02-28", "--done", "3", "--corrects", "R-7"], 1, "R-7"),
        (["T-2", "--date", "2020-02-28", "--done", "3", "--corrects", "R-1"], 1, "R-1"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_refused_is_said_and_nothing_is_recorded(study, capsys, arguments, code, said, lang):
    assert run("report", "add", study, *arguments, "--lang", lang) == code
    streams = capsys.readouterr()
    assert said in streams.err
    assert "Traceback" not in streams.err
    assert not streams.out
    assert len(fr.Study.open(study).reports) == 1


def test_a_study_without_a_store_says_what_to_write(tmp_path, capsys):
    study = small_study.write(tmp_path, small_study.layers())
    assert run("report", "add", study, "T-1", "--date", "2020-02-28", "--done", "3") == 1
    assert 'store = "ledger.gpkg"' in capsys.readouterr().err


def test_a_file_of_reports(study, tmp_path, capsys):
    book = Workbook()
    for row in (["任务编号", "日期", "累计完成"], ["T-1", "2020-02-28", 4000], ["T-2", "2020-02-28", "50m"]):
        book.active.append(row)
    book.save(tmp_path / "week.xlsx")
    assert run("report", "add", study, "--from", tmp_path / "week.xlsx") == 0
    assert capsys.readouterr().out.split() == ["T-1@2020-02-28", "T-2@2020-02-28"]
    assert fr.Study.open(study).progress("2020-03-01", by=None)["progress_share"].tolist() == pytest.approx([2.1 / 3])


def test_an_export_is_the_whole_log_and_reads_back_the_same(study, tmp_path, capsys):
    assert run("report", "add", study, "T-1", "--date", "2020-02-28", "--done", "4000", "--note", "=1+1") == 0
    assert run("export", study, "-o", tmp_path / "out") == 0
    assert "reports.csv" in capsys.readouterr().out
    opened = fr.Study.open(study)
    back = fr.read_export(tmp_path / "out")
    pd.testing.assert_frame_equal(back["tasks"], opened.tasks)
    pd.testing.assert_frame_equal(back["reports"], opened.reports)
    (tmp_path / "file").write_text("")
    assert run("export", study, "-o", tmp_path / "file") == 2
