"""Fields and zones: the ground between the lines is cut into fields, and zones grow over whole fields.

A *block* is a field or a village between roads, railways and rivers. Zones are unions of blocks, so that they meet
exactly and their borders follow roads, rails, rivers and field edges.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import ops
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from recipe import places
from recipe.curves import GRID_M, outer, placed, snapped
from recipe.ground import Ground

_FIELD_M2 = (50_000.0, 120_000.0)
# How much longer a step feels to a growing zone where it crosses a line of this kind.
_BARRIERS = {
    "river": 3.5,
    "rail": 3.5,
    "motorway": 4.0,
    "trunk": 2.5,
    "primary": 2.5,
    "secondary": 1.8,
    "tertiary": 1.4,
}
_NEAR_M = 1.0
_SIMPLER_M = 2.0


@dataclass(frozen=True)
class Blocks:
    """Fields and villages of the district, each with its zone."""

    shapes: list[Polygon]
    zone: list[str]
    village: list[str | None]
    tracks: list[LineString]


def make_blocks(ground: Ground, rng: np.random.Generator) -> Blocks:
    """Return the blocks within the outline, the zone each belongs to, and the tracks between fields."""
    outline = _border(rng)
    built = shapely.union_all([one.area for one in ground.settlements])
    lines = [*(way.line for way in ground.ways if way.road_class != "living_street")]
    lines = list(shapely.difference(np.asarray(lines, dtype=object), built))
    lines += [*ground.rivers.values(), *ground.railways(), *(one.area.exterior for one in ground.settlements)]
    lines = [*shapely.intersection(np.asarray(lines, dtype=object), outline), outline.exterior]
    noded = shapely.union_all(lines, grid_size=GRID_M)
    cuts: list[tuple[int, LineString]] = []
    for face in _ordered(shapely.get_parts(shapely.polygonize([noded]))):
        if not shapely.contains_properly(shapely.buffer(built, 1), face):
            cuts += _cut(face, rng)
    edges = shapely.union_all([noded, *(edge for _, edge in cuts)], grid_size=GRID_M)
    shapes = _ordered(shapely.get_parts(shapely.polygonize([edges])))
    village = [_village_of(shape, ground) for shape in shapes]
    tracks = [edge for depth, edge in cuts if depth < 3 and edge.length > 420 and rng.random() < 0.4]
    return Blocks(shapes, _grown(shapes, ground), village, tracks)


def _border(rng: np.random.Generator) -> Polygon:
    """Return the outline with the small turns that ditches and field edges give a boundary."""
    corners = np.asarray([placed(at) for at in (*places.OUTLINE, places.OUTLINE[0])])
    ring = []
    for here, there in pairwise(corners):
        along = there - here
        length = float(np.linalg.norm(along))
        across = np.asarray([-along[1], along[0]]) / length
        ring.append(here)
        at = rng.uniform(150, 330)
        while at < length - 120:
            foot = here + along * (at / length)
            ring.append(foot + across * rng.uniform(-50, 50))
            if rng.random() < 0.45:  # a step, as where the boundary turns round a field
                ring.append(
                    ring[-1] + across * rng.uniform(25, 80) * rng.choice([-1, 1]) + along / length * rng.uniform(-6, 6)
                )
            at += rng.uniform(140, 380)
    return outer(Polygon(np.round(ring, 2)))


def zone_shapes(blocks: Blocks) -> dict[str, Polygon]:
    """Return zones that cover their blocks' ground without gap or overlap."""
    names = sorted(set(blocks.zone))
    shapes = [
        shapely.coverage_union_all([shape for shape, of in zip(blocks.shapes, blocks.zone, strict=True) if of == name])
        for name in names
    ]
    plain = shapely.coverage_simplify(shapes, _SIMPLER_M)
    return dict(zip(names, plain, strict=True))


def _ordered(shapes: np.ndarray) -> list[Polygon]:
    """Return shapes from south to north, in an order that does not depend on how they were found."""
    spots = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return [shapes[at] for at in np.lexsort((spots[:, 0], spots[:, 1]))]


