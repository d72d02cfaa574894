"""The whole district as layers and a ledger, made from one seed, and written to a folder."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from recipe import files, greening, imagery, inspections, parcels, places, reports, states, tasks, workbook
from recipe.curves import beside
from recipe.ground import Ground, Way, make_ground

SEED = 20191118
_TOPICS = ("ground", "parcels", "land", "sites", "paces", "states", "tasks", "reports", "images", "people")
_TRACKS_APART_M = {places.HIGH_SPEED_NAME: 5.0, places.CONVENTIONAL_NAME: 4.2}
_BRIDGE_M = 45.0
_CONTEXT_M = 250.0  # how far roads, railways and water are drawn beyond the district
_DATES = ("planned_on", "started_on", "planted_on", "accepted_on", "kept_on", "lost_on")
_MIN_PIECE_M = 40.0


@dataclass(frozen=True)
class District:
    """The layers of the sample with the contract's names, the ledger, and which plots are hollow."""

    zones: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    rail: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    tasks: pd.DataFrame
    reports: pd.DataFrame
    findings: pd.DataFrame
    ground: Ground


def make_district(seed: int = SEED) -> District:
    """Return the district of a seed."""
    rng = dict(
        zip(
            _TOPICS,
            (np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(len(_TOPICS))),
            strict=True,
        )
    )
    ground = make_ground(rng["ground"])
    blocks = parcels.make_blocks(ground, rng["parcels"])
    shapes = parcels.zone_shapes(blocks)
    whole = shapely.union_all(list(shapes.values()))
    shown = shapely.buffer(whole, _CONTEXT_M)
    villages = _villages(ground, shapes, rng["people"])
    sites = greening.make_sites(ground, whole, rng["sites"])
    paces = states.make_paces(list(shapes), rng["paces"])
    plots = _plots(sites, shapes, paces, rng["states"])
    own_tasks, plots["task"] = tasks.make_tasks(plots, rng["tasks"])
    zones, roads = _zones(shapes, villages, rng["people"]), _roads(ground, blocks, shown)
    return District(
        zones=zones,
        villages=villages,
        roads=roads,
        rail=_rail(ground, shown),
        plots=plots,
        land=_land(parcels.land_of(blocks, ground, rng["land"])),
        water=_water(ground, shown),
        tasks=own_tasks,
        reports=reports.make_reports(own_tasks, plots, paces, rng["reports"]),
        # A stream of its own: the other topics' stay as they are.
        findings=inspections.make_inspections(zones, roads, np.random.default_rng([seed, len(_TOPICS) + 1])),
        ground=ground,
    )


