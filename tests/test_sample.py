"""The sample study: made from its seed, believable, and as its READMEs say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from tests import second_study

import fringe as fr

ROOT = Path(__file__).parents[1] / "sample_data"
GUANCHENG = ROOT / "guancheng"
GEOPACKAGE = "guancheng.gpkg"
LAYERS = ("整治片区", "绿化地块", "铁路", "水系", "土地利用")
SAME_BYTES = ("study.toml", "villages_gcj02.geojson", "findings_kobo.csv")
RASTERS = ("rasters/ndvi_2019-06-15.tif", "rasters/ndvi_2020-06-15.tif")
LIFE = {
    "planned": ["计划日期"],
    "under_way": ["计划日期", "开工日期"],
    "planted": ["计划日期", "开工日期", "栽植日期"],
    "accepted": ["计划日期", "开工日期", "栽植日期", "验收日期"],
    "kept": ["计划日期", "开工日期", "栽植日期", "验收日期", "保存日期"],
    "lost": ["计划日期", "开工日期", "栽植日期", "验收日期", "灭失日期"],
}
DATA_DAY = pd.Timestamp("2020-04-10")
M2_PER_MU = 2000 / 3


def read(name, folder=GUANCHENG):
    return gpd.read_file(folder / GEOPACKAGE, layer=name)


def roads(folder=GUANCHENG):
    return gpd.read_file(folder / "roads" / "roads.shp", encoding="GBK")


def sheet(name, folder=GUANCHENG):
    book = openpyxl.load_workbook(folder / "ledger.xlsx")
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


@pytest.fixture(scope="module")
def zones():
    return read("整治片区")


@pytest.fixture(scope="module")
def plots():
    return read("绿化地块")


@pytest.fixture(scope="module")
def tasks():
    rows = sheet("任务台账")
    frame = pd.DataFrame(rows[2:-1], columns=rows[1])
    frame[["乡镇/街道", "片区"]] = frame[["乡镇/街道", "片区"]].ffill()
    return frame


@pytest.fixture(scope="module")
def reports():
    rows = sheet("周报")
    return pd.DataFrame(rows[1:], columns=rows[0])


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """The sample made again by another process with another hash seed."""
    folder = tmp_path_factory.mktemp("again") / "guancheng"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    script = [sys.executable, str(ROOT / "make_sample.py"), "--out", str(folder)]
    subprocess.run(script, check=True, env=environment, capture_output=True)
    return folder


def test_same_seed_same_layers(remade):
    pairs = [(read(name), read(name, remade)) for name in LAYERS] + [(roads(), roads(remade))]
    for kept, made in pairs:
        pd.testing.assert_frame_equal(pd.DataFrame(kept.drop(columns="geometry")), made.drop(columns="geometry"))
        assert shapely.equals_exact(kept.normalize(), made.normalize(), tolerance=1e-6).all()
        assert kept.crs == made.crs


def test_same_seed_same_ledger_and_images(remade):
    for name in ("任务台账", "周报"):
        assert sheet(name) == sheet(name, remade)
    for name in RASTERS:
        with rasterio.open(GUANCHENG / name) as kept, rasterio.open(remade / name) as made:
            assert kept.profile == made.profile
            assert np.array_equal(kept.read(1), made.read(1))
    for name in SAME_BYTES:
        assert (GUANCHENG / name).read_bytes() == (remade / name).read_bytes()


def test_same_files_and_at_most_3_mb(remade):
    files = {file.relative_to(GUANCHENG) for file in GUANCHENG.rglob("*") if file.is_file()}
    assert files == {file.relative_to(remade) for file in remade.rglob("*") if file.is_file()}
    assert sum((GUANCHENG / file).stat().st_size for file in files) <= 3_000_000


def test_shapefile_is_gbk_and_does_not_say_so():
    assert not (GUANCHENG / "roads" / "roads.cpg").exists()
    table = (GUANCHENG / "roads" / "roads.dbf").read_bytes()
    assert table[29] == 0  # no language byte either
    assert "道路等级".encode("gbk") in table
    assert "绕城高速".encode("gbk") in table


def test_villages_are_shifted_and_come_back(zones):
    path = GUANCHENG / "villages_gcj02.geojson"
    labelled = gpd.read_file(path).set_index("村名").to_crs(zones.crs)
    true = fr.read_layer(path, kind="villages", datum="gcj02").set_index("name").to_crs(zones.crs)
    # The shift is 545.5 to 610.4 m over 113.2-114.2 E, 34.4-35.0 N.
    assert labelled.distance(true.reindex(labelled.index)).between(545, 611).all()
    village_zones = zones.set_index(zones["整治单元"].str.removesuffix("村")).geometry
    own = village_zones.reindex(true.index.str.removesuffix("村")).set_axis(true.index).dropna()
    assert len(own) > 20
    assert own.contains(true.geometry.reindex(own.index)).all()
    assert not own.contains(labelled.geometry.reindex(own.index)).all()


def test_zones_tile_the_district(zones):
    assert 24 <= len(zones) <= 28
    assert zones.is_valid.all()
    assert set(zones.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    whole = shapely.union_all(zones.geometry.to_numpy())
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0  # no gap between zones
    assert zones.area.sum() == pytest.approx(whole.area, rel=1e-12)
    assert zones["整治单元"].is_unique
    assert set(zones["乡镇"]) == {"南曹乡", "十八里河街道"}
    assert set(zones["片区类型"]) == {"pilot", "showcase", "ordinary"}


def test_townships_are_one_piece_each(zones):
    for shape in zones.dissolve("乡镇").geometry:
        assert shape.geom_type == "Polygon"


def test_it_lies_where_it_should(zones):
    assert zones.crs.to_epsg() == 4547
    centre = gpd.GeoSeries([shapely.union_all(zones.geometry.to_numpy()).centroid], crs=zones.crs).to_crs("EPSG:4326")
    assert centre.iloc[0].distance(shapely.Point(113.78, 34.68)) < 0.02


def test_plots_are_valid_and_of_all_statuses(plots, zones):
    assert 580 <= len(plots) <= 620
    assert plots["地块编号"].is_unique
    assert plots.is_valid.all()
    assert (plots.area > 400).all()
    assert set(plots["状态"]) == set(LIFE)
    assert set(plots["绿地类别"]) <= {"G1", "G2", "G3", "XG", "EG"}
    whole = shapely.union_all(zones.geometry.to_numpy())
    assert shapely.intersects(whole, plots.geometry).all()


def test_dates_fit_the_status_and_each_other(plots):
    dates = sorted({name for names in LIFE.values() for name in names})
    for status, group in plots.groupby("状态"):
        needed = LIFE[status]
        assert group[needed].notna().all(axis=None)
        assert group[[name for name in dates if name not in needed]].isna().all(axis=None)
        days = group[needed].apply(pd.to_datetime).to_numpy()
        assert (np.diff(days, axis=1).astype("timedelta64[D]").astype(int) >= 0).all()
        assert (days <= np.datetime64(DATA_DAY)).all()


def test_survival_and_claims_stand_where_they_should(plots):
    accepted = plots["状态"].isin(["accepted", "kept", "lost"])
    assert plots.loc[accepted, "成活率"].between(0, 1).all()
    assert plots.loc[~accepted, "成活率"].isna().all()
    done = plots["栽植日期"].notna()
    assert (plots.loc[done, "上报面积（亩）"] > 0).all()
    assert plots.loc[~done, "上报面积（亩）"].isna().all()
    ratio = plots["上报面积（亩）"] * M2_PER_MU / plots.area
    assert ratio[done].median() == pytest.approx(1, abs=0.02)
    assert ratio.max() < 1.7


def test_belts_run_along_the_high_speed_line(plots):
    rail = read("铁路")
    line = shapely.union_all(rail.loc[rail["line"] == "郑西高铁"].geometry.to_numpy())
    belts = plots[plots["地块名称"].str.startswith("郑西高铁") & ~plots["地块名称"].str.contains("补录")]
    nearest, farthest = belts.distance(line), shapely.hausdorff_distance(belts.geometry.to_numpy(), line)
    assert len(belts) > 60
    assert nearest.min() > 5  # never on the track
    assert nearest.max() < 60
    assert (farthest > 20).all()
    assert set(belts["地块名称"].str[4:6]) == {"北侧", "南侧"}


def test_rail_has_two_tracks_a_line_and_running_chainage():
    rail = read("铁路")
    assert rail["track"].is_unique
    assert set(rail["rail_class"]) == {"high_speed", "conventional"}
    assert set(rail["structure"]) == {"bridge", "embankment"}
    for (_, _), track in rail.groupby(["line", rail["track"].str[:3]]):
        ordered = track.sort_values("km_start")
        begins = ordered["km_start"].to_numpy() * 1000
        assert np.allclose(np.diff(begins), ordered.length.to_numpy()[:-1], atol=3)
        ends = [shape.coords[-1] for shape in ordered.geometry[:-1]]
        starts = [shape.coords[0] for shape in ordered.geometry[1:]]
        assert np.allclose(ends, starts, atol=0.02)
    first, second = (
        shapely.union_all(track.geometry.to_numpy())
        for _, track in rail.groupby(rail["track"].str[:3])
        if track["line"].iloc[0] == "郑西高铁"
    )
    assert shapely.distance(first, second) == pytest.approx(5, abs=0.1)


def test_roads_have_known_classes():
    road = roads()
    assert road["道路编号"].is_unique
    assert {"motorway", "trunk", "primary", "secondary", "tertiary", "unclassified"} <= set(road["道路等级"])
    assert set(road["双幅路"]) == {"是", "否"}
    assert (road.length > 0).all()
    assert road["路面宽度"].between(2, 60).all()


def test_tasks_belong_to_zones_and_plots_to_tasks(tasks, zones, plots):
    township = zones.set_index("整治单元")["乡镇"]
    assert 75 <= len(tasks) <= 105
    assert tasks["编号"].is_unique
    assert (tasks["片区"].map(township) == tasks["乡镇/街道"]).all()
    assert set(tasks["片区"]) == set(zones["整治单元"])
    assert set(tasks["单位"]) == {"亩", "公里", "户", "处"}
    assert (tasks["目标量"] > 0).all()
    assert (tasks["权重"] > 0).all()
    assert (tasks["完成时限"] > tasks["开始日期"]).all()
    old = plots["状态"].isin(["kept", "lost"])
    assert plots.loc[old, "任务编号"].isna().all()
    assert plots.loc[~old, "任务编号"].isin(tasks.loc[tasks["类别"] == "绿化", "编号"]).all()


def test_ledger_has_merged_cells_and_a_total(tasks):
    book = openpyxl.load_workbook(GUANCHENG / "ledger.xlsx")
    tall = [str(cells) for cells in book["任务台账"].merged_cells.ranges if cells.max_row > cells.min_row]
    assert {cells[0] for cells in tall} == {"C", "D"}  # township and zone
    last = sheet("任务台账")[-1]
    assert last[0] == "合计"
    assert last[7] == pytest.approx(tasks["权重"].sum(), abs=0.05)


def test_reports_are_a_winter_and_spring_of_fridays(reports, tasks):
    assert reports["编号"].is_unique
    assert reports["任务编号"].isin(tasks["编号"]).all()
    days = pd.to_datetime(reports["日期"])
    assert (days.dt.day_name() == "Friday").all()
    assert days.min() >= pd.Timestamp("2019-11-18")
    assert days.max() == DATA_DAY
    assert (pd.to_datetime(reports["填报时间"]) >= days).all()
    assert pd.to_datetime(reports["填报时间"]).is_monotonic_increasing
    assert (reports.loc[reports["类型"] == "上报", "累计完成"] >= 0).all()
    aims = reports["更正"].dropna()
    assert aims.isin(reports["编号"]).all()
    by_id = reports.set_index("编号")
    assert (by_id.loc[aims, "任务编号"].to_numpy() == reports.loc[aims.index, "任务编号"].to_numpy()).all()
    assert reports.loc[reports["类型"] == "作废", "更正"].notna().all()


def test_last_reports_of_greening_are_the_claims_of_the_map(reports, tasks, plots):
    last = reports[pd.to_datetime(reports["日期"]) == DATA_DAY].set_index("任务编号")["累计完成"]
    claims = plots.groupby("任务编号")["上报面积（亩）"].sum()
    for task in tasks.loc[tasks["类别"] == "绿化", "编号"]:
        assert last[task] == pytest.approx(claims[task], abs=0.06)


def test_progress_differs_among_zones(tasks, reports):
    last = reports[pd.to_datetime(reports["日期"]) == DATA_DAY].set_index("任务编号")["累计完成"]
    share = (last.reindex(tasks["编号"]).to_numpy() / tasks["目标量"]).clip(upper=1)
    by_zone = (share * tasks["权重"]).groupby(tasks["片区"]).sum() / tasks.groupby("片区")["权重"].sum()
    assert by_zone.max() > 0.9
    assert by_zone.min() < 0.4


def test_images_are_greener_where_it_was_planted(plots):
    means = []
    shapes = plots[plots["状态"].isin(["planted", "accepted"]) & (plots.area > 5000)]
    for name in RASTERS:
        with rasterio.open(GUANCHENG / name) as image:
            assert image.crs.to_epsg() == 4547
            assert image.res == (20.0, 20.0)
            spots = shapely.get_coordinates(shapely.point_on_surface(shapes.geometry.to_numpy()))
            means.append(np.asarray([value[0] for value in image.sample(spots)]))
    assert np.median(means[1] - means[0]) > 0.1
    assert means[1].min() > -0.2
    assert means[1].max() < 0.95


def test_nobody_is_named(reports):
    assert reports["填报人"].str.fullmatch(r"网格员[A-K]").all()
    texts = [str(cell) for name in ("任务台账", "周报") for row in sheet(name) for cell in row if isinstance(cell, str)]
    for name in LAYERS:
        frame = read(name)
        texts += [str(item) for column in frame.select_dtypes(exclude="number") for item in frame[column].unique()]
    assert not [text for text in texts if re.search(r"\d{11}|@|电话|手机|身份证", text)]


def facts(readme):
    found = re.search(r"<!-- facts -->\n(.*?)\n<!-- /facts -->", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    rows = [line.strip("|").split("|") for line in found[1].splitlines()[2:]]
    return [(name.strip(), float(value)) for name, value in rows]


def test_readmes_tell_the_same_figures():
    assert [value for _, value in facts("README.md")] == [value for _, value in facts("README.zh.md")]


def test_readme_figures_hold(plots, zones, reports, tasks):
    told = dict(facts("README.md"))
    crossing = sum(int((zones.intersection(shape).area > 1).sum() > 1) for shape in plots.geometry)
    shapes = list(plots.geometry)
    tree = shapely.STRtree(shapes)
    pairs = sum(
        other > at and shape.intersection(shapes[other]).area > 1
        for at, shape in enumerate(shapes)
        for other in tree.query(shape)
    )
    late = (pd.to_datetime(reports["填报时间"]).dt.normalize() - pd.to_datetime(reports["日期"])).dt.days > 1
    held = {
        "improvement zones": len(zones),
        "area of all zones, km² (plane, EPSG:4547)": round(zones.area.sum() / 1e6, 2),
        "villages": len(gpd.read_file(GUANCHENG / "villages_gcj02.geojson")),
        "road sections": len(roads()),
        "railway track sections": len(read("铁路")),
        "greening plots": len(plots),
        "plots in more than one zone": crossing,
        "pairs of plots that overlap by more than 1 m²": pairs,
        "… of them plots entered twice": plots["地块名称"].str.contains("补录").sum(),
        "plots reported over 10 % larger than drawn": (plots["上报面积（亩）"] * M2_PER_MU > 1.1 * plots.area).sum(),
        "season's plots accepted at a survival below 85 %": (plots["成活率"] < 0.85).sum(),
        "tasks": len(tasks),
        "rows of weekly reports": len(reports),
        "… corrections": (reports["更正"].notna() & (reports["类型"] == "上报")).sum(),
        "… voids": (reports["类型"] == "作废").sum(),
        "… sent more than a day after their date": late.sum(),
    }
    held |= {f"… {status.replace('_', ' ')}": count for status, count in plots["状态"].value_counts().items()}
    assert {name: told[name] for name in held} == held
    assert pairs > 20
    assert crossing > 20


def test_another_seed_makes_another_district(tmp_path):
    script = [sys.executable, str(ROOT / "make_sample.py"), "--seed", "3", "--out", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True)
    other = read("整治片区", tmp_path)
    assert shapely.coverage_is_valid(other.geometry.to_numpy())
    assert len(read("绿化地块", tmp_path)) == len(read("绿化地块"))
    assert other.area.sum() != pytest.approx(read("整治片区").area.sum(), rel=1e-6)


def test_second_study_is_another_place(tmp_path):
    manifest = second_study.make_second_study(tmp_path / "second")
    folder = manifest.parent
    zone = gpd.read_file(folder / "layers.gpkg", layer="zones")
    plots = gpd.read_file(folder / "layers.gpkg", layer="plots")
    assert len(zone) == 1
    assert zone.crs.to_epsg() == 4326
    assert zone.geometry[0].contains(shapely.Point(7.5, 46.0))
    assert len(plots) == second_study.N_PLOTS
    assert plots.intersects(zone.geometry[0]).all()
    assert plots["status"].nunique() == 6
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in plots.columns)
    assert "rail" not in manifest.read_text(encoding="utf-8")
    again = second_study.make_second_study(tmp_path / "again").parent / "layers.gpkg"
    assert shapely.equals_exact(plots.geometry, gpd.read_file(again, layer="plots").geometry, tolerance=0).all()


def test_findings_are_of_roles_and_go_their_course():
    study = fr.Study.open(GUANCHENG)
    findings = study.findings
    assert len(findings) == 25
    assert study.latest_day == DATA_DAY
    assert findings["reporter"].str.fullmatch("督导员[A-D]").all()
    assert set(findings["responsible"]) <= set(study.zones["lead_unit"])
    assert findings.index[findings.geometry.isna()].size == 1
    inside = study.zones.geometry.reindex(findings["zone"]).reset_index(drop=True)
    placed = findings.geometry.reset_index(drop=True)
    assert (inside.contains(placed) | placed.isna()).all()
    state = study.findings_state()
    assert set(state["status"]) == {"found", "rectified", "returned", "verified", "closed"}
    assert state["overdue"].any()
    assert not [one for one in study.all_problems() if one.layer == "findings" and one.severity == "error"]
