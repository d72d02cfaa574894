"""The ground of the district: railways, roads, rivers and villages, as lines and shapes before any zone is drawn.

A *lane* is a village road that joins a village to its neighbours and to the nearest arterial; a *street* lies within a
village. `pavement` and `formation` are the strips roads and railways cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from recipe import places
from recipe.curves import bend, blob, block_rows, outer, placed, smooth, snapped

_HOUSE_BLOCK_M = (66.0, 52.0)
_HOUSEHOLDS_A_BLOCK = 24
_LONGEST_LANE_M = 2000.0
_NO_LANE_FROM = ("motorway", "residential")
_RIVER_SWELL = 0.18
# Formation of a double track beside its centre line; the plan's own figure, not a standard.
FORMATION_M = 8.0


@dataclass(frozen=True)
class Way:
    """A road as drawn: its centre line and what the roads layer says of it."""

    name: str | None
    road_class: str
    admin_class: str | None
    width_m: float
    dual: bool
    surface: str
    line: LineString


@dataclass(frozen=True)
class Settlement:
    """A village as drawn: the area its houses cover and the streets within."""

    plan: places.Village
    area: Polygon
    centre: Point


@dataclass(frozen=True)
class Ground:
    """All lines and shapes of the plan, in EPSG:4547."""

    ways: list[Way]
    settlements: list[Settlement]
    rivers: dict[str, LineString]
    water: dict[str, BaseGeometry]
    high_speed: LineString
    conventional: LineString

    def pavement(self, margin_m: float) -> BaseGeometry:
        """Return what roads cover, with a margin."""
        return shapely.union_all(
            [shapely.buffer(way.line, way.width_m / 2 + margin_m, quad_segs=2) for way in self.ways]
        )

    def formation(self) -> BaseGeometry:
        """Return what railways cover."""
        return shapely.union_all([shapely.buffer(line, FORMATION_M, quad_segs=2) for line in self.railways()])

    def railways(self) -> tuple[LineString, LineString]:
        """Return the centre lines of the railways."""
        return self.high_speed, self.conventional

    def named(self, name: str) -> LineString:
        """Return the centre line of a road of the plan."""
        return next(way.line for way in self.ways if way.name == name)


def make_ground(rng: np.random.Generator) -> Ground:
    """Return the ground of the plan."""
    high_speed = bend(*places.HIGH_SPEED)
    conventional = smooth(places.CONVENTIONAL, 80)
    rivers = {name: smooth(through, 90) for name, (_, through) in places.RIVERS.items()}
    main = [_main(road) for road in places.ROADS]
    water = {name: _river(line, places.RIVERS[name][0], rng) for name, line in rivers.items()}
    for number, (east, north, size) in enumerate(places.PONDS, start=1):
        water[f"坑塘{number}"] = snapped(blob((east, north), size, rng))
    settlements, streets = _settlements(main, rng)
    barred = shapely.union_all(
        [*rivers.values(), high_speed, *(way.line for way in main if way.road_class == "motorway")]
    )
    lanes = _lanes(settlements, main, barred, rng)
    return Ground([*main, *lanes, *streets], settlements, rivers, water, high_speed, conventional)


def _main(road: places.Road) -> Way:
    surface = "concrete" if road.admin_class == "Y" else "asphalt"
    return Way(road.name, road.road_class, road.admin_class, road.width_m, road.dual, surface, smooth(road.through))


def _river(line: LineString, width_m: float, rng: np.random.Generator) -> BaseGeometry:
    """Return a river's surface, wider and narrower along its course."""
    coordinates = shapely.get_coordinates(line)
    swell = 1 + _RIVER_SWELL * np.sin(np.arange(len(coordinates)) / 3.1 + rng.uniform(0, 6))
    pieces = [
        shapely.convex_hull(
            shapely.union_all(
                [
                    shapely.buffer(shapely.points(coordinates[at]), width_m / 2 * swell[at], quad_segs=4),
                    shapely.buffer(shapely.points(coordinates[at + 1]), width_m / 2 * swell[at + 1], quad_segs=4),
                ]
            )
        )
        for at in range(len(coordinates) - 1)
    ]
    return snapped(shapely.simplify(shapely.union_all(pieces), 1.0))


