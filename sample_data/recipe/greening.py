"""Greening plots: where they are, how far each is, and what was reported of it.

A *belt* is a strip beside a railway, road or river, planted section by section; a *pocket* is a small park or wood at
a village; *doubled* plots are the same ground entered again by another unit. A plot is *hollow* when it is reported
as planted and nothing grows there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity, ops
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from recipe.curves import largest, snapped, strip
from recipe.ground import FORMATION_M, Ground

PLOT_COUNT = 600
_DOUBLED = 14
_LEAST_M2 = 900.0
_GROVES = 24


@dataclass(frozen=True)
class Site:
    """A place for a greening plot."""

    group: str
    name: str
    green_class: str
    shape: BaseGeometry
    doubled: bool = False


@dataclass(frozen=True)
class Belt:
    """How a line's two sides are planted, in m; widths and section lengths are drawn between the two bounds."""

    group: str
    line: LineString
    offset_m: float
    widths_m: tuple[float, ...]
    section_m: tuple[float, float]
    share: float
    green_class: str
    sides: tuple[str, str]
    keep_apart: float = 0.75


def make_sites(ground: Ground, district: BaseGeometry, rng: np.random.Generator) -> list[Site]:
    """Return the sites of all plots, cut out of what roads, railways, water and houses cover."""
    taken = _Taken(ground, district)
    sites: list[Site] = []
    for belt in _belts(ground):
        sites += _sections(belt, taken, rng)
    sites += _pockets(ground, taken, rng)
    sites += _woods(district, taken, rng)
    keep = PLOT_COUNT - _DOUBLED
    order = np.sort(rng.permutation(len(sites))[:keep])
    sites = [sites[at] for at in order]
    return sites + _doubles(sites, rng)


def _belts(ground: Ground) -> list[Belt]:
    high, low = ground.railways()
    north_south, east_west = ("北侧", "南侧"), ("西侧", "东侧")
    rivers = ground.rivers
    return [
        Belt("郑西高铁", high, FORMATION_M + 12, (30, 50, 50, 80, 100), (150, 270), 0.86, "EG", north_south, 1.0),
        Belt("陇海线", low, FORMATION_M + 8, (20, 30, 30, 50), (180, 320), 0.72, "G2", north_south, 1.0),
        Belt("绕城高速", ground.named("绕城高速"), 19, (50, 50, 80), (220, 380), 0.78, "EG", north_south),
        Belt("机场高速", ground.named("机场高速"), 19, (30, 50), (200, 340), 0.72, "EG", east_west),
        Belt("南四环", ground.named("南四环"), 24, (20, 30, 30), (200, 340), 0.68, "EG", north_south),
        Belt("107国道", ground.named("107国道"), 16, (20, 30), (190, 320), 0.55, "EG", east_west),
        Belt("紫荆山南路", ground.named("紫荆山南路"), 24, (15, 20), (190, 320), 0.5, "XG", east_west),
        Belt("宇通路", ground.named("宇通路"), 22, (12, 15, 20), (180, 320), 0.5, "XG", north_south),
        Belt("中华路", ground.named("中华路"), 18, (15, 20), (160, 280), 0.78, "XG", east_west),
        Belt("南曹路", ground.named("南曹路"), 12, (8, 12), (160, 260), 0.42, "EG", north_south),
        Belt("十八里河", rivers["十八里河"], 18, (20, 30), (150, 260), 0.5, "EG", east_west),
        Belt("七里河", rivers["七里河"], 25, (20, 30, 40), (150, 270), 0.55, "EG", east_west),
    ]


class _Taken:
    """Ground that no plot may take: what is built or wet, and, mostly, what another belt has taken."""

    def __init__(self, ground: Ground, district: BaseGeometry) -> None:
        houses = shapely.union_all([shapely.buffer(one.area, 4, join_style="mitre") for one in ground.settlements])
        wet = shapely.buffer(shapely.union_all(list(ground.water.values())), 3, quad_segs=2)
        self.fixed = shapely.union_all([ground.pavement(2.0), ground.formation(), houses, wet])
        self.district = district
        self.green: list[BaseGeometry] = []
        shapely.prepare(self.fixed)

    def free(self, shape: BaseGeometry, *, apart: bool) -> BaseGeometry:
        """Return what of a shape may be planted; `apart` keeps it off the belts before it."""
        rest = shapely.intersection(shape, self.district)
        if shapely.intersects(self.fixed, rest):
            rest = shapely.difference(rest, self.fixed)
        if apart and self.green:
            near = [green for green in self.green if shapely.intersects(green, rest)]
            rest = shapely.difference(rest, shapely.union_all(near)) if near else rest
        rest = shapely.buffer(shapely.buffer(rest, -2, join_style="mitre"), 2, join_style="mitre")
        return snapped(shapely.simplify(largest(rest, also=0.6), 0.4))


