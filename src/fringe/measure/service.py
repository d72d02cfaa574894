"""Service areas: how much of each zone lies within a park's service radius (公园绿地服务半径覆盖率).

A park *serves* the ground within its service radius, measured straight from its boundary; the park's own ground is
within it. The radius follows from the park's size by the rules (`SERVICE_RULES`); a smaller park serves nothing unless
a radius is given. Ground served by several parks counts once, and parks outside the zones serve what they reach of
them.

What counts as a park: plots of a status that counts (`fringe.measure.counting`) and, where plots have a `green_class`,
of class G1, park; protective (G2), attached (XG) and regional green (EG) are not for visitors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.measure.counting import counting
from fringe.measure.cuts import cut, unite
from fringe.measure.doors import admit, bounds_of, column_problems, measured_zones, shapes_of
from fringe.measure.ellipsoid import Areas, area_measure
from fringe.measure.flat import Bools, Floats, Geometries, Ints, totals
from fringe.measure.served import Things, served_areas
from fringe.model.crs import require_conformal
from fringe.model.land import is_residential
from fringe.model.layers import POINT, POLYGON
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rules
from fringe.model.scale import inverse_areal_scale
from fringe.model.states import Day, as_day

if TYPE_CHECKING:
    from pyproj import CRS

# The rules of service radii, by the park's size.
SERVICE_RULES = ("PARK-500", "PARK-300")
PARK_CLASS = "G1"
GREEN_CLASS, LAND_CLASS, POPULATION = "green_class", "land_class", "population"


def service_area(
    parks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    radius_m: float | None = None,
    land: gpd.GeoDataFrame | None = None,
    residents: gpd.GeoDataFrame | None = None,
    per: str | None = None,
    on: Day | None = None,
    statuses: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Measure how much of each zone lies within the service radius of a park.

    Parameters
    ----------
    parks
        Polygons, or points where `radius_m` is given. With a `status` only planted, accepted and kept ones serve, with
        a `green_class` only G1. Each row is one park: its parts should be dissolved first, since the radius goes by its
        size.
    zones
        Polygons in the same conformal metric CRS. The index identifies them.
    radius_m
        One radius for all parks, whatever their size. `None`: by the rules, 500 m from 5 000 m² on and 300 m from
        2 000 m² on; smaller parks do not serve, which is said.
    land
        Land use: adds the share of residential land that is served, which is the indicator of the standards. With a
        `land_class` only residential classes count (0701 and 0702 of the land survey, ``"residential"``), without one
        all of it.
    residents
        Points or polygons with a `population`, such as villages: adds the share of people served. People of a polygon
        live spread evenly over it; a point is served or not.
    per
        A column of `zones`: the zones of each value are dissolved and measured as one.
    on
        The day: status is then told from the dates alone.
    statuses
        The statuses that count, instead of planted, accepted and kept.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order (with `per` the values of that column):

        ``zone_m2``
            Area of the zone.
        ``served_m2``
            Area of the zone within reach of a park, counted once. 0 where none reaches it.
        ``served_share``
            ``served_m2 / zone_m2``; missing for a zone without area.
        ``land_m2``, ``served_land_m2``, ``served_land_share``
            With `land`, the same of residential land in the zone, overlaps counted once; missing without any.
        ``population``, ``served_population``, ``served_population_share``
            With `residents`, the people of places in the zone, and those within reach. A point on the border of
            several zones is shared equally between them.

    Raises
    ------
    LayerError
        If there are no zones; for a radius that is not positive, a column that is not there, bad ids or geometry.
    CRSError
        If a CRS is missing, the layers differ in it, it distorts areas by more than 1 %, or it is not conformal (a
        radius would not be the same on all sides).

    Warns
    -----
    FringeWarning
        Of parks too small to serve, plots without a class, and places without a population.

    See Also
    --------
    nearest : How far each village is from its nearest park, also along roads.

    Notes
    -----
    Radii are metres of the ground: the plane's radius is that times its scale at the park. Arcs are drawn as 32 chords
    to a quarter of a circle, so that a lone disc comes out 4e-4 too small, and unions less. Areas are those of the
    ellipsoid. Sources of the radii: `fringe.rules`, PARK-500 and PARK-300.

    Examples
    --------
    A park of 100 m by 100 m reaches 300 m beyond its boundary: 100² + 4 x 100 x 300 + pi x 300² = 412 743 m², drawn
    with chords.

    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.measure.service import service_area
    >>> zones = gpd.GeoDataFrame(index=["town"], geometry=[box(5e5, 0, 501_000, 1000)], crs="EPSG:4548")
    >>> parks = gpd.GeoDataFrame(index=["P1"], geometry=[box(500_450, 450, 500_550, 550)], crs=zones.crs)
    >>> service_area(parks, zones, radius_m=300)[["served_m2", "served_share"]].round(3).round({"served_m2": -1})
          served_m2  served_share
    town   412630.0         0.413
    """
    optional = {"land": land, "residents": residents}
    given = {"parks": parks, "zones": zones} | {name: layer for name, layer in optional.items() if layer is not None}
    kinds = {"parks": (*POINT, *POLYGON), "residents": (*POINT, *POLYGON)}
    if radius_m is not None and not 0 < radius_m < np.inf:
        raise LayerError(Problem("not_positive", "parks", params={"name": "radius_m", "value": radius_m}))
    layers, crs = admit(given, kinds=kinds, need=("zones",))
    crs = require_conformal(**{name: layer for name, layer in layers.items() if len(layer)})
    index, shapes = measured_zones(layers["zones"], per)
    measure = area_measure(crs, bounds_of(shapes, shapes_of(layers["parks"])))
    things = _serving(parks_of(layers["parks"], on, statuses), crs, measure, radius_m)
    zone_m2 = measure(shapes)
    served_m2 = served_areas(shapes, things, measure)
    columns = {"zone_m2": zone_m2, "served_m2": served_m2, "served_share": _share(served_m2, zone_m2)}
    if "land" in layers:
        columns |= _of_land(layers["land"], shapes, things, measure)
    if "residents" in layers:
        columns |= _of_people(layers["residents"], shapes, things, measure)
    return pd.DataFrame(columns, index=index)


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return np.asarray(np.minimum(share, 1.0), dtype=np.float64)


