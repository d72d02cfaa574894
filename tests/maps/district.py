"""A small invented district for tests of maps: zones, plots in all statuses, roads, railways, villages, water."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, MultiPoint, Point, box

from fringe.maps import Map

CRS = "EPSG:4547"
EAST, NORTH = 480_000.0, 3_840_000.0
STATUSES = ("planned", "under_way", "planted", "accepted", "kept", "lost")
_FIRST = "王张李刘陈杨赵黄周吴徐孙马朱胡郭何"
_LAST = ("家村", "庄", "寨", "营", "岗", "桥", "桐村", "华楼村")


@dataclass(frozen=True)
class District:
    zones: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    rail: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    water: gpd.GeoDataFrame

    def sheet(self, lang: str = "zh", **title: str) -> Map:
        words = {"zh": "城乡接合部绿化覆盖现状图", "en": "Green cover of the urban–rural fringe"}
        start = Map(title.pop("title", words[lang]), lang=lang, date="2024-03-31", **title)
        drawn = start.shade(self.zones, "covered_share").draw(self.plots).draw(self.roads).draw(self.rail)
        return drawn.draw(self.villages).draw(self.water)


def district(seed: int = 7, n_zones: int = 24, n_plots: int = 420, *, latin: bool = False) -> District:
    rng = np.random.default_rng(seed)
    outline = (
        Point(EAST, NORTH)
        .buffer(5000, quad_segs=9)
        .intersection(box(EAST - 5000, NORTH - 4000, EAST + 5000, NORTH + 4200))
    )
    names = [
        f"Zone {n}" if latin else _FIRST[n % len(_FIRST)] + _LAST[(n * 5 + n // 17) % len(_LAST)] for n in range(60)
    ]
    zones = _zones(rng, outline, n_zones, names)
    plots = _plots(rng, outline, n_plots)
    roads = _roads(rng, outline, latin=latin)
    tracks = [
        LineString(
            [
                (EAST - 6000, NORTH - 2500),
                (EAST - 1500, NORTH - 700),
                (EAST + 2500, NORTH + 1400),
                (EAST + 6000, NORTH + 3300),
            ]
        ),
        LineString([(EAST - 6000, NORTH + 1800), (EAST, NORTH - 300), (EAST + 6000, NORTH - 1800)]),
    ]
    rail = gpd.GeoDataFrame(
        {
            "line": ["HSR", "Main line"] if latin else ["郑徐高铁", "陇海铁路"],
            "rail_class": ["high_speed", "conventional"],
        },
        geometry=tracks,
        crs=CRS,
        index=["T-1", "T-2"],
    ).rename_axis("track")
    places = [outline.representative_point() if n == 0 else _inside(rng, outline) for n in range(22)]
    villages = gpd.GeoDataFrame(
        {"name": names[26:48], "households": rng.integers(60, 900, 22)},
        geometry=places,
        crs=CRS,
        index=[f"V-{n:02}" for n in range(22)],
    ).rename_axis("village")
    bend = [(EAST + 700 * np.sin(t * 1.3), NORTH - 5000 + 1000 * t) for t in np.linspace(0, 10, 40)]
    ponds = [LineString(bend).buffer(70), _inside(rng, outline).buffer(230), _inside(rng, outline).buffer(160)]
    water = gpd.GeoDataFrame(
        {"name": ["River" if latin else "贾鲁河", None, None]}, geometry=ponds, crs=CRS, index=["W-1", "W-2", "W-3"]
    ).rename_axis("water")
    return District(zones, plots, roads, rail, villages, water)


def _inside(rng: np.random.Generator, outline: shapely.Polygon) -> Point:
    west, south, east, north = outline.bounds
    while True:
        place = Point(rng.uniform(west, east), rng.uniform(south, north))
        if outline.buffer(-300).contains(place):
            return place


def _zones(rng: np.random.Generator, outline: shapely.Polygon, n: int, names: list[str]) -> gpd.GeoDataFrame:
    seeds = MultiPoint([_inside(rng, outline) for _ in range(n)])
    cells = [
        cell.intersection(outline)
        for cell in shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=outline.buffer(900)))
    ]
    share = np.clip(rng.beta(2.1, 3.0, n), 0, 1).round(4)
    share[rng.integers(0, n)] = np.nan
    area = np.array([cell.area for cell in cells])
    return gpd.GeoDataFrame(
        {
            "name": names[:n],
            "township": np.where(np.arange(n) % 2, "圃田乡", "十八里河街道"),
            "zone_m2": area,
            "covered_m2": share * area,
            "covered_share": share,
        },
        geometry=cells,
        crs=CRS,
        index=[f"Z-{number:02}" for number in range(1, n + 1)],
    ).rename_axis("zone")


def _plots(rng: np.random.Generator, outline: shapely.Polygon, n: int) -> gpd.GeoDataFrame:
    shapes = []
    for _ in range(n):
        at, turn, size = _inside(rng, outline), rng.uniform(0, np.pi), rng.lognormal(4.4, 0.55)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 7)) + turn
        shapes.append(
            shapely.MultiPoint([(at.x + size * np.cos(a) * 1.4, at.y + size * np.sin(a)) for a in angles]).convex_hull
        )
    status = rng.choice(STATUSES, n, p=[0.2, 0.2, 0.2, 0.2, 0.15, 0.05])
    return gpd.GeoDataFrame(
        {"status": status, "claimed_m2": np.round([shape.area for shape in shapes], 1)},
        geometry=shapes,
        crs=CRS,
        index=[f"P-{number:03}" for number in range(1, n + 1)],
    ).rename_axis("plot")


def _roads(rng: np.random.Generator, outline: shapely.Polygon, *, latin: bool) -> gpd.GeoDataFrame:
    lines, classes, names = [], [], []
    ring = Point(EAST, NORTH).buffer(3000, quad_segs=16).exterior
    for line, kind, name in (
        (ring, "trunk", "四环路"),
        (LineString([(EAST - 5500, NORTH + 3000), (EAST + 5500, NORTH - 3400)]), "motorway", "京港澳高速"),
        (LineString([(EAST - 5500, NORTH - 200), (EAST + 5500, NORTH + 500)]), "primary", "郑汴路"),
        (LineString([(EAST + 300, NORTH - 4500), (EAST - 500, NORTH + 4500)]), "secondary", "中州大道"),
        (LineString([(EAST - 5000, NORTH + 2400), (EAST + 5000, NORTH + 2600)]), "tertiary", "商都路"),
    ):
        lines.append(line)
        classes.append(kind)
        names.append(kind.title() if latin else name)
    for _ in range(90):
        at, turn, reach = _inside(rng, outline), rng.uniform(0, np.pi), rng.uniform(200, 900)
        lines.append(
            LineString(
                [
                    (at.x - reach * np.cos(turn), at.y - reach * np.sin(turn)),
                    (at.x + rng.normal(0, 60), at.y + rng.normal(0, 60)),
                    (at.x + reach * np.cos(turn), at.y + reach * np.sin(turn)),
                ]
            )
        )
        classes.append(str(rng.choice(["unclassified", "residential", "service", "track", "path"])))
        names.append(None)
    return gpd.GeoDataFrame(
        {"name": names, "road_class": classes}, geometry=lines, crs=CRS, index=[f"R-{n:03}" for n in range(len(lines))]
    ).rename_axis("road")
