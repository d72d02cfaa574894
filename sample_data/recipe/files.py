"""The files of the sample, each written so that the same data give the same file.

Layers come as they arrive in an office: most in one GeoPackage, roads as a GBK shapefile without its .cpg, villages
in GCJ-02 coordinates that call themselves EPSG:4326.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.raw
import pyproj
import shapely

from recipe import places
from recipe.shift import to_gcj02
from recipe.states import DATA_DAY

GEOPACKAGE = "guancheng.gpkg"
ROADS = "roads/roads.shp"
VILLAGES = "villages_gcj02.geojson"
LEDGER = "ledger.xlsx"
FINDINGS = "findings_kobo.csv"
ROAD_HEADINGS = {
    "road": "道路编号",
    "name": "道路名称",
    "road_class": "道路等级",
    "admin_class": "行政等级",
    "surface": "路面类型",
    "width_m": "路面宽度",
    "dual": "双幅路",
}
VILLAGE_HEADINGS = {
    "name": "村名",
    "township": "乡镇",
    "households": "户数",
    "population": "人口",
    "hardened_share": "道路硬化率（%）",
}
ZONE_HEADINGS = {
    "name": "整治单元",
    "township": "乡镇",
    "district": "区",
    "kind": "片区类型",
    "lead_unit": "包联单位",
    "population": "人口",
}
PLOT_HEADINGS = {
    "plot": "地块编号",
    "name": "地块名称",
    "status": "状态",
    "green_class": "绿地类别",
    "planned_on": "计划日期",
    "started_on": "开工日期",
    "planted_on": "栽植日期",
    "accepted_on": "验收日期",
    "kept_on": "保存日期",
    "lost_on": "灭失日期",
    "survival_share": "成活率",
    "claimed_mu": "上报面积（亩）",
    "task": "任务编号",
}
RAIL_HEADINGS = {name: name for name in ("track", "name", "line", "rail_class", "state", "km_start", "structure")}
LAND_HEADINGS = {"parcel": "图斑编号", "land_class": "地类编码"}
WATER_HEADINGS = {"name": "名称"}
_PLACES_OF_A_DEGREE = 8

MANIFEST = """\
# 数据按各单位报送时的样子存放：道路为 GBK 编码的 shapefile，村庄为 GCJ-02 坐标，其余在一个 GeoPackage 里。
# The layers stand here as offices deliver them: a GBK shapefile, a GCJ-02 layer, the rest in one GeoPackage.
title = "管城回族区城乡接合部综合整治（示例）"
lang = "zh"
date = 2020-04-10
crs = "EPSG:4547"
organisation = "管城回族区城乡接合部综合整治工作专班（示例）"
attribution = "示例数据：地名真实，图形与数字均为虚构"

[layers.zones]
path = "guancheng.gpkg"
layer = "整治片区"
aliases = { "整治单元" = "name", "包联单位" = "lead_unit" }

[layers.villages]
path = "villages_gcj02.geojson"
datum = "gcj02"

[layers.roads]
path = "roads/roads.shp"
crs = "EPSG:4547"
encoding = "GBK"

[layers.rail]
path = "guancheng.gpkg"
layer = "铁路"

[layers.plots]
path = "guancheng.gpkg"
layer = "绿化地块"

[layers.land]
path = "guancheng.gpkg"
layer = "土地利用"

[layers.water]
path = "guancheng.gpkg"
layer = "水系"

[layers.findings]
path = "findings_kobo.csv"

[ledger]
path = "ledger.xlsx"
store = "ledger.gpkg"

[rasters.ndvi_before]
path = "rasters/ndvi_2019-06-15.tif"
date = 2019-06-15

[rasters.ndvi_after]
path = "rasters/ndvi_2020-06-15.tif"
date = 2020-06-15
"""


def write_geopackage(layers: Sequence[tuple[str, gpd.GeoDataFrame, Mapping[str, str]]], path: Path) -> None:
    """Write layers with their headings; the file's own date is that of the data."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DATA_DAY:%Y-%m-%d}T00:00:00.000Z"})
    try:
        for name, frame, headings in layers:
            _write(frame, headings, path, layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_shapefile(frame: gpd.GeoDataFrame, headings: Mapping[str, str], path: Path) -> None:
    """Write a shapefile with a GBK table and nothing that says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"DBF_DATE_LAST_UPDATE": f"{DATA_DAY:%Y-%m-%d}"}
    _write(frame, headings, path, layer=path.stem, driver="ESRI Shapefile", encoding="GBK", layer_options=options)
    path.with_suffix(".cpg").unlink(missing_ok=True)


def write_gcj02(frame: gpd.GeoDataFrame, headings: Mapping[str, str], path: Path) -> None:
    """Write points as GeoJSON in GCJ-02, which the file does not say."""
    degrees = pyproj.Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
    features = []
    spots = shapely.get_coordinates(frame.geometry.to_numpy())
    for row, (east, north) in zip(frame.itertuples(index=False), spots, strict=True):
        lon, lat = to_gcj02(*degrees.transform(east, north))
        position = [round(lon, _PLACES_OF_A_DEGREE), round(lat, _PLACES_OF_A_DEGREE)]
        values = {heading: getattr(row, name) for name, heading in headings.items()}
        features.append(
            {"type": "Feature", "properties": values, "geometry": {"type": "Point", "coordinates": position}}
        )
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    text = f'{{"type": "FeatureCollection", "name": "村庄", "features": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def _write(
    frame: gpd.GeoDataFrame,
    headings: Mapping[str, str],
    path: Path,
    *,
    layer: str,
    driver: str,
    encoding: str | None = None,
    layer_options: dict[str, str] | None = None,
) -> None:
    kinds = set(frame.geom_type)
    kind = {"LineString": "LineString", "Point": "Point"}.get(next(iter(kinds)), "Polygon")
    many = any(item.startswith("Multi") for item in kinds)
    columns = [_column(frame[name]) for name in headings]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(frame.geometry.to_numpy()),
        field_data=[values for values, _ in columns],
        field_mask=[missing for _, missing in columns],
        fields=list(headings.values()),
        layer=layer,
        driver=driver,
        geometry_type=f"Multi{kind}" if many else kind,
        promote_to_multi=many,
        crs=places.CRS,
        encoding=encoding,
        layer_options=layer_options,
    )


def _column(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return a column as GDAL takes it, and which of its values are missing."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy().astype("datetime64[D]"), missing
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(), missing
    return values.astype(object).where(~values.isna(), None).to_numpy(dtype=object), missing