def parks_of(plots: gpd.GeoDataFrame, on: Day | None = None, statuses: Iterable[str] | None = None) -> gpd.GeoDataFrame:
    """Return the plots that serve as parks by status and class, whatever their size."""
    rule = counting(plots, on=None if on is None else as_day(on, "parks"), statuses=statuses)
    parks: gpd.GeoDataFrame = plots.iloc[rule.rows[np.atleast_2d(rule.counted)[0]]]
    if GREEN_CLASS not in parks.columns:
        return parks
    untold = parks.index[parks[GREEN_CLASS].isna()]
    if len(untold):
        refuse([Problem("park_class_missing", "parks", tuple(untold), "warning", {"column": GREEN_CLASS})])
    of_class = parks[GREEN_CLASS].astype(str).str.startswith(PARK_CLASS).to_numpy(dtype=bool)
    return parks.iloc[np.flatnonzero(of_class)]


def _serving(parks: gpd.GeoDataFrame, crs: CRS, measure: Areas, radius_m: float | None) -> Things:
    """Return the parks that serve and how far in the plane."""
    shapes = shapes_of(parks)
    metres = _radii_m(parks, measure(shapes)) if radius_m is None else np.full(len(shapes), float(radius_m))
    shapes, metres = shapes[metres > 0], metres[metres > 0]
    xy = shapely.get_coordinates(shapely.centroid(shapes))
    return Things(shapes, metres / np.sqrt(inverse_areal_scale(crs, xy[:, 0], xy[:, 1])))


def _radii_m(parks: gpd.GeoDataFrame, area_m2: Floats) -> Floats:
    """Return the service radius of each park by its size, 0 for one too small, which is said."""
    table = rules().loc[list(SERVICE_RULES)]
    metres = np.zeros(len(parks))
    # A park laid out at the least size must not fall short of it by the rounding of its coordinates.
    size = np.round(area_m2, 3)
    for _, rule in table.iterrows():
        fits = (size >= rule["min"]) & ~(size >= rule["max"])
        metres[fits] = rule["value"]
    small = tuple(parks.index[metres == 0])
    if small:
        params = {"count": len(small), "least": f"{table['min'].min():,.0f}"}
        refuse([Problem("parks_too_small", "parks", small, "warning", params)])
    return metres


