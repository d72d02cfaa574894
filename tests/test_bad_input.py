"""Bad input, case by case, over function, study and command line: layer, row, value and remedy are in the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, Point, Polygon, box
from tests import small_study
from tests.small_study import CRS, X, Y

import fringe as fr
from fringe.cli import main
from fringe.model.contract import conform
from fringe.model.problem import refuse

BOW_TIE = Polygon([(X, Y), (X + 50, Y + 50), (X + 50, Y), (X, Y + 50)])
# A ring that walks over its own inside.
SELF_OVERLAP = Polygon(
    [
        (X, Y),
        (X + 40, Y),
        (X + 40, Y + 40),
        (X + 10, Y + 40),
        (X + 10, Y + 10),
        (X + 60, Y + 10),
        (X + 60, Y + 30),
        (X, Y + 30),
    ]
)
COLLECTION = GeometryCollection([box(X, Y, X + 50, Y + 100), Point(X, Y)])


@dataclass(frozen=True)
class Case:
    """One way to spoil a small study, and what must be said of it in English and Chinese."""

    name: str
    layer: str
    spoil: Callable[[dict[str, Any]], None]
    said: tuple[str, ...]
    said_zh: tuple[str, ...]
    severity: str = "error"
    measure: str = "coverage"

    def __str__(self) -> str:
        return self.name


def put(layer: str, column: str, item: object, row: int = 0) -> Callable[[dict[str, Any]], None]:
    def spoil(frames: dict[str, Any]) -> None:
        frame = frames[layer].copy()
        if column != "geometry":
            frame[column] = (
                frame[column].astype(object) if column in frame else pd.Series([None] * len(frame), dtype=object)
            )
        frame.loc[row, column] = item
        frames[layer] = frame

    return spoil


def empty(layer: str) -> Callable[[dict[str, Any]], None]:
    def spoil(frames: dict[str, Any]) -> None:
        frames[layer] = frames[layer].iloc[:0]

    return spoil


CASES = [
    Case(
        "unknown status",
        "plots",
        put("plots", "status", "plantd"),
        ("greening plots", "P-1", "plantd", "Did you mean 'planted'"),
        ("绿化地块", "P-1", "plantd", "是否应为"),
    ),
    Case("empty zones", "zones", empty("zones"), ("improvement zones", "no rows"), ("整治片区", "没有任何行")),
    Case(
        "duplicate ids",
        "plots",
        put("plots", "plot", "P-1", 1),
        ("greening plots", "P-1", "2 times", "unique"),
        ("绿化地块", "P-1", "2 次", "唯一"),
    ),
    Case(
        "missing id", "plots", put("plots", "plot", None, 1), ("greening plots", "2", "id"), ("绿化地块", "2", "编号")
    ),
    Case(
        "bow-tie",
        "plots",
        put("plots", "geometry", BOW_TIE),
        ("greening plots", "P-1", "Self-intersection", "m²", "Correct"),
        ("绿化地块", "P-1", "已修复", "改正"),
        "warning",
    ),
    Case(
        "self-overlap",
        "plots",
        put("plots", "geometry", SELF_OVERLAP),
        ("greening plots", "P-1", "repaired", "Correct"),
        ("绿化地块", "P-1", "已修复"),
        "warning",
    ),
    Case(
        "collection",
        "plots",
        put("plots", "geometry", COLLECTION),
        ("greening plots", "P-1", "collection"),
        ("绿化地块", "P-1", "几何集合"),
        "repaired",
    ),
    Case(
        "a line among plots",
        "plots",
        put("plots", "geometry", LineString([(X, Y), (X + 9, Y)])),
        ("greening plots", "P-1", "LineString", "Polygon"),
        ("绿化地块", "P-1", "LineString"),
    ),
    Case(
        "no geometry",
        "plots",
        put("plots", "geometry", None),
        ("greening plots", "P-1", "missing"),
        ("绿化地块", "P-1", "缺失"),
    ),
    Case(
        "not a date",
        "plots",
        put("plots", "planted_on", "soon"),
        ("greening plots", "P-1", "soon", "2019-11-23"),
        ("绿化地块", "P-1", "soon", "2019-11-23"),
    ),
    Case(
        "share of 85",
        "plots",
        put("plots", "survival_share", 85),
        ("greening plots", "P-1", "85", "0.85"),
        ("绿化地块", "P-1", "85", "0.85"),
    ),
    Case(
        "unknown zone",
        "tasks",
        put("tasks", "zone", "Z-9"),
        ("tasks", "T-1", "Z-9"),
        ("任务台账", "T-1", "Z-9"),
        measure="progress",
    ),
    Case(
        "target 0",
        "tasks",
        put("tasks", "target", 0),
        ("tasks", "T-1", "0"),
        ("任务台账", "T-1", "0"),
        measure="progress",
    ),
    Case(
        "duplicate task",
        "tasks",
        put("tasks", "task", "T-1", 1),
        ("tasks", "T-1"),
        ("任务台账", "T-1"),
        measure="progress",
    ),
    Case(
        "wrong due",
        "tasks",
        put("tasks", "due", "2020-02-30"),
        ("tasks", "2020-02-30"),
        ("任务台账", "2020-02-30"),
        measure="progress",
    ),
    Case(
        "done below 0", "reports", put("reports", "done", -5), ("reports", "-5"), ("进度上报", "-5"), measure="progress"
    ),
    Case(
        "unknown task",
        "reports",
        put("reports", "task", "T-9"),
        ("reports", "T-9"),
        ("进度上报", "T-9"),
        measure="progress",
    ),
]


def spoilt(case: Case) -> dict[str, Any]:
    frames = small_study.layers()
    case.spoil(frames)
    return frames


def measured(case: Case, frames: dict[str, Any]) -> pd.DataFrame:
    """Call the function as a planner would, with frames as they came."""
    if case.measure == "coverage":
        return fr.coverage(*(demanded(frames, kind) for kind in ("plots", "zones")))
    return fr.progress(frames["tasks"], frames["reports"], on="2020-02-19", zones=demanded(frames, "zones"))


def demanded(frames: dict[str, Any], kind: str) -> Any:
    layer, problems = conform(frames[kind], kind)
    refuse(problems)
    return layer


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_function(case, lang, monkeypatch):
    monkeypatch.setenv("FRINGE_LANG", lang)
    expected = case.said if lang == "en" else case.said_zh
    kind = fr.errors.FringeError if case.severity == "error" else fr.errors.FringeWarning
    catch = pytest.raises(kind) if case.severity == "error" else pytest.warns(kind)
    with catch as caught:
        measured(case, spoilt(case))
    text = str(caught.value) if case.severity == "error" else "\n".join(str(item.message) for item in caught)
    for word in expected:
        assert word in text, text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_study(case, tmp_path):
    study = fr.Study.open(small_study.write(tmp_path, spoilt(case)))
    found = study.check(lang="en")
    found = found[found["severity"] == case.severity]
    text = "\n".join(f"{row.layer} {row.row} {row.message} {row.remedy}" for row in found.itertuples())
    for word in case.said[1:]:
        assert word in text, text
    if case.severity == "error":
        with pytest.raises(fr.errors.FringeError):
            study.coverage() if case.measure == "coverage" else study.progress()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_command_line(case, lang, tmp_path, capsys):
    path = small_study.write(tmp_path, spoilt(case))
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path), "--lang", lang])
    out = capsys.readouterr().out
    for word in case.said if lang == "en" else case.said_zh:
        assert word in out, out
    assert ended.value.code == (1 if case.severity == "error" else 0)


def small(kind: str) -> Any:
    return demanded(small_study.layers(), kind)


@pytest.mark.parametrize(
    ("plots", "words"),
    [
        (lambda plots: plots.to_crs(4490), ("greening plots", "EPSG:4490", "EPSG:4547")),
        (lambda plots: plots.to_crs(3857), ("greening plots", "EPSG:3857", "%", "EPSG:4547")),
        (lambda plots: plots.set_crs(None, allow_override=True), ("greening plots", "EPSG")),
        (lambda plots: plots.to_crs(4548), ("EPSG:4547", "EPSG:4548")),
    ],
    ids=["degrees", "web mercator", "no CRS", "another CRS"],
)
def test_coordinate_systems_are_refused_with_a_remedy(plots, words):
    with pytest.raises(fr.errors.CRSError) as caught:
        fr.coverage(plots(small("plots")), small("zones"))
    for word in words:
        assert word in str(caught.value)


def test_heights_are_left_out_without_a_fuss():
    plots = small("plots")
    high = plots.set_geometry(shapely.force_3d(plots.geometry.to_numpy(), 100.0))
    pd.testing.assert_frame_equal(fr.coverage(high, small("zones")), fr.coverage(plots, small("zones")))


def test_nan_coordinates_are_refused_by_row():
    plots = small("plots")
    with np.errstate(invalid="ignore"):
        plots.geometry = [Polygon([(X, Y), (X + 50, Y), (np.nan, Y + 50)]), plots.geometry.iloc[1]]
    with pytest.raises(fr.errors.LayerError, match="P-1"):
        fr.coverage(plots, small("zones"))


def test_a_zone_without_area_has_no_share():
    zones = small("zones")
    flat = gpd.GeoDataFrame(
        {"name": ["Flat"], "township": ["Up"]},
        index=pd.Index(["Z-0"], name="zone"),
        geometry=[Polygon([(X, Y), (X + 5, Y), (X, Y)])],
        crs=CRS,
    )
    with pytest.warns(fr.errors.FringeWarning, match="Z-0"):
        table = fr.coverage(small("plots"), pd.concat([zones, flat]))
    assert np.isnan(table.loc["Z-0", "covered_share"])
    assert table.loc["Z-1", "covered_share"] == pytest.approx(0.5)


def test_empty_plots_and_reports_give_zero():
    assert fr.coverage(small("plots").iloc[:0], small("zones"))["covered_m2"].tolist() == [0, 0]
    table = fr.progress(small("tasks"), small_study.layers()["reports"].iloc[:0], on="2020-02-19", by=None)
    assert table["progress_share"].tolist() == [0]


def test_empty_tasks_are_refused():
    with pytest.raises(fr.errors.FringeError, match="no rows"):
        fr.progress(small_study.layers()["tasks"].iloc[:0], small_study.layers()["reports"], on="2020-02-19")


OPENING = [
    ("missing file", 'path = "plot.gpkg"', ("plot.gpkg", "plots.gpkg"), ("plot.gpkg", "plots.gpkg")),
    ("wrong layer", 'path = "plots.gpkg"\nlayer = "plotts"', ("plotts", "plots"), ("plotts", "plots")),
    ("unknown key", 'path = "plots.gpkg"\ncsr = "EPSG:4547"', ("csr", "crs"), ("csr", "crs")),
    ("unknown datum", 'path = "plots.gpkg"\ndatum = "gcj2"', ("gcj2", "gcj02"), ("gcj2", "gcj02")),
]


@pytest.mark.parametrize(
    ("entry", "said", "said_zh"), [case[1:] for case in OPENING], ids=[case[0] for case in OPENING]
)
def test_a_study_that_cannot_open_says_why(entry, said, said_zh, tmp_path, capsys, monkeypatch):
    path = small_study.write(tmp_path, small_study.layers(), plots=entry)
    with pytest.raises(fr.errors.StudyError) as caught:
        fr.Study.open(path)
    for word in said:
        assert word in str(caught.value)
    monkeypatch.setenv("FRINGE_LANG", "zh")
    for command in ("check", "table", "map"):
        with pytest.raises(SystemExit) as ended:
            main([command, str(path)])
        assert ended.value.code == 1
        streams = capsys.readouterr()
        for word in said_zh:
            assert word in streams.err
        assert "Traceback" not in streams.err


def test_everything_missing_is_said_at_once(tmp_path):
    path = small_study.write(tmp_path, small_study.layers(), plots='path = "nope.gpkg"', roads='path = "gone.gpkg"')
    with pytest.raises(fr.errors.StudyError) as caught:
        fr.Study.open(path)
    assert "nope.gpkg" in str(caught.value)
    assert "gone.gpkg" in str(caught.value)


def test_a_layer_without_crs_is_refused_unless_stated(tmp_path):
    frames = small_study.layers()
    frames["plots"] = frames["plots"].set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        path = small_study.write(tmp_path, frames)
    with pytest.raises(fr.errors.StudyError, match="greening plots"):
        fr.Study.open(path)
    with pytest.warns(UserWarning, match="crs"):
        path = small_study.write(tmp_path, frames, plots='path = "plots.gpkg"\ncrs = "EPSG:4547"')
    assert fr.Study.open(path).coverage()["covered_share"].iloc[0] == pytest.approx(0.5)


def test_wrong_usage_is_exit_code_2(capsys):
    for arguments in (["table"], ["nonsense"], ["map", "--nope"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    capsys.readouterr()