def _settlements(main: list[Way], rng: np.random.Generator) -> tuple[list[Settlement], list[Way]]:
    """Return villages as blocks of houses with streets between, kept off the main roads."""
    keep_off = shapely.union_all([shapely.buffer(way.line, way.width_m / 2 + 18, quad_segs=2) for way in main])
    settlements, streets = [], []
    for village in places.VILLAGES:
        blocks = village.households / _HOUSEHOLDS_A_BLOCK
        rows = max(3, round(float(np.sqrt(blocks * 0.8))))
        columns = max(4, round(blocks / rows))
        cells, lines = block_rows(village.at, columns, rows, rng.uniform(-7, 7), _HOUSE_BLOCK_M)
        kept = [cell for at, cell in enumerate(cells) if rng.random() > _left_out(at, columns, rows)]
        area = shapely.union_all(kept)
        area = shapely.buffer(shapely.buffer(area, 14, join_style="mitre"), -10, join_style="mitre")
        area = outer(shapely.difference(area, keep_off))
        inside = shapely.buffer(area, -6)
        for line in lines:
            for part in shapely.get_parts(shapely.intersection(line, inside)):
                if part.geom_type == "LineString" and part.length > 60:
                    surface = "concrete" if rng.random() < 0.8 else "unpaved"
                    streets.append(
                        Way(None, "living_street", None, float(rng.choice([3.5, 4, 5])), False, surface, part)
                    )
        settlements.append(Settlement(village, area, Point(placed(village.at))))
    return settlements, streets


def _left_out(at: int, columns: int, rows: int) -> float:
    """Return how likely a block is empty: corners often, edges sometimes, the middle never."""
    row, column = divmod(at, columns)
    edges = (row in (0, rows - 1)) + (column in (0, columns - 1))
    return (0.0, 0.22, 0.62)[edges]


def _lanes(settlements: list[Settlement], main: list[Way], barred: BaseGeometry, rng: np.random.Generator) -> list[Way]:
    lanes = []
    open_roads = [way for way in main if way.road_class not in _NO_LANE_FROM]
    for here in settlements:
        routes = []
        for way in open_roads:
            meet = way.line.interpolate(way.line.project(here.centre))
            route = LineString([here.centre, meet])
            if not shapely.intersects(route, barred) and not _passes(route, settlements, {here.plan.name}):
                routes.append((route.length, way.name, route))
        taken: list[LineString] = []
        for _, _, route in sorted(routes, key=lambda item: item[:2]):
            apart = all(_angle(route, other) > 50 for other in taken)
            if apart and len(taken) < 3 and route.length < 1300:
                taken.append(route)
        lanes += [_lane(here.plan.name, route, rng) for route in taken]
    spots = np.asarray([(one.centre.x, one.centre.y) for one in settlements])
    arterials = shapely.union_all([way.line for way in open_roads])
    for one, other in combinations(range(len(settlements)), 2):
        route = LineString([spots[one], spots[other]])
        middle, reach = spots[[one, other]].mean(axis=0), route.length / 2
        alone = not any(
            np.linalg.norm(spots[at] - middle) < reach for at in range(len(spots)) if at not in (one, other)
        )
        if not alone or route.length > _LONGEST_LANE_M or shapely.intersects(route, barred):
            continue
        if shapely.intersects(route, arterials) or _passes(
            route, settlements, {settlements[one].plan.name, settlements[other].plan.name}
        ):
            continue
        lanes.append(_lane(f"{settlements[one].plan.name}—{settlements[other].plan.name}", route, rng))
    return lanes


def _angle(one: LineString, other: LineString) -> float:
    ends = [np.subtract(line.coords[-1], line.coords[0]) for line in (one, other)]
    cosine = float(np.dot(*ends) / (np.linalg.norm(ends[0]) * np.linalg.norm(ends[1])))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _passes(route: LineString, settlements: list[Settlement], own: set[str]) -> bool:
    return any(shapely.intersects(route, one.area) for one in settlements if one.plan.name not in own)


def _lane(name: str, route: LineString, rng: np.random.Generator) -> Way:
    """Return a lane with two slight bends, as field edges make them."""
    ends = np.asarray(route.coords)
    along = ends[1] - ends[0]
    across = np.asarray([-along[1], along[0]]) / np.linalg.norm(along)
    sway = min(45.0, 0.06 * route.length)
    inner = [ends[0] + along * at + across * rng.uniform(-sway, sway) for at in (0.36, 0.7)]
    line = LineString(np.round([ends[0], *inner, ends[1]], 2))
    width, surface = ((5.0, "concrete"), (6.0, "concrete"), (4.5, "concrete"), (4.0, "unpaved"))[rng.integers(4)]
    return Way(f"{name}村道", "unclassified", "C" if rng.random() < 0.7 else "Y", width, False, surface, line)