def _cut(face: Polygon, rng: np.random.Generator, depth: int = 0) -> list[tuple[int, LineString]]:
    """Return the field edges of a face: it is halved across its longer side until fields have their size."""
    if face.area < rng.uniform(*_FIELD_M2):
        return []
    ring = shapely.get_coordinates(shapely.oriented_envelope(face))
    sides = [ring[1] - ring[0], ring[2] - ring[1]]
    lengths = [float(np.linalg.norm(side)) for side in sides]
    longer = int(lengths[1] > lengths[0])
    start = ring[longer] + sides[longer] * rng.uniform(0.4, 0.6)
    turn = np.radians(rng.normal(0, 4.5))
    across = sides[1 - longer] / lengths[1 - longer]
    direction = np.asarray(
        [across[0] * np.cos(turn) - across[1] * np.sin(turn), across[0] * np.sin(turn) + across[1] * np.cos(turn)]
    )
    reach = math.hypot(*lengths)
    edge = LineString(np.round([start - direction * reach, start + direction * reach], 2))
    parts = [part for part in ops.split(face, edge).geoms if part.geom_type == "Polygon"]
    if len(parts) < 2:
        return []
    inner = [part for part in shapely.get_parts(shapely.intersection(edge, face)) if part.geom_type == "LineString"]
    cuts = [(depth, part) for part in inner]
    for part in _ordered(np.asarray(parts, dtype=object)):
        cuts += _cut(part, rng, depth + 1)
    return cuts


def _village_of(shape: Polygon, ground: Ground) -> str | None:
    spot = shape.point_on_surface()
    return next((one.plan.name for one in ground.settlements if one.area.contains(spot)), None)


def _seeds() -> list[tuple[str, Point]]:
    seeds = [(village.zone, village.at) for village in places.VILLAGES if village.zone]
    return [(zone, Point(placed(at))) for zone, at in (*seeds, *places.OTHER_ZONES.items())]


def _grown(shapes: list[Polygon], ground: Ground) -> list[str]:
    """Return the zone of each block: the one from whose seed it is quickest reached, lines of the plan slowing."""
    steps = _steps(shapes, ground)
    tree = shapely.STRtree(shapes)
    best = [math.inf] * len(shapes)
    zone = [""] * len(shapes)
    queue = [(0.0, int(tree.query_nearest(seed)[0]), name) for name, seed in _seeds()]
    heapq.heapify(queue)
    while queue:
        cost, at, name = heapq.heappop(queue)
        if cost >= best[at]:
            continue
        best[at], zone[at] = cost, name
        for other, step in steps[at]:
            if cost + step < best[other]:
                heapq.heappush(queue, (cost + step, other, name))
    return zone


def _steps(shapes: list[Polygon], ground: Ground) -> list[list[tuple[int, float]]]:
    lines = _kind_lines(ground)
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    keep = one < other
    one, other = one[keep], other[keep]
    items = np.asarray(shapes, dtype=object)
    shared = shapely.intersection(items[one], items[other])
    length = shapely.length(shared)
    spots = shapely.get_coordinates(shapely.centroid(items))
    steps: list[list[tuple[int, float]]] = [[] for _ in shapes]
    for a, b, edge, long in zip(one, other, shared, length, strict=True):
        if long == 0:
            continue
        middle = shapely.point_on_surface(edge)
        slow = max((factor for factor, line in lines if shapely.dwithin(line, middle, _NEAR_M)), default=1.0)
        cost = float(np.linalg.norm(spots[a] - spots[b])) * slow
        steps[a].append((int(b), cost))
        steps[b].append((int(a), cost))
    return steps


def _kind_lines(ground: Ground) -> list[tuple[float, BaseGeometry]]:
    kinds: dict[str, list[BaseGeometry]] = {"river": list(ground.rivers.values()), "rail": list(ground.railways())}
    for way in ground.ways:
        if way.road_class in _BARRIERS:
            kinds.setdefault(way.road_class, []).append(way.line)
    found = [(_BARRIERS[kind], shapely.union_all(lines)) for kind, lines in kinds.items()]
    for _, line in found:
        shapely.prepare(line)
    return found


def land_of(blocks: Blocks, ground: Ground, rng: np.random.Generator) -> list[tuple[str, BaseGeometry]]:
    """Return the land survey's parcels: class code of the third survey, and shape without water."""
    wet = shapely.union_all(list(ground.water.values()))
    estate = Polygon([placed(at) for at in places.ESTATES])
    parcels: list[tuple[str, BaseGeometry]] = []
    for shape, village in zip(blocks.shapes, blocks.village, strict=True):
        rest = shapely.difference(shape, wet) if shapely.intersects(wet, shape) else shape
        code = "0702" if village else _class_of(rng, built=estate.contains(shape.representative_point()))
        rest = snapped(shapely.simplify(rest, 0.3))
        parcels += [(code, part) for part in shapely.get_parts(rest) if part.geom_type == "Polygon" and part.area > 300]
    return parcels


def _class_of(rng: np.random.Generator, *, built: bool) -> str:
    codes = ("0102", "0601", "0508", "0701", "0201", "0301", "1202", "1206")
    fields = (0.74, 0.03, 0.0, 0.02, 0.07, 0.06, 0.05, 0.03)
    works = (0.06, 0.56, 0.14, 0.14, 0.0, 0.04, 0.0, 0.06)
    return str(rng.choice(codes, p=works if built else fields))