def _sections(belt: Belt, taken: _Taken, rng: np.random.Generator) -> Iterator[Site]:
    found: list[BaseGeometry] = []
    for side, sign in zip(belt.sides, (1, -1), strict=True):
        at, number, width = rng.uniform(0, 120), 0, float(rng.choice(belt.widths_m))
        while at < belt.line.length - 120:
            length = rng.uniform(*belt.section_m)
            # Neighbouring sections are alike; some begin before the last one ends.
            if rng.random() < 0.3:
                width = float(rng.choice(belt.widths_m))
            begin = at - (rng.uniform(8, 35) if rng.random() < 0.07 else 0)
            if rng.random() < belt.share:
                near, far = sign * belt.offset_m, sign * (belt.offset_m + width)
                shape = strip(belt.line, max(begin, 0), min(at + length, belt.line.length), near, far)
                free = taken.free(shape, apart=rng.random() < belt.keep_apart and belt.keep_apart < 1)
                if free.area > _LEAST_M2:
                    number += 1
                    found.append(free)
                    yield Site(belt.group, f"{belt.group}{side}绿化带{number:02}段", belt.green_class, free)
            at += length
    taken.green += found


def _pockets(ground: Ground, taken: _Taken, rng: np.random.Generator) -> Iterator[Site]:
    """Yield a pocket park and some woods at the edge of each village."""
    for one in ground.settlements:
        ring = one.area.exterior
        starts = rng.permutation(8)[: int(rng.integers(3, 6))] / 8 * ring.length
        for number, start in enumerate(starts):
            long, wide = (
                (rng.uniform(50, 90), rng.uniform(35, 60))
                if number == 0
                else (rng.uniform(110, 220), rng.uniform(15, 28))
            )
            side = -1 if ring.is_ccw else 1
            edge = LineString(shapely.get_coordinates(ops.substring(ring, start, min(start + long, ring.length))))
            if edge.length < 40:
                continue
            chord = LineString([edge.coords[0], edge.coords[-1]])
            if chord.length < 35:
                continue
            shape = strip(chord, 0, chord.length, side * -2.0, side * (wide + 12))
            free = taken.free(shape, apart=rng.random() < 0.8)
            if free.area > _LEAST_M2:
                taken.green.append(free)
                name = f"{one.plan.name}游园" if number == 0 else f"{one.plan.name}围村林{number}"
                yield Site("村庄", name, "G1" if number == 0 else "EG", free)


def _woods(district: BaseGeometry, taken: _Taken, rng: np.random.Generator) -> Iterator[Site]:
    """Yield woods in the open fields, several about each of a few places."""
    west, south, east, north = district.bounds
    number = 0
    for _ in range(_GROVES):
        middle = np.asarray([rng.uniform(west, east), rng.uniform(south, north)])
        for _ in range(int(rng.integers(1, 9))):
            wide, high = rng.uniform(140, 330), rng.uniform(110, 260)
            x, y = middle + rng.normal(0, 330, 2)
            turned = affinity.rotate(shapely.box(x, y, x + wide, y + high), rng.uniform(-6, 6))
            free = taken.free(turned, apart=True)
            if free.area > 0.7 * wide * high:
                number += 1
                taken.green.append(free)
                yield Site("片林", f"生态片林{number:02}", "EG", free)


def _doubles(sites: list[Site], rng: np.random.Generator) -> list[Site]:
    """Return plots entered twice: the same belt drawn again, a little off."""
    belts = [site for site in sites if site.group in ("郑西高铁", "绕城高速", "中华路", "陇海线")]
    picked = [belts[at] for at in np.sort(rng.choice(len(belts), _DOUBLED, replace=False))]
    return [
        Site(
            site.group,
            f"{site.name}（补录）",
            site.green_class,
            snapped(affinity.translate(site.shape, rng.uniform(-9, 9), rng.uniform(-9, 9))),
            doubled=True,
        )
        for site in picked
    ]