def write_district(district: District, folder: Path, seed: int = SEED) -> None:
    """Write all files of a study to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rasters").mkdir(exist_ok=True)
    files.write_geopackage(
        [
            ("整治片区", district.zones, files.ZONE_HEADINGS),
            ("绿化地块", district.plots, files.PLOT_HEADINGS),
            ("铁路", district.rail, files.RAIL_HEADINGS),
            ("水系", district.water, files.WATER_HEADINGS),
            ("土地利用", district.land, files.LAND_HEADINGS),
        ],
        folder / files.GEOPACKAGE,
    )
    files.write_shapefile(district.roads, files.ROAD_HEADINGS, folder / files.ROADS)
    files.write_gcj02(district.villages, files.VILLAGE_HEADINGS, folder / files.VILLAGES)
    inspections.write_inspections(district.findings, folder / files.FINDINGS)
    workbook.write_workbook(district.tasks, district.reports, folder / files.LEDGER)
    _images(district, folder / "rasters", np.random.default_rng([seed, len(_TOPICS)]))
    (folder / "study.toml").write_text(files.MANIFEST, encoding="utf-8", newline="\n")


def _frame(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=places.CRS)


def _villages(ground: Ground, shapes: dict[str, shapely.Polygon], rng: np.random.Generator) -> gpd.GeoDataFrame:
    rows: list[dict[str, object]] = []
    for one in ground.settlements:
        zone = next(name for name, shape in shapes.items() if shape.contains(one.centre))
        west = places.township_of(zone) == places.SHIBALIHE
        rows.append(
            {
                "name": one.plan.name,
                "township": places.township_of(zone),
                "households": one.plan.households,
                "population": round(one.plan.households * rng.uniform(3.2, 4.1)),
                "hardened_share": round(float(np.clip(rng.normal(88 if west else 74, 9), 41, 100))),
                "zone": zone,
                "geometry": shapely.Point(np.round(one.centre.coords[0], 2)),
            }
        )
    return _frame(rows)


def _zones(
    shapes: dict[str, shapely.Polygon], villages: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    order = sorted(shapes, key=lambda name: (places.township_of(name) != places.SHIBALIHE, name))
    rows: list[dict[str, object]] = []
    for at, name in enumerate(order):
        settled = int(villages.loc[villages["zone"] == name, "population"].sum())
        rows.append(
            {
                "name": name,
                "township": places.township_of(name),
                "district": places.DISTRICT,
                "kind": "pilot" if name in places.PILOTS else "showcase" if name in places.SHOWCASES else "ordinary",
                "lead_unit": places.UNITS[at % len(places.UNITS)],
                "population": settled + int(rng.integers(250, 1900)),
                "geometry": shapely.normalize(shapes[name]),
            }
        )
    return _frame(rows)


def _roads(ground: Ground, blocks: parcels.Blocks, shown: shapely.Polygon) -> gpd.GeoDataFrame:
    tracks = [Way(None, "track", None, 3.0, False, "unpaved", line) for line in blocks.tracks]
    rows: list[dict[str, object]] = []
    for way in (*ground.ways, *tracks):
        for part in shapely.get_parts(shapely.intersection(way.line, shown)):
            if part.geom_type != "LineString" or part.length < _MIN_PIECE_M:
                continue
            rows.append(
                {
                    "road": f"L{len(rows) + 1:04}",
                    "name": way.name,
                    "road_class": way.road_class,
                    "admin_class": way.admin_class,
                    "surface": way.surface,
                    "width_m": way.width_m,
                    "dual": "是" if way.dual else "否",
                    "geometry": shapely.set_precision(part, 0.01),
                }
            )
    return _frame(rows)


def _rail(ground: Ground, shown: shapely.Polygon) -> gpd.GeoDataFrame:
    """Return both tracks of each line, cut where bridges begin and end."""
    crossed = [way.line for way in ground.ways if way.road_class in ("motorway", "trunk", "primary", "secondary")]
    crossed += list(ground.rivers.values())
    rows: list[dict[str, object]] = []
    for name, line, rail_class, km in (
        (places.HIGH_SPEED_NAME, ground.high_speed, "high_speed", places.HIGH_SPEED_KM),
        (places.CONVENTIONAL_NAME, ground.conventional, "conventional", places.CONVENTIONAL_KM),
    ):
        ends = [line.project(shapely.Point(spot)) for spot in shapely.intersection(line, shown).coords]
        begin, end = min(ends), max(ends)
        spots = [
            line.project(spot) for other in crossed for spot in shapely.get_parts(shapely.intersection(line, other))
        ]
        sections = _sections(begin, end, sorted(spots))
        for track, sign in enumerate((1, -1), start=1):
            for start, stop, structure in sections:
                points = beside(line, sign * _TRACKS_APART_M[name] / 2, start, stop)
                rows.append(
                    {
                        "track": f"{'HS' if rail_class == 'high_speed' else 'LH'}{track}-{len(rows) + 1:02}",
                        "name": name,
                        "line": name,
                        "rail_class": rail_class,
                        "state": "in_use",
                        "km_start": round(km + (start - begin) / 1000, 3),
                        "structure": structure,
                        "geometry": shapely.LineString(np.round(points, 2)),
                    }
                )
    return _frame(rows)


def _sections(begin: float, end: float, spots: list[float]) -> list[tuple[float, float, str]]:
    """Return where a line stands on embankments and where on bridges; near bridges are one."""
    bridges: list[list[float]] = []
    for spot in spots:
        if not begin + _BRIDGE_M < spot < end - _BRIDGE_M:
            continue
        if bridges and spot - _BRIDGE_M < bridges[-1][1] + 2 * _BRIDGE_M:
            bridges[-1][1] = spot + _BRIDGE_M
        else:
            bridges.append([spot - _BRIDGE_M, spot + _BRIDGE_M])
    cuts = [begin, *(edge for bridge in bridges for edge in bridge), end]
    return [
        (start, stop, "bridge" if at % 2 else "embankment")
        for at, (start, stop) in enumerate(pairwise(cuts))
        if stop > start
    ]


def _plots(
    sites: list[greening.Site], shapes: dict[str, shapely.Polygon], paces: dict[str, float], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    rows: list[dict[str, object]] = []
    for number, site in enumerate(sites, start=1):
        zone = max(shapes, key=lambda name: shapes[name].intersection(site.shape).area)
        state = states.make_state(site, zone, paces[zone], rng)
        rows.append(
            {
                "plot": f"P{number:04}",
                "name": site.name,
                "status": state.status,
                "green_class": site.green_class,
                **{name: state.dates.get(name, pd.NaT) for name in _DATES},
                "survival_share": state.survival_share,
                "claimed_mu": state.claimed_mu,
                "zone": zone,
                "family": tasks.family_of(site.group),
                "area_mu": site.shape.area / states.M2_PER_MU,
                "hollow": state.hollow,
                "doubled": site.doubled,
                "geometry": shapely.normalize(site.shape),
            }
        )
    frame = _frame(rows).set_index("plot", drop=False)
    frame[list(_DATES)] = frame[list(_DATES)].astype("datetime64[s]")
    return frame.astype({"survival_share": float, "claimed_mu": float})


def _land(found: list[tuple[str, BaseGeometry]]) -> gpd.GeoDataFrame:
    return _frame(
        [
            {"parcel": f"D{at:04}", "land_class": code, "geometry": shapely.normalize(shape)}
            for at, (code, shape) in enumerate(found, start=1)
        ]
    )


def _water(ground: Ground, shown: shapely.Polygon) -> gpd.GeoDataFrame:
    rows: list[dict[str, object]] = []
    for name, shape in ground.water.items():
        part = shapely.set_precision(shapely.intersection(shape, shown), 0.01)
        if part.area > 0:
            rows.append({"name": name, "geometry": shapely.normalize(part)})
    return _frame(rows)


def _images(district: District, folder: Path, rng: np.random.Generator) -> None:
    paved = district.ground.pavement(0.0)
    covers = [(paved, imagery.ROAD), (district.ground.formation(), imagery.ROAD)]
    covers += [(shape, imagery.WATER) for shape in district.water.geometry]
    land = list(zip(district.land["land_class"], district.land.geometry, strict=True))
    days = {"2019-06-15": pd.Timestamp("2019-06-15"), "2020-06-15": pd.Timestamp("2020-06-15")}
    green: dict[str, list[imagery.Shape]] = {}
    for name, day in days.items():
        alive = district.plots[(district.plots["planted_on"] <= day) & ~district.plots["hollow"]]
        lost = district.plots["lost_on"].reindex(alive.index) <= day
        green[name] = [
            (shape, imagery.BARE if gone else _green_index(planted, day, rng))
            for shape, planted, gone in zip(alive.geometry, alive["planted_on"], lost, strict=True)
        ]
    west, south, east, north = (float(bound) for bound in district.zones.total_bounds)
    imagery.write_images(folder, (west, south, east, north), land, covers, green, rng)


def _green_index(planted: pd.Timestamp, day: pd.Timestamp, rng: np.random.Generator) -> float:
    """Return how green a stand is: half grown in its first summer, full after some years."""
    years = (day - planted).days / 365
    return float(np.clip(0.46 + 0.055 * years + rng.normal(0, 0.03), 0.38, 0.78))