def _of_land(land: gpd.GeoDataFrame, zones: Geometries, things: Things, measure: Areas) -> dict[str, Floats]:
    """Return residential land of each zone and how much of it is served."""
    if LAND_CLASS in land.columns:
        land = land[is_residential(land[LAND_CLASS])]
    cuts = cut(zones, shapes_of(land))
    _, first = np.unique(cuts.cluster, return_index=True)
    zone_at, (_, pieces) = cuts.zone_at[first], unite(cuts.shapes, cuts.cluster)
    whole = totals(zone_at, measure(pieces), len(zones))
    served = totals(zone_at, served_areas(pieces, things, measure), len(zones))
    return {"land_m2": whole, "served_land_m2": served, "served_land_share": _share(served, whole)}


def _of_people(residents: gpd.GeoDataFrame, zones: Geometries, things: Things, measure: Areas) -> dict[str, Floats]:
    """Return the people of each zone and how many of them are served."""
    missing = column_problems(residents, "residents", POPULATION)
    if missing:
        raise LayerError(missing)
    people = pd.to_numeric(residents[POPULATION], errors="coerce").to_numpy(dtype=np.float64)
    untold = tuple(residents.index[np.isnan(people)])
    if untold:
        refuse([Problem("population_missing", "residents", untold, "warning", {"column": POPULATION})])
    shapes, people = shapes_of(residents)[~np.isnan(people)], people[~np.isnan(people)]
    areal = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - the dimension of an area
    parts = [
        _of_points(shapes[~areal], people[~areal], zones, things),
        _of_areas(shapes[areal], people[areal], zones, things, measure),
    ]
    whole, served = (np.sum([part[at] for part in parts], axis=0) for at in (0, 1))
    return {"population": whole, "served_population": served, "served_population_share": _share(served, whole)}


def _of_points(places: Geometries, people: Floats, zones: Geometries, things: Things) -> tuple[Floats, Floats]:
    zone_at, place_at = shapely.STRtree(places).query(zones, predicate="intersects")
    # A place within a zone is the zone's; one on borders is shared between the zones it is on the border of.
    edge = ~shapely.contains_properly(zones[zone_at], places[place_at])
    sharing = np.maximum(np.bincount(place_at[edge], minlength=len(places)), 1)
    heads = people[place_at] / np.where(edge, sharing[place_at], 1)
    served = _reached(places, things)
    n = len(zones)
    return totals(zone_at, heads, n), totals(zone_at, heads * served[place_at], n)


def _reached(places: Geometries, things: Things) -> Bools:
    """Return which places lie within reach of anything."""
    served = np.zeros(len(places), dtype=bool)
    for radius in np.unique(np.ceil(things.radius)):
        some = np.flatnonzero(np.ceil(things.radius) == radius)
        place_at, thing_at = shapely.STRtree(things.shapes[some]).query(places, predicate="dwithin", distance=radius)
        away = shapely.distance(places[place_at], things.shapes[some[thing_at]])
        served[place_at[away <= things.radius[some[thing_at]]]] = True
    return served


def _of_areas(
    places: Geometries, people: Floats, zones: Geometries, things: Things, measure: Areas
) -> tuple[Floats, Floats]:
    n = len(zones)
    zone_at, place_at, pieces = _cut_each(places, zones)
    heads = people[place_at] * _share(measure(pieces), measure(places)[place_at])
    served = heads * _share(served_areas(pieces, things, measure), measure(pieces))
    return totals(zone_at, heads, n), totals(zone_at, np.nan_to_num(served), n)


def _cut_each(places: Geometries, zones: Geometries) -> tuple[Ints, Ints, Geometries]:
    cuts = cut(zones, places)
    return cuts.zone_at, cuts.plot_at, cuts.shapes
